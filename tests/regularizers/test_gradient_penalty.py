"""The gradient penalty against closed forms in NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.regularizers.gradient_penalty import gradient_penalty, slope_penalty

SEED = (3, 4)


def pair(shape, seed=0):
    chance = np.random.default_rng(seed)
    return [chance.normal(size=shape).astype(np.float32) for _ in range(2)]


def alphas(count):
    """What the penalty draws: one number for each example."""
    return tf.random.stateless_uniform([count, 1], SEED, alg="philox").numpy()[:, 0]


@pytest.mark.parametrize("scale, expected", [(0.2, 0.25), (0.4, 0.0), (1.0, 2.25)])
def test_linear_critic_costs_its_slope_two_sided(scale, expected):
    """D(x) = w x: (|w| - 1)^2 wherever it is measured; a slope below one costs as well."""
    weight = scale * np.array([[1.5], [2.0]], np.float32)  # |w| = 2.5 scale
    penalty, norms = gradient_penalty(lambda x: x @ weight, *pair((6, 2)), SEED)
    np.testing.assert_allclose(penalty, expected, atol=1e-6)
    np.testing.assert_allclose(norms, [2.5 * scale] * 6, rtol=1e-5)


@pytest.mark.parametrize("shape", [(5, 3), (5, 4, 4, 2)])
def test_quadratic_critic_is_measured_between_the_examples(shape):
    """D(x) = |x|^2 / 2 has the gradient x: the norm over all of an example's coordinates."""
    real, fake = pair(shape)

    def critic(x):
        return tf.reduce_sum(x**2, axis=list(range(1, len(shape)))) / 2

    penalty, norms = gradient_penalty(critic, tf.constant(real), tf.constant(fake), SEED)
    alpha = alphas(5).reshape([5] + [1] * (len(shape) - 1))
    expected = np.linalg.norm((real + alpha * (fake - real)).reshape(5, -1), axis=1)
    np.testing.assert_allclose(norms, expected, rtol=1e-5)
    np.testing.assert_allclose(penalty, np.mean((expected - 1) ** 2), rtol=1e-5)


def test_each_example_has_an_alpha_of_its_own():
    places = []

    def critic(x):
        places.append(x)
        return tf.reduce_sum(x, axis=[1, 2, 3])

    gradient_penalty(critic, tf.zeros([4000, 3, 3, 1]), tf.ones([4000, 3, 3, 1]), SEED)
    (places,) = places
    alpha = places.numpy().reshape(4000, -1)
    assert (alpha == alpha[:, :1]).all(), "an example's pixels lie on one line"
    assert len(np.unique(alpha[:, 0])) > 3900 and alpha.min() >= 0 and alpha.max() < 1
    np.testing.assert_allclose([alpha.mean(), alpha.std()], [0.5, 12**-0.5], atol=0.02)


def test_examples_do_not_touch_each_other():
    net = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(8, "tanh"), keras.layers.Dense(1)]
    )
    real, fake = pair((5, 3))
    _, norms = gradient_penalty(net, real, fake, SEED)
    changed = real.copy()
    changed[1] += 1.0
    _, others = gradient_penalty(net, changed, fake, SEED)
    same = np.isclose(norms, others, rtol=1e-5)
    assert same.tolist() == [True, False, True, True, True]


def test_its_gradient_is_the_formulas_and_finite_where_the_norm_is_zero():
    """d/dw (|w| - 1)^2 = 2 (|w| - 1) w / |w|; at w = 0 it is taken as zero."""
    weight = tf.Variable([[0.6], [0.8], [0.0]])
    real, fake = pair((4, 3))
    for values, expected in (([3.0, 4.0, 0.0], [4.8, 6.4, 0.0]), ([0.0] * 3, [0.0] * 3)):
        weight.assign(np.reshape(values, (3, 1)))
        with tf.GradientTape() as tape:
            penalty, _ = gradient_penalty(lambda x: x @ weight, real, fake, SEED)
        np.testing.assert_allclose(tape.gradient(penalty, weight)[:, 0], expected, atol=1e-5)
    np.testing.assert_allclose(penalty, 1.0)


def test_no_gradient_goes_to_the_examples():
    real, fake = (tf.Variable(values) for values in pair((4, 3)))
    with tf.GradientTape() as tape:
        penalty, _ = gradient_penalty(lambda x: tf.reduce_sum(x**2, 1), real, fake, SEED)
    assert tape.gradient(penalty, [real, fake]) == [None, None]


def test_slopes_are_measured_at_given_places_as_well():
    """D(x) = |x|^2 / 2 has the gradient x; d/dw (2 |w| - 1)^2 = 4 (2 |w| - 1) w / |w|."""
    places, _ = pair((5, 4, 2))
    penalty, norms = slope_penalty(lambda x: tf.reduce_sum(x**2, [1, 2]) / 2, tf.constant(places))
    expected = np.linalg.norm(places.reshape(5, -1), axis=1)
    np.testing.assert_allclose(norms, expected, rtol=1e-5)
    np.testing.assert_allclose(penalty, np.mean((expected - 1) ** 2), rtol=1e-5)
    weight = tf.Variable([[0.6], [0.8]])
    with tf.GradientTape() as tape:
        penalty, _ = slope_penalty(lambda x: 2.0 * x @ weight, tf.constant(places[:, 0]))
    np.testing.assert_allclose(penalty, 1.0, rtol=1e-5)
    np.testing.assert_allclose(tape.gradient(penalty, weight)[:, 0], [2.4, 3.2], rtol=1e-4)
