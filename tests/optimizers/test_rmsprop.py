"""RMSProp against its formula."""

import keras
import numpy as np
import tensorflow as tf

from tfgan_zoo.optimizers.adam import Adam
from tfgan_zoo.optimizers.rmsprop import RMSProp
from tfgan_zoo.training.schedules import learning_rate


def test_the_formula_also_for_gradients_far_below_keras_epsilon():
    start = np.array([1.0, -2.0, 0.0], np.float32)
    variable = keras.Variable(start)
    optimizer = RMSProp(1e-3)
    weight, mean_square = start.astype(np.float64), np.zeros(3)
    chance = np.random.default_rng(0)
    for _ in range(20):
        gradient = chance.normal(size=3) * [1.0, 1e-6, 0.0]
        optimizer.apply([tf.constant(gradient, tf.float32)], [variable])
        mean_square = 0.99 * mean_square + 0.01 * gradient**2
        weight -= 1e-3 * gradient / (np.sqrt(mean_square) + 1e-8)
    np.testing.assert_allclose(variable, weight, rtol=1e-5)
    assert np.abs(variable.numpy() - start)[1] > 1e-3


def test_like_another_optimizer():
    rate = learning_rate(0.5, "linear", 10, 0.0)
    other = Adam(rate, beta_1=0.5, global_clipnorm=3.0, use_ema=True, ema_momentum=0.9, name="g")
    optimizer = RMSProp.like(other)
    assert (optimizer.rho, optimizer.epsilon, optimizer.momentum) == (0.99, 1e-8, 0.0)
    assert (optimizer.global_clipnorm, optimizer.use_ema, optimizer.ema_momentum) == (
        3.0,
        True,
        0.9,
    )
    assert optimizer.name == "g"
    variable = keras.Variable([1.0, 1.0])
    optimizer.apply([tf.constant([30.0, 40.0])], [variable])
    # The first step is rate / sqrt(1 - rho) long, whatever the gradient.
    np.testing.assert_allclose(variable, [1.0 - 0.5 / 0.1] * 2, rtol=1e-4)
    np.testing.assert_allclose(float(optimizer.learning_rate), 0.45, rtol=1e-6)
