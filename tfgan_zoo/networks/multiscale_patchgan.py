"""Patch discriminators that look at one picture at several scales and show their features:
`MultiscaleDiscriminator` of pix2pixHD (Wang et al. 2018, arXiv 1711.11585) and vid2vid (arXiv
1808.06601).
"""

import keras

from tfgan_zoo.layers.initializers import normal_weights
from tfgan_zoo.layers.pooling import HalvingAverage
from tfgan_zoo.networks.patchgan import NORMALIZATIONS


def multiscale_patchgan(
    image_size,
    channels,
    scales=2,
    layers=3,
    filters=64,
    normalization="instance",
    name="discriminator",
):
    """`scales` times `feature_patchgan`, with weights of their own: the first sees the picture,
    each other one the picture of the one before at half the size (`HalvingAverage`).

    Args:
        image_size, channels, layers, filters, normalization: as of `feature_patchgan`.
        scales: how many there are, two or more.

    Returns:
        A functional model: images `[B, H, W, channels]` to a list for each scale of its
        `layers + 2` maps.

    Raises:
        ValueError: as `feature_patchgan`, and for one scale, whose list Keras would take away.
    """
    if scales < 2:
        raise ValueError(f"scales={scales}: give two or more; one is `feature_patchgan`.")
    images = seen = keras.Input((*image_size, channels), name="images")
    maps = []
    for scale in range(scales):
        if scale:
            seen = HalvingAverage(name=f"half{scale}")(seen)
        judge = feature_patchgan(
            seen.shape[1:3], channels, layers, filters, normalization, name=f"{name}_scale{scale}"
        )
        maps.append(judge(seen))
    return keras.Model(images, maps, name=name)


def feature_patchgan(
    image_size, channels, layers=3, filters=64, normalization="instance", name="discriminator"
):
    """A patch discriminator that shows its features.

    `layers` 4x4 convolutions of stride 2, whose channels double up to 512, one of stride 1 and the
    one that scores; two pixels are added on every side before each, as in the authors' code. The
    first has no normalisation.

    Args:
        image_size: (height, width).
        channels: of the picture and of what goes with it.
        layers: convolutions of stride 2.
        filters: channels of the first convolution.
        normalization: as of `patchgan`.

    Returns:
        A functional model: images `[B, H, W, channels]` to a list of `layers + 2` maps, float32:
        the features behind each activation, and last the logits `[B, h, w, 1]`.

    Raises:
        ValueError: for another normalisation, or a picture too small.
    """
    if normalization not in NORMALIZATIONS:
        raise ValueError(
            f"No normalization '{normalization}'; choose one of {', '.join(NORMALIZATIONS)}."
        )
    height, width = image_size
    if min(height, width) < 2**layers:
        raise ValueError(
            f"A discriminator of {layers} strided layers sees sides of {2**layers} pixels or more, "
            f"not {height}x{width}: choose fewer layers or scales."
        )
    images = features = keras.Input((height, width, channels), name="images")
    maps = []
    for layer in range(layers + 1):  # the last of them keeps the resolution
        own = f"{name}_conv{layer}"
        features = keras.layers.ZeroPadding2D(2, name=f"{own}_pad")(features)
        features = keras.layers.Conv2D(
            min(filters * 2**layer, 512),
            4,
            2 if layer < layers else 1,
            use_bias=layer == 0,  # a normalisation would take it away again
            kernel_initializer=normal_weights(),
            name=own,
        )(features)
        if layer:
            norm = NORMALIZATIONS[normalization]()
            norm.name = f"{own}_norm"
            features = norm(features)
        features = keras.layers.LeakyReLU(0.2, name=f"{own}_leaky")(features)
        maps.append(keras.layers.Activation("linear", dtype="float32", name=f"{own}_map")(features))
    features = keras.layers.ZeroPadding2D(2, name=f"{name}_scores_pad")(features)
    scores = keras.layers.Conv2D(
        1, 4, kernel_initializer=normal_weights(), dtype="float32", name=f"{name}_scores"
    )
    return keras.Model(images, [*maps, scores(features)], name=name)
