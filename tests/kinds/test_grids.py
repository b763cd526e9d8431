"""Picture grids, pixel by pixel."""

import numpy as np
import pytest

from tfgan_zoo.kinds import image
from tfgan_zoo.kinds.image import CAPTION, GAP


def test_grid_places_each_picture():
    generator = np.random.default_rng(0)
    column = generator.uniform(-1, 1, (3, 5, 4, 3))
    grey = generator.uniform(-1, 1, (2, 5, 4, 1))
    sheet = image.grid([column, grey], captions=["a", "b"])
    assert sheet.mode == "RGB"
    assert sheet.size == (2 * (4 + GAP) + GAP, 2 * (5 + GAP) + GAP + CAPTION)
    pixels = np.asarray(sheet)
    top, left = CAPTION + GAP, GAP
    below = top + 5 + GAP
    np.testing.assert_array_equal(
        pixels[below : below + 5, left : left + 4], image.to_uint8(column[1])
    )
    right = left + 4 + GAP
    np.testing.assert_array_equal(
        pixels[top : top + 5, right : right + 4],
        np.repeat(image.to_uint8(grey[0]), 3, axis=-1),
    )
    assert (pixels[CAPTION:, :GAP] == 255).all()
    assert (pixels[:CAPTION] < 128).any()  # the captions


def test_grid_scales_by_whole_pixels():
    picture = np.array([[[[-1.0], [1.0]]]])
    pixels = np.asarray(image.grid([picture], scale=3))[GAP : GAP + 3, GAP : GAP + 6, 0]
    np.testing.assert_array_equal(pixels, [[0, 0, 0, 255, 255, 255]] * 3)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_grid_takes_any_channels(channels):
    picture = np.random.default_rng(0).uniform(-1, 1, (1, 2, 2, channels))
    pixels = np.asarray(image.grid([picture]))[GAP : GAP + 2, GAP : GAP + 2]
    shown = picture[0, ..., :3] if channels > 2 else np.repeat(picture[0, ..., :1], 3, -1)
    np.testing.assert_array_equal(pixels, image.to_uint8(shown))


def test_square_grid_reads_in_rows():
    images = np.linspace(-1, 1, 5).reshape(5, 1, 1, 1)
    pixels = np.asarray(image.square_grid(images))[..., 0]
    assert pixels.shape == (2 * (1 + GAP) + GAP,) * 2
    shown = pixels[GAP :: 1 + GAP, GAP :: 1 + GAP]
    np.testing.assert_array_equal(shown, image.to_uint8(images[:4]).reshape(2, 2))
