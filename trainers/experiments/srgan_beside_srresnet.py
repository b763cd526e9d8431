"""Measures SRGAN beside SRResNet and the bicubic filter: what the error of pixels sees, and what
frozen networks see.

python -m trainers.experiments.srgan_beside_srresnet --srresnet=runs/a --srgan=runs/b
    --pictures=Set5,Set14 --features=picture_cnn,random --output=beside.png

The runs are of `trainers.srgan`, the first with `--adversarial_steps=0`. Of each folder of pictures
it prints a table, writes the numbers as JSON beside the picture, and draws the middle of each
picture of the first folder: small, bicubic, SRResNet, SRGAN, true.
"""

import pathlib

from absl import flags

from tfgan_zoo.command import UsageError
from trainers.experiments import running

SIDE, SCALE = 96, 2  # pixels of what is drawn of a picture, and how much larger it is drawn
NAMES = ("bicubic", "SRResNet", "SRGAN")

FLAGS = flags.FLAGS


def define_flags():
    """The flags of the command line; not at import: other commands have flags of the same names."""
    flags.DEFINE_string("srresnet", None, "Folder of a run of trainers.srgan without the game.")
    flags.DEFINE_string("srgan", None, "Folder of a run of trainers.srgan.")
    flags.DEFINE_list("pictures", [], "Folders of large pictures.")
    flags.DEFINE_list("features", ["random"], "Frozen networks, as --features of trainers.srgan.")
    flags.DEFINE_string(
        "output", None, "The picture to write; the numbers lie beside it, as .json."
    )


def main():
    if not (FLAGS.srresnet and FLAGS.srgan and FLAGS.pictures and FLAGS.output):
        raise UsageError("--srresnet, --srgan, --pictures and --output are needed.")
    from tfgan_zoo.data import cuttings
    from tfgan_zoo.networks.frozen_features import find
    from trainers.srgan import TRAINER
    from trainers.tasks.super_resolution import maps_by

    nets = {net.name.removesuffix("_features"): net for net in map(find, FLAGS.features)}
    maps = {name: maps_by(net) for name, net in nets.items()}
    sets = [cuttings.open_folder(place) for place in FLAGS.pictures]
    folders = map(pathlib.Path, (FLAGS.srresnet, FLAGS.srgan))
    enlargers = enlargers_of(*(running.trained(TRAINER, folder) for folder in folders))
    numbers = {pictures.info["name"]: compared(enlargers, pictures, maps) for pictures in sets}
    for name, rows in numbers.items():
        for row, scores in rows.items():
            print(f"{name}, {row}: " + ", ".join(f"{k} {v:.4g}" for k, v in scores.items()))
    output = pathlib.Path(FLAGS.output)
    drawn(enlargers, sets[0]).save(output)
    running.written(numbers, output)


def enlargers_of(*models):
    """Name -> function uint8 `[H, W, 3]` -> uint8 `[4H, 4W, 3]`, of the filter and the models."""
    from tfgan_zoo.data.resampling import resize
    from tfgan_zoo.evaluate.evaluator import served_by
    from tfgan_zoo.evaluate.super_resolution import enlarger

    def of(model):
        return enlarger(served_by(lambda images: {"images": model(images)}))

    found = [lambda small: resize(small, models[0].scale), *map(of, models)]
    return dict(zip(NAMES, found, strict=True))


def compared(enlargers, pictures, maps):
    """Name -> scores by name, of each function; `maps` as for `super_resolution.export`."""
    from tfgan_zoo.evaluate.super_resolution import scores

    return {name: scores(enlarge, pictures, 4, maps) for name, enlarge in enlargers.items()}


def drawn(enlargers, pictures):
    """The middles of the pictures, a row each, as a `PIL.Image`."""
    import numpy as np

    from tfgan_zoo.data.resampling import resize
    from tfgan_zoo.evaluate.super_resolution import whole
    from tfgan_zoo.kinds import image

    columns = {name: [] for name in ("small", *enlargers, "true")}
    for picture in pictures:
        truth = whole(picture, 4)
        small = resize(truth, 1 / 4)
        row = {"small": small.repeat(4, 0).repeat(4, 1), "true": truth}
        row |= {name: enlarge(small) for name, enlarge in enlargers.items()}
        top, left = ((side - SIDE) // 2 for side in truth.shape[:2])
        for name, column in columns.items():
            column.append(row[name][top : top + SIDE, left : left + SIDE])
    floats = [image.to_float(np.stack(column)).numpy() for column in columns.values()]
    return image.grid(floats, list(columns), SCALE)


if __name__ == "__main__":
    define_flags()
    running.run(main, __doc__)
