"""Minibatch discrimination against loops over pairs of examples."""

import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.layers.minibatch import MinibatchDiscrimination

RNG = np.random.default_rng(0)
FEATURES = RNG.normal(0.0, 1.0, (7, 4)).astype("float32")


@pytest.fixture
def layer():
    made = MinibatchDiscrimination(kernels=3, kernel_dim=2)
    made.build((None, 4))
    made.log_scale.assign(RNG.normal(0.0, 0.5, (3, 2)))
    made.bias.assign([-1.0, 0.5, 0.0])
    return made


def by_loops(layer, features):
    theta, log_scale = np.array(layer.theta, np.float64), np.array(layer.log_scale, np.float64)
    count = len(features)
    closeness = np.zeros((count, 3))
    for k in range(3):
        matrix = np.zeros((4, 2))
        for d in range(2):
            column = theta[:, k, d]
            matrix[:, d] = np.exp(log_scale[k, d]) * column / np.sqrt((column**2).sum())
        projected = features @ matrix
        for i in range(count):
            for j in range(count):
                if i != j:
                    closeness[i, k] += np.exp(-np.abs(projected[i] - projected[j]).sum())
    return np.concatenate([features, closeness + np.array(layer.bias)], axis=1)


@pytest.mark.parametrize("training", [True, False])
def test_equals_a_double_loop(layer, training):
    found = layer(FEATURES, training=training)
    np.testing.assert_allclose(found, by_loops(layer, FEATURES), rtol=1e-4, atol=1e-5)
    assert tuple(found.shape) == (7, 7)


def test_first_weights_are_the_authors():
    made = MinibatchDiscrimination()
    made.build((None, 250))
    assert tuple(made.theta.shape) == (250, 100, 5)
    assert np.array(made.theta).std() == pytest.approx(0.05, rel=0.05)
    np.testing.assert_array_equal(made.bias, -np.ones(100))


def test_a_collapsed_batch_is_as_close_as_can_be(layer):
    same = np.repeat(FEATURES[:1], 7, axis=0)
    expected = np.broadcast_to(6.0 + np.array(layer.bias), (7, 3))
    np.testing.assert_allclose(layer(same, training=True)[:, 4:], expected, rtol=1e-5)
    alone = layer(FEATURES[:1], training=True)
    np.testing.assert_allclose(alone[0, 4:], layer.bias, atol=1e-6)


def test_gradients_go_through_both_examples_of_a_pair(layer):
    """By differences, at an example and at the other one's output."""
    features = tf.constant(FEATURES)
    with tf.GradientTape() as tape:
        tape.watch(features)
        first = tf.reduce_sum(layer(features, training=True)[0, 4:])
    gradient = tape.gradient(first, features).numpy()
    for row in (0, 3):
        moved = FEATURES.astype(np.float64).copy()
        moved[row, 1] += 1e-4
        up = by_loops(layer, moved)[0, 4:].sum()
        moved[row, 1] -= 2e-4
        slope = (up - by_loops(layer, moved)[0, 4:].sum()) / 2e-4
        assert gradient[row, 1] == pytest.approx(slope, rel=1e-2, abs=1e-4)


def test_the_first_batch_sets_scale_and_bias(layer):
    batch = RNG.normal(0.0, 4.0, (40, 4)).astype("float32")
    outputs = layer.initialise(batch).numpy()
    np.testing.assert_array_equal(outputs[:, :4], batch)
    np.testing.assert_allclose(outputs[:, 4:].mean(0), 0.0, atol=1e-5)
    np.testing.assert_allclose(outputs, by_loops(layer, batch), rtol=1e-3, atol=1e-4)
    theta = np.array(layer.theta) / np.sqrt((np.array(layer.theta) ** 2).sum(0))
    projected = np.einsum("bf,fkd->bkd", batch, theta * np.exp(np.array(layer.log_scale)))
    distances = np.abs(projected[:, None] - projected[None]).sum(3)
    distances[np.arange(40), np.arange(40)] = np.inf
    np.testing.assert_allclose(distances.min(1).mean(0), 2.0, rtol=1e-3)


def test_comes_back_from_its_config(layer):
    again = MinibatchDiscrimination.from_config(layer.get_config())
    assert (again.kernels, again.kernel_dim, again.compute_dtype) == (3, 2, "float32")
