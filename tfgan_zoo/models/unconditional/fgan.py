"""f-GAN: Training Generative Neural Samplers using Variational Divergence Minimization.

Nowozin, Cseke and Tomioka, NIPS 2016, arXiv 1606.00709. No code came with the paper; the first
author's later lecture is at github.com/nowozin/mlss2018-madrid-gan (PyTorch).

Every f-divergence of data and generator has a lower bound that needs samples alone: E_P T - E_Q
f*(T), where f* is the convex conjugate of f and T any function into its domain. A discriminator
raises the bound until it is tight, the generator lowers it, and the first GAN is one case of nine.
Which divergence is minimised decides which errors a generator that cannot match the data makes.

What a shortcut would miss:
- f*, f'(1) and an output activation for each divergence, so that T = g_f(V) stays where f* is
  finite while V is unbounded;
- Pearson's t^2/4 + t, all that the table of conjugates has for it, is the conjugate for t >= -2
  alone. Below, f* is flat; the parabola would rise again there, and teach a generator of algorithm
  1 to make rejected samples worse;
- both gradients come from one forward pass, and both players step at once (algorithm 1);
- the practical generator raises T of what it draws instead of lowering the bound (section 3.2). If
  it cannot match the data it then minimises something else: with `kl`, whose best T is 1 + log p/q,
  the reverse divergence;
- an example counts as data where T > f'(1): that is V > 0, but V > 1 for `kl`. The shares of real
  and of drawn examples that count so are in the history;
- f*(g_f(V)) and the exponentials are computed without overflow (`losses.f_divergences` says how).

Departures:
- The paper's text was not at hand. Widths, latents and deviations of the weights for MNIST are
  those that a public port (github.com/kozistr/Awesome-GANs, FGAN/readme.md) lists as the paper's;
  the kinds of layers are those of its code.
- Algorithm 1 takes plain gradient steps of one size. Here each player has the optimizer that
  `compile` gets; the trainer's is Adam.
- Pictures are in [-1, 1] outside, as everywhere in this package, and in [0, 1] inside both nets.
- The paper fits one Gaussian to a mixture on a line; nets for that are in `networks.points.fgan`.
- The paper's divergences with a parameter of their own (the weighted Jensen-Shannon, the alpha
  family) are not here.
"""

import math

import keras
import tensorflow as tf

from tfgan_zoo.base import Trained
from tfgan_zoo.losses.f_divergences import (
    DIVERGENCES,
    accepted,
    practical_generator_loss,
    variational_discriminator_loss,
    variational_generator_loss,
)
from tfgan_zoo.networks.priors import PRIORS

GENERATOR_LOSSES = {
    "variational": variational_generator_loss,
    "practical": practical_generator_loss,
}


def fgan_generator(shape, latent_dim, units):
    """Two normalised hidden layers of rectified units to the pixels.

    Args:
        shape: (height, width, channels) of a picture.
        latent_dim: length of the latent.
        units: of each hidden layer.

    Returns:
        A functional model: latents `[B, latent_dim]` to images `[B, *shape]` in [-1, 1], float32.
    """
    latents = keras.Input((latent_dim,), name="latents")
    features = latents
    for _ in range(2):
        features = keras.layers.Dense(units, use_bias=False, kernel_initializer=normal(0.05))(
            features
        )
        features = keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(features)
        features = keras.layers.ReLU()(features)
    features = keras.layers.Dense(math.prod(shape), kernel_initializer=normal(0.05))(features)
    features = keras.layers.Activation("sigmoid", dtype="float32")(features)
    features = keras.layers.Rescaling(2.0, -1.0, dtype="float32")(features)
    images = keras.layers.Reshape(shape, dtype="float32")(features)
    return keras.Model(latents, images, name="generator")


