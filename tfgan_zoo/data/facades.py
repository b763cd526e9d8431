"""The built-in paired set: drawn building facades, label map -> photo, as a TFDS builder; and their
instance maps, as another.

Importing this module registers the sets: `tfds.load("zoo_facades/128")` then works as for any
other. `tfgan_zoo/data/facade_drawing.py` draws the pictures; nothing is downloaded.
"""

import dataclasses

import numpy as np
import tensorflow_datasets as tfds

from tfgan_zoo.data import builtin
from tfgan_zoo.data.facade_drawing import LABEL_NAMES, PALETTE, SPLITS, draw, draw_instances

__all__ = ["LABEL_NAMES", "PALETTE", "SPLITS", "FacadesConfig", "ZooFacades", "draw", "load"]

LICENCE = "Drawn by this project's own code; Apache-2.0, as the code."
DESCRIPTION = (
    "Building facades drawn by a program: 'source' is a label map in 12 colours, 'target' the "
    "matching picture with light, shadows, texture and noise. Not photographs of real buildings."
)
COUNTS = {"train": 400, "validation": 50, "test": 50}
OF_INSTANCES = (
    "Maps of the facades of zoo_facades: 'source' is the label map, 'instances' has a number for "
    "each window, door, balcony, shop, plant and building, a thousand times its label and a count."
)
OF_LABELS = ("palette", "label_names")  # what `info` tells of the label maps


@dataclasses.dataclass
class FacadesConfig(tfds.core.BuilderConfig):
    """One version of the set.

    Attributes:
      image_size: (height, width) in pixels.
      seed: which set; the same seed at another size shows the same buildings.
      counts: split -> number of examples. Example i of a split does not depend on the counts.
    """

    image_size: tuple[int, int] = (256, 256)
    seed: int = 0
    counts: dict[str, int] = dataclasses.field(default_factory=lambda: dict(COUNTS))


class ZooFacades(tfds.core.GeneratorBasedBuilder):
    """TFDS builder of the drawn facades; features "source" and "target", uint8 [H, W, 3]."""

    VERSION = tfds.core.Version("1.0.0")
    BUILDER_CONFIGS = [
        FacadesConfig(name=str(side), description=f"{side}x{side}", image_size=(side, side))
        for side in (256, 128, 64)
    ]

    def _info(self):
        image = tfds.features.Image(shape=(*self.builder_config.image_size, 3))
        return builtin.describe(self, DESCRIPTION, LICENCE, {"source": image, "target": image})

    def _split_generators(self, dl_manager):
        del dl_manager  # nothing to download
        counts = self.builder_config.counts
        return {split: self._generate_examples(split, n) for split, n in counts.items()}

    def _generate_examples(self, split, count):
        config = self.builder_config
        for index in range(count):
            source, target = draw(config.seed, split, index, config.image_size)
            yield index, {"source": source, "target": target}


class ZooFacadeInstances(ZooFacades):
    """TFDS builder of the maps of the same facades; features "source", uint8 [H, W, 3], and
    "instances", uint16 [H, W, 1].
    """

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        size = self.builder_config.image_size
        image = tfds.features.Image(shape=(*size, 3))
        numbers = tfds.features.Image(shape=(*size, 1), dtype=np.uint16, encoding_format="png")
        return builtin.describe(
            self, OF_INSTANCES, LICENCE, {"source": image, "instances": numbers}
        )

    def _generate_examples(self, split, count):
        config = self.builder_config
        for index in range(count):
            labels, instances = draw_instances(config.seed, split, index, config.image_size)
            yield index, {"source": labels, "instances": instances[..., None]}


def load(split, *, image_size, seed=0, num_examples=None, data_dir=None):
    """Prepare the set with TFDS where that has not been done, and read one split.

    Args:
      split: "train", "validation" or "test".
      image_size: (height, width) in pixels.
      seed: non-negative int, which set.
      num_examples: size of the split; default 400, 50 and 50.
      data_dir: the TFDS data folder; default that of TFDS.

    Returns:
      `(arrays, names, info)`: {"source", "target"} -> uint8 [N, height, width, 3]; one name per
      example; and a dict with name, source, split, licence, description, palette, label_names.

    Raises:
      ValueError: on an unknown split, or a number that makes no picture.
      OSError: where the set can be neither found nor written.
    """
    arrays, builder = _read(ZooFacades, split, image_size, seed, num_examples, data_dir)
    info = {
        "name": f"{builder.name}/{builder.builder_config.name}",
        "source": f"drawn by tfgan_zoo.data.facades, version {ZooFacades.VERSION}, seed {seed}",
        "split": split,
        "licence": LICENCE,
        "description": DESCRIPTION,
        "palette": PALETTE.tolist(),
        "label_names": list(LABEL_NAMES),
    }
    return arrays, [f"{split}-{i:05d}" for i in range(len(arrays["source"]))], info


def load_instances(split, *, image_size, seed=0, num_examples=None, data_dir=None):
    """The instance maps of the same pictures, int32 [N, height, width, 1].

    Args and errors are those of `load`.
    """
    builder = ZooFacadeInstances
    arrays, _ = _read(builder, split, image_size, seed, num_examples, data_dir)
    return arrays["instances"].astype(np.int32)


def _read(kind, split, image_size, seed, num_examples, data_dir):
    """(arrays, builder) of a split of one of the sets."""
    draw(seed, split, 0, image_size)  # says at once what is wrong with its arguments
    if num_examples is not None and num_examples < 1:
        raise ValueError(f"num_examples is {num_examples}; it must be at least 1.")
    height, width = image_size
    config = str(height)
    if (
        num_examples is not None
        or seed
        or config not in ZooFacades.builder_configs
        or height != width
    ):
        counts = dict(COUNTS) if num_examples is None else {split: num_examples}
        sizes = "" if num_examples is None else f"_{split}{num_examples}"
        name = f"{height}x{width}_seed{seed}{sizes}"
        config = FacadesConfig(name=name, image_size=(height, width), seed=seed, counts=counts)
    return builtin.read_split(lambda: kind(config=config, data_dir=data_dir), split)
