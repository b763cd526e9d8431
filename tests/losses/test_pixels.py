"""Distributions of pixels: they sum to one, are what their formulas say, and draws follow them."""

import itertools
import math

import numpy as np
import pytest
import tensorflow as tf
from scipy import special

from tfgan_zoo.losses import pixels
from tfgan_zoo.losses.pixels import Bernoulli, Categorical, LogisticMixture, named

RANDOM = np.random.default_rng(0)
SMALL = [
    (Bernoulli(1), 1),
    (Bernoulli(3), 3),
    (Categorical(1, 5), 1),
    (Categorical(2, 3), 2),
    (LogisticMixture(1, 5, 3), 1),
    (LogisticMixture(3, 4, 2), 3),
]


def grid(distribution, channels):
    """All pixels `[n, C]` that there are."""
    levels = np.linspace(-1, 1, distribution.levels)
    return np.array(list(itertools.product(levels, repeat=channels)), "float32")


def parameters(distribution, scale=1.5):
    return RANDOM.normal(0, scale, distribution.numbers).astype("float32")


@pytest.mark.parametrize("distribution, channels", SMALL)
def test_all_pixels_together_have_probability_one(distribution, channels):
    every = grid(distribution, channels)
    for scale in (0.3, 1.5, 4.0):
        own = np.tile(parameters(distribution, scale), (len(every), 1))
        total = np.exp(distribution.log_likelihood(every, own)).sum()
        assert total == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("distribution, channels", SMALL)
def test_draws_are_as_frequent_as_the_likelihood_says(distribution, channels):
    count = 40_000
    own = np.tile(parameters(distribution, 1.0), (count, 1))
    uniforms = RANDOM.random((count, distribution.draws)).astype("float32")
    drawn = distribution.draw(own, uniforms).numpy()
    every = grid(distribution, channels)
    expected = np.exp(distribution.log_likelihood(every, own[: len(every)]))
    found = [np.mean(np.all(np.abs(drawn - pixel) < 1e-4, axis=1)) for pixel in every]
    assert sum(found) == pytest.approx(1)
    np.testing.assert_allclose(found, expected, atol=4 * math.sqrt(0.25 / count))


def test_one_uniform_number_decides_at_its_threshold():
    logits = np.log(np.array([[0.2, 0.3, 0.5]], "float32"))
    chance = np.array([0.1999, 0.2001, 0.4999, 0.5001, 0.9999999], "float32")
    found = Categorical(1, 3).draw(np.tile(logits, (5, 1)), chance[:, None])[:, 0]
    np.testing.assert_array_equal(found, [-1, 0, 0, 1, 1])
    logit = np.full((2, 1), special.logit(0.3), "float32")
    found = Bernoulli(1).draw(logit, np.array([[0.299], [0.301]], "float32"))
    np.testing.assert_array_equal(found, [[1], [-1]])


def test_a_mixture_is_what_numpy_says_of_256_levels_and_three_colours():
    """The paper's formula, by differences of the logistic function in float64."""
    mixture, count = LogisticMixture(3, 256, 10), 40
    own = RANDOM.normal(0, 1, (count, mixture.numbers)).astype("float32")
    steps = RANDOM.integers(0, 256, (count, 3))
    steps[:4] = [[0, 255, 0], [255, 0, 255], [0, 0, 0], [255, 255, 255]]
    values = 2.0 * steps / 255 - 1.0
    logits, means, scales, moved = np.split(
        own.astype("float64").reshape(count, 10, 10), [1, 4, 7], 1
    )
    scales, moved = np.exp(np.maximum(scales, -7.0)), np.tanh(moved)
    red, green, blue = values.T[:, :, None]
    means = np.stack(
        [
            means[:, 0],
            means[:, 1] + moved[:, 0] * red,
            means[:, 2] + moved[:, 1] * red + moved[:, 2] * green,
        ],
        axis=1,
    )
    upper = special.expit((values[..., None] + 1 / 255 - means) / scales)
    lower = special.expit((values[..., None] - 1 / 255 - means) / scales)
    upper[steps == 255], lower[steps == 0] = 1.0, 0.0
    each = special.softmax(logits[:, 0], axis=1) * np.prod(upper - lower, axis=1)
    expected = np.log(each.sum(axis=1))
    found = mixture.log_likelihood(values.astype("float32"), own)
    np.testing.assert_allclose(found, expected, rtol=2e-4, atol=2e-4)


def test_far_from_every_mean_it_and_its_gradient_are_finite():
    mixture = LogisticMixture(1, 256, 1)
    own = tf.constant([[0.0, 30.0, -9.0], [0.0, -30.0, 9.0], [0.0, 1e-3, -7.0]])
    values = tf.constant([[-1.0], [0.2], [1.0]])
    with tf.GradientTape() as tape:
        tape.watch(own)
        found = mixture.log_likelihood(values, own)
    assert np.isfinite(found).all() and np.isfinite(tape.gradient(found, own)).all()
    assert float(found[0]) < -1000


def test_temperature_sharpens():
    for distribution, _ in SMALL:
        own = np.tile(parameters(distribution), (500, 1))
        uniforms = RANDOM.random((500, distribution.draws)).astype("float32")
        warm = distribution.draw(own, uniforms, 1.0).numpy()
        cold = distribution.draw(own, uniforms, 1e-4).numpy()
        assert len(np.unique(cold, axis=0)) == 1 < len(np.unique(warm, axis=0))


def test_grey_levels_are_drawn_or_rounded():
    grey = np.full((20_000, 1), 0.5, "float32")
    found = Bernoulli(1).observe(grey, (0, 1)).numpy()
    assert set(np.unique(found)) == {-1.0, 1.0}
    assert np.mean(found == 1.0) == pytest.approx(0.75, abs=0.02)
    np.testing.assert_array_equal(found, Bernoulli(1).observe(grey, (0, 1)))
    levels = np.arange(256) / 127.5 - 1
    for distribution in (Categorical(1), LogisticMixture(1)):
        kept = distribution.observe(levels[:, None].astype("float32"), (0, 1))
        np.testing.assert_allclose(kept[:, 0], levels, atol=1e-6)
    np.testing.assert_array_equal(
        Categorical(1, 3).observe(np.array([-0.6, -0.4, 0.6], "float32"), None), [-1, 0, 1]
    )


def test_names_and_numbers():
    assert named("bernoulli", 1).numbers == 1
    assert named("softmax", 3).numbers == 768
    assert named("logistic", 3).numbers == 100  # as the authors' code has for ten of them
    assert named("logistic", 1, 256, 5).numbers == 15
    assert pixels.bits_per_number(784 * math.log(2), (28, 28, 1)) == pytest.approx(1)
    with pytest.raises(ValueError, match="output is bernoulli, softmax, logistic; got 'gaussian'"):
        named("gaussian", 1)
    with pytest.raises(ValueError, match="levels=1"):
        named("softmax", 1, 1)
