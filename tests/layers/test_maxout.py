"""Maxout against its definition."""

import keras
import numpy as np
import pytest

from tfgan_zoo.layers.maxout import Maxout

FEATURES = np.random.default_rng(0).normal(size=(6, 7)).astype("float32")


@pytest.mark.parametrize("pieces", [1, 2, 5])
def test_is_the_largest_of_its_linear_maps(pieces):
    layer = Maxout(3, pieces)
    layer.build((None, 7))
    kernel, bias = layer.get_weights()
    bias = np.random.default_rng(1).normal(size=bias.shape).astype("float32")
    layer.set_weights([kernel, bias])
    # Unit i owns the columns i * pieces to (i + 1) * pieces - 1.
    linear = (FEATURES @ kernel + bias).reshape(6, 3, pieces)
    np.testing.assert_allclose(layer(FEATURES), linear.max(-1), rtol=1e-5, atol=1e-6)


def test_two_pieces_can_be_the_absolute_value():
    layer = Maxout(1, 2)
    layer.build((None, 1))
    layer.set_weights([np.array([[1.0, -1.0]]), np.zeros(2)])
    values = np.linspace(-2, 2, 9, dtype="float32")[:, None]
    np.testing.assert_allclose(layer(values), np.abs(values))


def test_comes_back_from_its_config():
    initializer = keras.initializers.RandomUniform(-0.005, 0.005, seed=1)
    layer = Maxout(240, 5, initializer)
    copy = Maxout.from_config(layer.get_config())
    assert (copy.units, copy.pieces) == (240, 5)
    copy.build((None, 7))
    kernel, bias = copy.get_weights()
    assert kernel.shape == (7, 1200) and 0.0049 < np.abs(kernel).max() <= 0.005
    assert not bias.any()
    assert copy.compute_output_shape((None, 7)) == (None, 240)


def test_runs_in_the_policy_of_the_net():
    layer = Maxout(3, 2, dtype="mixed_bfloat16")
    assert layer(FEATURES).dtype == "bfloat16"
    assert layer.linear.kernel.dtype == "float32"
