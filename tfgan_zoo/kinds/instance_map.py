"""Instance maps: a number for each pixel, the same for all pixels of one thing."""

from __future__ import annotations

import dataclasses

import numpy as np
import tensorflow as tf

from tfgan_zoo.kinds.image import Image
from tfgan_zoo.kinds.kind import Kind


@dataclasses.dataclass(frozen=True)
class InstanceMap(Kind):
    """Instance maps of one size, stored and taken as int32. Which number a thing has means nothing.

    Attributes:
        shape: `(H, W, 1)`.
    """

    shape: tuple[int, int, int]

    name = "instance_map"
    dtype = np.int32

    def normalise(self, stored) -> tf.Tensor:
        """int32, as stored."""
        return tf.cast(stored, tf.int32)

    # Cropped and flipped as the picture is that they belong to.
    cropped = Image.cropped
    augment = Image.augment
