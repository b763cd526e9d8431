"""Statistics of batch normalisation over a whole set, against NumPy."""

import keras
import numpy as np
import pytest

from tfgan_zoo.networks.dcgan import dcgan_discriminator
from tfgan_zoo.training.batch_statistics import recomputed


def small():
    """Two normalised layers, the second one's moments depend on the first one's."""
    inputs = keras.Input((6,))
    features = keras.layers.Dense(5, use_bias=False)(inputs)
    features = keras.layers.LeakyReLU(0.2)(keras.layers.BatchNormalization(epsilon=1e-3)(features))
    features = keras.layers.Dense(3)(features)
    return keras.Model(inputs, keras.layers.BatchNormalization(epsilon=1e-3)(features))


def test_the_moments_are_those_of_the_whole_set_layer_after_layer():
    network = small()
    random = np.random.default_rng(0)
    network.set_weights([random.uniform(0.5, 2, w.shape) for w in network.get_weights()])
    before = network.get_weights()
    values = (3 + 2 * random.standard_normal((50, 6))).astype(np.float32)
    copy = recomputed(network, lambda: np.split(values, [7, 30]))  # uneven batches

    first, norm, second, last = (copy.layers[i] for i in (1, 2, 4, 5))
    hidden = values @ first.kernel.numpy()
    np.testing.assert_allclose(norm.moving_mean, hidden.mean(0), rtol=1e-4)
    np.testing.assert_allclose(norm.moving_variance, hidden.var(0), rtol=1e-4)
    scaled = (hidden - hidden.mean(0)) / np.sqrt(hidden.var(0) + 1e-3)
    scaled = scaled * norm.gamma.numpy() + norm.beta.numpy()
    hidden = np.where(scaled > 0, scaled, 0.2 * scaled) @ second.kernel.numpy() + second.bias
    np.testing.assert_allclose(last.moving_mean, hidden.mean(0), rtol=1e-4)
    np.testing.assert_allclose(last.moving_variance, hidden.var(0), rtol=1e-4)

    for mine, given in zip(network.get_weights(), before, strict=True):
        np.testing.assert_array_equal(mine, given)  # the network itself stays


def test_maps_are_averaged_over_their_places():
    network = dcgan_discriminator((16, 16), 1, 3)
    pictures = np.random.default_rng(1).uniform(-1, 1, (9, 16, 16, 1)).astype(np.float32)
    copy = recomputed(network, lambda: [pictures[:4], pictures[4:]])
    (norm,) = [layer for layer in copy.layers if "normalization" in layer.name]
    maps = np.array(keras.Model(copy.input, norm.input)(pictures), np.float64)
    assert maps.shape == (9, 4, 4, 6)
    np.testing.assert_allclose(norm.moving_mean, maps.mean((0, 1, 2)), atol=1e-6)
    np.testing.assert_allclose(norm.moving_variance, maps.var((0, 1, 2)), rtol=1e-4)


def test_an_empty_set_is_refused():
    with pytest.raises(ValueError, match="nothing to take the statistics"):
        recomputed(small(), list)
