"""Bicubic resizing as MATLAB's `imresize` does it: what papers on super-resolution make their
small pictures with, and compare themselves to.

Keys' kernel with a = -0.5; where a picture shrinks, the kernel widens by as much, so that nothing
is aliased; beyond its edges a picture is mirrored, edge pixels included. `tf.image.resize` and
Pillow have the same kernel but cut it off at the edges; OpenCV and PyTorch have a = -0.75 and no
antialiasing.
"""

from __future__ import annotations

import functools

import numpy as np
import tensorflow as tf


@functools.lru_cache(maxsize=64)
def matrix(length: int, factor: float) -> np.ndarray:
    """The weights of a resize along one side: float64 `[ceil(factor * length), length]`, whose rows
    sum to one.

    Args:
        length: of the side, in pixels.
        factor: by which it grows; under 1 it shrinks.
    """
    count = int(np.ceil(length * factor))
    stretch = min(factor, 1.0)  # a kernel of 4 pixels covers 4 / stretch of a picture that shrinks
    centres = (np.arange(count) + 0.5) / factor - 0.5
    taps = int(np.ceil(4 / stretch)) + 2
    first = np.floor(centres - 2 / stretch).astype(int)
    places = first[:, None] + np.arange(taps)
    weights = _kernel(stretch * (centres[:, None] - places))
    weights /= weights.sum(1, keepdims=True)
    mirrored = np.mod(places, 2 * length)
    mirrored = np.where(mirrored < length, mirrored, 2 * length - 1 - mirrored)
    found = np.zeros((count, length))
    np.add.at(found, (np.arange(count)[:, None], mirrored), weights)
    found.setflags(write=False)
    return found


def resize(pictures: np.ndarray, factor: float) -> np.ndarray:
    """uint8 `[..., H, W, C]` -> uint8 `[..., ceil(factor * H), ceil(factor * W), C]`."""
    height, width = pictures.shape[-3:-1]
    rows, columns = matrix(height, factor), matrix(width, factor)
    resized = np.einsum("yh,...hwc->...ywc", rows, pictures.astype(np.float64), optimize=True)
    resized = np.einsum("xw,...ywc->...yxc", columns, resized, optimize=True)
    return np.clip(np.rint(resized), 0, 255).astype(np.uint8)


def shrunk(images: tf.Tensor, factor: int) -> tf.Tensor:
    """`resize` by `1 / factor` inside a graph, rounded to the 256 levels of a file like there.

    Args:
        images: float32 `[B, H, W, C]` in [-1, 1], H and W known and multiples of `factor`.
        factor: how many pixels a side become one.

    Returns:
        float32 `[B, H / factor, W / factor, C]` in [-1, 1].
    """
    _, height, width, _ = images.shape
    rows, columns = (tf.constant(matrix(side, 1 / factor), tf.float32) for side in (height, width))
    small = tf.einsum("yh,bhwc->bywc", rows, images)
    small = tf.einsum("xw,bywc->byxc", columns, small)
    levels = tf.clip_by_value(tf.round((small + 1.0) * 127.5), 0.0, 255.0)
    return levels / 127.5 - 1.0


def _kernel(distances):
    """Keys 1981 with a = -0.5."""
    x = np.abs(distances)
    near = 1.5 * x**3 - 2.5 * x**2 + 1
    far = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return np.where(x <= 1, near, np.where(x <= 2, far, 0.0))
