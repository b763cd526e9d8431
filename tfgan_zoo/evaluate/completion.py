"""How well holes are filled, where what was there is known.

All errors are means over the missing numbers alone: over a whole picture a larger hole would count
more, and what is known would flatter. Colours are counted from 0, black, to 1.
"""

import functools

import numpy as np

from tfgan_zoo.data.pipeline import eval_batches
from tfgan_zoo.evaluate.evaluator import Evaluator
from tfgan_zoo.export.blending import blend

BATCH = 50
LIMIT = 1000  # pictures that a score looks at
SMOOTHED = 100  # pictures that are filled smoothly, which takes a while for each


def training(validation, masks):
    """`hole_mse` and `hole_l1` at each validation.

    Args:
        validation: `Examples` with the field `images`.
        masks: count -> masks float32 `[count, H, W, 1]`, always the same; 1 is missing.

    Returns:
        `Evaluator` of an interface `images`, `masks` -> `images`.
    """
    chosen = functools.cache(lambda: masks(min(LIMIT, len(validation))))

    def measure(served):
        found = scores_of(answer_of(served), validation, chosen())
        return {name: found[name] for name in ("hole_mse", "hole_l1")}

    return Evaluator(
        *("holes", "", measure),
        training=True,
        better=lambda: dict.fromkeys(("hole_mse", "hole_l1"), "lower"),
    )


def export(test, train, masks, about):
    """The scores of an exported completion: `hole_mse`, `hole_l1`, `share_of_mean_fill`, which is
    its `hole_mse` as a share of that of the training pictures' mean colour, and `known_changed`,
    how many known numbers are not bit for bit as they were.

    Args:
        test, train: `Examples` with the field `images`.
        masks: as for `training`.
        about: how the holes are drawn, a clause.

    Returns:
        `Evaluator` of an interface `images`, `masks` -> `images`.
    """
    count = min(LIMIT, len(test))
    chosen = functools.cache(lambda: masks(count))
    fill = functools.cache(lambda: mean_colour(train))

    @functools.cache
    def of_mean_fill():
        return scores_of(lambda images, masks: fill(), test, chosen())

    def compared(found, beside=None):
        mean_fill = beside or of_mean_fill()
        share = found["hole_mse"] / mean_fill["hole_mse"]
        return {
            "hole_mse": found["hole_mse"],
            "hole_l1": found["hole_l1"],
            "share_of_mean_fill": share,
        }

    def measure(served):
        found = scores_of(answer_of(served), test, chosen())
        return compared(found) | {"known_changed": found["known_changed"]}

    def baselines():
        picture = mean_picture(train)
        by_picture = scores_of(lambda images, masks: picture, test, chosen())
        few = chosen()[:SMOOTHED]
        beside = scores_of(lambda images, masks: fill(), test, few)
        return {
            "the mean colour": compared(of_mean_fill()),
            "the mean training picture": compared(by_picture),
            f"a smooth fill, of {len(few)}": compared(scores_of(smooth, test, few), beside),
        }

    height, width = test.fields["images"].shape[:2]
    return Evaluator(
        "holes",
        f"Completed by the SavedModel: the first {count} pictures of the split "
        f"'{test.info['split']}' at {height}x{width}, {about}. hole_mse and hole_l1 are means over "
        "the missing numbers, colours from 0 to 1; share_of_mean_fill is the hole_mse as a share "
        "of that of the training pictures' mean colour; known_changed counts known numbers that "
        "are not bit for bit as they were. A smooth fill: each missing pixel the mean of its four "
        "neighbours, which needs no training.",
        measure,
        baselines,
    )


def answer_of(served):
    """(images, masks) -> what `served` completes."""
    return lambda images, masks: served(images=images, masks=masks)["images"]


def scores_of(answer, examples, masks):
    """`hole_mse`, `hole_l1` and `known_changed` of `answer(images, masks)` for the first pictures
    of a table, as many as there are masks.

    What `answer` returns is broadcast to the pictures.
    """
    squares, absolutes, missing, changed = 0.0, 0.0, 0, 0
    first = 0
    for batch in eval_batches(examples, BATCH, ["images"]):
        own = masks[first : first + BATCH]
        if not len(own):
            break
        real = np.asarray(batch["images"])[: len(own)]
        hole = np.broadcast_to(own > 0.5, real.shape)
        # What is missing is not handed out, so that nobody can copy it.
        given = np.where(hole, np.float32(0.0), real)
        found = np.broadcast_to(np.asarray(answer(given, own), np.float32), real.shape)
        difference = 0.5 * (found.astype(np.float64) - real)[hole]
        squares += np.square(difference).sum()
        absolutes += np.abs(difference).sum()
        missing += difference.size
        changed += int(np.count_nonzero(found[~hole] != real[~hole]))
        first += BATCH
    return {
        "hole_mse": squares / missing,
        "hole_l1": absolutes / missing,
        "known_changed": float(changed),
    }


def smooth(images, masks):
    """Pictures `[B, H, W, C]` of which each missing pixel is the mean of its four neighbours."""
    both = zip(images, masks[..., 0] > 0.5, strict=True)
    return np.stack([blend(np.where(hole[..., None], 0.0, image), hole) for image, hole in both])


def mean_picture(train):
    """The mean of all pictures of a table, float32 `[H, W, C]` in [-1, 1]."""
    total = 0.0
    for batch in eval_batches(train, BATCH, ["images"]):
        total = total + np.asarray(batch["images"], np.float64).sum(0)
    return (total / len(train)).astype(np.float32)


def mean_colour(train):
    """The mean colour of all pictures of a table, float32 `[C]` in [-1, 1]."""
    return mean_picture(train).mean((0, 1), dtype=np.float64).astype(np.float32)
