"""Drawing digits pixel by pixel: with what earlier pixels gave against the whole net for each.

python -m tests.benchmarks.raster_sampling --pictures=64

The two draw from the same uniform numbers, and must draw the same pictures. The slow way may be cut
off after some rows (--slow_rows), for it takes minutes; each of its rows takes the same time.
"""

import argparse
import time

import numpy as np
import tensorflow as tf

from tests.networks import slow_raster
from tfgan_zoo.models.likelihood.pixel_cnn import PixelCNN
from tfgan_zoo.models.likelihood.pixel_rnn import PixelRNN

CLASSES = 10
MODELS = {
    "gated": lambda **own: PixelCNN(classes=CLASSES, filters=32, head=32, **own),
    "plain": lambda **own: PixelCNN(stacks="plain", filters=32, head=32, **own),
    "row": lambda **own: PixelRNN(lstm="row", **own),
    "diagonal": lambda **own: PixelRNN(lstm="diagonal", **own),
}


def seconds(function):
    """(result, seconds) of the second call; the first traces."""
    function()
    start = time.perf_counter()
    result = function()
    return result.numpy(), time.perf_counter() - start


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", choices=MODELS, default="gated")
    parser.add_argument("--pictures", type=int, default=64)
    parser.add_argument("--side", type=int, default=28, help="Of a picture, in pixels.")
    parser.add_argument("--layers", type=int, default=7)
    parser.add_argument("--slow_rows", type=int, help="Rows of the slow way; all by default.")
    parser.add_argument("--rounds", type=int, default=3, help="Of the fast way.")
    options = parser.parse_args(arguments)

    side = options.side
    model = MODELS[options.model](shape=(side, side, 1), output="bernoulli", layers=options.layers)
    random = np.random.default_rng(0)
    for variable in model.network.trainable_variables:
        variable.assign(random.normal(0, 0.1, variable.shape))
    count = options.pictures
    labels = tf.range(count) % CLASSES if model.classes else None
    latents = model.prior.sample(count, (0, 1))
    chance = tf.reshape(latents, [count, side, side, 1])
    blank = tf.zeros([count, *model.shape])

    fast = tf.function(lambda: model.draw(latents, labels=labels))
    found = [seconds(fast) for _ in range(options.rounds)]
    drawn, quick = found[0][0], min(took for _, took in found)
    print(f"kept: {count} pictures in {quick:.2f} s, {1000 * quick / count:.1f} ms a picture")

    rows = options.slow_rows or side
    given = side - rows
    slow = tf.function(
        lambda: slow_raster.complete(
            model.network,
            tf.constant(drawn) if given else blank,
            given,
            model.distribution.draw,
            chance,
            labels,
            start=given,
        )
    )
    start = time.perf_counter()
    again = slow().numpy()
    took = time.perf_counter() - start
    whole = took * side / rows
    print(f"whole net: {rows} of {side} rows in {took:.1f} s, all in {whole:.1f} s")
    print(f"ratio {whole / quick:.0f}; {np.mean(again != drawn):.4%} of the pixels differ")


if __name__ == "__main__":
    main()
