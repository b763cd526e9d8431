"""A discriminator that tells classes: how often it is wrong."""

import numpy as np

from tfgan_zoo.data.pipeline import eval_batches
from tfgan_zoo.evaluate.evaluator import Evaluator

BATCH = 500


def training(classify, averaged, test):
    """The scores of each validation: `test_error` with the averaged parameters and
    `test_error_unaveraged` with the present ones.

    They are of the test split, so that they must not choose a checkpoint.

    Args:
        classify: images `[B, H, W, C]` in [-1, 1] -> logits `[B, classes]`.
        averaged: () -> context manager, inside which `classify` takes the averaged parameters.
        test: `Examples` with the fields `images` and `labels`.

    Returns:
        `Evaluator`; it asks the classifier, not what is served.
    """

    def measure(served):
        with averaged():
            found = {"test_error": error(classify, test)}
        return found | {"test_error_unaveraged": error(classify, test)}

    def better():
        return dict.fromkeys(("test_error", "test_error_unaveraged"), "lower")

    return Evaluator("test error", "", measure, training=True, better=better)


def error(classify, examples):
    """Share of `examples` whose class is not the likeliest.

    Args:
        classify, examples: as for `training`.
    """
    wrong = []
    for batch in eval_batches(examples, BATCH, fields=("images", "labels")):
        logits = np.asarray(classify(batch["images"]))
        wrong.append(np.argmax(logits, axis=1) != batch["labels"].numpy())
    return float(np.mean(np.concatenate(wrong)))
