"""The U-Net generator of pix2pix (Isola et al. 2017, arXiv 1611.07004, appendix 6.1.1)."""

import keras

from tfgan_zoo.layers.convolution import DoublingConvolution, HalvingConvolution
from tfgan_zoo.layers.dropout import SeededDropout
from tfgan_zoo.layers.initializers import normal_scale, normal_weights
from tfgan_zoo.layers.normalization import BatchStatisticsNormalization


def unet(
    image_size,
    source_channels=3,
    target_channels=3,
    filters=64,
    dropout=0.5,
    name="unet",
):
    """Encoder and decoder of 4x4 stride-2 convolutions with a skip at every resolution, down to a
    1-pixel side.

    As in the authors' `models.lua`, a skip carries the encoder's features before their activation,
    so that the encoder goes on with a leaky ReLU of them and the decoder with a ReLU. Convolutions
    have no bias (the authors zero them at every step). The bottleneck is not normalised: at batch
    size 1 a normalised 1x1 map would be all zeros.

    Args:
        image_size: (height, width); each a power of two times the other's halvings, at least 8.
        source_channels, target_channels: of the image going in and coming out.
        filters: width of the first layer (64 in the paper); it doubles per level up to eight times
            that.
        dropout: rate of the first three decoder layers.

    Returns:
        A functional model: `[images [B, H, W, source_channels] in [-1, 1], seed int32 [2]]` to
        images `[B, H, W, target_channels]` in [-1, 1], float32. The seed is the noise: see
        `SeededDropout`.

    Raises:
        ValueError: if the sides do not halve evenly down to the bottleneck.
    """
    height, width = image_size
    levels = min(height, width).bit_length() - 1
    if levels < 3 or height % 2**levels or width % 2**levels:
        raise ValueError(
            "The U-Net halves the picture until its shorter side is one pixel, so that side must "
            "be a power of two, at least 8, and the longer a multiple of it; got "
            f"{height}x{width}."
        )
    widths = [filters * min(2**level, 8) for level in range(levels)]

    images = keras.Input((height, width, source_channels), name="images")
    seed = keras.Input(batch_shape=(2,), dtype="int32", name="seed")

    skips = []
    features = images
    for level, channels in enumerate(widths):  # [B, H / 2^(level+1), W / 2^(level+1), channels]
        if level > 0:
            features = keras.layers.LeakyReLU(0.2)(features)
        features = HalvingConvolution(channels, normal_weights())(features)
        if 0 < level < levels - 1:
            features = _normalised(features)
        skips.append(features)

    features = skips.pop()  # the bottleneck
    for level, channels in enumerate(reversed(widths[:-1])):  # [B, 2^(level+1), ..., channels]
        features = keras.layers.ReLU()(features)
        features = DoublingConvolution(channels, normal_weights())(features)
        features = _normalised(features)
        if level < 3 and dropout > 0:
            features = SeededDropout(dropout, stream=level)(features, seed)
        features = keras.layers.Concatenate()([features, skips.pop()])

    features = keras.layers.ReLU()(features)
    features = DoublingConvolution(target_channels, normal_weights())(features)
    fake = keras.layers.Activation("tanh", dtype="float32")(features)
    return keras.Model([images, seed], fake, name=name)


def _normalised(features):
    return BatchStatisticsNormalization(gamma_initializer=normal_scale(), each=True)(features)
