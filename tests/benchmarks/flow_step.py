"""Glow's training step beside the time that its convolutions take alone.

python -m tests.benchmarks.flow_step --side=28 --channels=1 --levels=2 --depth=8 --width=64

The convolutions of the couplings' nets, forwards and both ways backwards, are timed by themselves
at the same shapes, all in one graph: no step can be faster. Beside it stands the time of as many
operations at the rate of the fastest of these convolutions, the FLOP bound at the measured peak.
The parts take turns; the least of their processor times counts, which other programs disturb least,
and which is the time on the clock where TF_NUM_INTRAOP_THREADS=1 and TF_NUM_INTEROP_THREADS=1.
"""

import argparse

import keras
import numpy as np
import tensorflow as tf

from tests.benchmarks import race
from tfgan_zoo.models.likelihood.glow import Glow
from tfgan_zoo.optimizers.adamax import Adamax

WARM_UP = 2  # rounds that do not count
REPEATED = 4  # convolutions of one kind that are timed together


def parsed(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in (
        *(("side", 28), ("channels", 1), ("levels", 2), ("depth", 8), ("width", 64)),
        *(("batch_size", 64), ("rounds", 15)),
    ):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--lu", action="store_true", help="1x1 convolutions by LU")
    parser.add_argument("--jit_compile", action="store_true", help="the step with XLA")
    return parser.parse_args(arguments)


def convolutions(model, batch_size):
    """(shape of the maps, shape of the kernel) of each convolution in the couplings' nets."""
    found = []
    for coupling in model.chain[2::3]:
        for layer in coupling.net:
            side = layer.marked.shape[1] - 2 * (layer.kernel_size // 2)
            kernel = tuple(layer.kernel.shape)
            found.append(((batch_size, side, side, kernel[2]), kernel))
    return found


def both_ways(shapes):
    """A function that runs each of these convolutions, and takes its two gradients."""
    rng = np.random.default_rng(0)
    drawn = [
        [tf.constant(rng.normal(size=shape), tf.float32) for shape in (maps, kernel)]
        for maps, kernel in shapes
    ]
    same = {"strides": [1, 1, 1, 1], "padding": "SAME"}

    @tf.function
    def run(drawn):
        answers = []
        for maps, kernel in drawn:
            forwards = tf.nn.conv2d(maps, kernel, 1, "SAME")
            of_maps = tf.raw_ops.Conv2DBackpropInput(
                input_sizes=maps.shape, filter=kernel, out_backprop=forwards, **same
            )
            of_kernel = tf.raw_ops.Conv2DBackpropFilter(
                input=maps, filter_sizes=kernel.shape, out_backprop=forwards, **same
            )
            answers += [of_maps, of_kernel]
        return answers

    return lambda: run(drawn)


def operations(maps, kernel):
    """Multiplications and additions of one convolution and its two gradients."""
    return 6.0 * np.prod(maps[:3]) * np.prod(kernel)


def main(arguments=None):
    options = parsed(arguments)
    keras.utils.set_random_seed(0)
    shape = (options.side, options.side, options.channels)
    model = Glow(shape, options.levels, options.depth, options.width, options.lu)
    model.compile(Adamax(1e-4))
    grey = np.random.default_rng(0).integers(0, 256, (options.batch_size, *shape))
    images = tf.constant(grey / 127.5 - 1.0, tf.float32)
    step = tf.function(model.train_step, jit_compile=options.jit_compile)

    every = convolutions(model, options.batch_size)
    kinds = list(dict.fromkeys(every))
    names = ["step", "convolutions", *kinds]
    calls = [
        lambda: step({"images": images}),
        *(both_ways(shapes) for shapes in (every, *([kind] * REPEATED for kind in kinds))),
    ]
    times = {name: [] for name in names}
    print(f"before: {race.conditions()}", flush=True)
    for number in range(options.rounds + WARM_UP):
        for name, call in zip(names, calls, strict=True):
            began = race.now()
            call()
            if number >= WARM_UP:
                times[name].append(race.since(began).cpu)
    print(f"after:  {race.conditions()}\n")
    least = {name: min(found) for name, found in times.items()}
    rates = {kind: REPEATED * operations(*kind) / least[kind] for kind in kinds}
    print("| maps | kernel | in a step | GFLOP/s |\n|---|---|---|---|")
    for kind in kinds:
        print(f"| {kind[0]} | {kind[1]} | {every.count(kind)} | {rates[kind] / 1e9:.1f} |")
    whole, alone = least["step"], least["convolutions"]
    peak = max(rates.values())
    bound = sum(operations(*kind) for kind in every) / peak
    print(
        f"\nstep {whole * 1e3:.1f} ms\nconvolutions alone {alone * 1e3:.1f} ms, ratio "
        f"{whole / alone:.2f}\nbound at {peak / 1e9:.1f} GFLOP/s {bound * 1e3:.1f} ms, ratio "
        f"{whole / bound:.2f}"
    )


if __name__ == "__main__":
    main()
