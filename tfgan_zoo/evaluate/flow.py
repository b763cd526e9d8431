"""How probable pictures are under a flow, exactly, and whether they come back from it.

A flow knows the density of numbers, and pictures are grey levels: each is spread over its level by
uniform noise before. `bits_per_dim` of that density is exact; on average over the noise it is an
upper bound of the bits that the grey levels themselves cost (Theis et al. 2016, arXiv 1511.01844),
and compares with the flows of the literature, which are told so too.
"""

import numpy as np
import tensorflow as tf

from tfgan_zoo.evaluate import tables
from tfgan_zoo.evaluate.evaluator import Evaluator
from tfgan_zoo.losses.pixels import bits_per_number

BATCH = 100
SEED = (0, 3)  # of the noise within grey levels
LARGEST = 10_000  # pictures
LEVELS = 256


def training(model, validation, limit=LARGEST):
    """`bits_per_dim` of held-out pictures at each validation, always under the same noise.

    Args:
        model: with `log_prob(images, seed)`, `size` and `grey_levels`, such as `Glow`.
        validation: `Examples` with the field `images`.
        limit: pictures at most.

    Returns:
        `Evaluator` of the model itself, whatever interface it is asked of.
    """
    log_prob = tf.function(model.log_prob)

    def measure(_):
        return {"bits_per_dim": mean_bits(model, log_prob, validation, limit)}

    return Evaluator(
        "likelihood", "", measure, training=True, better=lambda: {"bits_per_dim": "lower"}
    )


def export(model, test, train):
    """`bits/dim` of held-out and of training pictures, and how far pictures are from themselves
    after the way there and back; beside independent pixels.

    Args:
        model: as for `training`, with `reconstruct(images)`.
        test, train: `Examples` with the field `images`.

    Returns:
        `Evaluator` of the model itself.
    """
    count = min(LARGEST, len(test))
    grey_levels = model.grey_levels

    def measure(_):
        log_prob = tf.function(model.log_prob)
        pictures = tables.first_pictures(test, BATCH)
        away = np.abs(np.asarray(model.reconstruct(pictures)) - pictures)
        return {
            "bits/dim": mean_bits(model, log_prob, test, count),
            "bits/dim, training": mean_bits(model, log_prob, train, count),
            "largest error": float(away.max() * 0.5 * (LEVELS - 1)),
        }

    def baselines():
        own, held = (stored(examples, grey_levels) for examples in (train, test))
        nats = -tables.independent(own, held[:count], grey_levels).mean()
        return {"independent pixels": {"bits/dim": float(bits_per_number(nats, own.shape[1:]))}}

    protocol = (
        f"bits/dim: -log2 of the density of {count} pictures of the split '{test.info['split']}' "
        f"(or training pictures), for each number of a picture, after one draw of uniform noise "
        f"within each of {grey_levels} grey levels (seed 3): exact for that density, by the model "
        "itself, and an upper bound for the grey levels. Independent pixels have the training "
        "pictures' frequencies of each level at each place, one count added to each, and no noise. "
        f"largest error: of any pixel of {min(BATCH, len(test))} of them after the way there and "
        "back, in grey levels of 256."
    )
    return Evaluator("likelihood", protocol, measure, baselines)


def of_points(model, world, test):
    """`nats`, the mean of -log p of test points, beside that of the world's own density, which is
    on average the least: the entropy.

    Args:
        model: with `log_prob(points, seed)`, which draws nothing for points.
        world: of `data.worlds`; without modes it has no density that is known, and no baseline.
        test: `Examples` with the field `points`.

    Returns:
        `Evaluator` of the model itself.
    """

    def real():
        return tables.first(test, len(test))["points"]

    def measure(_):
        return {"nats": -float(np.mean(np.asarray(model.log_prob(real(), SEED), np.float64)))}

    def baselines():
        if world.centres is None:
            return {}
        return {"the world's density": {"nats": -float(np.mean(world.log_density(real())))}}

    protocol = (
        f"nats: the mean of -log p of the {len(test)} test points, by the model itself, and by the "
        "density that they were drawn from."
    )
    return Evaluator("density", protocol, measure, baselines)


def mean_bits(model, log_prob, examples, limit):
    """Bits per dimension, the mean over the first pictures of a table.

    Args:
        model: for its `size`.
        log_prob: (images, seed int32 [2]) -> nats `[B]`.
        examples: `Examples` with the field `images`.
        limit: pictures at most.
    """
    count, total = min(limit, len(examples)), 0.0
    for start in range(0, count, BATCH):
        rows = np.arange(start, min(start + BATCH, count))
        images = examples.fields["images"].normalise(examples.fetch(rows)["images"])
        seed = tf.random.fold_in(tf.constant(SEED), start, alg="philox")
        total += float(np.sum(np.asarray(log_prob(images, seed), np.float64)))
    return float(bits_per_number(-total / count, (model.size,)))


def stored(examples, grey_levels):
    """All pictures of a table as whole numbers from 0 to `grey_levels - 1`."""
    return tables.first(examples, len(examples))["images"] // (LEVELS // grey_levels)
