"""The patch discriminator of pix2pix (Isola et al. 2017, arXiv 1611.07004, appendix 6.1.2)."""

import keras

from tfgan_zoo.layers.initializers import normal_scale, normal_weights
from tfgan_zoo.layers.normalization import (
    BatchStatisticsNormalization,
    instance_normalization,
)

# Receptive field in pixels -> number of stride-2 layers.
LAYERS_OF_PATCH = {1: 0, 16: 1, 34: 2, 70: 3, 142: 4, 286: 5}


def patchgan(image_size, channels, patch=70, filters=64, normalization="batch", name="patchgan"):
    """Scores every `patch` x `patch` square of a picture on its own.

    Args:
        image_size: (height, width).
        channels: of the picture; a conditional discriminator gets source and target side by side.
        patch: receptive field of one score, one of 1, 16, 34, 70 (the paper's default), 142, 286.
        filters: width of the first layer (64 in the paper).
        normalization: 'batch', with a scale, as pix2pix has it; 'instance', without one but with a
            bias of the scores, as CycleGAN has it; 'scaled_instance', of each picture by itself
            with both, as DualGAN has it.

    Returns:
        A functional model: images `[B, H, W, channels]` to logits `[B, h, w, 1]`, float32.

    Raises:
        ValueError: for another patch or normalisation, or a picture too small for one score.
    """
    if normalization not in NORMALIZATIONS:
        raise ValueError(
            f"No normalization '{normalization}'; choose one of {', '.join(NORMALIZATIONS)}."
        )
    norm, biased = NORMALIZATIONS[normalization], normalization != "batch"
    if patch not in LAYERS_OF_PATCH:
        raise ValueError(
            f"A patch discriminator of {patch} pixels does not exist; choose one of "
            f"{', '.join(map(str, LAYERS_OF_PATCH))}."
        )
    strided = LAYERS_OF_PATCH[patch]
    if strided and min(image_size) // 2**strided < 3:
        raise ValueError(
            f"Pictures of {image_size[0]}x{image_size[1]} are too small for a patch of {patch}; "
            "choose a smaller patch."
        )
    images = keras.Input((*image_size, channels), name="images")
    features = images
    if strided == 0:  # the 'PixelGAN': 1x1 convolutions
        features = _convolution(filters, kernel=1, stride=1)(features)
        features = keras.layers.LeakyReLU(0.2)(features)
        features = _convolution(filters * 2, kernel=1, stride=1)(features)
        features = norm()(features)
        features = keras.layers.LeakyReLU(0.2)(features)
        features = _convolution(1, kernel=1, stride=1, bias=biased)(features)
    else:
        for layer in range(strided + 1):  # the last of them keeps the resolution
            # Torch's padding of one pixel on each side, which Keras' "same" is not at stride 1.
            features = keras.layers.ZeroPadding2D(1)(features)
            stride = 2 if layer < strided else 1
            features = _convolution(filters * min(2**layer, 8), kernel=4, stride=stride)(features)
            if layer > 0:
                features = norm()(features)
            features = keras.layers.LeakyReLU(0.2)(features)
        features = keras.layers.ZeroPadding2D(1)(features)
        features = _convolution(1, kernel=4, stride=1, bias=biased)(features)
    logits = keras.layers.Activation("linear", dtype="float32")(features)
    return keras.Model(images, logits, name=name)


def _scaled(each=False):
    return BatchStatisticsNormalization(gamma_initializer=normal_scale(), each=each)


NORMALIZATIONS = {
    "batch": _scaled,
    "instance": instance_normalization,
    "scaled_instance": lambda: _scaled(each=True),
}


def _convolution(channels, kernel, stride, bias=False):
    return keras.layers.Conv2D(
        channels, kernel, stride, use_bias=bias, kernel_initializer=normal_weights()
    )
