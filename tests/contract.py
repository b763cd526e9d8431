"""One trainer against the contract of architecture: `python -m tests.contract TRAINER FOLDER`, and
the name of a flagfile where that is not TRAINER_tiny.

Trainers define flags of the same name, so that each needs a process of its own. Prints the name of
each check that holds; a check that does not hold raises.
"""

import importlib
import json
import pathlib
import sys

import numpy as np
from absl import flags
from scipy import stats

from trainers import common

FLAGS = flags.FLAGS


def run(trainer, folder, **changed):
    """Runs the trainer in `folder`; returns its model and each player's weights as they were
    built.
    """
    seen = {}

    def remember(data, total_steps):
        seen["model"] = trainer.build(data, total_steps)
        seen["built"] = weights(seen["model"])
        return seen["model"]

    FLAGS.run_dir = str(folder)
    before = {name: FLAGS[name].value for name in changed}
    for name, value in changed.items():
        setattr(FLAGS, name, value)
    try:
        common.run(remember, trainer.task)
    finally:
        for name, value in before.items():
            setattr(FLAGS, name, value)
    return seen["model"], seen["built"]


def weights(model):
    """Player -> its trainable weights as arrays."""
    return {
        player: [variable.numpy() for variable in getattr(model, player).trainable_variables]
        for player in model.optimizers
    }


def same(first, second):
    """Whether two lists of arrays are equal bit for bit."""
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def check(name, folder, flagfile=None):
    """Holds the trainer `name` to the contract; yields what was checked."""
    trainer = importlib.import_module(f"trainers.{name}")
    FLAGS(
        [
            name,
            f"--flagfile=trainers/flagfiles/{flagfile or f'{name}_tiny'}.flags",
            "--tflite=float32,float16,int8",
        ]
    )
    # After the flags, as in a trainer.
    import tensorflow as tf

    from tfgan_zoo.export.tflite import TFLiteRunner
    from tfgan_zoo.training.run_directory import RunDirectory

    model, built = run(trainer, folder / "first")
    history = RunDirectory(folder / "first").history.read_text()
    trained = weights(model)
    assert all(not same(built[player], trained[player]) for player in built)
    assert int(model.step) == FLAGS.steps and int(model.skipped) == 0
    yield "trains, with finite losses"

    run(trainer, folder / "again", export=False)
    assert RunDirectory(folder / "again").history.read_text() == history
    yield "repeats under one seed"

    for player in built:
        still = {f"{player}_learning_rate": 0.0}
        model_, built_ = run(trainer, folder / player, export=False, ema_decay=0.5, **still)
        assert model_.optimizers["generator"].use_ema, "--ema_decay says nothing"
        for other, values in weights(model_).items():
            assert same(built_[other], values) == (other == player), (player, other)
    yield "a player without learning rate stays, the others move"

    # A model with several generators exports each into a folder of its own.
    for part, generate in getattr(model, "directions", {"": model}).items():
        exported = folder / "first" / "export" / name / part
        signature = tf.saved_model.load(str(exported / "1")).signatures["serving_default"]
        specs = signature.structured_input_signature[1]
        if len(specs) == 1:
            ((argument, spec),) = specs.items()
            random = np.random.default_rng(0)
            inputs = random.uniform(-1, 1, [3, *spec.shape[1:]]).astype(np.float32)
            arguments = {argument: tf.constant(inputs)}
        else:
            inputs = trainer.task.example_inputs(model, 3)
            arguments = trainer.task.arguments(model, inputs)
        own = generate(inputs).numpy()
        (served,) = signature(**arguments).values()
        np.testing.assert_allclose(served, own, atol=1e-5)
        for file, tolerance in (
            ("model_float32.tflite", 1e-4),
            ("model.tflite", 2e-2),
            ("model_int8.tflite", 0.5),
        ):
            np.testing.assert_allclose(TFLiteRunner(exported / file)(inputs), own, atol=tolerance)
        for file in ("card.json", "README.md", "samples.png"):
            assert (exported / file).stat().st_size > 0, file
        code = json.loads((exported / "card.json").read_text())["interface"]["latents"]
        if code:
            # What the card tells a phone to draw is the prior, column by column.
            np.random.seed(0)
            told = np.concatenate([eval(code, {"np": np}) for _ in range(2000)])
            prior = model.sample_latents(2000, [0, 1]).numpy()
            np.testing.assert_allclose(told.mean(0), prior.mean(0), atol=0.2)
            np.testing.assert_allclose(told.std(0), prior.std(0), atol=0.1)
            assert stats.ks_2samp(told.ravel(), prior.ravel()).pvalue > 1e-4
    yield "SavedModel and TFLite give the model's own pictures"
    yield "the card is complete"


if __name__ == "__main__":
    for held in check(sys.argv[1], pathlib.Path(sys.argv[2]), *sys.argv[3:]):
        print(held, flush=True)
