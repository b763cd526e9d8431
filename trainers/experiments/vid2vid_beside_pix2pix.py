"""Measures vid2vid beside pix2pix frame by frame, on the same held-out clips: how much they
flicker, and how much of the labels is found again.

python -m trainers.experiments.vid2vid_beside_pix2pix --vid2vid=runs/a --pix2pix=runs/b
    --output=beside.gif

The runs are of `trainers.vid2vid` and of `trainers.pix2pix` with the same --data and --image_size.
It prints a table, writes the numbers as JSON beside the GIF, and draws the first clips: labels,
pix2pix, vid2vid, true pictures.
"""

import pathlib

from absl import flags

from tfgan_zoo.command import UsageError
from trainers.experiments import running

SPLITS = ("test", "validation")

FLAGS = flags.FLAGS


def define_flags():
    """The flags of the command line; not at import: other commands have flags of the same names."""
    flags.DEFINE_string("vid2vid", None, "Folder of a run of trainers.vid2vid.")
    flags.DEFINE_string("pix2pix", None, "Folder of a run of trainers.pix2pix.")
    flags.DEFINE_enum("split", "test", SPLITS, "The clips that are drawn.")
    flags.DEFINE_integer("count", 3, "Clips of the GIF, under one another.", 1)
    flags.DEFINE_string("output", None, "The GIF to write; the numbers lie beside it, as .json.")


def main():
    if not (FLAGS.vid2vid and FLAGS.pix2pix and FLAGS.output):
        raise UsageError("--vid2vid, --pix2pix and --output are needed.")
    from tfgan_zoo.evaluate.clips import Judge
    from tfgan_zoo.evaluate.tables import first_pictures
    from trainers import pix2pix, vid2vid

    folder = pathlib.Path(FLAGS.vid2vid)
    values = running.settings(vid2vid.TRAINER, folder)
    splits = vid2vid.TRAINER.task(values).open(running.directory_of(folder, vid2vid.TRAINER.name))
    held = {"test": splits.test, "validation": splits.validation}[FLAGS.split]
    drawers = {
        "pix2pix": frame_by_frame(running.trained(pix2pix.TRAINER, pathlib.Path(FLAGS.pix2pix))),
        "vid2vid": drawer(running.trained(vid2vid.TRAINER, folder)),
    }
    judge = Judge(held, splits.train)
    numbers = {name: judge.scores(draw) for name, draw in drawers.items()} | judge.baselines()
    for name, scores in numbers.items():
        print(f"{name}: " + ", ".join(f"{k} {v:.4g}" for k, v in scores.items()))
    output = pathlib.Path(FLAGS.output)
    clips = {n: first_pictures(held, FLAGS.count, n) for n in ("source", "target")}
    drawn = {name: draw(clips["source"]) for name, draw in drawers.items()}
    output.write_bytes(animated([clips["source"], *drawn.values(), clips["target"]]))
    running.written(numbers, output)


def drawer(model):
    """Labels `[N, T, H, W, C]` -> pictures, of a model that draws clips."""
    import tensorflow as tf

    draw = tf.function(model.draw, reduce_retracing=True)
    return lambda labels: draw(tf.constant(labels)).numpy()


def frame_by_frame(model):
    """The same of a model that draws each picture for itself, with one noise for all frames."""
    import numpy as np
    import tensorflow as tf

    draw = tf.function(lambda images: model(images), reduce_retracing=True)

    def clips(labels):
        frames = [draw(tf.constant(labels[:, t])).numpy() for t in range(labels.shape[1])]
        return np.stack(frames, 1)

    return clips


def animated(columns):
    """A GIF: the clips `[N, T, H, W, 3]` of each column under one another, columns side by side."""
    import numpy as np

    from tfgan_zoo.kinds.clip import Clip
    from tfgan_zoo.kinds.image import to_uint8

    beside = np.concatenate([np.concatenate(list(clips), 1) for clips in columns], 2)
    return Clip(beside.shape).encode(to_uint8(beside))


if __name__ == "__main__":
    define_flags()
    running.run(main, __doc__)
