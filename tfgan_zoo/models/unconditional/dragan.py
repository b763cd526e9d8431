"""DRAGAN: On Convergence and Stability of GANs.

Kodali et al. 2017, arXiv 1705.07215. Authors' code: github.com/kodalinaveen3/DRAGAN (DRAGAN.ipynb).

Where a GAN collapses, its authors find, the discriminator is steep around some real examples: many
latents are pulled to one place. A penalty keeps the slope near one in a neighbourhood of the data,
and nowhere else. It goes with the first GANs' loss and takes one discriminator step, where WGAN-GP,
whose penalty lies between real and generated examples, changes the loss and takes five.

What a shortcut would miss:
- the neighbourhood is that of real examples alone; generated ones have no part in it;
- in the code the noise is one-sided: half of the batch's deviation times a uniform number from 0 to
  1 for each coordinate, and not clipped to the range of pixels; the penalty is taken at a random
  place on the line to the example thus moved, one alpha for each example, not at its end;
- the deviation is one number, over all examples and coordinates of the minibatch;
- `gaussian` is the paper's own formula: the penalty is at x + delta itself, delta normal;
- it is the logit's slope that is penalised, not the probability's, and slopes below one as well;
- one step of the discriminator for one of the generator, with latents of its own for each;
- Adam with beta_1 = 0.5 and beta_2 = 0.9, its rate 1e-4; uniform latents.

Departures:
- Pictures are in [-1, 1], as everywhere in this package (code: [0, 1]); a slope of one is then one
  for half of the range. The noise follows the data's deviation and is the same.
- The paper's delta has a variance c, which the authors' README leaves to be tuned to the range of
  the data. Here its deviation is a share of the batch's, as in the code's noise.
- Over several replicas the deviation is that of each one's part of the minibatch.
- The authors' nets for MNIST have one hidden layer; here any number. `dcgan` is the usual net for
  pictures, its discriminator without batch normalisation, which would mix the examples whose slopes
  count.
"""

import math

import keras
import tensorflow as tf

from tfgan_zoo.base import Trained
from tfgan_zoo.layers.initializers import he_normal
from tfgan_zoo.losses.adversarial import (
    nonsaturating_discriminator_loss,
    nonsaturating_generator_loss,
)
from tfgan_zoo.networks.dcgan import dcgan_discriminator, dcgan_generator
from tfgan_zoo.networks.mlp import mlp
from tfgan_zoo.networks.pictures import size_and_channels
from tfgan_zoo.networks.priors import Uniform
from tfgan_zoo.regularizers.gradient_penalty import slope_penalty


def uniform_neighbours(real, seed, scale=0.5):
    """x + alpha * scale * std * U: the code's. `real [B, ...]`; alpha is uniform on [0, 1) for each
    example, U for each coordinate, std that of all numbers in `real`.
    """
    noise = tf.random.stateless_uniform(tf.shape(real), seed, alg="philox")
    shape = [tf.shape(real)[0]] + [1] * (len(real.shape) - 1)
    alpha = tf.random.stateless_uniform(
        shape, tf.random.fold_in(seed, 1, alg="philox"), alg="philox"
    )
    return real + alpha * scale * tf.math.reduce_std(real) * noise


def gaussian_neighbours(real, seed, scale=0.5):
    """x + delta with delta ~ N(0, c), c = (scale * std)^2: the paper's. As `uniform_neighbours`."""
    noise = tf.random.stateless_normal(tf.shape(real), seed, alg="philox")
    return real + scale * tf.math.reduce_std(real) * noise


NEIGHBOURS = {"uniform": uniform_neighbours, "gaussian": gaussian_neighbours}


def plain_generator(shape, latent_dim, width, depth):
    """Rectified layers to pixels, `[B, latent_dim]` to `[B, *shape]` in [-1, 1], float32."""
    latents = keras.Input((latent_dim,), name="latents")
    layers = mlp(latent_dim, math.prod(shape), width, depth, initializer=he_normal, name="layers")
    features = layers(latents)
    features = keras.layers.Activation("sigmoid", dtype="float32")(features)
    features = keras.layers.Rescaling(2.0, -1.0, dtype="float32")(features)
    examples = keras.layers.Reshape(shape, dtype="float32")(features)
    return keras.Model(latents, examples, name="generator")


