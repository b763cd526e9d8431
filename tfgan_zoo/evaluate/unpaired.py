"""Image translation that is learnt without pairs: what comes back, and how close the drawn pictures
are to those of the other set.

A direction is `a_to_b` or `b_to_a`. The splits are `data.unpaired.Unpaired`.
"""

import functools

import numpy as np

from tfgan_zoo.data.examples import Examples
from tfgan_zoo.data.pipeline import eval_batches
from tfgan_zoo.evaluate import latent, pairs, tables
from tfgan_zoo.evaluate.evaluator import Evaluator, in_batches
from tfgan_zoo.metrics.reconstruction import reconstruction_scores

BATCH = 4
BACK = {"a_to_b": "b_to_a", "b_to_a": "a_to_b"}


def sides(split, direction):
    """(table of the sources, table of the targets) of a direction."""
    return (split.a, split.b) if direction == "a_to_b" else (split.b, split.a)


def pairs_of(split, direction):
    """The true pairs of a split with the fields `source` and `target` of a direction."""
    known = split.pairs()
    names = ["source", "target"] if direction == "a_to_b" else ["target", "source"]
    fields = dict(zip(("images_a", "images_b"), names, strict=True))

    def fetch(indices):
        return {fields[name]: array for name, array in known.fetch(indices).items()}

    renamed = {fields[name]: kind for name, kind in known.fields.items()}
    return Examples(renamed, known.names, known.info, fetch)


def training(direction, back, validation, known_pairs):
    """The scores of one direction at each validation: `cycle_l1`, and with known pairs `l1`, `psnr`
    and `ssim`; the direction stands before each name.

    Args:
        direction: `a_to_b` or `b_to_a`.
        back: pictures of the targets' set `[B, H, W, C]` -> what the other generator draws of them.
        validation: the split.
        known_pairs: whether pictures of one name belong together.

    Returns:
        `Evaluator` of an interface `images` -> `images`.
    """

    def measure(served):
        found = cycle(served, back, sides(validation, direction)[0])
        if known_pairs:
            examples = pairs_of(validation, direction)
            found |= pairs.scores_of(pairs.answer_of(served), examples)
        return {f"{direction}_{name}": value for name, value in found.items()}

    def better():
        words = {"cycle_l1": "lower"} | (pairs.BETTER if known_pairs else {})
        return {f"{direction}_{name}": word for name, word in words.items()}

    return Evaluator(f"translation {direction}", "", measure, training=True, better=better)


def export(direction, back, test, train, known_pairs):
    """The scores of an exported translator of one direction: those of `pairs.export` with known
    pairs, else `1-NN accuracy`; and `cycle_l1`.

    Args:
        direction, back: as for `training`.
        test, train: the splits, both at the size that the generator works at.
        known_pairs: whether pictures of one name belong together.

    Returns:
        `Evaluator` of an interface `images` -> `images`.
    """
    sources, targets = sides(test, direction)
    if known_pairs:
        of_training = pairs_of(train, direction)
        judged = pairs.export(pairs_of(test, direction), of_training, "Trained without pairs.")
    else:
        judged = closeness(sources, targets, sides(train, direction)[1])

    def measure(served):
        return judged.measure(served) | cycle(served, back, sources)

    protocol = (
        f"{judged.protocol} cycle_l1: the difference to the input after the other generator has "
        "drawn it back."
    )
    return Evaluator(
        f"translation {direction}", protocol, measure, judged.baselines, needs=judged.needs
    )


def cycle(served, back, sources):
    """`cycle_l1`: mean absolute difference between pictures and what comes back of them.

    Args:
        served: as for `Evaluator.measure`.
        back: as for `training`.
        sources: `Examples` of one field.
    """
    differences = []
    for batch in eval_batches(sources, BATCH):
        (images,) = batch.values()
        again = back(served(images=images)["images"])
        differences.append(reconstruction_scores(again, images)["l1"])
    return {"cycle_l1": float(np.mean(np.concatenate(differences)))}


def closeness(sources, targets, train):
    """Scores without pairs: can the nearest neighbour tell drawn from real pictures? Beside the
    input itself, where it has the target's shape, and training pictures, where there are enough.

    Args:
        sources, targets: held-out `Examples` of one field each.
        train: those of the targets' set that were trained on.

    Returns:
        `Evaluator` of an interface `images` -> `images`.
    """
    count = min(len(sources), len(targets), latent.LARGEST)
    real = functools.cache(lambda: first(targets, count))

    def compare(pictures):
        return {"1-NN accuracy": latent.pixel_accuracy(real(), pictures)["total"]}

    def measure(served):
        return compare(in_batches(served, "images", BATCH, {"images": first(sources, count)}))

    def baselines():
        found, images = {}, first(sources, count)
        if images.shape == real().shape:
            found["the input itself"] = compare(images)
        if len(train) >= count:
            found["training pictures"] = compare(first(train, count))
        return found

    (kind,) = targets.fields.values()
    protocol = (
        "1-NN accuracy: leave-one-out, on pixels, between drawn pictures and as many real ones "
        f"of the split '{targets.info['split']}' at {kind.shape[0]}x{kind.shape[1]} (0.5 is "
        "ideal)."
    )
    needs = {"1-NN accuracy": latent.TWO}
    return Evaluator("closeness", protocol, measure, baselines, needs=needs)


def first(examples, count):
    """The first pictures of a table of one field, in [-1, 1]."""
    (field,) = examples.fields
    return tables.first_pictures(examples, count, field)
