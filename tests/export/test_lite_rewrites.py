"""Rewritten TFLite files: the same numbers as before, at any batch, from the operators meant."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.export import lite_rewrites
from tfgan_zoo.export.lite_graph import OPERATOR, Graph, read

CHANCE = np.random.default_rng(0)


def normal(*shape):
    return CHANCE.normal(size=shape).astype(np.float32)


def converted(function, *shape):
    """The float32 file of a function of one tensor, as the converter writes it."""
    signature = [tf.TensorSpec(shape, name="x")]
    traced = tf.function(lambda x: function(x), input_signature=signature, autograph=False)
    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [traced.get_concrete_function()], tf.Module()
    )
    return converter.convert()


def operators(content):
    graph, names = Graph(read(content)), {n: name for name, n in vars(OPERATOR).items()}
    return [names[graph.code(operator)] for operator in graph.operators]


def run(content, x):
    interpreter = tf.lite.Interpreter(model_content=content)
    (given,), (found,) = interpreter.get_input_details(), interpreter.get_output_details()
    interpreter.resize_tensor_input(given["index"], x.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(given["index"], x)
    interpreter.invoke()
    return interpreter.get_tensor(found["index"])


def rewritten(function, *shape, atol=1e-5):
    """The operators of a rewritten file, once it gives what `function` gives, of one example and
    of three.
    """
    content = lite_rewrites.rewritten(converted(function, *shape))
    for count in (1, 3):
        x = normal(count, *shape[1:])
        expected = tf.concat([function(x[i : i + 1]) for i in range(count)], axis=0)
        np.testing.assert_allclose(run(content, x), expected, atol=atol, rtol=1e-5)
    return operators(content)


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "whole"),
    [
        ((4, 4), 2, "SAME", (8, 12)),
        ((4, 4), 2, "SAME", (7, 11)),  # what a convolution of stride 2 halves to 4 x 6, too
        ((3, 3), 2, "SAME", (8, 12)),
        ((3, 3), 2, "SAME", (7, 11)),
        ((5, 5), 2, "SAME", (8, 12)),
        ((4, 3), 2, "SAME", (8, 12)),
        ((5, 4), 3, "SAME", (12, 16)),
        ((7, 7), 4, "SAME", (16, 24)),
        ((1, 1), 2, "SAME", (8, 12)),  # every other pixel is zero
        ((3, 3), 1, "SAME", (4, 6)),
        ((4, 4), 2, "VALID", (10, 14)),
        ((3, 5), 2, "VALID", (9, 15)),
        ((3, 3), 2, "VALID", (10, 14)),  # a row and a column of zeros
        ((3, 4), 1, "VALID", (6, 9)),
        ((2, 2), 2, "VALID", (8, 12)),
    ],
)
def test_transposed_convolutions_become_convolutions(kernel, stride, padding, whole):
    weights = normal(*kernel, 3, 5)

    def layer(x):
        return tf.nn.conv2d_transpose(x, weights, [tf.shape(x)[0], *whole, 3], stride, padding)

    found = rewritten(layer, 1, 4, 6, 5)
    assert "TRANSPOSE_CONV" not in found and found.count("CONV_2D") == 1
    assert stride == 1 or "DEPTH_TO_SPACE" in found


def test_a_transposed_convolution_keeps_bias_and_activation():
    weights, bias = normal(4, 4, 3, 5), normal(3)
    shape = [1, 8, 8, 3]

    def layer(x):
        shape[0] = tf.shape(x)[0]
        return tf.nn.relu(tf.nn.conv2d_transpose(x, weights, shape, 2) + bias)

    assert "TRANSPOSE_CONV" not in rewritten(layer, 1, 4, 4, 5)


def test_a_transposed_convolution_of_a_kernel_that_is_no_constant_is_left():
    def layer(x):
        kernel = tf.reshape(x[:1, :2, :2], [2, 2, 1, 4])
        return tf.nn.conv2d_transpose(x, kernel, [1, 8, 8, 1], 2)

    content = converted(layer, 1, 4, 4, 4)
    assert "TRANSPOSE_CONV" in operators(lite_rewrites.rewritten(content))


@pytest.mark.parametrize(
    ("kernel", "channels", "size", "padding", "changed"),
    [
        ((7, 7), 3, (12, 10), "VALID", True),
        ((3, 5), 1, (8, 8), "SAME", True),
        ((4, 4), 2, (8, 6), "SAME", True),
        ((3, 3), 3, (7, 8), "SAME", False),  # an odd side
        ((3, 3), 9, (8, 8), "SAME", False),  # channels enough
        ((1, 1), 1, (8, 8), "SAME", False),
    ],
)
def test_convolutions_to_few_channels_give_four_pixels(kernel, channels, size, padding, changed):
    weights, bias = normal(*kernel, 4, channels), normal(channels)
    found = rewritten(
        lambda x: tf.nn.tanh(tf.nn.conv2d(x, weights, 1, padding) + bias), 1, *size, 4
    )
    assert ("DEPTH_TO_SPACE" in found) == changed


@pytest.mark.parametrize("mode", ["REFLECT", "SYMMETRIC"])
@pytest.mark.parametrize(
    ("pads", "changed"),
    [
        ([[1, 1], [1, 1]], True),
        ([[3, 3], [3, 3]], True),
        ([[2, 0], [0, 4]], True),
        ([[0, 0], [1, 2]], True),
        ([[5, 5], [5, 5]], False),
    ],
)
def test_mirrored_edges_are_slices(mode, pads, changed):
    widths = [[0, 0], *pads, [0, 0]]
    found = rewritten(lambda x: tf.pad(x * 2, widths, mode), 1, 6, 7, 3)
    assert ("MIRROR_PAD" not in found) == changed


def test_a_norm_over_groups_of_one_channel_has_no_fifth_side():
    layer = keras.layers.GroupNormalization(-1, epsilon=1e-5)
    layer.build([None, 4, 6, 3])
    layer.gamma.assign([1.0, 2.0, -0.5])
    layer.beta.assign([0.5, 0.0, -1.0])
    gamma, beta = layer.gamma.numpy(), layer.beta.numpy()

    def norm(x):  # with constants, since `converted` knows no variables
        grouped = tf.reshape(x, [-1, 4, 6, 3, 1])
        mean, variance = tf.nn.moments(grouped, [1, 2, 4], keepdims=True)
        scale = tf.math.rsqrt(variance + 1e-5) * gamma[:, None]
        found = grouped * scale + (beta[:, None] - mean * scale)
        return tf.nn.relu(tf.reshape(found, [-1, 4, 6, 3]) * 2)

    found = rewritten(lambda x: norm(x * 3), 1, 4, 6, 3)
    assert "RESHAPE" not in found and found.count("MEAN") == 2
    x = normal(1, 4, 6, 3)
    np.testing.assert_allclose(norm(x), tf.nn.relu(layer(x) * 2), atol=1e-5)


def test_a_fifth_side_that_something_else_reads_is_left():
    found = rewritten(
        lambda x: tf.reduce_max(tf.reshape(x * 2, [-1, 4, 6, 3, 1]), axis=[1, 4]), 1, 4, 6, 3
    )
    assert "RESHAPE" in found


def test_a_norm_with_scale_and_offset_takes_two_passes_over_the_picture():
    gamma, beta, mask = normal(3), normal(3), np.float32(CHANCE.integers(0, 2, (1, 4, 6, 3)))

    def norm(x):
        mean, variance = tf.nn.moments(x, [1, 2], keepdims=True)
        normed = (x - mean) * tf.math.rsqrt(variance + 1e-3) * gamma + beta
        return normed * mask * 2.0

    content = lite_rewrites.rewritten(converted(lambda x: norm(x + 1), 1, 4, 6, 3))
    graph = Graph(read(content))
    whole = [graph.code(o) for o in graph.operators if graph.shape(o.outputs[0]) == [1, 4, 6, 3]]
    assert sorted(whole) == sorted(
        [
            *(OPERATOR.ADD, OPERATOR.SQUARED_DIFFERENCE),
            *(OPERATOR.MUL, OPERATOR.ADD),  # scale and offset
            OPERATOR.MUL,  # the mask, doubled
        ]
    )
    rewritten(lambda x: norm(x + 1), 1, 4, 6, 3)


def test_what_two_operators_read_is_computed_once_more_for_neither():
    weights = normal(3)

    def function(x):
        difference = x - tf.reduce_mean(x, [1, 2], keepdims=True)
        product = difference * tf.reduce_max(x, [1, 2], keepdims=True)
        return tf.square(difference) + (product * weights + product) + (product + weights)

    rewritten(function, 1, 4, 6, 3)


def test_a_slice_takes_all_examples():
    found = rewritten(lambda x: tf.slice(x, [0, 1, 1, 0], [-1, 2, 3, 2]) * 2, 1, 4, 6, 3)
    assert "SLICE" not in found and "STRIDED_SLICE" in found


def test_halves_are_of_kernels_and_biases():
    weights, bias, scale = normal(3, 3, 4, 64), normal(64), normal(64)

    def layer(x):
        return tf.nn.relu(tf.nn.conv2d(x, weights, 1, "SAME") + bias) * scale

    content = lite_rewrites.rewritten(converted(layer, 1, 4, 4, 4))
    half = lite_rewrites.halved(content)
    graph = Graph(read(half))
    stored = [
        values.ravel()
        for o in graph.operators
        if graph.code(o) == OPERATOR.DEQUANTIZE
        for values in [graph.constant(o.inputs[0])]
    ]
    assert sorted(values.size for values in stored) == [64, weights.size]
    assert all(values.dtype == np.float16 for values in stored)
    assert len(half) < 0.75 * len(content)
    x = normal(1, 4, 4, 4)
    np.testing.assert_allclose(run(half, x), layer(x), atol=0.02)


def test_halves_of_weights_in_a_loop():
    weights = normal(8, 8) / 4

    def loop(x):
        return tf.while_loop(
            lambda turn, x: turn < 3, lambda turn, x: (turn + 1, tf.matmul(x, weights)), [0, x]
        )[1]

    content = converted(loop, 1, 8)
    half = lite_rewrites.halved(lite_rewrites.rewritten(content))
    x = normal(1, 8)
    np.testing.assert_allclose(run(half, x), loop(x), atol=1e-2)


def test_what_no_half_can_hold_stays_as_it_is():
    mask = np.array([[0, -1e9, 0, -1e9]], np.float32)
    weights = np.full([4, 4], 7e4, np.float32)

    def masked(x):
        return tf.matmul(x * 1e-4, weights) + mask

    content = lite_rewrites.halved(lite_rewrites.rewritten(converted(masked, 1, 4)))
    x = normal(1, 4)
    np.testing.assert_allclose(run(content, x), masked(x), rtol=1e-5)
