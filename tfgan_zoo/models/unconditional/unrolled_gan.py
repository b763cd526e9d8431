"""Unrolled GAN: Unrolled Generative Adversarial Networks.

Metz, Poole, Pfau & Sohl-Dickstein, ICLR 2017, arXiv 1611.02163. Authors' code:
github.com/poolio/unrolled_gan (the ring of Gaussians).

A generator that sees the discriminator as it is now moves all its mass to the one place which that
discriminator likes best; the discriminator follows, and the two cycle through the modes. Here the
generator's loss is that of the discriminator after K more steps of its own optimizer, and its
gradient passes back through those steps: it counts how the discriminator will answer. The
discriminator itself then takes one ordinary step.

What a shortcut would miss:
- the K updates are differentiated through, Adam's moments included: the gradient has a term for how
  the discriminator's answer depends on the generator. Stopping it there (`differentiate=False`)
  only shows the generator a better discriminator;
- nothing of the K updates is kept. Training the discriminator K times a step is another method;
- they begin at Adam's moments and step count as they are, and use the rate of now;
- the generator descends the saddle loss, the negative of the discriminator's: after unrolling its
  term of real examples depends on the generator too;
- the K updates see the batch and the latents of the step;
- K = 0 is the plain GAN in its minimax form.

Departures:
- `generator_loss="nonsaturating"` drops the real term and flips the other, for K = 0 in the form
  that is mostly used; the default is the authors' code's.
- The nets for the ring (`networks.points.unrolled_gan`) are those of the paper's text as it is
  widely cited (128 units, one hidden layer in the discriminator, rectifiers, orthogonal weights of
  gain 0.8); the authors' notebook, which says that it differs, has tanh, two layers, a gain of 1.4
  and other rates. The text was not at hand.
- The nets for stacked MNIST are from github.com/fjxmlzn/PacGAN, which repeats the paper's
  experiment: no code of the authors was published for it. There the discriminator has batch
  normalisation; `discriminator_normalised=False` leaves it out, for small budgets.
- Both players step at once, from one batch and one set of latents; whether they take turns in the
  paper's experiments was not to be found.
- Where Adam's second moment is zero its root has no gradient; it is taken as zero.
- Under half precision the gradients inside the K updates are not scaled; only the outer ones are.
"""

import tensorflow as tf

from tfgan_zoo.base import Trained
from tfgan_zoo.losses.adversarial import (
    nonsaturating_discriminator_loss,
    nonsaturating_generator_loss,
)
from tfgan_zoo.networks.priors import Normal
from tfgan_zoo.networks.stacked_mnist import stacked_discriminator, stacked_generator
from tfgan_zoo.optimizers import differentiable


class UnrolledGAN(Trained):
    """Unrolled GAN with the nets for stacked MNIST.

    Args:
        shape: of an example: (side, side, channels) of a picture; anything where both nets are
            given.
        unrolling_steps: K, steps of the discriminator that the generator looks ahead (10).
        differentiate: whether the generator's gradient passes through those steps.
        generator_loss: "minimax" (the saddle loss) or "nonsaturating".
        latent_dim: length of the latent (256).
        discriminator_share: widths of the discriminator as a share of the generator's (a quarter or
            a half in the paper).
        discriminator_normalised: whether the discriminator has batch normalisation, as the
            repetition has. Without, a generator that has collapsed cannot pass: a batch of equal
            pictures, normalised on its own, looks like any other.
        generator, discriminator: nets in place of these: latents `[B, latent_dim]` to examples,
            examples to logits `[B, 1]`.
        seed: of the latents in training.

    `train_step` takes `images [B, *shape]`, pictures in [-1, 1] or examples of any other shape.
    The discriminator's optimizer is one that `optimizers.differentiable` knows.

    Raises:
        ValueError: for an unknown loss, a negative number of steps, or a shape that the nets cannot
            draw.
    """

    paper = {
        "title": "Unrolled Generative Adversarial Networks",
        "authors": "Metz, Poole, Pfau & Sohl-Dickstein, ICLR 2017",
        "arxiv": "1611.02163",
        "code": "https://github.com/poolio/unrolled_gan",
    }

    def __init__(
        self,
        shape=(28, 28, 3),
        unrolling_steps=10,
        differentiate=True,
        generator_loss="minimax",
        latent_dim=256,
        discriminator_share=0.25,
        discriminator_normalised=True,
        generator=None,
        discriminator=None,
        seed=0,
        name="unrolled_gan",
    ):
        super().__init__(seed=seed, name=name)
        if generator_loss not in ("minimax", "nonsaturating") or unrolling_steps < 0:
            raise ValueError(
                f"generator_loss is minimax or nonsaturating, not '{generator_loss}', and "
                f"unrolling_steps at least 0, not {unrolling_steps}."
            )
        self.unrolling_steps, self.differentiate = unrolling_steps, differentiate
        self.generator_loss, self.prior = generator_loss, Normal(latent_dim)
        self.generator = generator or stacked_generator(shape, latent_dim)
        self.discriminator = discriminator or stacked_discriminator(
            shape, discriminator_share, normalised=discriminator_normalised
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
            discriminator_loss = nonsaturating_discriminator_loss(
                self.discriminator(real, training=True), self.discriminator(fake, training=True)
            )
            real_logits, fake_logits = self.logits_ahead(real, fake)
            unrolled_loss = nonsaturating_discriminator_loss(real_logits, fake_logits)
            generator_loss = (
                -unrolled_loss
                if self.generator_loss == "minimax"
                else nonsaturating_generator_loss(fake_logits)
            )
        step.update(tape, discriminator=discriminator_loss, generator=generator_loss)

        return step.report(
            discriminator_loss=discriminator_loss,
            generator_loss=generator_loss,
            # What K steps take off the discriminator's loss: the length of its answer.
            unrolling_gain=discriminator_loss - unrolled_loss,
        )

    def logits_ahead(self, real, fake):
        """Logits of both batches under the discriminator that K steps of its optimizer lead to."""
        optimizer = self.optimizers["discriminator"]
        weights = [tf.convert_to_tensor(w) for w in self.discriminator.trainable_variables]
        state = differentiable.begin(optimizer)
        for _ in range(self.unrolling_steps):
            with tf.GradientTape() as tape:
                tape.watch(weights)
                logits = self.logits_under(weights, real), self.logits_under(weights, fake)
                loss = nonsaturating_discriminator_loss(*logits)
            gradients = tape.gradient(loss, weights)
            weights, state = differentiable.descend(optimizer, weights, gradients, state)
            if not self.differentiate:
                weights = [tf.stop_gradient(w) for w in weights]
        return self.logits_under(weights, real), self.logits_under(weights, fake)

    def logits_under(self, weights, examples):
        """The discriminator in training with other weights; its statistics stay as they are."""
        statistics = self.discriminator.non_trainable_variables
        logits, _ = self.discriminator.stateless_call(weights, statistics, examples, training=True)
        return logits
