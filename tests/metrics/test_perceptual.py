"""The distance of feature maps: closed forms, and a reference by loops."""

import numpy as np
import pytest

from tfgan_zoo.metrics.perceptual import distance


def maps(seed):
    random = np.random.default_rng(seed)
    return [random.normal(size=(2, 4, 3, 5)), random.normal(size=(2, 2, 2, 7))]


def test_it_is_zero_for_equal_directions_and_known_for_others():
    own = maps(0)
    np.testing.assert_allclose(distance(own, own), 0)
    np.testing.assert_allclose(distance(own, [3 * m for m in own]), 0, atol=1e-12)
    np.testing.assert_allclose(distance(own, [-m for m in own]), 4)
    one, other = np.zeros((1, 1, 1, 2)), np.zeros((1, 1, 1, 2))
    one[..., 0], other[..., 1] = 5, 2
    np.testing.assert_allclose(distance([one], [other]), 2)
    assert np.isfinite(distance([one], [0 * other])).all()  # a pixel without any feature


def test_it_is_the_mean_over_pixels_and_maps():
    own, others, expected = maps(1), maps(2), np.zeros(2)
    for one, other in zip(own, others, strict=True):
        for example in range(2):
            pixels = [
                sum((a / np.linalg.norm(a) - b / np.linalg.norm(b)) ** 2)
                for a, b in zip(
                    one[example].reshape(-1, one.shape[-1]),
                    other[example].reshape(-1, one.shape[-1]),
                    strict=True,
                )
            ]
            expected[example] += np.mean(pixels) / 2
    np.testing.assert_allclose(distance(own, others), expected)


def test_maps_of_two_sizes_are_refused():
    with pytest.raises(ValueError, match="must be alike in shape"):
        distance(maps(0), maps(0)[:1])
