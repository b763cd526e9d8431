"""WGAN-GP's residual nets: sizes, counts of the paper's net, and labels."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.layers.spectral import SpectralConv2D, SpectralDense
from tfgan_zoo.networks.resnet import resnet_critic, resnet_generator


def count(layer, filters, inputs):
    """Weights and biases of a convolution."""
    return filters * (inputs * layer**2 + 1)


def test_the_papers_nets_for_cifar_have_as_many_weights_as_theirs():
    width = 8
    generator = resnet_generator((32, 32), 3, 128, filters=width)
    block = 2 * count(3, width, width) + count(1, width, width) + 2 * 2 * width
    expected = 129 * 16 * width + 3 * block + 2 * width + count(3, 3, width)
    assert sum(np.prod(v.shape) for v in generator.trainable_variables) == expected
    critic = resnet_critic((32, 32), 3, filters=width)
    first = count(3, width, 3) + count(3, width, width) + count(1, width, 3)
    down = 2 * count(3, width, width) + count(1, width, width)
    assert critic.count_params() == first + down + 2 * 2 * count(3, width, width) + width + 1


@pytest.mark.parametrize("side, channels", [(16, 1), (32, 3)])
def test_latents_become_pictures_and_pictures_scores(side, channels):
    generator = resnet_generator((side, side), channels, latent_dim=5, filters=4)
    images = generator(tf.random.stateless_normal([3, 5], (0, 0)), training=True)
    assert images.shape == (3, side, side, channels) and images.dtype == tf.float32
    assert np.all(np.abs(images) < 1.0) and np.std(images) > 0.0
    critic = resnet_critic((side, side), channels, filters=4, heads=(1, 2))
    assert critic(images).shape == (3, 3)
    maps = [layer.output.shape[1] for layer in critic.layers if isinstance(layer, keras.layers.Add)]
    assert maps == {16: [8, 8, 8], 32: [16, 8, 8, 8]}[side]


def test_the_output_of_the_critic_is_not_normalised_and_neither_is_its_input():
    critic = resnet_critic((16, 16), 1, filters=4)
    kinds = {type(layer) for layer in critic.layers}
    assert keras.layers.BatchNormalization not in kinds
    assert isinstance(critic.layers[1], (keras.layers.Conv2D, keras.layers.AveragePooling2D))


def test_each_class_has_scales_and_offsets_of_its_own():
    generator = resnet_generator((16, 16), 1, latent_dim=3, filters=4, classes=2)
    tables = [layer for layer in generator.layers if isinstance(layer, keras.layers.Dense)]
    tables = [layer.kernel for layer in tables if layer.kernel.shape[0] == 2]
    assert len(tables) == 2 * 2 * 2  # blocks, normalisations, scale and offset
    latents = tf.concat([tf.ones([2, 3]), tf.eye(2)], 1)
    first, second = generator(latents).numpy()
    np.testing.assert_allclose(first, second, atol=1e-6)  # scales 1, offsets 0
    tables[0].assign([[1.0] * 4, [2.0] * 4])
    others = generator(latents).numpy()
    np.testing.assert_allclose(others[0], first, atol=1e-6)
    assert np.abs(others[1] - second).max() > 1e-4


@pytest.mark.parametrize("net", [resnet_generator, resnet_critic])
@pytest.mark.parametrize("size", [(8, 8), (28, 28), (32, 64)])
def test_other_size_is_refused(net, size):
    with pytest.raises(ValueError, match=f"16, 32, 64.*{size[0]}x{size[1]}"):
        net(size, 3)


def test_spectral_normalisation_changes_layers_and_the_end_of_the_critic():
    """As many weights but the last bias; the sum over the map in place of its mean."""
    plain = resnet_critic((16, 16), 1, filters=4)
    spectral = resnet_critic((16, 16), 1, filters=4, spectral=True, name="discriminator")
    shapes = [tuple(v.shape) for v in spectral.trainable_variables]
    assert shapes == [tuple(v.shape) for v in plain.trainable_variables][:-1]
    normalised = [layer for layer in spectral.layers if layer.weights]
    assert {type(layer) for layer in normalised} == {SpectralConv2D, SpectralDense}
    assert spectral.name == "discriminator"
    kernels = [layer.normalised_kernel() for layer in normalised]
    divided = [
        part
        for layer, kernel in zip(normalised, kernels, strict=True)
        for part in ([kernel, layer.bias] if layer.use_bias else [kernel])
    ]
    plain.set_weights([*map(np.array, divided), np.zeros(1)])
    images = tf.random.stateless_normal([3, 16, 16, 1], (0, 0))
    np.testing.assert_allclose(spectral(images), 64 * plain(images), rtol=1e-4)
