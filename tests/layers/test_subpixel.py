"""Sub-pixel layers: where each channel goes."""

import keras
import numpy as np

from tfgan_zoo.layers.subpixel import DepthToSpace


def test_the_channels_of_a_pixel_become_a_square_of_pixels():
    values = np.random.default_rng(0).normal(size=(2, 3, 4, 18)).astype(np.float32)
    found = DepthToSpace(3)(values).numpy()
    assert found.shape == (2, 9, 12, 2) == DepthToSpace(3).compute_output_shape(values.shape)
    for row, column, color in ((0, 0, 0), (1, 2, 0), (2, 1, 1)):
        expected = values[..., (3 * row + column) * 2 + color]
        np.testing.assert_array_equal(found[:, row::3, column::3, color], expected)


def test_a_model_of_any_size_is_saved_with_it(tmp_path):
    images = keras.Input((None, None, 8))
    model = keras.Model(images, DepthToSpace(2, name="pixels")(images))
    assert model.output.shape == (None, None, None, 2)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    values = np.arange(48.0).reshape(1, 2, 3, 8)
    np.testing.assert_array_equal(loaded(values), model(values))
