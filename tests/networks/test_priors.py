"""Priors: what TensorFlow draws, against the distributions of SciPy, and what their text draws."""

import json

import numpy as np
import pytest
from scipy import stats

from tfgan_zoo.networks.priors import Gaussian, Joined, Normal, OneHot, Uniform

SCIPY = {
    "normal": (Normal(3), stats.norm()),
    "uniform": (Uniform(3), stats.uniform(-1, 2)),
    "of_the_unit": (Uniform(3, low=0), stats.uniform(0, 1)),
}


def from_text(prior, count):
    """`count` draws by the NumPy of `prior.code`."""
    return np.concatenate([eval(prior.code, {"np": np}) for _ in range(count)])


@pytest.mark.parametrize("name", SCIPY)
def test_numbers_have_the_distribution(name):
    prior, distribution = SCIPY[name]
    drawn = prior.sample(4000, (1, 2)).numpy()
    assert drawn.shape == (4000, prior.size) and drawn.dtype == np.float32
    for numbers in (drawn, from_text(prior, 4000)):
        assert stats.kstest(numbers.ravel(), distribution.cdf).pvalue > 1e-3
    assert abs(np.corrcoef(drawn, rowvar=False) - np.eye(3)).max() < 0.06


def test_each_class_comes_as_often():
    prior = OneHot(4)
    for drawn in (prior.sample(4000, (1, 2)).numpy(), from_text(prior, 4000)):
        assert drawn.shape == (4000, 4)
        np.testing.assert_array_equal(np.sort(drawn, 1), np.tile([0, 0, 0, 1], (4000, 1)))
        assert stats.chisquare(drawn.sum(0)).pvalue > 1e-3


def test_joined_parts_are_independent():
    first, second = Normal(2), Normal(1)
    prior = Joined(first, second, OneHot(3))
    drawn = prior.sample(4000, (1, 2)).numpy()
    assert prior.size == 6 and drawn.shape == (4000, 6)
    assert eval(prior.code, {"np": np}).shape == (1, 6)
    # The first part is what it draws alone.
    np.testing.assert_array_equal(drawn[:, :2], first.sample(4000, (1, 2)))
    assert abs(np.corrcoef(drawn[:, :4], rowvar=False) - np.eye(4)).max() < 0.06


def test_a_draw_is_a_function_of_the_seed():
    prior = Joined(Uniform(2), OneHot(3))
    np.testing.assert_array_equal(prior.sample(50, (1, 2)), prior.sample(50, (1, 2)))
    assert np.mean(prior.sample(50, (1, 2))[:, :2] == prior.sample(50, (1, 3))[:, :2]) < 0.1


def test_a_prior_is_told_as_data():
    prior = Joined(Uniform(62), OneHot(10), Normal(3), Uniform(2, low=0))
    told = json.loads(json.dumps(prior.describe()))
    assert told == [
        {"kind": "uniform", "size": 62, "low": -1, "high": 1},
        {"kind": "one_hot", "size": 10},
        {"kind": "normal", "size": 3},
        {"kind": "uniform", "size": 2, "low": 0, "high": 1},
    ]
    assert sum(part["size"] for part in told) == prior.size
    assert Joined(prior, Normal(1)).describe() == [*told, {"kind": "normal", "size": 1}]


def test_a_gaussian_has_the_mean_and_covariance_of_what_it_is_fitted_to():
    chance = np.random.default_rng(0)
    latents = chance.normal(size=(500, 4)) @ chance.normal(size=(4, 4)) + [1.0, -2.0, 0.0, 5.0]
    latents[:, 3] = latents[:, 0]  # a direction without variance
    gaussian = Gaussian.fitted(latents)
    covariance = np.cov(latents.T, bias=True)
    np.testing.assert_allclose(gaussian.mean, latents.mean(0), rtol=1e-5)
    np.testing.assert_allclose(gaussian.factor @ gaussian.factor.T, covariance, atol=1e-4)
    drawn = gaussian.sample(20_000, (1, 2)).numpy()
    assert drawn.dtype == np.float32
    np.testing.assert_allclose(drawn.mean(0), latents.mean(0), atol=0.08)
    np.testing.assert_allclose(np.cov(drawn.T), covariance, atol=0.04 * covariance.max())
    np.testing.assert_allclose(drawn[:, 3], drawn[:, 0], atol=1e-2)


def test_a_gaussian_turns_normal_numbers_into_latents_and_back():
    latents = np.random.default_rng(0).normal(size=(50, 3)) @ np.diag([3.0, 1.0, 0.1])
    latents = latents.astype(np.float32)
    gaussian = Gaussian.fitted(latents)
    normal = gaussian.to_normal(latents).numpy()
    np.testing.assert_allclose(np.cov(normal.T, bias=True), np.eye(3), atol=1e-3)
    np.testing.assert_allclose(gaussian.of_normal(normal), latents, atol=1e-4)
    # Their order is that of the variance behind them.
    lengths = np.linalg.norm(gaussian.factor, axis=0)
    assert np.all(np.diff(lengths) < 0)
    flat = Gaussian.fitted(np.ones([5, 2], np.float32))
    np.testing.assert_allclose(flat.of_normal(np.ones([1, 2], np.float32)), [[1.0, 1.0]])
    np.testing.assert_allclose(flat.to_normal(np.ones([1, 2], np.float32)), [[0.0, 0.0]])
