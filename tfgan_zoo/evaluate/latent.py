"""Pictures from latents against real ones: the nearest neighbour's verdict, and the spread."""

import functools
import math

import numpy as np

from tfgan_zoo.evaluate import tables
from tfgan_zoo.evaluate.evaluator import Evaluator, in_batches, share
from tfgan_zoo.kinds.kind import mean_deviation as spread
from tfgan_zoo.metrics.neighbours import nearest_neighbour_accuracy

LARGEST = 1000  # pictures of a side: the neighbours of each among all take its square
SEED = (0, 1)
BATCH = 64
TWO = "it needs two pictures of either side"
DIFFERENT = "the held-out pictures do not differ from each other"


def inputs_of(prior):
    """(count, seed) -> the inputs of an interface that takes latents alone.

    Args:
        prior: of `networks.priors`.
    """
    return lambda count, seed: {"latents": np.asarray(prior.sample(count, list(seed)))}


def count_of(train, test):
    """How many pictures of each side are compared."""
    return min(LARGEST, len(test), len(train))


def as_they_are(images):
    """Pictures unchanged."""
    return images


def export(prior, train, test, seen=as_they_are):
    """The scores of an exported generator of pictures: `1-NN accuracy` over all pictures and over
    those of each side, and `spread`; beside training pictures and uniform noise.

    Args:
        prior: of `networks.priors`; the generator's latents come from it.
        train, test: `Examples` with the field `images`.
        seen: real pictures -> as drawn ones are compared with them, such as binarised.

    Returns:
        `Evaluator` of an interface `latents` -> `images`.
    """
    count = count_of(train, test)

    @functools.cache
    def real():
        return seen(tables.first_pictures(test, count))

    def compare(pictures):
        accuracy = pixel_accuracy(real(), pictures)
        return {
            "1-NN accuracy": accuracy["total"],
            "1-NN accuracy, real": accuracy["real"],
            "1-NN accuracy, fake": accuracy["fake"],
            "spread": share(spread(pictures), spread(real())),
        }

    def measure(served):
        return compare(in_batches(served, "images", BATCH, inputs_of(prior)(count, SEED)))

    def baselines():
        noise = np.random.default_rng(0).uniform(-1, 1, real().shape)
        return {
            "training pictures": compare(seen(tables.first_pictures(train, count))),
            "uniform noise": compare(noise),
        }

    protocol = (
        f"{count} pictures drawn by the SavedModel from latents of seed 1 against as many of "
        f"the split '{test.info['split']}': leave-one-out 1-nearest-neighbour accuracy "
        "on pixels (0.5 on both sides is ideal, under it means copies; noise may have it in total, "
        "of 1 and 0) and the spread (mean over pixels of the standard deviation) as a share of "
        "the real pictures'."
    )
    sides = ("1-NN accuracy", "1-NN accuracy, real", "1-NN accuracy, fake")
    needs = dict.fromkeys(sides, TWO) | {"spread": DIFFERENT}
    return Evaluator("closeness", protocol, measure, baselines, needs=needs)


def pixel_accuracy(real, pictures):
    """`neighbours.nearest_neighbour_accuracy` on pixels, of as many pictures of either side; NaN of
    a single one, which has no neighbour.
    """
    if len(real) < 2:
        return dict.fromkeys(("total", "real", "fake"), math.nan)
    flat = [np.reshape(images, (len(real), -1)) for images in (real, pictures)]
    return nearest_neighbour_accuracy(*flat)
