"""The residual image-to-image generator of Johnson et al. 2016 (arXiv 1603.08155) as in CycleGAN
(arXiv 1703.10593, appendix 7.2; `ResnetGenerator` in the authors' `models/networks.py`).
"""

import keras

from tfgan_zoo.layers.initializers import normal_weights
from tfgan_zoo.layers.normalization import instance_normalization
from tfgan_zoo.layers.padding import ReflectionPadding2D


def resnet_generator(
    image_size, source_channels=3, target_channels=3, filters=64, blocks=9, name="generator"
):
    """c7s1-64, d128, d256, R256 x `blocks`, u128, u64, c7s1-3 in the paper's words.

    Every convolution but the last is followed by instance normalisation without scale and offset,
    as in the authors' code, and has no bias, which the normalisation would take away again. The 7x7
    convolutions and those of the blocks see the picture reflected at its edges. At stride 2 Keras
    pads on the right where Torch pads on the left: the mirror image of the authors' network.

    Args:
        image_size: (height, width), multiples of 4, at least 8.
        source_channels, target_channels: of the image going in and coming out.
        filters: width of the first layer (64 in the paper); the blocks have four times that.
        blocks: residual blocks (9 in the paper from 256x256 on, 6 below).

    Returns:
        A functional model: images `[B, H, W, source_channels]` in [-1, 1] to images `[B, H, W,
        target_channels]` in [-1, 1], float32.

    Raises:
        ValueError: for a size that cannot be halved twice.
    """
    height, width = image_size
    if height % 4 or width % 4 or min(height, width) < 8:
        raise ValueError(
            f"The residual generator halves the picture twice: give sides that are multiples of 4, "
            f"at least 8, not {height}x{width}."
        )
    images = keras.Input((height, width, source_channels), name="images")
    features = ReflectionPadding2D(3)(images)
    features = _normalised(_convolution(filters, 7)(features))  # [B, H, W, f]
    for factor in (2, 4):  # [B, H/2, W/2, 2f], [B, H/4, W/4, 4f]
        features = _normalised(_convolution(factor * filters, 3, 2, "same")(features))
    for _ in range(blocks):
        features = _block(features, 4 * filters)
    for factor in (2, 1):  # [B, H/2, W/2, 2f], [B, H, W, f]
        features = keras.layers.Conv2DTranspose(
            factor * filters,
            3,
            2,
            padding="same",
            use_bias=False,
            kernel_initializer=normal_weights(),
        )(features)
        features = _normalised(features)
    features = ReflectionPadding2D(3)(features)
    features = _convolution(target_channels, 7, use_bias=True)(features)
    fake = keras.layers.Activation("tanh", dtype="float32")(features)
    return keras.Model(images, fake, name=name)


def _block(features, channels):
    """Two 3x3 convolutions beside the identity; nothing after the sum."""
    inner = _normalised(_convolution(channels, 3)(ReflectionPadding2D(1)(features)))
    inner = _convolution(channels, 3)(ReflectionPadding2D(1)(inner))
    return keras.layers.Add()([features, instance_normalization()(inner)])


def _normalised(features):
    return keras.layers.ReLU()(instance_normalization()(features))


def _convolution(channels, kernel, stride=1, padding="valid", use_bias=False):
    return keras.layers.Conv2D(
        channels,
        kernel,
        stride,
        padding=padding,
        use_bias=use_bias,
        kernel_initializer=normal_weights(),
    )
