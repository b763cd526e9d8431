"""Motion: how each pixel of a clip has moved since the frame before, and whether it was seen."""

from __future__ import annotations

import dataclasses

import numpy as np
from scipy import ndimage

from tfgan_zoo.kinds import clip, image
from tfgan_zoo.kinds.kind import Kind, KindError, mean_deviation

_FULL = 8.0  # pixels of motion that are drawn at full strength


@dataclasses.dataclass(frozen=True)
class Motion(Kind):
    """The motion of clips of one length and size, stored and taken as float32.

    Of each pixel: how far to the right and how far down of it, in pixels, the frame before shows
    what is seen there; and from 0 to 1 whether it does.

    Attributes:
        shape: `(T, H, W, 3)`.
    """

    shape: tuple[int, int, int, int]

    name = "motion"
    dtype = np.float32
    suffix = ".npy"

    def cropped(self, crop_size) -> Motion:
        """As `Image.cropped`."""
        frame = image.Image(tuple(self.shape[1:])).cropped(crop_size).shape
        return dataclasses.replace(self, shape=(self.shape[0], *frame))

    def augment(self, stored, words, crop_size=None, flip=False) -> np.ndarray:
        """As `Clip.augment`; what is mirrored moves the other way."""
        stored = clip.augmented(stored, words, crop_size, flip)
        if flip:
            stored[image.are_flipped(words), ..., 0] *= -1
        return stored

    def spread(self, values) -> float:
        """The standard deviation of each number over `[N, T, H, W, 3]`, its mean over them."""
        return mean_deviation(values)

    def preview(self, values):
        """Film strips: to the right is red, to the left green, up or down blue; what was not seen
        is black. A `PIL.Image` of `[N, T, H, W, 3]`.
        """
        values = np.asarray(values)
        right, down = np.moveaxis(values[..., :2] / _FULL, -1, 0)
        planes = np.stack([right, -right, np.abs(down)], -1).clip(0, 1) * values[..., 2:]
        return clip.film_strip(2 * planes - 1)

    def encode(self, stored) -> bytes:
        """The numbers as they are."""
        return np.asarray(stored, "<f4").tobytes()

    def decode(self, content) -> np.ndarray:
        """float32 `[T, H, W, 3]` from what `encode` gave."""
        if len(content) != 4 * int(np.prod(self.shape)):
            raise KindError(f"holds {len(content)} bytes, not the motion {tuple(self.shape)}")
        return np.frombuffer(content, "<f4").reshape(self.shape).copy()


def moved(picture, flow):
    """The picture `[H, W, C]` seen at the places that the flow `[H, W, 2]` names, bilinearly; its
    edge goes on.
    """
    rows, columns = np.indices(flow.shape[:2], np.float32)
    places = [rows + flow[..., 1], columns + flow[..., 0]]
    planes = np.moveaxis(picture, -1, 0)
    return np.stack(
        [ndimage.map_coordinates(plane, places, order=1, mode="nearest") for plane in planes], -1
    )
