"""The networks of pix2pixHD (Wang et al. 2018, arXiv 1711.11585, section 3.1 and appendix): a
global generator at half the picture's size, a local enhancer around it, an encoder of features.

`GlobalGenerator`, `LocalEnhancer` and `Encoder` of the authors' `models/networks.py`, padded as
there. Every convolution but the last of a net is followed by instance normalisation without scale
and offset, and has no bias, which that would take away again.
"""

import keras

from tfgan_zoo.layers.initializers import normal_weights
from tfgan_zoo.layers.normalization import FusedInstanceNormalization
from tfgan_zoo.layers.padding import ReflectionPadding2D


def global_generator(size, channels, filters=64, halvings=4, blocks=9, name="global_generator"):
    """c7s1-64, d128, d256, ..., R1024 x `blocks`, ..., u128, u64 in the paper's words: all of the
    global net but its last layer.

    Args:
        size: (height, width) that it works at, multiples of `2 ** halvings`.
        channels: of what it takes.
        filters: channels of the first layer, and of what it gives; they double with each halving.
        halvings: how often it halves its input.
        blocks: residual blocks at the smallest size.

    Returns:
        A functional model: conditions `[B, *size, channels]` to features `[B, *size, filters]`.

    Raises:
        ValueError: for a size that cannot be halved so often.
    """
    check_size(size, halvings)
    conditions = keras.Input((*size, channels), name="conditions")
    features = _first(conditions, filters, f"{name}_first")
    features = _there_and_back(features, filters, halvings, blocks, name)
    return keras.Model(conditions, features, name=name)


def picture_layer(size, filters, channels=3, name="picture"):
    """c7s1-3: features `[B, *size, filters]` to images `[B, *size, channels]` in [-1, 1], float32,
    as a functional model.
    """
    features = keras.Input((*size, filters), name="features")
    return keras.Model(features, _last(features, channels, name), name=name)


def local_enhancer(size, channels, filters=32, blocks=3, target_channels=3, name="enhancer"):
    """c7s1-32, d64, R64 x `blocks`, u32, c7s1-3: the features of the global net, behind its last
    halving undone, are added to its own where its blocks begin.

    Args:
        size: (height, width) of the picture, even.
        channels: of the conditions.
        filters: channels of the first layer.
        blocks: residual blocks, at half the size.
        target_channels: of the picture.

    Returns:
        A functional model: `[conditions [B, *size, channels], features of the global net
        [B, height / 2, width / 2, 2 filters]]` to images `[B, *size, target_channels]` in [-1, 1],
        float32.
    """
    height, width = size
    conditions = keras.Input((height, width, channels), name="conditions")
    coarse = keras.Input((height // 2, width // 2, 2 * filters), name="coarse")
    features = _first(conditions, filters, f"{name}_first")
    features = _halved(features, 2 * filters, f"{name}_down")
    features = keras.layers.Add(name=f"{name}_with_coarse")([features, coarse])
    for block in range(blocks):
        features = _block(features, 2 * filters, f"{name}_block{block}")
    features = _doubled(features, filters, f"{name}_up")
    return keras.Model([conditions, coarse], _last(features, target_channels, name), name=name)


def feature_encoder(size, channels=3, features=3, filters=16, halvings=4, name="encoder"):
    """The net whose output is averaged over each instance, which is not done here.

    Args:
        size: (height, width), multiples of `2 ** halvings`.
        channels: of the pictures.
        features: channels of its output.
        filters: channels of the first layer; they double with each halving.
        halvings: how often it halves its input, to double it again at once.

    Returns:
        A functional model: images `[B, *size, channels]` to features `[B, *size, features]` in
        [-1, 1], float32.

    Raises:
        ValueError: for a size that cannot be halved so often.
    """
    check_size(size, halvings)
    images = keras.Input((*size, channels), name="images")
    inner = _there_and_back(_first(images, filters, f"{name}_first"), filters, halvings, 0, name)
    return keras.Model(images, _last(inner, features, name), name=name)


def check_size(size, halvings):
    """Raises `ValueError` for a size (height, width) that a net cannot halve so often."""
    height, width = size
    multiple = 2**halvings
    if height % multiple or width % multiple or min(height, width) < 2 * multiple:
        raise ValueError(
            f"A net that halves its input {halvings} times takes sides that are multiples of "
            f"{multiple}, at least {2 * multiple}, not {height}x{width}."
        )


def _there_and_back(features, filters, halvings, blocks, name):
    widths = [filters * 2**level for level in range(halvings + 1)]
    for level in range(1, halvings + 1):
        features = _halved(features, widths[level], f"{name}_down{level}")
    for block in range(blocks):
        features = _block(features, widths[-1], f"{name}_block{block}")
    for level in reversed(range(halvings)):
        features = _doubled(features, widths[level], f"{name}_up{level}")
    return features


def _first(features, filters, name):
    features = ReflectionPadding2D(3, name=f"{name}_pad")(features)
    return _normalised(_convolution(filters, 7, 1, name)(features), name)


def _last(features, channels, name):
    features = ReflectionPadding2D(3, name=f"{name}_last_pad")(features)
    features = _convolution(channels, 7, 1, f"{name}_last", use_bias=True)(features)
    return keras.layers.Activation("tanh", dtype="float32", name=f"{name}_tanh")(features)


def _halved(features, channels, name):
    """Its windows lie around every other pixel from the first on, as those of `HalvingAverage`."""
    features = keras.layers.ZeroPadding2D(((1, 0), (1, 0)), name=f"{name}_pad")(features)
    return _normalised(_convolution(channels, 3, 2, name)(features), name)


def _doubled(features, channels, name):
    """The way back from `_halved`: Torch's padding of 1 and output padding of 1."""
    features = keras.layers.Conv2DTranspose(
        channels, 3, 2, use_bias=False, kernel_initializer=normal_weights(), name=name
    )(features)
    features = keras.layers.Cropping2D(((1, 0), (1, 0)), name=f"{name}_crop")(features)
    return _normalised(features, name)


def _block(features, channels, name):
    """Two 3x3 convolutions beside the identity; nothing after the sum."""
    inner = ReflectionPadding2D(1, name=f"{name}_pad1")(features)
    inner = _normalised(_convolution(channels, 3, 1, f"{name}_conv1")(inner), f"{name}_conv1")
    inner = ReflectionPadding2D(1, name=f"{name}_pad2")(inner)
    inner = _convolution(channels, 3, 1, f"{name}_conv2")(inner)
    inner = FusedInstanceNormalization(name=f"{name}_conv2_norm")(inner)
    return keras.layers.Add(name=f"{name}_sum")([features, inner])


def _normalised(features, name):
    features = FusedInstanceNormalization(name=f"{name}_norm")(features)
    return keras.layers.ReLU(name=f"{name}_relu")(features)


def _convolution(channels, kernel, stride, name, use_bias=False):
    return keras.layers.Conv2D(
        channels,
        kernel,
        stride,
        use_bias=use_bias,
        kernel_initializer=normal_weights(),
        name=name,
    )
