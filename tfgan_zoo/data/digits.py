"""The built-in set without a condition: scikit-learn's handwritten digits, as a TFDS builder.

1,797 pictures of 8 x 8 pixels in 17 greys, part of the installed scikit-learn package: nothing is
downloaded. Importing this module registers the set for `tfds.load("zoo_digits/32")`.
"""

import dataclasses

import numpy as np
import tensorflow_datasets as tfds
from PIL import Image

from tfgan_zoo.data import builtin

SPLITS = ("train", "test")
COUNT = 1797
LICENCE = "UCI Optical Recognition of Handwritten Digits, CC BY 4.0 (Alpaydin and Kaynak, 1998)."
DESCRIPTION = (
    "The 1,797 handwritten digits of scikit-learn's load_digits, enlarged from 8 x 8 pixels with "
    "a margin; every fifth picture of each class is in the test split."
)


@dataclasses.dataclass
class DigitsConfig(tfds.core.BuilderConfig):
    """`image_size` is (height, width) in pixels."""

    image_size: tuple[int, int] = (32, 32)


class ZooDigits(tfds.core.GeneratorBasedBuilder):
    """TFDS builder of the digits; features "image", uint8 [H, W, 1], and "label", 0 to 9."""

    VERSION = tfds.core.Version("1.0.0")
    BUILDER_CONFIGS = [
        DigitsConfig(name=str(side), description=f"{side}x{side}", image_size=(side, side))
        for side in (32, 28, 16, 64)
    ]

    def _info(self):
        image = tfds.features.Image(shape=(*self.builder_config.image_size, 1))
        label = tfds.features.ClassLabel(num_classes=10)
        return builtin.describe(self, DESCRIPTION, LICENCE, {"image": image, "label": label})

    def _split_generators(self, dl_manager):
        del dl_manager  # nothing to download
        return {split: self._generate_examples(split) for split in SPLITS}

    def _generate_examples(self, split):
        greys, labels = _load_digits()
        for index in np.flatnonzero(_is_test(labels) == (split == "test")):
            image = enlarge(greys[index], self.builder_config.image_size)
            yield int(index), {"image": image, "label": int(labels[index])}


def enlarge(greys, size):
    """Add a margin of one pixel, which the digits lack, and resample bicubically.

    The rest of a rectangle stays black.

    Args:
      greys: array [8, 8], 0 (paper) to 16 (ink).
      size: (height, width) in pixels.

    Returns:
      uint8 [height, width, 1].
    """
    side = min(size)
    image = Image.fromarray(np.pad(np.asarray(greys, np.float32), 1))
    image = image.resize((side, side), Image.Resampling.BICUBIC)
    canvas = np.zeros((*size, 1), np.uint8)
    top, left = (size[0] - side) // 2, (size[1] - side) // 2
    values = np.clip(np.rint(np.asarray(image) * (255 / 16)), 0, 255)
    canvas[top : top + side, left : left + side, 0] = values
    return canvas


def load(split, *, image_size, data_dir=None):
    """Prepare the set with TFDS where that has not been done, and read one split.

    Args:
      split: "train" (1,442 pictures) or "test" (355).
      image_size: (height, width) in pixels, at least 10.
      data_dir: the TFDS data folder; default that of TFDS.

    Returns:
      `(arrays, names, info)`: {"images": uint8 [N, height, width, 1], "labels": int32 [N]}; one
      name per example; and a dict with name, source, split, licence, description, label_names.

    Raises:
      ValueError: on an unknown split or a size below 10 pixels.
      ImportError: without scikit-learn.
      OSError: where the set can be neither found nor written.
    """
    if split not in SPLITS:
        raise ValueError(f"split is {split!r}; choose one of {', '.join(SPLITS)}.")
    height, width = image_size
    if min(height, width) < 10:
        raise ValueError(f"image_size is {height}x{width}; the digits need at least 10x10 pixels.")
    config = str(height)
    if height != width or config not in ZooDigits.builder_configs:
        config = DigitsConfig(name=f"{height}x{width}", image_size=(height, width))
    arrays, builder = builtin.read_split(lambda: ZooDigits(config=config, data_dir=data_dir), split)
    info = {
        "name": f"{builder.name}/{builder.builder_config.name}",
        "source": "sklearn.datasets.load_digits",
        "split": split,
        "licence": LICENCE,
        "description": DESCRIPTION,
        "label_names": [str(digit) for digit in range(10)],
    }
    labels = arrays["label"].astype(np.int32)
    names = [f"{split}-{i:05d}" for i in range(len(labels))]
    return {"images": arrays["image"], "labels": labels}, names, info


def _load_digits():
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise ImportError(
            "The built-in digits come with scikit-learn: pip install scikit-learn."
        ) from error
    digits = load_digits()
    return digits.images, digits.target


def _is_test(labels):
    """bool [N]: every fifth example of each class."""
    chosen = np.zeros(len(labels), bool)
    for digit in np.unique(labels):
        chosen[np.flatnonzero(labels == digit)[4::5]] = True
    return chosen
