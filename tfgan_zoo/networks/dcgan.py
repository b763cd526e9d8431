"""The convolutional generator and discriminator of DCGAN (Radford et al. 2015, arXiv 1511.06434,
figure 1), and those of the authors' class-conditional MNIST run, where every layer sees the label
(github.com/Newmu/dcgan_code, `mnist/train_cond_dcgan.py`).
"""

import keras

from tfgan_zoo.layers.dropout import SeededDropout
from tfgan_zoo.layers.initializers import normal_scale, normal_weights
from tfgan_zoo.layers.noise import TrainingNoise


def dcgan_generator(
    image_size,
    channels,
    latent_dim=100,
    filters=128,
    normalised=True,
    noise=0.0,
    dropout=0.0,
    name="generator",
):
    """A 4x4 map projected from the latent, doubled by 5x5 transposed convolutions up to the
    picture.

    Args:
        image_size: (side, side); a power of two of at least 16.
        channels: of the picture.
        latent_dim: length of the latent.
        filters: width of the last hidden layer (128 in the paper's 64x64 net: 1024, 512, 256, 128).
        normalised: whether the hidden layers have batch normalisation; without it they have biases.
        noise, dropout: of the hidden layers, see `Disturbance`.

    Returns:
        A functional model: latents `[B, latent_dim]` to images `[B, side, side, channels]` in [-1,
        1], float32. With noise or dropout it takes `[latents, seed int32 [2]]`.

    Raises:
        ValueError: for another size.
    """
    doublings = _doublings(image_size)
    width = filters * 2 ** (doublings - 1)
    latents = keras.Input((latent_dim,), name="latents")
    disturbed = Disturbance(noise, dropout)
    features = keras.layers.Dense(
        4 * 4 * width, use_bias=not normalised, kernel_initializer=normal_weights()
    )(latents)
    features = keras.layers.Reshape((4, 4, width))(features)
    if normalised:
        features = _normalised(features)
    features = disturbed(keras.layers.ReLU()(features))
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
        features = disturbed(keras.layers.ReLU()(features))
    features = keras.layers.Conv2DTranspose(
        channels, 5, 2, padding="same", kernel_initializer=normal_weights()
    )(features)
    images = keras.layers.Activation("tanh", dtype="float32")(features)
    return keras.Model(disturbed.inputs(latents), images, name=name)


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


def conditional_generator(
    image_size,
    channels,
    latent_dim=100,
    classes=10,
    filters=64,
    noise=0.0,
    dropout=0.0,
    name="generator",
):
    """Two dense layers and two 5x5 transposed convolutions, to each of which the label is given
    anew. Batch normalisation without scale and offset; no biases.

    Args:
        image_size: (height, width), multiples of 4 (28 and 28).
        channels: of the picture.
        latent_dim: length of the latent, without the label.
        classes: number of labels.
        filters: width of the last hidden layer (64); the others have twice as many, and the dense
            layer 16 times as many units (1024).
        noise, dropout: of the hidden layers, see `Disturbance`.

    Returns:
        A functional model: latents with one-hot labels beside them `[B, latent_dim + classes]` to
        images `[B, *image_size, channels]` in [-1, 1], float32. With noise or dropout it takes
        `[latents, seed int32 [2]]`.

    Raises:
        ValueError: for another size.
    """
    height, width = _quarter(image_size)
    latents = keras.Input((latent_dim + classes,), name="latents")
    conditions = latents[:, latent_dim:]
    disturbed = Disturbance(noise, dropout)

    def hidden(features):
        return disturbed(keras.layers.ReLU()(_standardised(features)))

    features = hidden(_dense(16 * filters)(latents))
    features = _with_conditions(features, conditions)
    features = hidden(_dense(height * width * 2 * filters)(features))
    features = keras.layers.Reshape((height, width, 2 * filters))(features)
    features = _with_conditions(features, conditions)
    features = hidden(_doubled(filters)(features))  # [B, height / 2, width / 2, 64]
    features = _with_conditions(features, conditions)
    features = _doubled(channels)(features)  # [B, height, width, C]
    pixels = keras.layers.Activation("sigmoid", dtype="float32")(features)
    images = keras.layers.Rescaling(2.0, -1.0, dtype="float32")(pixels)
    return keras.Model(disturbed.inputs(latents), images, name=name)


