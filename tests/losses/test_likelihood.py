"""Log-likelihoods and the divergence against closed forms, scipy, quadrature and Monte Carlo."""

import math

import numpy as np
import pytest
import tensorflow as tf
from scipy import integrate, special, stats

from tfgan_zoo.losses.likelihood import (
    bernoulli_log_likelihood,
    gaussian_kl,
    gaussian_log_likelihood,
    reparameterised,
)


@pytest.fixture
def chance():
    return np.random.default_rng(0)


def test_bernoulli_pixels_against_scipy(chance):
    logits = chance.normal(0, 3, (5, 4, 3, 2)).astype("float32")
    pixels = chance.integers(0, 2, logits.shape)
    expected = stats.bernoulli(special.expit(logits.astype("float64"))).logpmf(pixels)
    found = bernoulli_log_likelihood(pixels, logits)
    assert found.shape == (5,) and found.dtype == tf.float32
    np.testing.assert_allclose(found, expected.sum((1, 2, 3)), rtol=1e-5)


def test_the_probabilities_of_all_pictures_sum_to_one(chance):
    logits = np.repeat(chance.normal(0, 2, (1, 6)), 64, axis=0)
    pictures = (np.arange(64)[:, None] >> np.arange(6)) & 1
    total = tf.reduce_sum(tf.exp(bernoulli_log_likelihood(pictures, logits)))
    assert float(total) == pytest.approx(1.0, rel=1e-5)


def test_logits_of_any_size_are_finite():
    pixels = np.array([[1.0, 0.0], [0.0, 1.0]])
    found = bernoulli_log_likelihood(pixels, np.array([[1e4, -1e4], [1e4, -1e4]]))
    np.testing.assert_allclose(found, [0.0, -2e4])


def test_grey_pixels_give_the_mean_over_their_draws(chance):
    grey, logits = chance.uniform(size=(1, 7)), chance.normal(0, 2, (1, 7))
    drawn = chance.uniform(size=(100_000, 7)) < grey
    expected = np.mean(bernoulli_log_likelihood(drawn, np.repeat(logits, len(drawn), axis=0)))
    found = float(bernoulli_log_likelihood(grey, logits)[0])
    assert found == pytest.approx(expected, abs=0.05)


def test_gaussian_examples_against_scipy(chance):
    examples, means, log_variances = chance.normal(size=(3, 5, 4, 3))
    expected = stats.norm(means, np.exp(0.5 * log_variances)).logpdf(examples).sum((1, 2))
    found = gaussian_log_likelihood(examples, means, log_variances)
    assert found.shape == (5,)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
    # One variance for all pixels broadcasts.
    found = gaussian_log_likelihood(examples, means, 0.7)
    expected = stats.norm(means, math.exp(0.35)).logpdf(examples).sum((1, 2))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_narrow_density_is_above_zero():
    found = gaussian_log_likelihood(np.zeros((1, 2)), np.zeros((1, 2)), -10.0)
    assert float(found[0]) == pytest.approx(10.0 - math.log(2 * math.pi), rel=1e-6)


def test_divergence_from_the_prior_is_appendix_b(chance):
    means, log_variances = chance.normal(size=(2, 6, 3))
    expected = -0.5 * np.sum(1 + log_variances - means**2 - np.exp(log_variances), axis=1)
    np.testing.assert_allclose(gaussian_kl(means, log_variances), expected, rtol=1e-5)


@pytest.mark.parametrize("prior", [(0.0, 0.0), (0.5, -1.0)])
def test_divergence_against_quadrature(prior):
    mean, log_variance = 0.8, -0.6
    posterior = stats.norm(mean, math.exp(0.5 * log_variance))
    other = stats.norm(prior[0], math.exp(0.5 * prior[1]))

    def integrand(z):
        return posterior.pdf(z) * (posterior.logpdf(z) - other.logpdf(z))

    expected = integrate.quad(integrand, -12, 12)[0]
    found = float(gaussian_kl([[mean]], [[log_variance]], *prior)[0])
    assert found == pytest.approx(expected, rel=1e-5)


def test_divergence_against_monte_carlo(chance):
    """The mean of log q - log p over draws of q, in 20 dimensions, within four standard errors."""
    means, log_variances = chance.normal(0, 0.7, (2, 1, 20)).astype("float32")
    count = 50_000
    noise = chance.standard_normal((count, 20)).astype("float32")
    latents = reparameterised(means, log_variances, noise)
    draws = gaussian_log_likelihood(latents, means, log_variances)
    draws = (draws - gaussian_log_likelihood(latents, 0.0, 0.0)).numpy()
    exact = float(gaussian_kl(means, log_variances)[0])
    assert abs(draws.mean() - exact) < 4 * draws.std() / math.sqrt(count)
    assert draws.std() / math.sqrt(count) < 0.01 * exact  # or it would not be a test


def test_divergence_of_nearly_the_prior_keeps_its_digits():
    tiny = 1e-4
    exact = 0.5 * (math.expm1(tiny) - tiny)
    assert float(gaussian_kl([[0.0]], [[tiny]])[0]) == pytest.approx(exact, rel=0.01)
    np.testing.assert_array_equal(gaussian_kl(np.zeros((3, 2)), np.zeros((3, 2))), np.zeros(3))
    assert float(gaussian_kl([[0.3]], [[-1.0]], 0.3, -1.0)[0]) == 0.0


def test_draws_have_the_mean_and_the_variance(chance):
    noise = chance.standard_normal((100_000, 2))
    latents = reparameterised([1.0, -2.0], np.log([4.0, 0.25]), noise)
    np.testing.assert_allclose(np.mean(latents, 0), [1.0, -2.0], atol=0.03)
    np.testing.assert_allclose(np.var(latents, 0), [4.0, 0.25], rtol=0.03)


def test_the_gradient_through_a_draw_is_that_of_the_expectation(chance):
    """E z^2 = mean^2 + variance: its gradients are 2 mean, and by the log-variance the variance."""
    means, log_variances = tf.constant([[0.7]]), tf.constant([[-0.4]])
    noise = chance.standard_normal((200_000, 1)).astype("float32")
    with tf.GradientTape() as tape:
        tape.watch([means, log_variances])
        latents = reparameterised(means, log_variances, noise)
        expectation = tf.reduce_mean(tf.square(latents))
    by_mean, by_log_variance = tape.gradient(expectation, [means, log_variances])
    assert by_mean.numpy().item() == pytest.approx(1.4, abs=0.02)
    assert by_log_variance.numpy().item() == pytest.approx(math.exp(-0.4), abs=0.02)


def test_a_draw_has_the_gradient_of_its_formula(chance):
    means, log_variances, noise = (tf.constant(v) for v in chance.normal(size=(3, 2, 3)))
    with tf.GradientTape() as tape:
        tape.watch([means, log_variances])
        latents = reparameterised(means, log_variances, noise)
    by_mean, by_log_variance = tape.gradient(latents, [means, log_variances])
    np.testing.assert_array_equal(by_mean, np.ones((2, 3)))
    np.testing.assert_allclose(by_log_variance, 0.5 * (latents - means))
