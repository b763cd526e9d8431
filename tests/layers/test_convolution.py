"""The convolutions by matrix products against TensorFlow's plain ones."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.layers import convolution
from tfgan_zoo.layers.convolution import DoublingConvolution, HalvingConvolution

PAIRS = [
    (HalvingConvolution, keras.layers.Conv2D),
    (DoublingConvolution, keras.layers.Conv2DTranspose),
]
SHAPES = [(1, 2, 2, 3), (2, 8, 4, 6), (3, 16, 16, 2)]


def operations(layer, shape):
    """Types of the operations of a training call and of its gradients."""

    @tf.function
    def train(images):
        with tf.GradientTape() as tape:
            tape.watch(images)
            value = tf.reduce_sum(layer(images, training=True) ** 2)
        return tape.gradient(value, [images, *layer.trainable_variables])

    graph = train.get_concrete_function(tf.TensorSpec(shape)).graph
    return {operation.type for operation in graph.get_operations()}


def value_and_gradients(layer, images, training):
    with tf.GradientTape() as tape:
        tape.watch(images)
        value = layer(images, training=training)
        loss = tf.reduce_sum(tf.sin(value))
    return value, *tape.gradient(loss, [images, *layer.trainable_variables])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("ours", "plain"), PAIRS)
def test_values_and_gradients_are_those_of_the_plain_convolution(ours, plain, shape):
    fast = ours(5, kernel_initializer="random_normal")
    slow = plain(5, 4, 2, padding="same", use_bias=False)
    images = tf.random.normal(shape)
    fast.build(shape)
    slow.build(shape)
    slow.set_weights(fast.get_weights())
    for actual, expected in zip(
        value_and_gradients(fast, images, True),
        value_and_gradients(slow, images, True),
        strict=True,
    ):
        np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("layer", [HalvingConvolution, DoublingConvolution])
def test_second_derivatives_exist(layer):
    """A gradient penalty differentiates a gradient."""
    net, images = layer(3, kernel_initializer="random_normal"), tf.random.normal((1, 4, 4, 2))

    def penalty(training):
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                inner.watch(images)
                value = tf.reduce_sum(tf.sin(net(images, training=training)))
            slope = tf.reduce_sum(inner.gradient(value, images) ** 2)
        return outer.gradient(slope, net.trainable_variables[0])

    net.build(images.shape)
    np.testing.assert_allclose(penalty(True), penalty(False), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("layer", [HalvingConvolution, DoublingConvolution])
def test_products_in_training_on_small_maps_alone(layer):
    kinds = {"Conv2D", "Conv2DBackpropInput", "Conv2DBackpropFilter"}
    small_side = int(convolution.SMALL**0.5)
    side = 2 * small_side if layer is HalvingConvolution else small_side
    assert not operations(layer(3), (1, side, side, 2)) & kinds
    assert operations(layer(3), (2, side, side, 2)) >= {"Conv2D", "Conv2DBackpropFilter"}
    assert operations(layer(3), (None, side, side, 2)) & kinds

    net = layer(3)
    images = keras.Input((side, side, 2))
    exported = tf.function(lambda x: keras.Model(images, net(images))(x, training=False))
    graph = exported.get_concrete_function(tf.TensorSpec((1, side, side, 2))).graph
    assert "ExtractImagePatches" not in {op.type for op in graph.get_operations()}
    assert kinds & {op.type for op in graph.get_operations()}


def test_half_precision():
    layer = DoublingConvolution(3, dtype="mixed_bfloat16")
    value, towards_images, towards_kernel = value_and_gradients(
        layer, tf.random.normal((1, 4, 4, 2)), True
    )
    assert value.dtype == tf.bfloat16
    assert towards_images.dtype == tf.float32 and towards_kernel.dtype == tf.float32


def test_odd_sides_take_the_plain_convolution():
    layer = HalvingConvolution(3)
    assert layer(tf.random.normal((1, 5, 3, 2)), training=True).shape == (1, 3, 2, 3)


@pytest.mark.parametrize("layer", [HalvingConvolution, DoublingConvolution])
def test_survives_saving(layer, tmp_path):
    images = keras.Input((4, 4, 2))
    net = keras.Model(images, layer(3)(images))
    net.save(tmp_path / "net.keras")
    again = keras.saving.load_model(tmp_path / "net.keras")
    x = tf.random.normal((2, 4, 4, 2))
    np.testing.assert_array_equal(again(x), net(x))
