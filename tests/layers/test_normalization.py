"""BatchStatisticsNormalization against NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.layers.normalization import BatchStatisticsNormalization


def layer(channels=3, dtype=None):
    """With a scale and an offset that differ between channels."""
    normalise = BatchStatisticsNormalization(dtype=dtype)
    normalise.build((None, None, None, channels))
    normalise.gamma.assign(np.linspace(0.5, 2.0, channels))
    normalise.beta.assign(np.linspace(-1.0, 1.0, channels))
    return normalise


def images(batch=4, size=(5, 6), channels=3):
    rng = np.random.default_rng(1)
    return rng.normal(2.0, 3.0, (batch, *size, channels)).astype("float32")


def expected(x, axes, channels=3, epsilon=1e-5):
    x = x.astype("float64")
    mean, variance = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
    scale, offset = np.linspace(0.5, 2.0, channels), np.linspace(-1.0, 1.0, channels)
    return (x - mean) / np.sqrt(variance + epsilon) * scale + offset


def test_training_uses_the_statistics_of_the_batch():
    x = images()
    np.testing.assert_allclose(layer()(x, training=True), expected(x, (0, 1, 2)), atol=1e-5)


def test_inference_uses_the_statistics_of_each_image():
    x = images()
    np.testing.assert_allclose(layer()(x, training=False), expected(x, (1, 2)), atol=1e-5)


def test_training_leaves_no_trace():
    normalise, x = layer(), images()
    before = np.array(normalise(x))
    normalise(x + 100.0, training=True)
    np.testing.assert_array_equal(normalise(x), before)
    assert normalise.non_trainable_weights == []


def test_image_does_not_depend_on_the_rest_of_its_batch_at_inference():
    normalise, x = layer(), images()
    alone = np.concatenate([normalise(x[i : i + 1], training=False) for i in range(len(x))])
    np.testing.assert_allclose(normalise(x, training=False), alone, atol=1e-6)


def test_each_image_is_normalised_alone_in_training_too():
    normalise, x = layer(), images()
    normalise.each = True
    alone = [layer()(x[i : i + 1], training=True) for i in range(len(x))]
    np.testing.assert_array_equal(normalise(x[:1], training=True), alone[0])
    np.testing.assert_allclose(normalise(x, training=True), np.concatenate(alone), atol=1e-5)
    np.testing.assert_allclose(normalise(x, training=True), normalise(x), atol=1e-5)
    again = BatchStatisticsNormalization.from_config(normalise.get_config())
    assert again.each

    @tf.function(input_signature=[tf.TensorSpec([None, None, None, 3])])
    def of_any_size(batch):
        return normalise(batch, training=True)

    np.testing.assert_allclose(of_any_size(x), normalise(x, training=True), atol=1e-6)


def test_training_and_inference_are_one_function_at_batch_size_one():
    normalise, x = layer(), images(batch=1)
    np.testing.assert_allclose(normalise(x, training=True), normalise(x, training=False), atol=1e-5)


@pytest.mark.parametrize("policy, atol", [("mixed_float16", 0.02), ("mixed_bfloat16", 0.15)])
def test_half_precision_images_keep_full_precision_statistics(policy, atol):
    normalise = layer(dtype=policy)
    # A mean that the squares of half precision could not hold beside the spread.
    x = images() + 100.0
    assert normalise.gamma.dtype == "float32"
    seen = np.array(tf.cast(tf.cast(x, normalise.compute_dtype), tf.float32))
    for training, axes in ((True, (0, 1, 2)), (False, (1, 2))):
        y = normalise(x, training=training)
        assert y.dtype == normalise.compute_dtype
        np.testing.assert_allclose(tf.cast(y, tf.float32), expected(seen, axes), atol=atol)


@pytest.mark.parametrize("training", [True, False])
def test_gradients_are_the_numerical_ones(training):
    normalise = layer(channels=2)
    x = images(batch=2, size=(2, 3), channels=2)
    weight = np.random.default_rng(2).normal(size=x.shape).astype("float32")

    def score(features, gamma, beta):
        normalise.gamma.assign(gamma)
        normalise.beta.assign(beta)
        return float(tf.reduce_sum(weight * normalise(features, training=training)))

    at = [x, np.array(normalise.gamma), np.array(normalise.beta)]
    features = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(features)
        total = tf.reduce_sum(weight * normalise(features, training=training))
    gradients = tape.gradient(total, [features, normalise.gamma.value, normalise.beta.value])

    for which, gradient in enumerate(gradients):
        numerical = np.zeros_like(at[which])
        for index in np.ndindex(numerical.shape):
            ends = []
            for step in (-1e-2, 1e-2):
                moved = [value.copy() for value in at]
                moved[which][index] += step
                ends.append(score(*moved))
            numerical[index] = (ends[1] - ends[0]) / 2e-2
        np.testing.assert_allclose(gradient, numerical, atol=5e-3)


def test_configuration_makes_the_same_layer_again():
    made = BatchStatisticsNormalization(
        epsilon=1e-3, gamma_initializer=keras.initializers.RandomNormal(1.0, 0.02)
    )
    again = keras.layers.deserialize(keras.layers.serialize(made))
    assert again.get_config() == made.get_config()
    assert again.epsilon == 1e-3 and again.gamma_initializer.stddev == 0.02
