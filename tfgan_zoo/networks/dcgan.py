"""The convolutional generator and discriminator of DCGAN (Radford et al. 2015, arXiv 1511.06434,
figure 1).
"""

import keras

from tfgan_zoo.layers.initializers import normal_scale, normal_weights


def dcgan_generator(
    image_size, channels, latent_dim=100, filters=128, normalised=True, name="generator"
):
    """A 4x4 map projected from the latent, doubled by 5x5 transposed convolutions up to the
    picture.

    Args:
        image_size: (side, side); a power of two of at least 16.
        channels: of the picture.
        latent_dim: length of the latent.
        filters: width of the last hidden layer (128 in the paper's 64x64 net: 1024, 512, 256, 128).
        normalised: whether the hidden layers have batch normalisation; without it they have biases.

    Returns:
        A functional model: latents `[B, latent_dim]` to images `[B, side, side, channels]` in [-1,
        1], float32.

    Raises:
        ValueError: for another size.
    """
    doublings = _doublings(image_size)
    width = filters * 2 ** (doublings - 1)
    latents = keras.Input((latent_dim,), name="latents")
    features = keras.layers.Dense(
        4 * 4 * width, use_bias=not normalised, kernel_initializer=normal_weights()
    )(latents)
    features = keras.layers.Reshape((4, 4, width))(features)
    if normalised:
        features = _normalised(features)
    features = keras.layers.ReLU()(features)
    for level in range(doublings - 1):  # [B, 8 * 2^level, 8 * 2^level, width / 2^(level+1)]
        features = keras.layers.Conv2DTranspose(
            width // 2 ** (level + 1),
            5,
            2,
            padding="same",
            use_bias=not normalised,
            kernel_initializer=normal_weights(),
        )(features)
        if normalised:
            features = _normalised(features)
        features = keras.layers.ReLU()(features)
    features = keras.layers.Conv2DTranspose(
        channels, 5, 2, padding="same", kernel_initializer=normal_weights()
    )(features)
    images = keras.layers.Activation("tanh", dtype="float32")(features)
    return keras.Model(latents, images, name=name)


def dcgan_discriminator(image_size, channels, filters=128, normalised=True, name="discriminator"):
    """5x5 stride-2 convolutions down to a 4x4 map and one logit; no normalisation on its input
    layer.

    Args:
        image_size: (side, side); a power of two of at least 16.
        channels: of the picture.
        filters: width of the first layer; it doubles with every layer.
        normalised: whether all hidden layers but the first have batch normalisation; without it
            they have biases.

    Returns:
        A functional model: images `[B, side, side, channels]` to logits `[B, 1]`, float32.

    Raises:
        ValueError: for another size.
    """
    images = keras.Input((*image_size, channels), name="images")
    features = images
    for level in range(_doublings(image_size)):  # [B, side / 2^(level+1), ..., filters * 2^level]
        features = keras.layers.Conv2D(
            filters * 2**level,
            5,
            2,
            padding="same",
            use_bias=level == 0 or not normalised,
            kernel_initializer=normal_weights(),
        )(features)
        if level > 0 and normalised:
            features = _normalised(features)
        features = keras.layers.LeakyReLU(0.2)(features)
    features = keras.layers.Flatten()(features)
    logits = keras.layers.Dense(1, dtype="float32", kernel_initializer=normal_weights())(features)
    return keras.Model(images, logits, name=name)


def _normalised(features):
    return keras.layers.BatchNormalization(
        momentum=0.9, epsilon=1e-5, gamma_initializer=normal_scale()
    )(features)


def _doublings(image_size):
    height, width = image_size
    if height != width or height < 16 or height & (height - 1):
        raise ValueError(
            f"DCGAN draws squares with a side of 16, 32, 64, ... pixels; got {height}x{width}."
        )
    return height.bit_length() - 3
