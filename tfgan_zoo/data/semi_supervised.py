"""A set of pictures of which a few have their class told, and the training stream of both parts."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tfgan_zoo.data import pipeline
from tfgan_zoo.data.errors import DataError
from tfgan_zoo.data.examples import Examples

# Added to the seed: the orders of the second pictures, of the labelled ones, and their choice.
_OTHER_ORDER, _LABELLED_ORDER, _CHOICE = 1 << 61, 1 << 60, 1 << 59


def choose_labelled(examples: Examples, count: int, seed: int) -> Examples:
    """`count` of the examples, as many of each class, by a choice that follows from `seed` alone.

    Raises:
        DataError: where there are no classes, or too few examples of one.
    """
    if "labels" not in examples.fields:
        raise DataError("These pictures have no classes: there is nothing to label.")
    labels = _labels(examples)
    classes = np.unique(labels)
    each, rest = divmod(count, len(classes))
    if rest or not each:
        raise DataError(
            f"{count} labelled examples cannot be spread evenly over {len(classes)} classes: "
            f"choose a multiple of {len(classes)}."
        )
    order = np.random.Generator(np.random.Philox(key=[seed, _CHOICE])).permutation(len(labels))
    chosen = [order[labels[order] == number][:each] for number in classes]
    if min(map(len, chosen)) < each:
        raise DataError(
            f"The smallest class has {min(map(len, chosen))} examples, of which {each} cannot be "
            "labelled."
        )
    return examples.subset(np.concatenate(chosen))


def _labels(examples):
    parts = [
        examples.fetch(np.arange(first, min(first + 5000, len(examples))))["labels"]
        for first in range(0, len(examples), 5000)
    ]
    return np.concatenate(parts)


def train_batches(
    examples: Examples, labelled: Examples, *, global_batch_size: int, seed: int, **options
) -> tf.data.Dataset:
    """The endless training stream: two streams of the pictures without their classes and one of the
    labelled ones, each in an order of its own. The position of all follows from the step alone.

    Args:
        examples: all pictures.
        labelled: of `choose_labelled`.
        global_batch_size: pictures of each stream in a step.
        seed: from 0 to 2**59 - 1.
        options: as in `pipeline.train_batches`.

    Returns:
        `tf.data.Dataset` of `images`, `other_images` and `labelled_images`, float32 `[b, h, w, C]`
        in [-1, 1], and `labels`, int32 `[b]`.
    """

    def stream(table, offset, **names):
        batches = pipeline.train_batches(
            table,
            global_batch_size=global_batch_size,
            seed=seed + offset,
            fields=tuple(names),
            **options,
        )
        return batches.map(lambda batch: {new: batch[old] for old, new in names.items()})

    streams = (
        stream(examples, 0, images="images"),
        stream(examples, _OTHER_ORDER, images="other_images"),
        stream(labelled, _LABELLED_ORDER, images="labelled_images", labels="labels"),
    )
    return tf.data.Dataset.zip(*streams).map(lambda a, b, c: {**a, **b, **c})
