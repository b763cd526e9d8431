"""The plane of a latent: where its points lie, and which way it grows."""

import numpy as np
import pytest
from scipy.stats import norm

from tfgan_zoo.training.plane import plane, plane_latents


def test_points_are_evenly_spaced_under_the_prior():
    latents = plane_latents(4)
    assert latents.shape == (16, 2) and latents.dtype == np.float32
    np.testing.assert_allclose(norm.cdf(latents[:4, 0]), [1 / 8, 3 / 8, 5 / 8, 7 / 8], rtol=1e-5)
    np.testing.assert_allclose(norm.cdf(latents[::4, 1]), [7 / 8, 5 / 8, 3 / 8, 1 / 8], rtol=1e-5)
    assert len(np.unique(latents, axis=0)) == 16


def test_two_dimensions_of_many():
    latents = plane_latents(3, latent_dim=5, axes=(4, 1))
    assert not latents[:, [0, 2, 3]].any()
    np.testing.assert_array_equal(latents[:, [4, 1]], plane_latents(3))
    for axes in ((0, 0), (0, 5), (0,), (-1, 0)):
        with pytest.raises(ValueError, match="two axes of 0 to 4"):
            plane_latents(3, 5, axes)


def test_each_picture_stands_where_its_latent_does():
    def decode(latents):
        return np.tanh(latents[:, None, None, :]) * np.ones((1, 2, 3, 1))

    picture = plane(decode, side=5)
    assert picture.shape == (10, 15, 2)
    for channel, axis in ((0, 1), (1, 0)):
        assert (np.ptp(picture[..., channel], axis=1 - axis) == 0).all()
    assert picture[0, -1, 0] > 0 > picture[0, 0, 0]  # to the right
    assert picture[0, 0, 1] > 0 > picture[-1, 0, 1]  # upwards
