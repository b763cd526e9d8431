"""The small convolutional nets of Metz et al. 2016 (arXiv 1611.02163, appendix D) for stacked
MNIST, as github.com/fjxmlzn/PacGAN has them (stacked_MNIST_experiments/unrolled_GAN_experiment).

The generator in two parts and the discriminator without its last layer, since remedies for mode
collapse share the one and build on the other.
"""

import keras

from tfgan_zoo.layers.spectral import SpectralConv2D, SpectralDense
from tfgan_zoo.networks.pictures import size_and_channels

WIDTHS = (32, 16, 8)  # of the generator's maps, from small to large


def stacked_trunk(side, latent_dim):
    """All of the generator but its last layer.

    Args:
        side: of the pictures; the smallest map has it halved three times, rounded up (28: 4).
        latent_dim: length of the latent.

    Returns:
        A functional model: latents `[B, latent_dim]` to features `[B, side, side, 8]`.
    """
    sides = _sides(side)
    latents = keras.Input((latent_dim,), name="latents")
    features = keras.layers.Dense(sides[-1] ** 2 * 2 * WIDTHS[0])(latents)
    features = _normalised(features, "relu")
    features = keras.layers.Reshape((sides[-1], sides[-1], 2 * WIDTHS[0]))(features)
    for larger, width in zip(sides[-2::-1], WIDTHS, strict=True):  # [B, 7, 7, 32], [B, 14, 14, 16]
        features = keras.layers.Conv2DTranspose(width, 3, 2, padding="same")(features)
        surplus = features.shape[1] - larger
        if surplus:
            features = keras.layers.Cropping2D(((0, surplus), (0, surplus)))(features)
        features = _normalised(features, "relu")
    return keras.Model(latents, features, name="trunk")


def stacked_head(side, channels):
    """The generator's last layer: features `[B, side, side, 8]` to images `[B, side, side,
    channels]` in [-1, 1], float32.
    """
    features = keras.Input((side, side, WIDTHS[-1]), name="features")
    images = keras.layers.Conv2D(channels, 3, padding="same")(features)
    images = keras.layers.Activation("tanh", dtype="float32")(images)
    return keras.Model(features, images, name="head")


def stacked_generator(shape, latent_dim):
    """`stacked_head` after `stacked_trunk`: latents `[B, latent_dim]` to images `[B, *shape]`."""
    (side, _), channels = size_and_channels(shape)
    trunk, head = stacked_trunk(side, latent_dim), stacked_head(side, channels)
    latents = keras.Input((latent_dim,), name="latents")
    return keras.Model(latents, head(trunk(latents)), name="generator")


def stacked_features(shape, share=0.25, normalised=True, spectral=False):
    """The discriminator's convolutions.

    Args:
        shape: of a picture, (side, side, channels).
        share: of the generator's widths, which the maps' are: 0.25 has 2, 4 and 8.
        normalised: whether to normalise by batches; not where a penalty is about one example.
        spectral: whether all kernels are spectrally normalised, see `layers.spectral`.

    Returns:
        A functional model: images `[B, *shape]` to vectors `[B, F]`.
    """
    size, channels = size_and_channels(shape)
    convolution = SpectralConv2D if spectral else keras.layers.Conv2D
    images = keras.Input((*size, channels), name="images")
    features = images
    for width in WIDTHS[::-1]:  # [B, 14, 14, 2], [B, 7, 7, 4], [B, 4, 4, 8]
        features = convolution(max(1, round(share * width)), 3, strides=2, padding="same")(features)
        if normalised:
            features = _normalised(features)
        features = keras.layers.LeakyReLU(0.3)(features)
    return keras.Model(images, keras.layers.Flatten()(features), name="features")


def stacked_discriminator(
    shape, share=0.25, outputs=1, normalised=True, spectral=False, name="discriminator"
):
    """A linear layer on `stacked_features`: images `[B, *shape]` to logits `[B, outputs]`,
    float32.
    """
    dense = SpectralDense if spectral else keras.layers.Dense
    body = stacked_features(shape, share, normalised, spectral)
    images = keras.Input(shape, name="images")
    return keras.Model(images, dense(outputs, dtype="float32")(body(images)), name=name)


def _sides(side):
    sides = [side]
    for _ in WIDTHS:
        sides.append(-(-sides[-1] // 2))
    return sides


def _normalised(features, activation="linear"):
    features = keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(features)
    return keras.layers.Activation(activation)(features) if activation != "linear" else features
