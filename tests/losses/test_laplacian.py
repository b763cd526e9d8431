"""The Laplacian pyramid and its loss against SciPy and against closed forms."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import ndimage

from tfgan_zoo.losses.laplacian import laplacian_l1, laplacian_pyramid

KERNEL = np.array([1, 4, 6, 4, 1]) / 16


def blurred(picture, gain=1.0):
    """`mirror` of SciPy leaves out the border itself."""
    for axis in (0, 1):
        picture = ndimage.correlate1d(picture, gain * KERNEL, axis, mode="mirror")
    return picture


def by_scipy(picture, levels):
    """The pyramid of one picture `[H, W]` in float64."""
    found = []
    for _ in range(levels):
        coarser = blurred(picture)[::2, ::2]
        spread = np.zeros_like(picture)
        spread[::2, ::2] = coarser
        found.append(picture - blurred(spread, 2.0))
        picture = coarser
    return [*found, picture]


def pair(shape, count=2):
    return np.random.default_rng(0).uniform(-1, 1, (2, count, *shape)).astype("float32")


@pytest.mark.parametrize("side", [(16, 16), (28, 20), (13, 9)])
def test_the_pyramid_is_that_of_scipy(side):
    images = pair((*side, 2))[0]
    pyramid = laplacian_pyramid(tf.constant(images), 2)
    for index in np.ndindex(2, 2):
        image, channel = index
        expected = by_scipy(images[image, :, :, channel].astype("float64"), 2)
        assert len(expected) == len(pyramid) == 3
        for mine, theirs in zip(pyramid, expected, strict=True):
            np.testing.assert_allclose(mine[image, :, :, channel], theirs, atol=1e-6)


def test_the_loss_sums_weighted_absolute_differences():
    target, fake = pair((28, 20, 1))
    losses = laplacian_l1(target, fake, levels=3)
    for loss, first, second in zip(losses, target[..., 0], fake[..., 0], strict=True):
        differences = [
            np.abs(a - b).sum()
            for a, b in zip(by_scipy(first, 3), by_scipy(second, 3), strict=True)
        ]
        expected = sum(4.0**j * value for j, value in enumerate(differences)) / (28 * 20)
        assert float(loss) == pytest.approx(expected, rel=1e-5)


def test_the_weights_make_up_for_the_sizes_of_levels():
    """Where all sides halve evenly, the weighted sums are the levels' means."""
    target, fake = pair((16, 32, 3))
    difference = [np.array(level) for level in laplacian_pyramid(tf.constant(target - fake), 2)]
    means = sum(np.abs(level).mean(axis=(1, 2, 3)) for level in difference)
    np.testing.assert_allclose(laplacian_l1(target, fake, levels=2), means, rtol=1e-5)


def test_closed_forms():
    grey = np.full((1, 16, 16, 1), 0.5, "float32")
    *differences, left = laplacian_pyramid(tf.constant(grey), 3)
    assert max(float(tf.reduce_max(tf.abs(level))) for level in differences) < 1e-6
    np.testing.assert_allclose(left, np.full((1, 2, 2, 1), 0.5), atol=1e-6)
    np.testing.assert_allclose(laplacian_l1(grey, -grey, levels=3), [1.0], rtol=1e-5)
    # A chessboard has no picture of half its size: all of it is in the finest level.
    board = (np.indices((16, 16)).sum(0) % 2 * 2.0 - 1.0)[None, :, :, None].astype("float32")
    finest, *others = laplacian_pyramid(tf.constant(board), 2)
    np.testing.assert_allclose(finest, board, atol=1e-6)
    assert max(float(tf.reduce_max(tf.abs(level))) for level in others) < 1e-6
    np.testing.assert_allclose(laplacian_l1(board, 0.0 * board, levels=2), [1.0], rtol=1e-5)


def test_too_small_a_picture_is_refused():
    with pytest.raises(ValueError, match="level 2 is 2x2: ask for 2 levels"):
        laplacian_l1(tf.zeros([1, 8, 8, 1]), tf.zeros([1, 8, 8, 1]))
