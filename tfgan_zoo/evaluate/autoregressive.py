"""How probable pictures are under a model that says it exactly.

A model here has `log_prob(pixels, labels) -> [B]` in nats, `distribution` (`losses.pixels`) and
`classes`. What it is asked about are levels from -1 to 1: black-and-white models get each grey
picture binarised once, always by the same draw (as `evaluate.likelihood`), others the levels
themselves. Of a model with classes, log p(x | y) is with the true label, and knows up to log of
their number more than log p(x), which sums over all of them at equal shares.
"""

import functools

import numpy as np
import tensorflow as tf

from tfgan_zoo.evaluate import tables
from tfgan_zoo.evaluate.evaluator import Evaluator
from tfgan_zoo.evaluate.likelihood import binarised
from tfgan_zoo.losses.pixels import Bernoulli, bits_per_number, rounded

BATCH = 100


def pixels_of(images, distribution):
    """The levels that have a likelihood, of pictures in [-1, 1]."""
    if isinstance(distribution, Bernoulli):
        return 2.0 * binarised(images) - 1.0
    return rounded(images, distribution.levels).numpy()


def log_probs(model, pixels, labels=None, batch_size=BATCH):
    """log p `[N]`, float64, in nats.

    Args:
        model: see the header.
        pixels: levels `[N, H, W, C]`.
        labels: integers `[N]`, of a model with classes.
    """
    call = tf.function(model.log_prob)
    parts = []
    for first in range(0, len(pixels), batch_size):
        rows = slice(first, first + batch_size)
        own = None if labels is None else tf.constant(labels[rows], tf.int32)
        parts.append(call(tf.constant(pixels[rows], tf.float32), own).numpy())
    return np.concatenate(parts).astype(np.float64)


def by_class(model, pixels):
    """log p(x | y) `[N, classes]` of each picture under each class."""
    return np.stack(
        [
            log_probs(model, pixels, np.full(len(pixels), label, np.int32))
            for label in range(model.classes)
        ],
        axis=1,
    )


def independent(train, test, levels):
    """log p `[N]` of the pixels `test` under independent ones that are as often of each level as
    those of `train`, one picture more of each level counted.
    """
    own, real = (np.rint(0.5 * (v + 1.0) * (levels - 1)).astype(int) for v in (train, test))
    return tables.independent(own, real, levels)


def training(model, validation, limit):
    """`nats` a picture and `bits_per_dim` at each validation, with the true labels.

    Args:
        model: see the header.
        validation: `Examples` with the field `images`, and `labels` where there are classes.
        limit: pictures at most.

    Returns:
        `Evaluator` of the model itself, whatever interface it is asked of.
    """

    @functools.cache
    def held():
        return _pixels_and_labels(validation, model, limit)

    def measure(_):
        nats = float(-log_probs(model, *held()).mean())
        return {"nats": nats, "bits_per_dim": bits_per_number(nats, model.shape)}

    return Evaluator(
        *("likelihood", "", measure),
        training=True,
        better=lambda: dict.fromkeys(("nats", "bits_per_dim"), "lower"),
    )


def export(model, test, train, marginal=1000):
    """The likelihood of held-out pictures: `nats` and `bits per dimension`, and of a model with
    classes the nats over all of them of the first pictures, with the share of these whose label is
    the class under which they are likeliest.

    Args:
        model: see the header.
        test, train: as `training`'s `validation`.
        marginal: pictures that are asked about under every class.

    Returns:
        `Evaluator` of the model itself.
    """
    few = min(marginal, len(test)) if model.classes else 0

    def measure(_):
        pixels, labels = _pixels_and_labels(test, model, len(test))
        found = log_probs(model, pixels, labels)
        nats = float(-found.mean())
        scores = {"nats": nats, "bits per dimension": bits_per_number(nats, model.shape)}
        if few:
            each = by_class(model, pixels[:few])
            total = np.logaddexp.reduce(each, axis=1) - np.log(model.classes)
            scores[f"nats of {few}"] = float(-found[:few].mean())
            scores[f"nats of {few}, all classes"] = float(-total.mean())
            scores["likeliest class"] = float(np.mean(each.argmax(axis=1) == labels[:few]))
        return scores

    def baselines():
        pixels = [_pixels_and_labels(e, model, len(e))[0] for e in (train, test)]
        nats = float(-independent(*pixels, model.distribution.levels).mean())
        bits = bits_per_number(nats, model.shape)
        return {"independent pixels": {"nats": nats, "bits per dimension": bits}}

    kind = (
        "each binarised once by a draw of its grey levels (seed 0)"
        if isinstance(model.distribution, Bernoulli)
        else f"in {model.distribution.levels} levels"
    )
    protocol = (
        f"Exact likelihood, by the model that the signature log_prob serves: mean -log p over the "
        f"{len(test)} pictures of the split '{test.info['split']}', {kind}, in nats a picture and "
        "in bits a channel of a pixel; independent pixels have the training pictures' frequencies."
    )
    if few:
        protocol += (
            f" The true label is given. Of the first {few} pictures also without it: over all "
            "classes at equal shares; likeliest class: share of them that are likeliest under "
            "their own label."
        )
    return Evaluator("likelihood", protocol, measure, baselines)


def _pixels_and_labels(examples, model, limit):
    pixels = pixels_of(tables.first_pictures(examples, limit), model.distribution)
    return pixels, tables.first(examples, limit)["labels"] if model.classes else None
