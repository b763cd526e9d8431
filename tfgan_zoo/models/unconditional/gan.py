"""GAN: Generative Adversarial Networks.

Goodfellow et al. 2014, arXiv 1406.2661. Authors' code: github.com/goodfeli/adversarial (pylearn2).

A generator draws examples, a discriminator tells them from real ones, and each learns against the
other; at the game's equilibrium the generator's distribution is that of the data. Neither Markov
chains nor a likelihood are needed, only backpropagation through both. In practice the generator
maximises log D(G(z)) instead of minimising log(1 - D(G(z))), because the latter saturates while the
discriminator rejects its samples with confidence.

What a shortcut would miss:
- a maxout discriminator with dropout that keeps 0.8 of the pixels and 0.5 of the hidden units, and
  stays on while the generator learns from it, with the very masks that the discriminator saw;
- the generator's output bias is that of the pixels' means in the training set, so that the first
  samples have the right pixels black and the game is about the rest;
- both players learn from one minibatch and one forward pass, at once;
- gradient descent of 0.1, divided by 1.000004 at each step, whose momentum grows from 0.5 to 0.7;
- the discriminator's loss is half of the sum of its two terms, which plain descent feels;
- `minimax` is the value function itself, and saturates.

Departures:
- Algorithm 1 updates the generator after the discriminator, on latents of its own. The authors'
  MNIST run has one cost for both and updates them together; so does this file, and with
  `discriminator_steps` = k the first k - 1 minibatches of a batch teach the discriminator alone.
- The authors' momentum grows at the end of each of 250 epochs; here a little at every step.
- Pictures are in [-1, 1] outside, as everywhere in this package, and in [0, 1] inside both nets:
  there a dropped pixel is a black one.
"""

import math

import keras
import tensorflow as tf

from tfgan_zoo.base import Trained, minibatches
from tfgan_zoo.layers.initializers import marginal_logits
from tfgan_zoo.losses.adversarial import (
    minimax_generator_loss,
    nonsaturating_discriminator_loss,
    nonsaturating_generator_loss,
)
from tfgan_zoo.networks.maxout import maxout_discriminator
from tfgan_zoo.networks.priors import Normal

GENERATOR_LOSSES = {
    "nonsaturating": nonsaturating_generator_loss,
    "minimax": minimax_generator_loss,
}


def gan_generator(shape, latent_dim, width, pixel_means=None):
    """Two hidden layers of rectified units to the pixels.

    Args:
        shape: of an example, (height, width, channels) of a picture.
        latent_dim: length of the latent.
        width: of each hidden layer.
        pixel_means: `[*shape]` in [0, 1], of the training set; None leaves the bias at zero.

    Returns:
        A functional model: latents `[B, latent_dim]` to examples `[B, *shape]` in [-1, 1], float32.
    """
    latents = keras.Input((latent_dim,), name="latents")
    features = latents
    for _ in range(2):
        features = keras.layers.Dense(width, "relu", kernel_initializer=weights())(features)
    output = keras.layers.Dense(math.prod(shape), kernel_initializer=weights())
    features = output(features)
    if pixel_means is not None:
        output.bias.assign(marginal_logits(pixel_means))
    features = keras.layers.Activation("sigmoid", dtype="float32")(features)
    features = keras.layers.Rescaling(2.0, -1.0, dtype="float32")(features)
    examples = keras.layers.Reshape(shape, dtype="float32")(features)
    return keras.Model(latents, examples, name="generator")


def weights():
    """A new initializer, U(-0.05, 0.05)."""
    return keras.initializers.RandomUniform(-0.05, 0.05)


class GAN(Trained):
    """GAN with the defaults of the authors' MNIST run.

    Args:
        shape: of an example, (height, width, channels) of a picture; the paper's nets take and draw
            numbers in [-1, 1] of any shape.
        pixel_means: `[*shape]` in [0, 1], of the training set, for the generator's output bias;
            None leaves it at zero.
        latent_dim: length of the latent (100).
        width: of the hidden layers, as a share of the paper's: 1200 rectified units in the
            generator, 240 maxout units of 5 pieces in the discriminator.
        dropouts: shares that the discriminator drops of its input and of each hidden layer (0.2 and
            0.5).
        generator_loss: "nonsaturating" or "minimax".
        discriminator_steps: k of algorithm 1 (1).
        generator, discriminator: nets in place of the paper's: latents `[B, latent_dim]` to
            examples, and a list of these and a seed int32 [2] to logits `[B, 1]`; what says how
            large they are says nothing then.
        seed: of the latents and the dropout in training.

    `train_step` takes `images [B, *shape]`, pictures in [-1, 1] or examples of any other shape; B
    is `discriminator_steps` minibatches.

    Raises:
        ValueError: for an unknown loss or a number of steps below one.
    """

    paper = {
        "title": "Generative Adversarial Networks",
        "authors": "Goodfellow et al., NIPS 2014",
        "arxiv": "1406.2661",
        "code": "https://github.com/goodfeli/adversarial",
    }

    def __init__(
        self,
        shape=(28, 28, 1),
        pixel_means=None,
        latent_dim=100,
        width=1.0,
        dropouts=(0.2, 0.5),
        generator_loss="nonsaturating",
        discriminator_steps=1,
        generator=None,
        discriminator=None,
        seed=0,
        name="gan",
    ):
        super().__init__(seed=seed, name=name)
        if generator_loss not in GENERATOR_LOSSES or discriminator_steps < 1:
            raise ValueError(
                f"generator_loss is one of {', '.join(GENERATOR_LOSSES)}, not '{generator_loss}', "
                f"and discriminator_steps at least 1, not {discriminator_steps}."
            )
        self.prior = Normal(latent_dim)
        self.discriminator_steps = discriminator_steps
        self.generator_loss = GENERATOR_LOSSES[generator_loss]
        self.generator = generator or gan_generator(
            shape, latent_dim, math.ceil(1200 * width), pixel_means
        )
        self.discriminator = discriminator or maxout_discriminator(
            shape, math.ceil(240 * width), 5, dropouts
        )

    def call(self, latents):
        """Examples `[B, *shape]` from latents `[B, latent_dim]`."""
        return self.generator(latents, training=False)

    def realness(self, examples):
        """How real the discriminator takes examples to be, at inference: logits `[B, 1]`."""
        return self.discriminator([examples, tf.zeros([2], tf.int32)], training=False)

    def updates_in(self, player, steps):
        return steps * self.discriminator_steps if player == "discriminator" else steps

    def train_step(self, data):
        real = self.fields(data, "images")
        step = self.begin_step()

        *first, last = minibatches(real, self.discriminator_steps)
        for number, minibatch in enumerate(first):
            tape, losses = self.play(minibatch, step, stream=3 * (number + 1))
            step.update(tape, discriminator=losses["discriminator"])

        tape, losses = self.play(last, step, stream=0)
        step.update(tape, **losses)
        return step.report(**{f"{player}_loss": loss for player, loss in losses.items()})

    def play(self, real, step, stream):
        """One game on a minibatch: its tape, and each player's loss by name."""
        latents = self.prior.sample(tf.shape(real)[0], step.seed(stream))
        with tf.GradientTape(persistent=True) as tape:
            fake = self.generator(latents, training=True)
            real_logits = self.discriminator([real, step.seed(stream + 1)], training=True)
            fake_logits = self.discriminator([fake, step.seed(stream + 2)], training=True)

            losses = {
                "discriminator": 0.5 * nonsaturating_discriminator_loss(real_logits, fake_logits),
                "generator": self.generator_loss(fake_logits),
            }
        return tape, losses
