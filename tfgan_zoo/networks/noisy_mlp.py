"""Weight-normalised layers with Gaussian noise on the input of each."""

import keras
import tensorflow as tf

from tfgan_zoo.layers.noise import TrainingNoise
from tfgan_zoo.layers.weight_norm import WeightNormDense


def weight_normed(units, activation=None, train_scale=True, dtype=None):
    """A layer with the first weights of Improved GAN's code (arXiv 1606.03498), N(0, 0.1)."""
    weights = keras.initializers.RandomNormal(0.0, 0.1)
    return WeightNormDense(units, activation, train_scale, kernel_initializer=weights, dtype=dtype)


@keras.saving.register_keras_serializable("tfgan_zoo")
class NoisyMLP(keras.Model):
    """Images `[B, *shape]` in [-1, 1], inside in [0, 1], and in training a seed int32 [2] of the
    noise, to features `[B, units[-1]]` of rectified layers, whose scales stay as they were
    initialised.

    Args:
        shape: (height, width, channels) of an image.
        units: of each layer.
        noises: deviation of the noise on the image, and on the input of each other layer.
    """

    def __init__(self, shape, units, noises=(0.3, 0.5), name="features"):
        super().__init__(name=name)
        self.settings = {"shape": list(shape), "units": list(units), "noises": list(noises)}
        self.flatten = keras.layers.Flatten()
        self.rescale = keras.layers.Rescaling(0.5, 0.5)
        self.noises = [TrainingNoise(noises[min(i, 1)], stream=i) for i in range(len(units))]
        self.hidden = [weight_normed(number, "relu", train_scale=False) for number in units]
        self(tf.zeros([1, *shape]))  # builds it

    def call(self, images, seed=None, training=False, initialise=False):
        features = self.rescale(self.flatten(images))
        for noise, layer in zip(self.noises, self.hidden, strict=True):
            features = noise(features, seed=seed, training=training)
            features = layer.initialise(features) if initialise else layer(features)
        return features

    def get_config(self):
        return {**self.settings, "name": self.name}
