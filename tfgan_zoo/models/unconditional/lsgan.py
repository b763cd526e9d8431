"""LSGAN: Least Squares Generative Adversarial Networks.

Mao et al., ICCV 2017, arXiv 1611.04076. Authors' code: github.com/xudonmao/LSGAN (TensorFlow).

A discriminator that is a classifier of cross-entropy hardly moves samples on the right side of its
boundary, however far from the data they lie. One whose linear output is fitted by least squares to
labels, a for fakes and b for real ones, pulls them by their distance to the label c that the
generator wants. With b - c = 1 and b - a = 2 that minimises a Pearson chi-squared divergence.

What a shortcut would miss:
- the labels are three, (a, b, c), and two settings are the paper's: (0, 1, 1), and (-1, 1, 0) with
  the divergence; one half stands before each square;
- the discriminator's output is linear, without a sigmoid;
- the arm against which the paper compares, a sigmoid with cross-entropy in the same nets;
- the arms without batch normalisation in the generator, or in both, where what was normalised gets
  an offset of its own;
- for the mixture of Gaussians: two hidden layers of 128 tanh units, orthogonal weights of gain 1.4
  (`networks.points.lsgan`), normal latents, a generator ten times as fast as its discriminator,
  both moving at once.

Departures:
- Pictures: the nets are DCGAN's, as in the authors' comparison of stabilities (their latent 1024
  long, width 64); their net for scenes of 112 pixels is not here.
- The authors sum the squares over the batch (TensorFlow's l2_loss); here they are averaged. Adam
  and RMSProp divide the factor out again.
- The authors' RMSProp arms are not the trainer's: with Keras, any optimizer can be compiled. Their
  nets for the comparison take a label too, which is one number that is always zero.
- One forward pass serves both players when `simultaneous`, as in the authors' script for the
  mixture. Otherwise the generator answers the discriminator that has just moved, on the same
  latents, as in their training loops for pictures.
"""

import tensorflow as tf

from tfgan_zoo.base import Trained
from tfgan_zoo.losses.adversarial import (
    least_squares_discriminator_loss,
    least_squares_generator_loss,
    nonsaturating_discriminator_loss,
    nonsaturating_generator_loss,
)
from tfgan_zoo.networks.dcgan import dcgan_discriminator, dcgan_generator
from tfgan_zoo.networks.pictures import size_and_channels
from tfgan_zoo.networks.priors import PRIORS

NORMALISED = {"both": (True, True), "discriminator": (False, True), "neither": (False, False)}


class LSGAN(Trained):
    """LSGAN with the defaults of the authors' comparison of stabilities.

    Args:
        shape: of an example: (side, side, channels) of a picture, a power of two of at least 16 by
            as many; anything where both nets are given.
        loss: "least_squares", or "sigmoid": cross-entropy, the paper's comparison.
        labels: (a, b, c), of fakes, of real examples, and what the generator wants fakes to get.
        normalised: which of the paper's nets has batch normalisation: "both", "discriminator" or
            "neither".
        simultaneous: whether both players move at once, after one forward pass.
        latent_dim: length of the latent (1024).
        prior: of the latents: "uniform" on [-1, 1], or "normal".
        width: of the generator's last hidden layer and the discriminator's first (64).
        generator, discriminator: nets in place of the paper's: latents `[B, latent_dim]` to
            examples, and these to logits `[B, 1]`; what says how they are built says nothing then.
        seed: of the latents in training.

    `train_step` takes `images [B, *shape]`, pictures in [-1, 1] or examples of any other shape.

    Raises:
        ValueError: for an unknown choice, or a shape that the paper's nets cannot draw.
    """

    paper = {
        "title": "Least Squares Generative Adversarial Networks",
        "authors": "Mao et al., ICCV 2017",
        "arxiv": "1611.04076",
        "code": "https://github.com/xudonmao/LSGAN",
    }

    def __init__(
        self,
        shape=(64, 64, 3),
        loss="least_squares",
        labels=(0.0, 1.0, 1.0),
        normalised="both",
        simultaneous=False,
        latent_dim=1024,
        prior="uniform",
        width=64,
        generator=None,
        discriminator=None,
        seed=0,
        name="lsgan",
    ):
        super().__init__(seed=seed, name=name)
        for kind, choice, choices in (
            ("loss", loss, ("least_squares", "sigmoid")),
            ("normalised", normalised, NORMALISED),
            ("prior", prior, PRIORS),
        ):
            if choice not in choices:
                raise ValueError(f"{kind} is one of {', '.join(choices)}, not '{choice}'.")
        self.loss_name, self.labels = loss, labels
        self.simultaneous = simultaneous
        self.prior = PRIORS[prior](latent_dim)
        generator_normalised, discriminator_normalised = NORMALISED[normalised]
        self.generator = generator or dcgan_generator(
            *size_and_channels(shape), latent_dim, width, normalised=generator_normalised
        )
        self.discriminator = discriminator or dcgan_discriminator(
            *size_and_channels(shape), width, normalised=discriminator_normalised
        )

    def call(self, latents):
        """Examples `[B, *shape]` from latents `[B, latent_dim]`."""
        return self.generator(latents, training=False)

    def realness(self, examples):
        """How real the discriminator takes examples to be, at inference: logits `[B, 1]`."""
        return self.discriminator(examples, training=False)

    def train_step(self, data):
        real = self.fields(data, "images")
        step = self.begin_step()
        latents = self.prior.sample(tf.shape(real)[0], step.seed())

        with tf.GradientTape(persistent=True) as tape:
            fake = self.generator(latents, training=True)
            real_logits = self.discriminator(real, training=True)
            fake_logits = self.discriminator(fake, training=True)

            discriminator_loss = self.discriminator_loss(real_logits, fake_logits)
            generator_loss = self.generator_loss(fake_logits)

        if self.simultaneous:
            step.update(tape, discriminator=discriminator_loss, generator=generator_loss)
        else:
            step.update(tape, discriminator=discriminator_loss)
            with tf.GradientTape() as tape:
                fake = self.generator(latents, training=True)
                generator_loss = self.generator_loss(self.discriminator(fake, training=True))
            step.update(tape, generator=generator_loss)
        return step.report(discriminator_loss=discriminator_loss, generator_loss=generator_loss)

    def discriminator_loss(self, real_logits, fake_logits):
        """(E (D(x) - b)^2 + E (D(G(z)) - a)^2) / 2, or cross-entropy."""
        if self.loss_name == "sigmoid":
            return nonsaturating_discriminator_loss(real_logits, fake_logits)
        a, b, _ = self.labels
        return 0.5 * least_squares_discriminator_loss(real_logits, fake_logits, a, b)

    def generator_loss(self, fake_logits):
        """E (D(G(z)) - c)^2 / 2, or cross-entropy."""
        if self.loss_name == "sigmoid":
            return nonsaturating_generator_loss(fake_logits)
        return 0.5 * least_squares_generator_loss(fake_logits, self.labels[2])
