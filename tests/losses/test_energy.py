"""Energies, the margin and the pulling-away term against NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.losses import energy


def gradient(function, at):
    at = tf.constant(at, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(at)
        value = function(at)
    return tape.gradient(value, at).numpy()


def double_loop(codes):
    """Equation 14 as it is written."""
    count, total = len(codes), 0.0
    for i in range(count):
        for j in range(count):
            if j != i:
                product = np.dot(codes[i], codes[j])
                total += (product / (np.linalg.norm(codes[i]) * np.linalg.norm(codes[j]))) ** 2
    return total / (count * (count - 1))


def test_energies_are_their_formulas_and_not_of_one_size():
    chance = np.random.default_rng(0)
    examples, reconstructions = chance.uniform(-1, 1, (2, 5, 28, 28, 1)).astype(np.float32)
    found = {
        kind: energy.reconstruction_energies(examples, reconstructions, kind).numpy()
        for kind in ("norm", "sum", "mean")
    }
    off = (examples - reconstructions).reshape(5, 784)
    np.testing.assert_allclose(found["norm"], np.linalg.norm(off, axis=1), rtol=1e-5)
    np.testing.assert_allclose(found["sum"], found["norm"] ** 2, rtol=1e-5)
    np.testing.assert_allclose(found["sum"], 784 * found["mean"], rtol=1e-5)
    with pytest.raises(ValueError, match="norm, sum or mean"):
        energy.reconstruction_energies(examples, examples, "max")


def test_a_perfect_reconstruction_has_a_gradient_of_zero():
    points = np.array([[1.0, 2.0], [3.0, -4.0]], np.float32)
    origin = tf.constant([[1.0, 2.0], [0.0, 0.0]])
    pull = gradient(lambda x: tf.reduce_sum(energy.reconstruction_energies(x, origin)), points)
    np.testing.assert_allclose(pull, [[0.0, 0.0], [0.6, -0.8]], rtol=1e-6)


def test_energies_of_half_precision_are_summed_in_full():
    examples = tf.fill([1, 512, 512, 1], tf.constant(1.0, tf.float16))
    sums = energy.reconstruction_energies(examples, tf.zeros_like(examples), "sum")
    assert sums.dtype == tf.float32 and float(sums[0]) == 512**2


def test_past_the_margin_nothing_pulls_the_discriminator_but_the_generator():
    real, fake = np.array([1.0, 3.0]), np.array([0.0, 9.5, 10.0, 10.5, 80.0])
    loss = energy.margin_discriminator_loss(*(tf.constant(v, tf.float32) for v in (real, fake)), 10)
    assert float(loss) == pytest.approx(2.0 + (10.0 + 0.5) / 5)
    to_fake = gradient(
        lambda f: energy.margin_discriminator_loss(tf.constant([1.0]), f, 10.0), fake
    )
    np.testing.assert_array_equal(to_fake, np.float32([-0.2, -0.2, 0.0, 0.0, 0.0]))
    to_real = gradient(
        lambda r: energy.margin_discriminator_loss(r, tf.constant([1.0]), 10.0), real
    )
    np.testing.assert_array_equal(to_real, [0.5, 0.5])
    assert float(energy.margin_generator_loss(tf.constant(fake))) == pytest.approx(fake.mean())
    np.testing.assert_allclose(gradient(energy.margin_generator_loss, fake), [0.2] * 5)


@pytest.mark.parametrize("shape", [(7, 5), (2, 3), (6, 2, 2, 3)])
def test_pulling_away_is_the_double_loop(shape):
    codes = np.random.default_rng(1).normal(0.3, 1.0, shape)
    expected = double_loop(codes.reshape(shape[0], -1))
    found = energy.pulling_away(tf.constant(codes, tf.float32))
    assert found.shape == () and float(found) == pytest.approx(expected, rel=1e-5)
    lengths = np.random.default_rng(2).uniform(-3, 3, (shape[0],) + (1,) * (len(shape) - 1))
    assert float(energy.pulling_away(codes * lengths)) == pytest.approx(expected, rel=1e-5)


def test_pulling_away_where_it_is_known():
    assert float(energy.pulling_away(tf.eye(4))) == 0.0
    assert float(energy.pulling_away([[1.0, 2.0], [2.0, 4.0], [-1.0, -2.0]])) == pytest.approx(1.0)
    # Of normal codes in d dimensions it is 1 / d.
    normal = np.random.default_rng(0).normal(size=(800, 16))
    assert float(energy.pulling_away(normal)) == pytest.approx(1 / 16, rel=0.02)
    # Dead codes are orthogonal to all, and one code has no other.
    assert float(energy.pulling_away([[0.0, 0.0], [1.0, 0.0], [1.0, 0.0]])) == pytest.approx(1 / 3)
    assert float(energy.pulling_away([[3.0, 1.0]])) == 0.0


def test_the_gradient_of_pulling_away_is_that_of_the_loop_and_finite_for_dead_codes():
    codes = np.random.default_rng(3).normal(size=(4, 3))
    expected = np.zeros_like(codes)
    for place in np.ndindex(codes.shape):
        step = np.zeros_like(codes)
        step[place] = 1e-6
        expected[place] = (double_loop(codes + step) - double_loop(codes - step)) / 2e-6
    np.testing.assert_allclose(gradient(energy.pulling_away, codes), expected, atol=1e-5)
    assert np.isfinite(gradient(energy.pulling_away, [[0.0, 0.0], [1.0, 2.0], [1.0, 0.0]])).all()
