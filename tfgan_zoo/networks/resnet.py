"""The residual generator and critic of WGAN-GP for CIFAR-10 (Gulrajani et al. 2017, arXiv
1704.00028, appendix F; the authors' gan_cifar_resnet.py), and what spectral normalisation (Miyato
et al. 2018, arXiv 1802.05957; the authors' snresnet_32.py) changes about the critic.
"""

import keras

from tfgan_zoo.layers.spectral import SpectralConv2D, SpectralDense


def resnet_generator(image_size, channels, latent_dim=128, filters=128, classes=0):
    """A 4x4 map projected from the latent, doubled by residual blocks up to the picture.

    Args:
        image_size: (side, side); a power of two of at least 16.
        channels: of the picture.
        latent_dim: length of the latent, without the label.
        filters: width of every block (128 for the paper's 32x32 net).
        classes: above 0 the input ends in a class's one-hot vector, and each class has scales and
            offsets of its own behind the normalisations of the blocks (Dumoulin et al. 2016, arXiv
            1610.07629).

    Returns:
        A functional model: latents `[B, latent_dim + classes]` to images `[B, side, side,
        channels]` in [-1, 1], float32.

    Raises:
        ValueError: for another size.
    """
    doublings = _doublings(image_size)
    inputs = keras.Input((latent_dim + classes,), name="latents")
    latents, label = inputs, None
    if classes:
        latents, label = inputs[:, :latent_dim], inputs[:, latent_dim:]
    features = keras.layers.Dense(4 * 4 * filters)(latents)
    features = keras.layers.Reshape((4, 4, filters))(features)
    for _ in range(doublings):  # [B, 8, 8, filters] ... [B, side, side, filters]
        features = _block(features, filters, _up, label=label, normalise=True)
    features = keras.layers.ReLU()(_normalised(features))
    features = _convolution(channels, 3, he=False)(features)
    images = keras.layers.Activation("tanh", dtype="float32")(features)
    return keras.Model(inputs, images, name="generator")


def resnet_critic(image_size, channels, filters=128, heads=(1,), spectral=False, name="critic"):
    """Residual blocks down to 8x8, two more there, the mean over the map, a linear layer.

    Without normalisation, which would mix the examples that a gradient penalty keeps apart.

    Args:
        image_size: (side, side); a power of two of at least 16.
        channels: of the picture.
        filters: width of every block (128 in the paper).
        heads: outputs of each last layer, side by side in the result; AC-GAN's critic has one layer
            for the score and one for the classes, and so first weights of each layer's own scale.
        spectral: whether all kernels are spectrally normalised; then the last layer, which has no
            bias, takes the sum over the map, not its mean.

    Returns:
        A functional model: images `[B, side, side, channels]` to scores `[B, sum of heads]`,
        float32.

    Raises:
        ValueError: for another size.
    """
    halvings = _doublings(image_size) - 1
    layer = SpectralConv2D if spectral else keras.layers.Conv2D
    images = keras.Input((*image_size, channels), name="images")
    features = _first_block(images, filters, layer)  # [B, side / 2, side / 2, filters]
    for _ in range(halvings - 1):  # ... [B, 8, 8, filters]
        features = _block(features, filters, _down, layer=layer)
    for _ in range(2):
        features = _block(features, filters, layer=layer)
    if spectral:
        features = keras.layers.Activation("relu", dtype="float32")(features)
        features = keras.ops.sum(features, axis=(1, 2))
        scores = [SpectralDense(n, use_bias=False, dtype="float32")(features) for n in heads]
    else:
        features = keras.layers.GlobalAveragePooling2D()(keras.layers.ReLU()(features))
        scores = [keras.layers.Dense(outputs, dtype="float32")(features) for outputs in heads]
    return keras.Model(images, beside(scores), name=name)


def beside(outputs):
    """One tensor `[B, ...]` of one or several."""
    return keras.layers.Concatenate()(outputs) if len(outputs) > 1 else outputs[0]


def _block(inputs, filters, resample=None, label=None, normalise=False, layer=keras.layers.Conv2D):
    """Normalise, ReLU, convolution, twice; the shortcut is resampled by a 1x1 convolution.

    Going up the first convolution sees the larger map; going down the second one does.
    """

    def active(features):
        return keras.layers.ReLU()(_normalised(features, label) if normalise else features)

    features = active(inputs)
    if resample is _up:
        features = _up(features)
    features = active(_convolution(filters, 3, layer=layer)(features))
    features = _convolution(filters, 3, layer=layer)(features)
    if resample is _down:
        features = _down(features)
    shortcut = inputs
    if resample is _up:
        shortcut = _convolution(filters, 1, he=False, layer=layer)(_up(inputs))
    elif resample is _down:
        shortcut = _down(_convolution(filters, 1, he=False, layer=layer)(inputs))
    return keras.layers.Add()([shortcut, features])


def _first_block(images, filters, layer):
    """No ReLU on the picture; its shortcut is halved before the convolution."""
    features = keras.layers.ReLU()(_convolution(filters, 3, layer=layer)(images))
    features = _down(_convolution(filters, 3, layer=layer)(features))
    shortcut = _convolution(filters, 1, he=False, layer=layer)(_down(images))
    return keras.layers.Add()([shortcut, features])


def _up(features):
    # Keras' UpSampling2D loses the map's size on the way to TFLite.
    size = [2 * side for side in features.shape[1:3]]
    return keras.ops.image.resize(features, size, interpolation="nearest")


def _down(features):
    return keras.layers.AveragePooling2D(2)(features)


def _convolution(filters, kernel, he=True, layer=keras.layers.Conv2D):
    # The authors' "He": twice the variance of Glorot's, over the mean of both fans.
    weights = keras.initializers.VarianceScaling(2.0 if he else 1.0, "fan_avg", "uniform")
    return layer(filters, kernel, padding="same", kernel_initializer=weights)


def _normalised(features, label=None):
    if label is None:
        return keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(features)
    width = features.shape[-1]
    features = keras.layers.BatchNormalization(
        momentum=0.9, epsilon=1e-5, center=False, scale=False
    )(features)
    scale, offset = (
        keras.layers.Reshape((1, 1, width))(
            keras.layers.Dense(width, use_bias=False, kernel_initializer=start)(label)
        )
        for start in ("ones", "zeros")
    )
    return keras.layers.Add()([keras.layers.Multiply()([features, scale]), offset])


def _doublings(image_size):
    height, width = image_size
    if height != width or height < 16 or height & (height - 1):
        raise ValueError(
            "The residual nets draw squares with a side of 16, 32, 64, ... pixels; got "
            f"{height}x{width}."
        )
    return height.bit_length() - 3
