"""Causal convolutions: their masks against a masked convolution of the whole square, and their two
ways of working against each other.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.layers.causal import CausalConv2D, gated, own_mask

PIXELS = np.random.default_rng(0).normal(size=(2, 5, 6, 6)).astype("float32")
KINDS = [
    ("A", "both", 1),
    ("B", "both", 1),
    ("A", "both", 3),
    ("B", "both", 3),
    ("A", "left", 1),
    ("A", "left", 3),
    ("B", "left", 3),
    ("A", "above", 1),
    ("B", "above", 1),
]


def built(size, mask, part="both", colors=1, **options):
    layer = CausalConv2D(6, size, mask, part, colors, **options)
    layer.build((None, None, None, 6))
    random = np.random.default_rng(1)
    for variable in layer.trainable_variables:
        variable.assign(random.normal(size=variable.shape))
    return layer


def whole_square(layer):
    """The layer's weights as a square of `[size, size, 6, 6]`, zero where the paper's mask is."""
    reach = layer.reach
    kernel = np.zeros((layer.size, layer.size, 6, 6))
    if layer.rows:
        kernel[: layer.rows] = layer.above
    if layer.taps:
        kernel[reach, : layer.taps] = layer.left
    if layer.taps > reach:
        groups = np.arange(6) // (6 // layer.colors)
        before = groups[:, None] < groups if layer.mask == "A" else groups[:, None] <= groups
        kernel[reach, reach] *= before
    return kernel


@pytest.mark.parametrize("size", [3, 5])
@pytest.mark.parametrize("mask, part, colors", KINDS)
def test_it_is_a_masked_convolution_of_the_square(size, mask, part, colors):
    layer = built(size, mask, part, colors)
    kernel = whole_square(layer)
    # What the mask must hide, whatever the layer says of itself.
    middle = size // 2
    assert not kernel[middle + 1 :].any()
    if part != "above" or mask == "A":
        assert not kernel[middle, middle + 1 :].any()
    if mask == "A" and colors == 1:
        assert not kernel[middle, middle].any()
    if part == "left":
        assert not kernel[:middle].any()
    expected = tf.nn.conv2d(PIXELS, kernel.astype("float32"), 1, "SAME") + layer.bias
    np.testing.assert_allclose(layer(PIXELS), expected, atol=1e-4)


@pytest.mark.parametrize("mask, part, colors", KINDS)
def test_row_by_row_and_pixel_by_pixel_it_says_the_same(mask, part, colors):
    layer = built(3, mask, part, colors)
    expected, reach = layer(PIXELS).numpy(), layer.reach
    padded = np.pad(PIXELS, [(0, 0), (reach, 0), (reach, 0), (0, 0)])
    for row in range(5):
        last = reach + row + (layer.rows > reach)  # the row behind the last that is seen
        above = layer.above_row(padded[:, last - max(layer.rows, 1) : last, reach:]).numpy()
        for column in range(6):
            found = above[:, column]
            if layer.taps:
                window = padded[:, reach + row, column : column + reach + 1]
                found = found + layer.left_pixel(window)
            np.testing.assert_allclose(found, expected[:, row, column], atol=1e-4)


def test_a_point_is_a_convolution_of_size_one():
    layer = built(1, "B", colors=3)
    np.testing.assert_allclose(layer.point(PIXELS[:, 2, 3]), layer(PIXELS)[:, 2, 3], atol=1e-5)


def test_colours_see_those_before_them():
    np.testing.assert_array_equal(own_mask(3, 3, "A", 3), [[0, 1, 1], [0, 0, 1], [0, 0, 0]])
    np.testing.assert_array_equal(own_mask(3, 3, "B", 3), [[1, 1, 1], [0, 1, 1], [0, 0, 1]])
    np.testing.assert_array_equal(own_mask(2, 4, "B", 2), [[1, 1, 1, 1], [0, 0, 1, 1]])


@pytest.mark.parametrize("colors", [1, 3])
def test_a_gate_keeps_to_its_colour(colors):
    values = np.random.default_rng(2).normal(size=(2, 3, 12)).astype("float32")
    found = gated(tf.constant(values), colors)
    for number, own in enumerate(np.split(values, colors, axis=-1)):
        a, b = np.split(own, 2, axis=-1)
        expected = np.tanh(a) / (1 + np.exp(-b))
        np.testing.assert_allclose(np.split(found, colors, axis=-1)[number], expected, atol=1e-6)


def test_it_is_saved_with_all_that_it_is(tmp_path):
    inputs = keras.Input((5, 6, 6))
    layer = CausalConv2D(3, 5, "A", "left", 3, use_bias=False)
    model = keras.Model(inputs, layer(inputs))
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again(PIXELS), model(PIXELS))


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="A mask is A or B"):
        CausalConv2D(4, 3, "C")
    with pytest.raises(ValueError, match="odd; got 4"):
        CausalConv2D(4, 4, "A")
    with pytest.raises(ValueError, match="leaves nothing of a single pixel"):
        CausalConv2D(4, 1, "A")
    with pytest.raises(ValueError, match="3 colours cannot share 4 channels"):
        CausalConv2D(4, 3, "A", colors=3)
    with pytest.raises(ValueError, match="3 colours cannot share 2 channels"):
        CausalConv2D(6, 3, "A", colors=3).build((None, 4, 4, 2))
