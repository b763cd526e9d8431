"""The smallest adversarial model that has everything a training step must cope with."""

import keras
import numpy as np
import tensorflow as tf

from tfgan_zoo.base import Trained
from tfgan_zoo.losses import adversarial

LATENT_DIM, CLASSES, REAL_DIM = 4, 3, 6


class Toy(Trained):
    """Vectors from latents and a class: dense layers, an embedding (sparse gradients) and batch
    normalisation.

    Args:
        normalise: False leaves out batch normalisation, which couples the images of a local batch.
        noise: scale of normal noise added to the latents.
        seed: of that noise.

    `train_step` takes a dict of `latents [B, 4]`, `labels [B]` int32, `real [B, 6]` and
    `generator_factor`, `discriminator_factor` [B], which multiply each loss.
    """

    def __init__(self, normalise=True, noise=0.0, seed=0):
        super().__init__(seed=seed, name="toy")
        self.noise = noise

        def hidden(features):
            if normalise:
                features = keras.layers.BatchNormalization()(features)
            return keras.layers.LeakyReLU(0.2)(features)

        latents, labels = keras.Input((LATENT_DIM,)), keras.Input((), dtype="int32")
        features = keras.layers.Dense(8)(latents) + keras.layers.Embedding(CLASSES, 8)(labels)
        fake = keras.layers.Dense(REAL_DIM)(hidden(features))
        fake = keras.layers.Activation("linear", dtype="float32")(fake)
        self.generator = keras.Model([latents, labels], fake, name="generator")

        real = keras.Input((REAL_DIM,))
        logits = keras.layers.Dense(1)(hidden(keras.layers.Dense(8)(real)))
        logits = keras.layers.Activation("linear", dtype="float32")(logits)
        self.discriminator = keras.Model(real, logits, name="discriminator")

    def losses_of(self, data, latents):
        fake = self.generator([latents, data["labels"]], training=True)
        real_logits = self.discriminator(data["real"], training=True)
        fake_logits = self.discriminator(fake, training=True)
        return (
            tf.reduce_mean(data["discriminator_factor"])
            * adversarial.nonsaturating_discriminator_loss(real_logits, fake_logits),
            tf.reduce_mean(data["generator_factor"])
            * adversarial.nonsaturating_generator_loss(fake_logits),
        )

    def train_step(self, data):
        step = self.begin_step()
        latents = data["latents"]
        noise = tf.random.stateless_normal(tf.shape(latents), step.seed(), alg="philox")
        with tf.GradientTape(persistent=True) as tape:
            discriminator_loss, generator_loss = self.losses_of(data, latents + self.noise * noise)
        step.update(tape, discriminator=discriminator_loss, generator=generator_loss)
        return step.report(discriminator_loss=discriminator_loss, generator_loss=generator_loss)

    def weights_by_player(self):
        return {
            player: [np.array(v) for v in getattr(self, player).trainable_variables]
            for player in ("generator", "discriminator")
        }

    def state(self):
        """All that a skipped step must leave as it was."""
        variables = [*self.weights]
        for optimizer in self.optimizers.values():
            inner = getattr(optimizer, "inner_optimizer", optimizer)
            variables += inner.variables
        return [np.array(variable) for variable in variables]


def toy_data(steps, batch=4, seed=0, **replaced):
    """Arrays `[steps, batch, ...]` by name; `replaced` sets an entry, or part of it by a function
    that changes the array in place.
    """
    rng = np.random.default_rng(seed)
    data = {
        "latents": rng.normal(size=(steps, batch, LATENT_DIM)).astype("float32"),
        "labels": rng.integers(0, CLASSES, (steps, batch)).astype("int32"),
        "real": rng.normal(1.0, 2.0, (steps, batch, REAL_DIM)).astype("float32"),
        "generator_factor": np.ones((steps, batch), "float32"),
        "discriminator_factor": np.ones((steps, batch), "float32"),
    }
    for name, change in replaced.items():
        change(data[name])
    return data
