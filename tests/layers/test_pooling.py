"""Pooling layers against NumPy."""

import numpy as np
import pytest

from tfgan_zoo.layers.pooling import HalvingAverage


@pytest.mark.parametrize("size", [(6, 9), (7, 4), (2, 3)])
def test_halving_averages_count_no_pads(size):
    height, width = size
    images = np.random.default_rng(0).normal(size=(2, height, width, 3)).astype(np.float32)
    found = HalvingAverage()(images).numpy()
    assert found.shape == (2, -(-height // 2), -(-width // 2), 3)
    for row, column in np.ndindex(found.shape[1:3]):
        top, left = max(2 * row - 1, 0), max(2 * column - 1, 0)
        window = images[:, top : 2 * row + 2, left : 2 * column + 2]
        np.testing.assert_allclose(found[:, row, column], window.mean((1, 2)), atol=1e-6)
