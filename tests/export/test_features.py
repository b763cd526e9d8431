"""The features of a discriminator, against NumPy."""

import keras
import numpy as np
import pytest

from tfgan_zoo.export import features, saved_model
from tfgan_zoo.metrics import extractors
from tfgan_zoo.networks.dcgan import dcgan_discriminator
from tfgan_zoo.networks.mlp import mlp
from tfgan_zoo.networks.resnet import resnet_critic


def test_maps_are_pooled_to_4x4_and_concatenated():
    network = dcgan_discriminator((32, 32), 3, 2)
    pictures = np.random.default_rng(0).uniform(-1, 1, (3, 32, 32, 3)).astype(np.float32)
    found = np.array(features.pooled_maps(network)(pictures))
    leaky = [layer.output for layer in network.layers if isinstance(layer, keras.layers.LeakyReLU)]
    expected = []
    for maps in keras.Model(network.input, leaky)(pictures):
        window = maps.shape[1] // 4
        cells = np.array(maps).reshape(3, 4, window, 4, window, -1)
        expected.append(cells.max((2, 4)).reshape(3, -1))
    assert found.shape == (3, 16 * (2 + 4 + 8))
    np.testing.assert_allclose(found, np.concatenate(expected, 1), atol=1e-6)


def test_other_convolutional_networks_have_features_too():
    # The first block's ReLU, two in each of two more blocks, one behind them.
    assert features.pooled_maps(resnet_critic((16, 16), 1, 2)).output.shape == (None, 6 * 16 * 2)
    inputs = keras.Input((14, 14, 1))
    maps = keras.layers.Conv2D(3, 3, padding="same", activation="relu")(inputs)
    maps = keras.layers.Conv2D(5, 3, 7, padding="same", activation="relu")(maps)
    # 14 pooled by 4 with what is missing at the edge; 2x2 as it is.
    assert features.pooled_maps(keras.Model(inputs, maps)).output.shape == (None, 4 * 4 * 3 + 20)


def test_what_has_no_features_is_one_sentence():
    class Subclassed(keras.Model):
        pass

    with pytest.raises(ValueError, match="no functional network"):
        features.pooled_maps(Subclassed())
    with pytest.raises(ValueError, match="no convolution"):
        inputs = keras.Input((4, 4, 1))
        features.pooled_maps(keras.Model(inputs, keras.layers.Conv2D(1, 3)(inputs)))
    with pytest.raises(ValueError, match="pictures"):
        features.pooled_maps(mlp(2, 1, 4, depth=1))
    with pytest.raises(ValueError, match="pictures"):
        pair = [keras.Input((4, 4, 1)), keras.Input((3,))]
        features.pooled_maps(keras.Model(pair, pair))


def test_the_saved_model_is_an_extractor(tmp_path):
    network = features.pooled_maps(dcgan_discriminator((16, 16), 1, 2))
    path = saved_model.save(tmp_path, network=network, signatures=features.signatures(network))
    extractor = extractors.find(str(path))
    assert extractor.size == (16, 16) and extractor.channels == 1 and extractor.classes is None
    levels = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 1), np.uint8)
    found, _ = extractor(levels)
    np.testing.assert_allclose(found, network(levels / np.float32(127.5) - 1), atol=1e-5)
