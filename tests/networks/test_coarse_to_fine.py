"""The networks of pix2pixHD: the authors' sizes, and that half sizes lie where they should."""

import keras
import numpy as np
import pytest

from tfgan_zoo.layers.normalization import FusedInstanceNormalization, instance_normalization
from tfgan_zoo.networks import coarse_to_fine


def kernels(model):
    return [w.shape for w in model.weights if len(w.shape) == 4]


def test_the_global_net_is_the_authors():
    model = coarse_to_fine.global_generator((32, 64), 39, filters=4)  # a sixteenth of theirs
    down = [(3, 3, 4 * 2**i, 8 * 2**i) for i in range(4)]
    up = [(3, 3, 4 * 2**i, 8 * 2**i) for i in reversed(range(4))]
    assert kernels(model) == [(7, 7, 39, 4), *down, *18 * [(3, 3, 64, 64)], *up]
    assert len(model.weights) == len(kernels(model))  # no bias in front of a normalisation
    assert model.output_shape == (None, 32, 64, 4)


def test_the_enhancer_adds_the_features_of_the_global_net_where_its_blocks_begin():
    model = coarse_to_fine.local_enhancer((16, 24), 39)
    assert [tuple(i.shape[1:]) for i in model.inputs] == [(16, 24, 39), (8, 12, 64)]
    first, last = (7, 7, 39, 32), (7, 7, 32, 3)
    blocks = 6 * [(3, 3, 64, 64)]
    assert kernels(model) == [first, (3, 3, 32, 64), *blocks, (3, 3, 32, 64), last]
    summed = keras.Model(model.inputs, model.get_layer("enhancer_with_coarse").output)
    random = np.random.default_rng(0)
    conditions = random.normal(size=(1, 16, 24, 39)).astype(np.float32)
    coarse = random.normal(size=(1, 8, 12, 64)).astype(np.float32)
    found = summed([conditions, coarse]) - summed([conditions, 0 * coarse])
    np.testing.assert_allclose(found, coarse, atol=1e-5)
    assert model.output_shape == (None, 16, 24, 3)


def test_the_encoder_gives_three_numbers_a_pixel():
    model = coarse_to_fine.feature_encoder((32, 48), filters=2)
    features = model(np.random.default_rng(0).normal(size=(2, 32, 48, 3)).astype(np.float32))
    assert features.shape == (2, 32, 48, 3) and np.abs(features).max() <= 1


def lit(model, place, size=(16, 16)):
    """The rows of the output that depend on one row of the input."""
    one = np.random.default_rng(0).normal(size=(1, *size, 1)).astype(np.float32)
    other = one.copy()
    other[0, place] += 1
    return np.flatnonzero(np.abs(model(one) - model(other)).max((0, 2, 3)) > 1e-6)


@pytest.mark.parametrize("place", [4, 5])
def test_halving_looks_around_every_other_pixel_from_the_first_on(place):
    images = keras.Input((16, 16, 1))
    padded = keras.layers.ZeroPadding2D(((1, 0), (1, 0)))(images)
    halved = keras.layers.Conv2D(1, 3, 2, kernel_initializer="ones")(padded)
    doubled = keras.layers.Conv2DTranspose(1, 3, 2, kernel_initializer="ones")(halved)
    back = keras.layers.Cropping2D(((1, 0), (1, 0)))(doubled)
    assert back.shape == images.shape
    centres = [2] if place == 4 else [2, 3]  # pixel 5 lies between the windows around 4 and 6
    assert list(lit(keras.Model(images, halved), place)) == centres
    reach = sorted({2 * c + d for c in centres for d in (-1, 0, 1)})
    assert list(lit(keras.Model(images, back), place)) == reach


def test_the_nets_pad_as_that_test_does():
    model = coarse_to_fine.global_generator((16, 16), 1, 1, halvings=1, blocks=0)
    pads = [n.padding for n in model.layers if isinstance(n, keras.layers.ZeroPadding2D)]
    crops = [n.cropping for n in model.layers if isinstance(n, keras.layers.Cropping2D)]
    assert pads == crops == [((1, 0), (1, 0))]


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("training", [False, True])
def test_the_fused_normalisation_is_keras(count, training):
    images = np.random.default_rng(0).normal(2, 3, (count, 5, 6, 4)).astype(np.float32)
    found = FusedInstanceNormalization()(images, training=training)
    np.testing.assert_allclose(found, instance_normalization()(images), atol=2e-5)


def test_a_size_that_cannot_be_halved_is_a_sentence():
    with pytest.raises(ValueError, match="multiples of 16, at least 32, not 40x64"):
        coarse_to_fine.global_generator((40, 64), 3)