def fgan_discriminator(shape, units):
    """Two hidden layers of exponential linear units to one unbounded V.

    Args:
        shape: (height, width, channels) of a picture.
        units: of each hidden layer.

    Returns:
        A functional model: images `[B, *shape]` in [-1, 1] to scores `[B, 1]`, float32.
    """
    images = keras.Input(shape, name="images")
    features = keras.layers.Rescaling(0.5, 0.5)(keras.layers.Flatten()(images))
    for _ in range(2):
        features = keras.layers.Dense(units, "elu", kernel_initializer=normal(0.005))(features)
    scores = keras.layers.Dense(1, kernel_initializer=normal(0.005), dtype="float32")(features)
    return keras.Model(images, scores, name="discriminator")


def normal(deviation):
    """A new initializer."""
    return keras.initializers.RandomNormal(0.0, deviation)


class FGAN(Trained):
    """f-GAN with the nets of the paper's MNIST run.

    Args:
        shape: of an example, (height, width, channels) of a picture; the nets take and draw numbers
            in [-1, 1] of any shape.
        divergence: a name of `losses.f_divergences.DIVERGENCES`; the paper prefers none.
        generator_loss: "variational": the generator descends the bound, as in algorithm 1; or
            "practical": it raises T of what it draws.
        latent_dim: length of the latent (100).
        prior: of the latents: "uniform" on [-1, 1], or "normal".
        width: of the hidden layers, as a share of the paper's: 1200 units in the generator, 240 in
            the discriminator.
        generator, discriminator: nets in place of the paper's: latents `[B, latent_dim]` to
            examples, and these to scores `[B, 1]`; `width` says nothing to them.
        seed: of the latents in training.

    `train_step` takes `images [B, *shape]`, pictures in [-1, 1] or examples of any other shape.

    Raises:
        ValueError: for an unknown divergence, loss or prior.
    """

    paper = {
        "title": "f-GAN: Training Generative Neural Samplers using Variational Divergence "
        "Minimization",
        "authors": "Nowozin et al., NIPS 2016",
        "arxiv": "1606.00709",
        "code": "https://github.com/nowozin/mlss2018-madrid-gan",
    }

    def __init__(
        self,
        shape=(28, 28, 1),
        divergence="kl",
        generator_loss="variational",
        latent_dim=100,
        prior="uniform",
        width=1.0,
        generator=None,
        discriminator=None,
        seed=0,
        name="fgan",
    ):
        super().__init__(seed=seed, name=name)
        for kind, choice, choices in (
            ("divergence", divergence, DIVERGENCES),
            ("generator_loss", generator_loss, GENERATOR_LOSSES),
            ("prior", prior, PRIORS),
        ):
            if choice not in choices:
                raise ValueError(f"{kind} is one of {', '.join(choices)}, not '{choice}'.")
        self.divergence = divergence
        self.generator_loss = GENERATOR_LOSSES[generator_loss]
        self.prior = PRIORS[prior](latent_dim)
        self.generator = generator or fgan_generator(shape, latent_dim, math.ceil(1200 * width))
        self.discriminator = discriminator or fgan_discriminator(shape, math.ceil(240 * width))

    def call(self, latents):
        """Examples `[B, *shape]` from latents `[B, latent_dim]`."""
        return self.generator(latents, training=False)

    def realness(self, examples):
        """How real the discriminator takes examples to be, at inference: scores `[B, 1]`."""
        return self.discriminator(examples, training=False)

    def train_step(self, data):
        real = self.fields(data, "images")
        step = self.begin_step()
        latents = self.prior.sample(tf.shape(real)[0], step.seed())

        with tf.GradientTape(persistent=True) as tape:
            fake = self.generator(latents, training=True)
            real_scores = self.discriminator(real, training=True)
            fake_scores = self.discriminator(fake, training=True)

            discriminator_loss = variational_discriminator_loss(
                self.divergence, real_scores, fake_scores
            )
            generator_loss = self.generator_loss(self.divergence, fake_scores)

        step.update(tape, discriminator=discriminator_loss, generator=generator_loss)
        return step.report(
            # The negative of the bound on the divergence, and so no loss that is best at zero.
            variational_loss=discriminator_loss,
            generator_loss=generator_loss,
            real_accepted=accepted(self.divergence, real_scores),
            fake_accepted=accepted(self.divergence, fake_scores),
        )
