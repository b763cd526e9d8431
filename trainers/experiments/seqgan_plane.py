"""Draws what SeqGAN's adversarial phase does to its generator, beside mere temperature.

python -m trainers.experiments.seqgan_plane --runs=runs/a,runs/b,runs/c --output=plane.png

The runs are of `trainers.seqgan` on worlds of an oracle, with `--export_training` and a checkpoint
at the end of maximum likelihood (`--checkpoint_every` longer than the run leaves one at the end of
each phase).
For each run it takes the generator as maximum likelihood left it, at several temperatures, and as
the adversarial phase left it, and writes the plane of both likelihoods, less what the oracle's own
samples have; and the numbers as JSON beside it. `--controls` are runs of maximum likelihood alone
in the same worlds, in the same order, that had some other good of the adversarial phase, such as
its low learning rate: what they gain as well is not the adversary's.
"""

import dataclasses
import pathlib

from absl import flags

from tfgan_zoo.command import UsageError
from trainers.experiments import running

LIKELIHOOD, CONTROL, SEQGAN = "maximum likelihood", "control", "SeqGAN"

FLAGS = flags.FLAGS


def define_flags():
    """The flags of the command line; not at import: other commands have flags of the same names."""
    flags.DEFINE_list("runs", [], "Folders of runs of trainers.seqgan, one for each seed.")
    flags.DEFINE_list(
        "controls", [], "Folders of runs of maximum likelihood alone, one for each run."
    )
    flags.DEFINE_string(
        "output", None, "The picture to write; the numbers lie beside it, as .json."
    )
    flags.DEFINE_integer("num_samples", 10000, "Samples of each point.", 1)


def main():
    if not FLAGS.runs or FLAGS.output is None:
        raise UsageError("--runs and --output are needed: folders of runs, and a picture.")
    if len(FLAGS.controls) not in (0, len(FLAGS.runs)):
        raise UsageError("--controls has to name as many runs as --runs, or none.")
    from tfgan_zoo.evaluate import text

    groups, found = {}, {}
    controls = FLAGS.controls or [None] * len(FLAGS.runs)
    for folder, control in zip(map(pathlib.Path, FLAGS.runs), controls, strict=True):
        own, measured_curves = measured(folder, control, FLAGS.num_samples)
        adversarial = measured_curves.pop(SEQGAN)
        (end,) = (point for point in adversarial if point.temperature == 1)
        groups[folder.name] = (
            {name: [less(own, p) for p in curve] for name, curve in measured_curves.items()},
            less(own, end),
        )
        everything = {**measured_curves, SEQGAN: adversarial}
        found[folder.name] = {
            "own": own,
            "points": {n: [dataclasses.asdict(p) for p in c] for n, c in everything.items()},
            "gain": {name: text.gain(end, curve) for name, curve in measured_curves.items()},
            "collapse": text.collapse(end.nll_oracle, own),
        }
        print(line(folder.name, found[folder.name]), flush=True)
    output = pathlib.Path(FLAGS.output)
    text.plane(groups).save(output)
    running.written(found, output)


def measured(folder, control, count):
    """(NLL of the oracle's own samples, label -> points of a generator at several temperatures)."""
    import keras
    import numpy as np
    import tensorflow as tf

    from tfgan_zoo.data import oracle as oracles
    from tfgan_zoo.evaluate import evaluator, text
    from tfgan_zoo.models.sequence.seqgan import SeqGAN
    from tfgan_zoo.training.checkpoints import latest, weight_variables
    from tfgan_zoo.training.run_directory import RunError

    directory = running.directory_of(folder, "seqgan")
    words = [line.partition("=") for line in directory.flags.read_text("utf-8").splitlines()]
    told = {name: value for name, _, value in words}
    first = directory.checkpoints / f"ckpt-{told['--pretrain_steps']}"
    saved, last = directory.export / "seqgan" / "model.keras", latest(directory.checkpoints)
    if not saved.exists() or not first.with_name(f"{first.name}.index").exists():
        raise RunError(
            f"{folder} lacks model.keras (--export_training) or the checkpoint {first.name}."
        )
    model = keras.models.load_model(saved, {"SeqGAN": SeqGAN}, compile=False)
    oracle = oracles.find(told["--data"])
    test = oracles.open_oracle(told["--data"], "test")
    test_tokens = test.fetch(np.arange(len(test)))["tokens"]
    own = float(np.mean(oracle.negative_log_likelihood(oracle.sample(count, [text.SEED, 3]))))

    @tf.function(reduce_retracing=True, autograph=False)
    def draw(num, seed, temperature):
        return model.generator.sample(num, tf.stack([seed, 0]), temperature)

    judge = tf.function(model.generator.log_probabilities, reduce_retracing=True, autograph=False)
    served = evaluator.served_by(lambda **inputs: {"tokens": draw(**tensors(inputs))})
    likely = evaluator.served_by(lambda **inputs: {"log_probability": judge(**tensors(inputs))})

    def after(checkpoint):
        weights = tf.train.Checkpoint(model=weight_variables(model))
        weights.restore(str(checkpoint)).assert_existing_objects_matched().expect_partial()
        return text.curve(served, likely, oracle, test_tokens, count=count)

    found = {LIKELIHOOD: after(first), SEQGAN: after(last)}
    if control is not None:
        found[CONTROL] = after(latest(running.directory_of(control, "seqgan").checkpoints))
    return own, found


def tensors(inputs):
    """The same inputs as tensors, so that another number does not trace another graph."""
    import tensorflow as tf

    return {name: tf.constant(value) for name, value in inputs.items()}


def less(own, point):
    """The point, both likelihoods less that of the oracle's own samples."""
    return dataclasses.replace(
        point, nll_oracle=point.nll_oracle - own, nll_test=point.nll_test - own
    )


def line(name, found):
    """One line for a person: (NLL_oracle, NLL_test) of each generator at temperature 1."""
    parts = [f"{name}: the oracle's own {found['own']:.4f}"]
    for model, curve in found["points"].items():
        (point,) = (point for point in curve if point["temperature"] == 1)
        parts.append(f"{model} ({point['nll_oracle']:.4f}, {point['nll_test']:.4f})")
    for model, gain in found["gain"].items():
        far = "beyond its end" if gain is None else f"{gain:+.4f} nats of NLL_test off it"
        parts.append(f"SeqGAN beside the curve of {model}: {far}")
    return "; ".join(parts) + f". {found['collapse']}"


if __name__ == "__main__":
    define_flags()
    running.run(main, __doc__)
