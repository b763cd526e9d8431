"""Reflection at the edges."""

import keras
import numpy as np

from tfgan_zoo.layers.padding import ReflectionPadding2D


def test_is_numpys_reflection():
    images = np.random.default_rng(0).normal(size=(2, 5, 4, 3)).astype("float32")
    layer = ReflectionPadding2D(3)
    expected = np.pad(images, [(0, 0), (3, 3), (3, 3), (0, 0)], mode="reflect")
    np.testing.assert_array_equal(layer(images), expected)
    assert layer.compute_output_shape((None, 5, 4, 3)) == (None, 11, 10, 3)


def test_is_saved_with_its_size():
    config = keras.layers.serialize(ReflectionPadding2D(2))
    assert keras.layers.deserialize(config).size == 2
