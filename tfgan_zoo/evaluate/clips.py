"""Clips that are drawn frame by frame: how near they are to the true ones, how much of their labels
is found again, and how much they flicker.
"""

import functools

import numpy as np

from tfgan_zoo.evaluate.evaluator import Evaluator
from tfgan_zoo.evaluate.pairs import seen_colours
from tfgan_zoo.kinds.image import to_float
from tfgan_zoo.metrics import baselines, label_recovery
from tfgan_zoo.metrics.reconstruction import reconstruction_scores
from tfgan_zoo.metrics.warp_error import warp_error

FIT = 100  # training frames that the segmenter and the baseline are fitted on
FEW = 4  # clips that a validation looks at
BATCH = 8  # clips that are drawn at a time
BETTER = {"l1": "lower", "ssim": "higher", "warp_error": "lower"}


def training(validation, memory):
    """`l1`, `ssim` and `warp_error` at each validation, of its first clips.

    Args:
        validation: `Examples` with the fields `source`, `target` and `motion`.
        memory: channels of the memory.

    Returns:
        `Evaluator` of an interface `images`, `memory` -> `images`, `next_memory`.
    """

    def measure(served):
        few = validation.subset(range(min(FEW, len(validation))))
        found = scores_of(drawer(served, memory), few)
        return {name: found[name] for name in BETTER}

    return Evaluator("clips", "", measure, training=True, better=BETTER.copy)


def export(test, train, memory):
    """The scores of an exported model of clips: `l1`, `psnr` and `ssim` of its frames, `warp_error`
    and, where the sources are label maps, `pixel_accuracy`, `class_accuracy` and `class_iou`;
    beside the true clips and one colour per label.

    Args:
        test, train: `Examples` with the fields `source`, `target` and `motion`.
        memory: channels of the memory.

    Returns:
        `Evaluator` as of `training`.
    """
    judge = functools.cache(lambda: Judge(test, train))
    frames, height, width, _ = test.fields["target"].shape
    protocol = (
        f"Drawn by the SavedModel frame by frame: all {len(test)} clips of {frames} frames of the "
        f"split '{test.info['split']}' at {height}x{width}. l1 in units of [-1, 1], psnr in dB, "
        "ssim after Wang et al. 2004, means over frames. warp_error: the mean difference, in these "
        "units, of a frame to the one before it, moved by the true motion, where both show the "
        "same surface; true clips are not at zero, since their light and their pixels change. "
    )
    if test.fields["source"].label_map:
        protocol += (
            "pixel_accuracy, class_accuracy and class_iou: how much of the label maps a segmenter "
            f"finds again; a ridge regression fitted on {FIT} true training frames."
        )
    return Evaluator(
        "clips",
        protocol.strip(),
        lambda served: judge().scores(drawer(served, memory)),
        lambda: judge().baselines(),
        needs={"psnr": "a frame is equal to the true one, which makes the ratio infinite"},
    )


class Judge:
    """Scores of clips drawn for the labels of `test`, and of the baselines.

    Args:
        test, train: as for `export`.
    """

    def __init__(self, test, train):
        self.test = test
        self.sources, self.targets = some_frames(train)
        self.reading = {}
        if test.fields["source"].label_map and test.fields["source"].shape[-1] == 3:
            self.palette = palette_of(test, train)
            segmenter = label_recovery.fit_segmenter(
                to_float(self.targets).numpy(),
                label_recovery.labels_to_index(self.sources, self.palette),
                len(self.palette),
            )
            self.reading = {"read": segmenter, "palette": self.palette}

    def scores(self, draw):
        """The scores of `draw`: labels `[N, T, H, W, C]` in [-1, 1] -> pictures."""
        return scores_of(draw, self.test, **self.reading)

    def baselines(self):
        """The scores of the baselines, by the name of each."""
        true = scores_of(None, self.test, **self.reading)
        found = {
            "the true clips": {n: v for n, v in true.items() if n not in ("l1", "psnr", "ssim")}
        }
        if self.reading:
            paint = baselines.constant_colour_per_label(self.sources, self.targets, self.palette)
            restore = self.test.fields["source"].restore
            found["one colour per label"] = self.scores(lambda labels: paint(restore(labels)))
        return found


def drawer(served, channels):
    """labels `[N, T, H, W, C]` -> what `served` draws for them, frame by frame.

    Args:
        served: of an interface `images`, `memory` -> `images`, `next_memory`.
        channels: of the memory.
    """

    def draw(labels):
        memory = np.zeros((len(labels), *labels.shape[2:4], channels), np.float32)
        frames = []
        for number in range(labels.shape[1]):
            answer = served(images=labels[:, number], memory=memory)
            frames.append(answer["images"])
            memory = answer["next_memory"]
        return np.stack(frames, 1)

    return draw


def scores_of(draw, clips, read=None, palette=None):
    """Means over all clips of a table, of `draw(labels)`, or of the true clips where it is None.

    With `read` (pictures -> numbers of the colours of `palette`) also the shares of the label maps
    that it finds again.
    """
    scores, flicker, found, truth = [], [], [], []
    for first in range(0, len(clips), BATCH):
        stored = clips.fetch(np.arange(first, min(first + BATCH, len(clips))))
        labels, target = (to_float(stored[name]).numpy() for name in ("source", "target"))
        pictures = target if draw is None else np.asarray(draw(labels), np.float32)
        flicker.append(warp_error(pictures, stored["motion"]))
        flat, true = (clip.reshape(-1, *clip.shape[2:]) for clip in (pictures, target))
        if draw is not None:
            scores.append(reconstruction_scores(flat, true))
        if read is not None:
            found.append(read(flat))
            colours = stored["source"].reshape(-1, *stored["source"].shape[2:])
            truth.append(label_recovery.labels_to_index(colours, palette))
    names = scores[0] if scores else ()
    means = {name: float(np.mean(np.concatenate([s[name] for s in scores]))) for name in names}
    means["warp_error"] = float(np.nanmean(np.concatenate(flicker)))
    if read is not None:
        means |= label_recovery.recovery_scores(
            np.concatenate(found), np.concatenate(truth), len(palette)
        )
    return means


def some_frames(clips):
    """At most `FIT` frames of a table of clips, evenly spaced: (sources, targets) as stored."""
    frames = clips.fields["source"].shape[0]
    total = len(clips) * frames
    chosen = np.linspace(0, total - 1, min(FIT, total)).round().astype(int)
    sources, targets = [], []
    for number, at in zip(*np.divmod(chosen, frames), strict=True):
        clip = clips.fetch(np.array([number]))
        sources.append(clip["source"][0, at])
        targets.append(clip["target"][0, at])
    return np.stack(sources), np.stack(targets)


def palette_of(*sets):
    """The colours of the label maps, uint8 `[K, 3]`: those of their kind, or all there are."""
    named = sets[0].fields["source"].palette
    if named is not None:
        return np.array(named, np.uint8)
    return seen_colours("source", *sets)
