"""The maxout discriminator of the first GAN (Goodfellow et al. 2014, arXiv 1406.2661), whose first
weights and rescaling are those of its pictures, or of a task that has something else.
"""

import keras

from tfgan_zoo.layers.dropout import TrainingDropout
from tfgan_zoo.layers.maxout import Maxout


def small_uniform():
    """U(-0.005, 0.005), as the authors' MNIST run draws them."""
    return keras.initializers.RandomUniform(-0.005, 0.005)


def maxout_discriminator(
    shape, units, pieces, dropouts, initializer=small_uniform, rescale=(0.5, 0.5)
):
    """Two maxout layers and a logit, with dropout before each of the three.

    Args:
        shape: of an example.
        units, pieces: of each maxout layer.
        dropouts: rates before the first layer, and before both others.
        initializer: makes an initializer for each layer's weights.
        rescale: (scale, offset) of the examples inside; (0.5, 0.5) brings [-1, 1] to [0, 1], where
            a dropped pixel is a black one.

    Returns:
        A functional model: `[examples [B, *shape], seed int32 [2]]` to logits `[B, 1]`, float32.
        The seed draws the dropout in training; at inference it says nothing.
    """
    examples = keras.Input(shape, name="examples")
    seed = keras.Input(batch_shape=(2,), dtype="int32", name="seed")
    first, later = dropouts
    features = keras.layers.Rescaling(*rescale)(keras.layers.Flatten()(examples))
    for stream, rate in enumerate((first, later)):
        features = TrainingDropout(rate, stream)(features, seed)
        features = Maxout(units, pieces, kernel_initializer=initializer())(features)
    features = TrainingDropout(later, stream=2)(features, seed)
    logits = keras.layers.Dense(1, kernel_initializer=initializer(), dtype="float32")(features)
    return keras.Model([examples, seed], logits, name="discriminator")
