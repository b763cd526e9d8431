"""Pictures from latents and labels, class by class, as Odena, Olah & Shlens 2017, arXiv 1610.09585,
section 4, look at them: how alike are two of one class, and does the class need all of the pixels?
"""

import functools
import math

import numpy as np
import tensorflow as tf

from tfgan_zoo.evaluate import labels as of_labels
from tfgan_zoo.evaluate import tables
from tfgan_zoo.evaluate.evaluator import Evaluator, in_batches
from tfgan_zoo.kinds.image import to_float
from tfgan_zoo.metrics import structural
from tfgan_zoo.metrics.reconstruction import WINDOW

EACH = 100  # pictures of each class of which pairs are drawn
PAIRS = 200  # pairs of each class
LOOKED_THROUGH = 10_000  # held-out pictures, at most
READ = 1000  # of them at a time
SHARES = (0.125, 0.25, 0.5, 0.75)  # of the side, to which pictures are reduced
SMALLEST = 3  # pixels of such a side
MEAN, LARGEST, DIVERSE = (
    "MS-SSIM within a label",
    "largest MS-SSIM of a label",
    "labels as diverse as real ones",
)


def sides_of(size):
    """The sides in pixels to which pictures of `size` are reduced."""
    return [side for side in (round(share * size) for share in SHARES) if side >= SMALLEST]


def reduced(pictures, side):
    """Pictures `[B, H, W, C]` whose shorter side was reduced to `side` pixels, back in their size:
    bilinear both ways, antialiased on the way down.
    """
    height, width = pictures.shape[1:3]
    small = [max(1, round(length * side / min(height, width))) for length in (height, width)]
    less = tf.image.resize(pictures, small, antialias=True)
    return np.clip(tf.image.resize(less, [height, width]).numpy(), -1.0, 1.0)


def export(prior, train, test, per_label=1000, extractor="auto"):
    """The scores of an exported generator of classes, class by class: MS-SSIM between pictures of
    one label (`MEAN`, `LARGEST`, `DIVERSE`), and where a classifier can tell `label accuracy, RxR`
    of pictures reduced to R pixels; beside test pictures.

    Args:
        prior: of `networks.priors`.
        train, test: `Examples` with the fields `images` and `labels`.
        per_label: pictures of each label that the classifier reads.
        extractor: as for `labels.reader`.

    Returns:
        `Evaluator` of an interface `latents`, `labels` -> `images`. Its findings say the MS-SSIM of
        each label beside that of the test pictures.
    """
    classes, read = of_labels.count_classes(train), of_labels.reader(train, extractor)
    size = min(train.fields["images"].shape[:2])
    sides = sides_of(size) if read else []
    drawn_likeness = {}

    @functools.cache
    def real():
        """(pictures as they are stored, labels) of the held-out split."""
        found = tables.first(test, LOOKED_THROUGH)
        return found["images"], found["labels"]

    def likeness(pictures, labels):
        """Label -> mean MS-SSIM of its pairs."""
        if size < WINDOW:
            return {}
        found = structural.ms_ssim_by_class(pictures, labels, pairs=PAIRS)
        return {label: score["mean"] for label, score in found.items()}

    @functools.cache
    def real_likeness():
        stored, labels = real()
        rows = [np.flatnonzero(labels == label)[:EACH] for label in np.unique(labels)]
        rows = np.concatenate(rows)
        return likeness(to_float(stored[rows]).numpy(), labels[rows])

    def summary(found):
        if not found or not real_likeness():
            return dict.fromkeys((MEAN, LARGEST, DIVERSE), math.nan)
        values, bound = list(found.values()), max(real_likeness().values())
        return {
            MEAN: float(np.mean(values)),
            LARGEST: float(np.max(values)),
            DIVERSE: float(np.mean(np.array(values) <= bound)),
        }

    def measure(served):
        hits, firsts = [], []
        for label in range(classes):
            wanted = np.full(max(EACH, per_label if read else 0), label)
            inputs = of_labels.inputs(prior, wanted, (label, 4))
            pictures = in_batches(served, "images", of_labels.BATCH, inputs)
            firsts.append(pictures[:EACH])
            seen = pictures[:per_label]
            hits.append([np.mean(read(reduced(seen, side)) == label) for side in sides])
        labels = np.repeat(np.arange(classes), EACH)
        drawn_likeness.update(likeness(np.concatenate(firsts), labels))
        return summary(drawn_likeness) | named(np.mean(hits, axis=0))

    def baselines():
        stored, labels = real()
        right = np.zeros([len(sides), len(labels)], bool)
        for start in range(0, len(labels) if sides else 0, READ):
            part = slice(start, start + READ)
            pictures = to_float(stored[part]).numpy()
            for row, side in enumerate(sides):
                right[row, part] = read(reduced(pictures, side)) == labels[part]
        return {"test pictures": summary(real_likeness()) | named(right.mean(axis=1))}

    def named(hits):
        """The shares of right labels, by the names of the scores."""
        pairs = zip(sides, hits, strict=True)
        return {f"label accuracy, {side}x{side}": float(hit) for side, hit in pairs}

    def findings():
        names = dict(enumerate(test.info.get("label_names") or ()))
        found = [
            f"{names.get(label, label)} {value:.3f} ({real_likeness()[label]:.3f})"
            for label, value in drawn_likeness.items()
            if label in real_likeness()
        ]
        if not found:
            return ""
        return f"MS-SSIM of each label, in brackets that of test pictures: {', '.join(found)}."

    return Evaluator(
        "class by class",
        protocol(size, read, sides, per_label, test),
        measure,
        baselines,
        findings=findings,
        needs=dict.fromkeys(
            (MEAN, LARGEST, DIVERSE),
            f"MS-SSIM takes sides of {WINDOW} pixels on, and three held-out pictures of a label",
        ),
    )


def protocol(size, read, sides, per_label, test):
    """How the scores are taken, in words."""
    reading = (
        f"label accuracy, {sides[0]}x{sides[0]} and so on: the label accuracy of {per_label} "
        f"pictures of each label as {read.name} reads them, after they were reduced to such a side "
        "and enlarged again (bilinear; antialiased on the way down): as long as it grows with the "
        "side, the class is in the pixels. "
        if sides
        else ""
    )
    if size < WINDOW:
        return reading
    return (
        f"{reading}MS-SSIM within a label: mean over the labels of that of {PAIRS} pairs of "
        f"{EACH} pictures of one label (the higher, the more alike), by those of its five scales "
        f"that fit into {size} pixels, {structural.scales_for(size)} of them; labels as diverse as "
        "real ones: share of the labels whose MS-SSIM is at most the largest of a label of the "
        f"split '{test.info['split']}'."
    )
