"""The decay of weights: its value and its gradient."""

import keras
import numpy as np
import tensorflow as tf

from tfgan_zoo.regularizers.weight_decay import l2_penalty


def test_the_gradient_is_the_weight_times_the_variable():
    values = [np.arange(6.0).reshape(2, 3), np.array([-2.0])]
    variables = [keras.Variable(value) for value in values]
    with tf.GradientTape() as tape:
        loss = l2_penalty(variables, 0.5)
    assert float(loss) == 0.25 * (55 + 4)
    gradients = tape.gradient(loss, [v.value for v in variables])
    for gradient, value in zip(gradients, values, strict=True):
        np.testing.assert_allclose(gradient, 0.5 * value)


def test_no_weight_is_no_loss():
    assert float(l2_penalty([keras.Variable([3.0])], 0.0)) == 0.0
