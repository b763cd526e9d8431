"""Statistics of a table against NumPy's."""

import numpy as np

from tfgan_zoo.data.examples import Examples
from tfgan_zoo.data.statistics import mean
from tfgan_zoo.kinds.image import Image


def test_mean_of_a_field():
    chance = np.random.default_rng(0)
    images = chance.integers(0, 256, (2345, 3, 2, 1), dtype=np.uint8)
    table = Examples.from_arrays(
        {"images": images}, {"images": Image(images.shape[1:])}, ["a"] * 2345, {}
    )
    np.testing.assert_allclose(mean(table, "images"), images.mean(0), rtol=1e-12)
