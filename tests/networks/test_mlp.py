"""Plain layers against NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.networks.mlp import mlp


def test_the_formula():
    net = mlp(3, 2, width=5, depth=2, activation="tanh")
    values = np.random.default_rng(0).normal(size=(4, 3))
    expected = values
    weights = net.get_weights()
    assert [w.shape for w in weights] == [(3, 5), (5,), (5, 5), (5,), (5, 2), (2,)]
    for layer in range(3):
        expected = expected @ weights[2 * layer] + weights[2 * layer + 1]
        expected = np.tanh(expected) if layer < 2 else expected
    np.testing.assert_allclose(net(tf.constant(values, tf.float32)), expected, atol=1e-6)


@pytest.mark.parametrize("initializer", ["he_normal", lambda: keras.initializers.Orthogonal(0.5)])
def test_each_layer_draws_weights_of_its_own(initializer):
    first, second = [w for w in mlp(4, 4, 4, 1, "relu", initializer).get_weights() if w.ndim == 2]
    assert not np.allclose(first, second)
    if callable(initializer):
        np.testing.assert_allclose(first @ first.T, 0.25 * np.eye(4), atol=1e-6)


def test_spectral_normalisation_divides_each_kernel_by_its_largest_singular_value():
    net = mlp(3, 2, width=5, depth=2, spectral=True)
    layers = [layer for layer in net.layers if layer.weights]
    values = np.random.default_rng(0).normal(size=(4, 3))
    for _ in range(100):
        net(values, training=True)
    expected = values
    for layer in layers:
        kernel = np.array(layer.kernel)
        expected = expected @ (kernel / np.linalg.svd(kernel, compute_uv=False)[0])
        expected = np.maximum(expected, 0.0) if layer is not layers[-1] else expected
    np.testing.assert_allclose(net(values), expected, rtol=1e-2, atol=1e-3)