def plain_discriminator(shape, width, depth):
    """Rectified layers to a logit: `[B, *shape]` to `[B, 1]`, float32."""
    examples = keras.Input(shape, name="examples")
    layers = mlp(math.prod(shape), 1, width, depth, initializer=he_normal, name="layers")
    logits = layers(keras.layers.Flatten()(examples))
    return keras.Model(examples, logits, name="discriminator")


class DRAGAN(Trained):
    """DRAGAN with the defaults of the authors' MNIST run.

    Args:
        shape: of an example, (height, width, channels) of a picture; "mlp" takes and draws numbers
            in [-1, 1] of any shape.
        networks: "mlp" (the authors') or "dcgan" (square pictures).
        latent_dim: length of the latent (100).
        width: of the hidden layers (128); of the outer ones of "dcgan".
        depth: hidden layers of "mlp" (1).
        noise: "uniform" (the code's) or "gaussian" (the paper's).
        noise_scale: of the noise, in deviations of the minibatch (0.5).
        penalty: lambda (10).
        generator, discriminator: nets in place of the paper's: latents `[B, latent_dim]` to
            examples, and these to logits `[B, 1]`; what says how large they are says nothing.
        seed: of latents, noise and alpha in training.

    `train_step` takes `images [B, *shape]`, pictures in [-1, 1] or examples of any other shape.

    Raises:
        ValueError: for unknown networks or noise, or a shape that the nets cannot take.
    """

    paper = {
        "title": "On Convergence and Stability of GANs",
        "authors": "Kodali, Abernethy, Hays & Kira, 2017",
        "arxiv": "1705.07215",
        "code": "https://github.com/kodalinaveen3/DRAGAN",
    }

    def __init__(
        self,
        shape=(28, 28, 1),
        networks="mlp",
        latent_dim=100,
        width=128,
        depth=1,
        noise="uniform",
        noise_scale=0.5,
        penalty=10.0,
        generator=None,
        discriminator=None,
        seed=0,
        name="dragan",
    ):
        super().__init__(seed=seed, name=name)
        if noise not in NEIGHBOURS:
            raise ValueError(f"noise is one of {', '.join(NEIGHBOURS)}, not '{noise}'.")
        if networks not in ("mlp", "dcgan"):
            raise ValueError(f"networks is mlp or dcgan, not '{networks}'.")
        self.neighbours, self.noise_scale = NEIGHBOURS[noise], noise_scale
        self.prior, self.penalty = Uniform(latent_dim), penalty
        if networks == "dcgan":
            size, channels = size_and_channels(shape)
            generator = generator or dcgan_generator(size, channels, latent_dim, width)
            discriminator = discriminator or dcgan_discriminator(
                size, channels, width, normalised=False
            )
        self.generator = generator or plain_generator(shape, latent_dim, width, depth)
        self.discriminator = discriminator or plain_discriminator(shape, width, depth)

    def call(self, latents):
        """Examples `[B, *shape]` from latents `[B, latent_dim]`."""
        return self.generator(latents, training=False)

    def judge(self, examples):
        """The discriminator in training: logits `[B, 1]`."""
        return self.discriminator(examples, training=True)

    def realness(self, examples):
        """How real the discriminator takes examples to be, at inference: logits `[B, 1]`."""
        return self.discriminator(examples, training=False)

    def train_step(self, data):
        real = self.fields(data, "images")
        count = tf.shape(real)[0]
        step = self.begin_step()

        fake = self.generator(self.prior.sample(count, step.seed(0)), training=True)
        near = self.neighbours(real, step.seed(1), self.noise_scale)
        with tf.GradientTape() as tape:
            penalty, slopes = slope_penalty(self.judge, near)
            adversarial_loss = nonsaturating_discriminator_loss(self.judge(real), self.judge(fake))
            discriminator_loss = adversarial_loss + self.penalty * penalty
        step.update(tape, discriminator=discriminator_loss)

        latents = self.prior.sample(count, step.seed(2))
        with tf.GradientTape() as tape:
            fake_logits = self.judge(self.generator(latents, training=True))
            generator_loss = nonsaturating_generator_loss(fake_logits)
        step.update(tape, generator=generator_loss)

        return step.report(
            discriminator_loss=discriminator_loss,
            generator_loss=generator_loss,
            adversarial_loss=adversarial_loss,
            penalty=penalty,
            input_gradient_norm=tf.reduce_mean(slopes),
        )
