"""Picture grids, pixel by pixel."""

import numpy as np
import pytest
from PIL import Image

from tfgan_zoo.training import pictures
from tfgan_zoo.training.pictures import CAPTION, GAP


def test_to_uint8_rounds_and_clips():
    values = np.array([-1.5, -1.0, -0.998, 0.0, 0.996, 1.0, 7.0])
    assert pictures.to_uint8(values).tolist() == [0, 0, 0, 128, 254, 255, 255]
    every = np.arange(256, dtype=np.float32)
    np.testing.assert_array_equal(pictures.to_uint8(every / 127.5 - 1), every)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_to_uint8_refuses_what_is_not_finite(bad):
    with pytest.raises(ValueError, match="not finite"):
        pictures.to_uint8([0.0, bad])


def test_grid_places_each_picture():
    generator = np.random.default_rng(0)
    column = generator.uniform(-1, 1, (3, 5, 4, 3))
    grey = generator.uniform(-1, 1, (2, 5, 4, 1))
    sheet = pictures.grid([column, grey], captions=["a", "b"])
    assert sheet.mode == "RGB"
    assert sheet.size == (2 * (4 + GAP) + GAP, 2 * (5 + GAP) + GAP + CAPTION)
    pixels = np.asarray(sheet)
    top, left = CAPTION + GAP, GAP
    below = top + 5 + GAP
    np.testing.assert_array_equal(
        pixels[below : below + 5, left : left + 4], pictures.to_uint8(column[1])
    )
    right = left + 4 + GAP
    np.testing.assert_array_equal(
        pixels[top : top + 5, right : right + 4],
        np.repeat(pictures.to_uint8(grey[0]), 3, axis=-1),
    )
    assert (pixels[CAPTION:, :GAP] == 255).all()
    assert (pixels[:CAPTION] < 128).any()  # the captions


def test_grid_scales_by_whole_pixels():
    picture = np.array([[[[-1.0], [1.0]]]])
    pixels = np.asarray(pictures.grid([picture], scale=3))[GAP : GAP + 3, GAP : GAP + 6, 0]
    np.testing.assert_array_equal(pixels, [[0, 0, 0, 255, 255, 255]] * 3)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_grid_takes_any_channels(channels):
    picture = np.random.default_rng(0).uniform(-1, 1, (1, 2, 2, channels))
    pixels = np.asarray(pictures.grid([picture]))[GAP : GAP + 2, GAP : GAP + 2]
    shown = picture[0, ..., :3] if channels > 2 else np.repeat(picture[0, ..., :1], 3, -1)
    np.testing.assert_array_equal(pixels, pictures.to_uint8(shown))


def test_square_grid_reads_in_rows():
    images = np.linspace(-1, 1, 5).reshape(5, 1, 1, 1)
    pixels = np.asarray(pictures.square_grid(images))[..., 0]
    assert pixels.shape == (2 * (1 + GAP) + GAP,) * 2
    shown = pixels[GAP :: 1 + GAP, GAP :: 1 + GAP]
    np.testing.assert_array_equal(shown, pictures.to_uint8(images[:4]).reshape(2, 2))


def test_save_is_lossless_and_leaves_one_file(tmp_path):
    sheet = pictures.square_grid(np.random.default_rng(0).uniform(-1, 1, (4, 3, 3, 3)))
    pictures.save(sheet, tmp_path / "a.png")
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "a.png")), np.asarray(sheet))
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
