"""The bounds on mutual information against what is known in closed form."""

import math

import numpy as np
import pytest
import tensorflow as tf
from scipy import integrate, stats

from tfgan_zoo.losses.information import categorical_information, uniform_information


def test_a_posterior_that_knows_the_code_has_all_its_entropy():
    codes = np.eye(10, dtype="float32")[np.arange(50) % 10]
    assert float(categorical_information(codes, 1e3 * codes)) == pytest.approx(math.log(10))


def test_a_posterior_that_knows_nothing_has_none():
    codes = np.eye(10, dtype="float32")[np.arange(50) % 10]
    assert float(categorical_information(codes, np.zeros((50, 10)))) == pytest.approx(0, abs=1e-6)


def test_of_a_noisy_channel_it_is_the_mutual_information():
    """x is c with probability 0.8 and each other category otherwise; q its exact posterior."""
    categories, kept = 5, 0.8
    channel = np.full((categories, categories), (1 - kept) / (categories - 1))
    np.fill_diagonal(channel, kept)
    exact = math.log(categories) + np.sum(channel[0] * np.log(channel[0]))
    # A batch in which each (c, x) stands as often as it happens: 16 times itself, once each other.
    pairs = [(c, x) for c in range(categories) for x in range(categories)]
    pairs += [(c, c) for c in range(categories)] * 15
    codes = np.eye(categories, dtype="float32")[[c for c, _ in pairs]]
    logits = np.log(channel)[[x for _, x in pairs]]
    assert float(categorical_information(codes, logits)) == pytest.approx(exact, rel=1e-5)
    # Any other q gives less.
    assert float(categorical_information(codes, 2 * logits)) < exact
    assert float(categorical_information(codes, 0.5 * logits)) < exact


def test_logits_of_any_size_are_finite():
    codes = np.eye(3, dtype="float32")
    wrong = float(categorical_information(codes, 1e4 * np.roll(codes, 1, axis=1)))
    assert wrong == pytest.approx(math.log(3) - 1e4)


@pytest.mark.parametrize("sigma", [1.0, 0.3])
def test_uniform_codes_against_scipy(sigma):
    rng = np.random.default_rng(0)
    codes, means = rng.uniform(-1, 1, (2, 40, 3)).astype("float32")
    expected = 3 * math.log(2) + stats.norm(means, sigma).logpdf(codes).sum(1).mean()
    found = float(uniform_information(codes, means, sigma))
    assert found == pytest.approx(expected, rel=1e-5)


def test_uniform_codes_of_a_noisy_channel_are_bounded_by_its_information():
    """x = c + N(0, s^2): I = H(x) - H(x | c) by quadrature, against q = N(x, s^2)."""
    sigma = 0.05

    def density(x):
        return 0.5 * (stats.norm.cdf((x + 1) / sigma) - stats.norm.cdf((x - 1) / sigma))

    def entropy(x):
        return -density(x) * math.log(density(x)) if density(x) > 1e-300 else 0.0

    marginal = integrate.quad(entropy, -1.5, 1.5, points=[-1, 1], limit=200)[0]
    exact = marginal - 0.5 * math.log(2 * math.pi * math.e * sigma**2)
    rng = np.random.default_rng(0)
    codes = rng.uniform(-1, 1, (100_000, 1))
    bound = float(uniform_information(codes, codes + sigma * rng.normal(size=codes.shape), sigma))
    assert exact - 0.1 < bound < exact


def test_with_sigma_one_the_gradient_is_that_of_half_the_squared_error():
    rng = np.random.default_rng(0)
    codes, means = (tf.constant(v, tf.float32) for v in rng.uniform(-1, 1, (2, 8, 2)))
    with tf.GradientTape() as tape:
        tape.watch(means)
        bound = uniform_information(codes, means)
    np.testing.assert_allclose(tape.gradient(bound, means), (codes - means) / 8, rtol=1e-5)
    assert float(uniform_information(codes, codes)) == pytest.approx(
        2 * (math.log(2) - 0.5 * math.log(2 * math.pi)), rel=1e-5
    )
