"""The zoo's frozen classifier of handwritten digits, and the distortions that it learns from.

Scores of generated digits need features and class probabilities of digits, which Inception's
photographs cannot give. The network is LeNet's plan (LeCun, Bottou, Bengio & Haffner 1998) with
what came since: batch normalisation, rectifiers, and training pictures that are turned, scaled and
moved a little. `saved_models/mnist_cnn` holds the trained one, and every score that
used it says so with the hash of its files.
"""

import math

import keras
import tensorflow as tf

CLASSES = 10
FEATURES = 64


def mnist_cnn():
    """The network: images `[B, 28, 28, 1]` in [-1, 1] -> {"features": [B, 64], "logits": [B, 10]}.

    Features are rectified and never negative, like those of Inception's last pooling.
    """
    images = keras.Input((28, 28, 1), name="images")
    x = images
    for filters, kernel in ((32, 5), (64, 5), (128, 3)):
        x = keras.layers.Conv2D(filters, kernel, use_bias=False)(x)  # 24, 8, 2
        x = keras.layers.BatchNormalization()(x)
        x = keras.layers.ReLU()(x)
        if filters < 128:
            x = keras.layers.MaxPooling2D()(x)  # 12, 4
    x = keras.layers.Flatten()(x)
    x = keras.layers.Dense(FEATURES, use_bias=False)(x)
    x = keras.layers.BatchNormalization()(x)
    features = keras.layers.ReLU(name="features")(x)
    logits = keras.layers.Dense(CLASSES, name="logits")(features)
    return keras.Model(images, {"features": features, "logits": logits}, name="mnist_cnn")


def distort(images, seed, degrees=12.0, scale=0.12, shift=2.5):
    """Each picture turned, scaled, stretched and moved by random amounts, background drawn in.

    Args:
        images: float32 `[B, H, W, C]` in [-1, 1], background -1.
        seed: int32 `[2]`; the same seed gives the same pictures.
        degrees: largest turn either way.
        scale: largest change of either side, as a share.
        shift: largest move in pixels, in either direction.

    Returns:
        The same shape, bilinear between pixels.
    """
    shape = tf.shape(images)
    chance = tf.random.stateless_uniform([5, shape[0]], seed, -1.0, 1.0)
    angle = chance[0] * (degrees * math.pi / 180)
    width, height = 1 + scale * chance[1], 1 + scale * chance[2]
    cos, sin = tf.cos(angle), tf.sin(angle)
    centre = tf.cast(shape[1:3] - 1, tf.float32) / 2
    a, b, d, e = cos * width, -sin * width, sin * height, cos * height
    # Where the centre of the result lies in the source.
    c = centre[1] - a * centre[1] - b * centre[0] + shift * chance[3]
    f = centre[0] - d * centre[1] - e * centre[0] + shift * chance[4]
    zero = tf.zeros_like(a)
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=tf.stack([a, b, c, d, e, f, zero, zero], axis=1),
        output_shape=shape[1:3],
        fill_value=-1.0,
        interpolation="BILINEAR",
        fill_mode="CONSTANT",
    )
