"""Image translation where the right answer is known, beside baselines."""

import functools

import numpy as np

from tfgan_zoo.data.pipeline import eval_batches
from tfgan_zoo.evaluate import tables
from tfgan_zoo.evaluate.evaluator import Evaluator
from tfgan_zoo.kinds.image import to_float, to_uint8
from tfgan_zoo.metrics import baselines, label_recovery
from tfgan_zoo.metrics.reconstruction import reconstruction_scores

BATCH = 4
EQUAL = "a picture is equal to the true one, which makes the ratio infinite"
BETTER = {"l1": "lower", "psnr": "higher", "ssim": "higher"}  # of the scores of a validation
FIT = 100  # training pairs that the baselines and the segmenter are fitted on


def training(validation):
    """The scores of each validation: means of `l1`, `psnr` and `ssim` over all pairs.

    Args:
        validation: `Examples` with the fields `source` and `target`.

    Returns:
        `Evaluator` of an interface `images` -> `images`.
    """
    return Evaluator(
        *("pairs", "", lambda served: scores_of(answer_of(served), validation)),
        training=True,
        better=BETTER.copy,
    )


def answer_of(served):
    """batch of pairs -> what `served` draws of its sources."""
    return lambda batch: served(images=batch["source"])["images"]


def export(test, train, prefix="Drawn by the SavedModel with noise seed 0.", answer=answer_of):
    """The scores of an exported translator: means of `l1`, `psnr` and `ssim` and, where one side is
    a label map, `pixel_accuracy`, `class_accuracy` and `class_iou`; beside what a colour per label,
    the mean training picture, the input itself and the true pictures reach.

    Args:
        test: `Examples` with the fields `source` and `target`.
        train: those of training at the same size, which baselines and segmenter are fitted on.
        prefix: sentence that the protocol begins with.
        answer: served -> (batch of pairs -> pictures), where it takes more than `images`.

    Returns:
        `Evaluator` of an interface `images` -> `images`.
    """
    judge = functools.cache(lambda: Judge(test, train))
    return Evaluator(
        "pairs",
        f"{prefix} {protocol(test, len(train))}".strip(),
        lambda served: judge().scores(answer(served)),
        lambda: judge().baselines(),
        needs={"psnr": EQUAL},
    )


class Judge:
    """Scores of answers to the pairs of `test`, and of the baselines.

    Args:
        test, train: as for `export`.
    """

    def __init__(self, test, train):
        self.test = test
        self.pairs = tables.first(train, FIT)
        self.palette = label_palette("source", test, train)
        self.reading = self.read_labels(label_palette("target", test, train))

    def read_labels(self, drawn_palette):
        """How the labels are found in a picture: arguments of `scores_of`, none if there are none.

        Args:
            drawn_palette: the colours of the targets, if they are label maps.
        """
        if drawn_palette is not None:
            return {
                "read": lambda pictures: nearest_colour(pictures, drawn_palette),
                "palette": drawn_palette,
                "labels": "target",
            }
        if self.palette is None or self.test.fields["target"].shape[-1] != 3:
            return {}
        segmenter = label_recovery.fit_segmenter(
            to_float(self.pairs["target"]).numpy(),
            label_recovery.labels_to_index(self.pairs["source"], self.palette),
            len(self.palette),
        )
        return {"read": segmenter, "palette": self.palette, "labels": "source"}

    def scores(self, answer):
        """The scores of `answer`: batch of pairs -> pictures."""
        return scores_of(answer, self.test, **self.reading)

    def baselines(self):
        """The scores of the baselines, by the name of each."""
        answers = {}
        sources, targets = self.pairs["source"], self.pairs["target"]
        if self.palette is not None:
            paint = baselines.constant_colour_per_label(sources, targets, self.palette)
            answers["one colour per label"] = lambda batch: paint(to_uint8(batch["source"]))
        else:
            mean = baselines.mean_target(targets)
            answers["mean training picture"] = lambda batch: mean(batch["source"])
        if self.test.fields["source"].shape == self.test.fields["target"].shape:
            answers["the input itself"] = lambda batch: batch["source"]
        found = {name: self.scores(answer) for name, answer in answers.items()}
        if self.reading and self.reading["labels"] == "source":
            ceiling = self.scores(lambda batch: batch["target"])
            # Compared with themselves they say nothing; what is left is what the segmenter can do.
            found["the true pictures"] = {
                name: ceiling[name] for name in ("pixel_accuracy", "class_accuracy", "class_iou")
            }
        return found


def scores_of(answer, examples, read=None, palette=None, labels="source"):
    """Scores of the pictures `answer(batch)` over all pairs of `examples`.

    Means of l1, psnr and ssim against the target; with `read` (pictures -> numbers of the colours
    of `palette`) also the shares of the label map in the field `labels` that it finds again.
    """
    scores, found, truth = [], [], []
    for batch in eval_batches(examples, BATCH):
        pictures = np.asarray(answer(batch))
        scores.append(reconstruction_scores(pictures, batch["target"]))
        if read is not None:
            found.append(read(pictures))
            colours = to_uint8(batch[labels])
            truth.append(label_recovery.labels_to_index(colours, palette))
    means = {
        name: float(np.mean(np.concatenate([batch[name] for batch in scores])))
        for name in scores[0]
    }
    if read is not None:
        means |= label_recovery.recovery_scores(
            np.concatenate(found), np.concatenate(truth), len(palette)
        )
    return means


def label_palette(field, *sets):
    """The colours of the label maps in `field` of some `Examples`, `[K, 3]`; None if they are no
    RGB label maps.
    """
    kind = sets[0].fields[field]
    if not tables.is_label_map(kind) or kind.shape[-1] != 3:
        return None
    return seen_colours(field, *sets)


def seen_colours(field, *sets):
    """All colours of the label maps in `field` of some `Examples`, `[K, 3]`."""
    seen = [
        label_recovery.label_colours(examples.fetch(np.array([index]))[field])
        for examples in sets
        for index in range(len(examples))
    ]
    return label_recovery.label_colours(np.concatenate(seen))


def nearest_colour(pictures, palette):
    """int32 `[N, H, W]`: for each pixel of `[N, H, W, 3]` in [-1, 1] the nearest of the colours
    `[K, 3]`.
    """
    colours = np.asarray(palette, np.float32) / 127.5 - 1.0
    distances = [np.square(pictures - colour).sum(-1) for colour in colours]
    return np.argmin(distances, axis=0).astype(np.int32)


def protocol(test, train_count):
    """How `export` scores, in a sentence or three.

    Args:
        test: as for `export`.
        train_count: number of training pairs.
    """
    height, width = test.fields["target"].shape[:2]
    text = (
        f"Means over all {len(test)} pairs of the split '{test.info['split']}' at "
        f"{height}x{width}. l1 in units of [-1, 1], psnr in dB, ssim after Wang et al. 2004. "
    )
    if tables.is_label_map(test.fields["target"]):
        return text + (
            "pixel_accuracy, class_accuracy and class_iou: of the labels whose colours are nearest "
            "to what was drawn."
        )
    if not tables.is_label_map(test.fields["source"]):
        return text.rstrip()
    return text + (
        "pixel_accuracy, class_accuracy and class_iou: how much of the label map a segmenter finds "
        f"again in the picture; it is a ridge regression fitted on {min(FIT, train_count)} true "
        "training pairs, so that its own score on the true pictures is the ceiling."
    )
