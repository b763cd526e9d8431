"""The autoencoder beside which gradient origin networks are put: their decoder, and an encoder that
is its mirror image.
"""

import keras
import tensorflow as tf

from tfgan_zoo.base import Trained
from tfgan_zoo.layers.initializers import torch_default
from tfgan_zoo.models.latent.gon import gon_generator


def encoder(shape, latent_dim, filters):
    """Three convolutions of stride 2, each with batch normalisation and ELU, and one to the latent:
    pixels `[B, *shape]` in [0, 1] to latents `[B, latent_dim]`.
    """
    pixels = features = keras.Input(shape, name="pixels")
    for level in range(3):
        features = keras.layers.Conv2D(
            filters * 2**level, 4, 2, "same", kernel_initializer=torch_default()
        )(features)
        features = keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(features)
        features = keras.layers.ELU()(features)
    latents = keras.layers.Conv2D(
        latent_dim, features.shape[1:3], kernel_initializer=torch_default()
    )(features)
    return keras.Model(pixels, keras.layers.Flatten()(latents), name="encoder")


class Autoencoder(Trained):
    """The decoder of `GON`, of the same sizes, behind an encoder.

    `model(images)` goes there and back. `train_step` takes `images [B, height, width, channels]`,
    float32 in [-1, 1].
    """

    players = ("autoencoder",)

    def __init__(self, shape=(32, 32, 1), latent_dim=32, filters=16, seed=0, name="autoencoder"):
        super().__init__(seed=seed, name=name)
        # First, so that a seed gives it the weights that it gives a GON's.
        self.generator = gon_generator(shape, latent_dim, filters)
        self.encoder = encoder(shape, latent_dim, filters)

    def trained_layers(self, player):
        return [self.encoder, self.generator]

    def call(self, images, training=False):
        latents = self.encoder(0.5 * (images + 1.0), training=training)
        return 2.0 * tf.sigmoid(self.generator(latents, training=training)) - 1.0

    def train_step(self, data):
        images = self.fields(data, "images")
        step = self.begin_step()
        with tf.GradientTape() as tape:
            again = self(images, training=True)
            squares = tf.reduce_sum(tf.square(0.5 * (again - images)), -1)
            loss = tf.reduce_mean(squares)
        step.update(tape, autoencoder=loss)
        return step.report(loss=loss)
