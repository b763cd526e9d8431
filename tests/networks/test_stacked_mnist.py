"""The nets for stacked MNIST have the shapes of the code that they are from."""

import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.networks.stacked_mnist import (
    stacked_discriminator,
    stacked_features,
    stacked_generator,
)


def kernels(network):
    return [w.shape for w in network.get_weights() if len(w.shape) in (2, 4)]


def test_the_generator_is_that_of_stacked_mnist():
    generator = stacked_generator((28, 28, 3), 256)
    assert kernels(generator) == [
        (256, 4 * 4 * 64),
        (3, 3, 32, 64),
        (3, 3, 16, 32),
        (3, 3, 8, 16),
        (3, 3, 8, 3),
    ]
    images = generator(tf.random.stateless_normal([2, 256], (0, 0)))
    assert images.shape == (2, 28, 28, 3) and np.abs(images).max() <= 1.0


@pytest.mark.parametrize(
    "share, widths", [(0.25, (2, 4, 8)), (0.5, (4, 8, 16)), (1.0, (8, 16, 32))]
)
def test_the_discriminator_is_a_share_of_it(share, widths):
    first, second, third = widths
    expected = [(3, 3, 3, first), (3, 3, first, second), (3, 3, second, third), (16 * third, 1)]
    assert kernels(stacked_discriminator((28, 28, 3), share)) == expected


def test_without_normalisation_examples_stay_apart():
    discriminator = stacked_discriminator((12, 12, 1), 1.0, normalised=False)
    images = tf.random.stateless_normal([3, 12, 12, 1], (0, 0))
    together = discriminator(images, training=True)
    apart = [discriminator(images[i : i + 1], training=True) for i in range(3)]
    np.testing.assert_allclose(together, tf.concat(apart, 0), atol=1e-5)
    assert not any("moving" in w.path for w in discriminator.weights)


def test_spectral_layers_keep_a_vector_each():
    discriminator = stacked_discriminator((12, 12, 1), 1.0, normalised=False, spectral=True)
    assert len(discriminator.non_trainable_weights) == 4


@pytest.mark.parametrize("side", [12, 17, 28])
def test_any_side_is_drawn(side):
    assert stacked_generator((side, side, 1), 4).output_shape == (None, side, side, 1)
    assert stacked_features((side, side, 1)).output_shape == (None, 8 * (-(-side // 8)) ** 2)
