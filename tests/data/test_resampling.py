"""MATLAB's bicubic filter: its weights, its edges, and the figure that all tables have."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfgan_zoo.data import cuttings
from tfgan_zoo.data.resampling import matrix, resize, shrunk
from tfgan_zoo.evaluate import super_resolution
from tfgan_zoo.kinds.image import to_float, to_uint8


def noise(*shape):
    return np.random.default_rng(1).integers(0, 256, shape, np.uint8)


@pytest.mark.parametrize(("length", "factor"), [(40, 1 / 4), (20, 1 / 2), (10, 4), (9, 3)])
def test_inside_it_is_pillows_filter_which_has_the_same_kernel(length, factor):
    plane, count = noise(1, length).astype(np.float32), round(length * factor)
    expected = np.asarray(Image.fromarray(plane).resize((count, 1), Image.Resampling.BICUBIC))
    weights = matrix(length, factor)
    assert weights.shape == (count, length)
    np.testing.assert_allclose(weights.sum(1), 1)
    edge = 2 if factor < 1 else 2 * factor
    inside = slice(edge, count - edge)
    np.testing.assert_allclose((weights @ plane[0])[inside], expected[0, inside], atol=1e-3)


def test_beyond_its_edges_a_picture_is_mirrored():
    plane = noise(20).astype(np.float64)
    mirrored = np.concatenate([plane[::-1], plane, plane[::-1]])
    for factor in (1 / 4, 4):
        whole, count = matrix(60, factor) @ mirrored, int(20 * factor)
        np.testing.assert_allclose(matrix(20, factor) @ plane, whole[count : 2 * count])


def test_the_kernel_is_keys_with_minus_a_half():
    """Where a picture doubles, a pixel lies a quarter beside an old one."""
    row = matrix(9, 2)[8]  # a quarter before pixel 4
    near, far = (
        (lambda x: 1.5 * x**3 - 2.5 * x**2 + 1),
        (lambda x: -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2),
    )
    expected = [far(1.75), near(0.75), near(0.25), far(1.25)]
    np.testing.assert_allclose(row[2:6], expected[::-1] if row[3] < row[2] else expected)
    assert not row[[0, 1, 6, 7, 8]].any()


def test_a_graph_shrinks_as_numpy_does():
    pictures = noise(3, 24, 32, 3)
    found = shrunk(to_float(pictures), 4)
    assert found.shape == (3, 6, 8, 3)
    difference = to_uint8(found).astype(int) - resize(pictures, 1 / 4)
    assert np.abs(difference).max() <= 1 and (difference == 0).mean() > 0.99
    np.testing.assert_allclose(tf.round((found + 1) * 127.5) / 127.5 - 1, found, atol=1e-6)


def test_the_bicubic_figures_of_all_tables(real_data):
    """28.42 dB on Set5 and 25.99 on Set14, of the luma inside a border of four pixels."""
    for name, psnr, ssim in (("Set5", 28.42, 0.8104), ("Set14", 25.99, 0.7027)):
        pictures = cuttings.open_folder(real_data / "sr_test" / name)
        found = super_resolution.scores(lambda small: resize(small, 4), pictures, 4)
        assert found["luma_psnr"] == pytest.approx(psnr, abs=0.05)
        assert found["luma_ssim"] == pytest.approx(ssim, abs=0.005)
