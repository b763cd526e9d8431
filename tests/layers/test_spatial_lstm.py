"""LSTMs over patches, against loops in NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.layers.spatial_lstm import PatchesOfTwoScales, SpatialLSTM, UnfoldedLSTM


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def filled(layer, seed=0):
    """The layer's weights by name, drawn wide enough for every gate to matter."""
    chance = np.random.default_rng(seed)
    layer.set_weights([chance.normal(0, 0.7, w.shape) for w in layer.get_weights()])
    return {v.name: v.numpy().astype(np.float64) for v in layer.weights}


def step(gates, cells, peepholes):
    """The authors' kernel, a gate at a time: input, one forget gate each, content, output."""
    n = len(cells)
    i, a, o = gates[0], gates[n + 1], gates[n + 2]
    i = sigmoid(i + sum(c * peepholes[k] for k, c in enumerate(cells)))
    new = i * np.tanh(a)
    for k, c in enumerate(cells):
        new = new + c * sigmoid(gates[1 + k] + c * peepholes[n + k])
    return sigmoid(o + new * peepholes[2 * n]) * np.tanh(new), new


def test_a_step_of_the_plane_comes_from_the_left_and_from_above():
    layer = SpatialLSTM(3)
    inputs = np.random.default_rng(1).normal(size=(2, 3, 4, 5))
    layer(tf.constant(inputs, tf.float32))
    own = filled(layer)
    hidden, cells = np.zeros((2, 4, 5, 3)), np.zeros((2, 4, 5, 3))  # a border of zeros
    for r in range(1, 4):
        for c in range(1, 5):
            gates = inputs[:, r - 1, c - 1] @ own["kernel"] + own["bias"]
            gates += hidden[:, r, c - 1] @ own["recurrent_0"]
            gates += hidden[:, r - 1, c] @ own["recurrent_1"]
            before = [cells[:, r, c - 1], cells[:, r - 1, c]]
            hidden[:, r, c], cells[:, r, c] = step(np.split(gates, 5, 1), before, own["peepholes"])
    found, last = layer(tf.constant(inputs, tf.float32))
    np.testing.assert_allclose(found, hidden[:, 1:, 1:], atol=1e-5)
    np.testing.assert_allclose(last, cells[:, 3, 4], atol=1e-5)


@pytest.mark.parametrize("reads", [False, True])
def test_an_unfolded_one_begins_with_its_state_and_goes_on(reads):
    layer, chance = UnfoldedLSTM(3, 4), np.random.default_rng(2)
    given = [chance.normal(size=(2, 3)), chance.normal(size=(2, 3))]
    if reads:
        given.append(chance.normal(size=(2, 4, 5)))
    tensors = [tf.constant(one, tf.float32) for one in given]
    layer(tensors)
    own = filled(layer)
    hidden, cell = given[:2]
    expected = [hidden]
    for t in range(1, 4):
        gates = own["bias"] + hidden @ own["recurrent_0"]
        if reads:
            gates = gates + given[2][:, t] @ own["kernel"]
        hidden, cell = step(np.split(gates, 4, 1), [cell], own["peepholes"])
        expected.append(hidden)
    np.testing.assert_allclose(layer(tensors), np.stack(expected, 1), atol=1e-5)


def test_nothing_is_forgotten_at_first():
    layer = SpatialLSTM(2)
    layer(tf.zeros([1, 2, 2, 1]))
    np.testing.assert_array_equal(layer.bias, [0, 0, 5, 5, 5, 5, 0, 0, 0, 0])
    assert 0 < np.abs(layer.kernel).max() <= 0.01 < np.abs(layer.peepholes).max() <= 0.1


def test_a_patch_comes_with_its_surroundings_at_half_the_size():
    images = np.random.default_rng(3).normal(size=(2, 8, 12, 2)).astype(np.float32)
    found = PatchesOfTwoScales(4)(images).numpy()
    assert found.shape == (2, 2, 3, 64)
    np.testing.assert_array_equal(found[:, 1, 2, :32], images[:, 4:, 8:].reshape(2, -1))
    # In the middle of a row the surroundings begin half a patch before it; at the edge at the edge.
    for column, left in ((0, 0), (1, 2), (2, 4)):
        wide = images[:, 0:8, left : left + 8]
        half = wide.reshape(2, 4, 2, 4, 2, 2).mean((2, 4)).reshape(2, -1)
        np.testing.assert_allclose(found[:, 1, column, 32:], half, atol=1e-6)


def test_layers_come_back_from_their_configuration():
    for layer in (SpatialLSTM(3), UnfoldedLSTM(3, 2), PatchesOfTwoScales(4)):
        again = keras.layers.deserialize(keras.layers.serialize(layer))
        assert again.get_config() == layer.get_config()