def conditional_discriminator(image_size, channels, classes=10, filters=64, name="discriminator"):
    """Two 5x5 convolutions of stride 2 and a dense layer, to each of which the label is given, and
    to the logit once more. Batch normalisation without scale and offset on all hidden layers but
    the first; no biases.

    Args:
        image_size: (height, width), multiples of 4 (28 and 28).
        channels: of the picture.
        classes: number of labels.
        filters: width of the first layer (64); the second has twice as many, and the dense layer 16
            times as many units (1024).

    Returns:
        A functional model: `[images [B, *image_size, channels] in [-1, 1], conditions [B,
        classes]]` to logits `[B, 1]`, float32.

    Raises:
        ValueError: for another size.
    """
    _quarter(image_size)
    images = keras.Input((*image_size, channels), name="images")
    conditions = keras.Input((classes,), name="conditions")
    features = keras.layers.Rescaling(0.5, 0.5)(images)
    for level in range(2):  # [B, height / 2, width / 2, 64], [B, height / 4, width / 4, 128]
        features = _with_conditions(features, conditions)
        features = keras.layers.Conv2D(
            filters * 2**level, 5, 2, "same", use_bias=False, kernel_initializer=normal_weights()
        )(features)
        features = _standardised(features) if level else features
        features = keras.layers.LeakyReLU(0.2)(features)
    features = _with_conditions(keras.layers.Flatten()(features), conditions)
    features = keras.layers.LeakyReLU(0.2)(_standardised(_dense(16 * filters)(features)))
    logits = _dense(1, dtype="float32")(_with_conditions(features, conditions))
    return keras.Model([images, conditions], logits, name=name)


class Disturbance:
    """Noise and dropout on the hidden layers of a generator, drawn from one seed, which is an input
    of the net if there are any.

    Args:
        noise: deviation of Gaussian noise added in training alone (`layers.noise`).
        dropout: rate of a dropout that is on at inference as well (`layers.dropout`).
    """

    def __init__(self, noise, dropout):
        self.noise, self.dropout, self.layers = noise, dropout, 0
        needed = noise or dropout
        self.seed = keras.Input(batch_shape=(2,), dtype="int32", name="seed") if needed else None

    def __call__(self, features):
        """The features of the next hidden layer, disturbed."""
        if self.noise:
            features = TrainingNoise(self.noise, 2 * self.layers)(features, self.seed)
        if self.dropout:
            features = SeededDropout(self.dropout, 2 * self.layers + 1)(features, self.seed)
        self.layers += 1
        return features

    def inputs(self, latents):
        """Of the net."""
        return latents if self.seed is None else [latents, self.seed]


def _with_conditions(features, conditions):
    """`conditions [B, K]` beside the features, at every place of a map."""
    if len(features.shape) == 4:
        conditions = keras.layers.Reshape((1, 1, conditions.shape[-1]))(conditions)
        conditions = keras.layers.UpSampling2D(features.shape[1:3])(conditions)
    return keras.layers.Concatenate()([features, conditions])


def _dense(units, dtype=None):
    return keras.layers.Dense(
        units, use_bias=False, kernel_initializer=normal_weights(), dtype=dtype
    )


def _doubled(filters):
    return keras.layers.Conv2DTranspose(
        filters, 5, 2, "same", use_bias=False, kernel_initializer=normal_weights()
    )


def _standardised(features):
    return keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5, center=False, scale=False)(
        features
    )


def _quarter(image_size):
    height, width = image_size
    if height % 4 or width % 4:
        raise ValueError(f"The conditional DCGAN's sides are multiples of 4; got {height}x{width}.")
    return height // 4, width // 4


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
