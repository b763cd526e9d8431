"""Virtual batch normalisation against NumPy over the reference with the example among it."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.layers.virtual_batch import ReferenceBatch, VirtualBatchNormalization

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("shape", [(4,), (3, 2, 4)])
def test_each_example_is_normalised_with_the_reference_and_itself(shape):
    reference = RNG.normal(1.0, 2.0, (9, *shape)).astype("float32")
    examples = RNG.normal(-3.0, 1.0, (5, *shape)).astype("float32")
    layer = VirtualBatchNormalization(epsilon=0.1)
    layer.build((examples.shape, reference.shape))
    gamma, beta = RNG.normal(size=(2, 4))
    layer.gamma.assign(gamma)
    layer.beta.assign(beta)
    found, found_reference = layer((tf.constant(examples), tf.constant(reference)))
    over = tuple(range(len(shape)))
    for example, normalised in zip(examples, found, strict=True):
        together = np.concatenate([reference, example[None]])  # weight 1 / 10 each
        expected = (example - together.mean(over)) / np.sqrt(together.var(over) + 0.1)
        np.testing.assert_allclose(normalised, gamma * expected + beta, rtol=1e-4, atol=1e-4)
    expected = (reference - reference.mean(over)) / np.sqrt(reference.var(over) + 0.1)
    np.testing.assert_allclose(found_reference, gamma * expected + beta, rtol=1e-4, atol=1e-4)


def test_an_example_does_not_depend_on_its_batch():
    layer = VirtualBatchNormalization(scale=False)
    reference = tf.constant(RNG.normal(size=(6, 4)).astype("float32"))
    examples = tf.constant(RNG.normal(size=(3, 4)).astype("float32"))
    together, _ = layer((examples, reference), training=True)
    alone, _ = layer((examples[1:2], reference), training=False)
    np.testing.assert_allclose(together[1:2], alone, atol=1e-6)
    assert len(layer.trainable_weights) == 1  # the offset


def test_a_large_mean_leaves_the_variance_right():
    """Mean square less squared mean would lose it in single precision."""
    reference = (1e4 + RNG.normal(size=(50, 1))).astype("float32")
    layer = VirtualBatchNormalization()
    _, normalised = layer((tf.constant(reference), tf.constant(reference)))
    assert np.std(normalised) == pytest.approx(1.0, rel=1e-3)


def test_a_net_with_its_reference_inside_is_saved_whole():
    latents = keras.Input((2,))
    reference = ReferenceBatch(5, keras.initializers.RandomUniform(0.0, 1.0, seed=1))(latents)
    dense = keras.layers.Dense(3)
    drawn, _ = VirtualBatchNormalization()((dense(latents), dense(reference)))
    net = keras.Model(latents, drawn)
    (rows,) = net.non_trainable_weights
    assert tuple(rows.shape) == (5, 2) and np.min(rows) >= 0.0 and np.max(rows) <= 1.0
    assert np.std(rows) > 0.1
    again = keras.Model.from_config(net.get_config())
    again.set_weights(net.get_weights())
    inputs = RNG.normal(size=(7, 2)).astype("float32")
    np.testing.assert_allclose(again(inputs), net(inputs), atol=1e-6)
    with tf.GradientTape() as tape:  # the reference's path teaches the layers too
        loss = tf.reduce_sum(net(inputs) ** 3)
    assert all(np.any(part) for part in tape.gradient(loss, [dense.kernel.value]))
