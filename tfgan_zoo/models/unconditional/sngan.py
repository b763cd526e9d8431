"""SNGAN: Spectral Normalization for Generative Adversarial Networks.

Miyato et al. 2018, arXiv 1802.05957. Authors' code: github.com/pfnet-research/sngan_projection
(configs/sn_cifar10_unconditional.yml, gen_models/resnet_32.py, dis_models/snresnet_32.py).

Each weight of the discriminator is divided by its largest singular value, so that no layer
stretches its input and the discriminator's slope is bounded everywhere, not only where a gradient
penalty looks. A power iteration that goes on from the last step's vector follows that value at the
cost of two matrix-vector products. The hinge loss leaves alone what the discriminator already tells
apart.

What a shortcut would miss:
- the gradient goes through the singular value, which takes from it the part that would only scale
  the weight; dividing by a constant, or writing the divided weight back, does not;
- one power iteration in each forward pass of training, the generator's too; its vector u is kept,
  and saved, but not moved at inference; u and v are constants to the gradient;
- every weight of the discriminator is normalised, the shortcuts and the last layer too; no weight
  of the generator;
- pixels of 256 levels are spread over their bins by uniform noise;
- a convolution's kernel is normalised as the matrix of (outputs, everything else);
- the discriminator ends in the sum over its map, not the mean, and a layer without bias;
- the generator is twice as wide, 256 to 128, and takes a batch of twice the size, 128 to 64, once
  for five steps of the discriminator on fresh data;
- Adam with beta_1 = 0 and beta_2 = 0.9, its rate on a line from the first step to zero.

Departures:
- Batch normalisation adds 1e-5 to the variance (code: 2e-5), as in the net of WGAN-GP, which this
  generator is at twice the width.
- The paper's nets for 48x48 and 128x128 pictures and its plain convolutional ones are not here; a
  side of 64 or more gets a block of the same width for each doubling.
"""

import tensorflow as tf

from tfgan_zoo.base import Trained, minibatches
from tfgan_zoo.losses.adversarial import hinge_discriminator_loss, hinge_generator_loss
from tfgan_zoo.networks.pictures import size_and_channels
from tfgan_zoo.networks.priors import Normal
from tfgan_zoo.networks.resnet import resnet_critic, resnet_generator
from tfgan_zoo.regularizers.instance_noise import dequantise


class SNGAN(Trained):
    """SNGAN with the defaults of the authors' unconditional CIFAR-10 run.

    Args:
        shape: of an example: (height, width, channels) of a picture, whose side is a power of two
            of at least 16; anything where both nets are given.
        latent_dim: length of the latent (128).
        generator_filters, discriminator_filters: width of every layer of either (256 and 128).
        discriminator_steps: for each step of the generator (5).
        generator_batch: latents of the generator's step, in batches of the discriminator (2).
        dequantised: whether noise spreads the 256 levels of pixels over their bins; not for what
            has no levels.
        generator, discriminator: nets in place of the paper's: latents `[B, latent_dim]` to
            examples, and these to logits `[B, 1]`, spectrally normalised (`layers.spectral`); the
            numbers of filters say nothing to them.
        seed: of latents and noise in training.

    `train_step` takes `images [B, *shape]`, pictures in [-1, 1] or examples of any other shape; B
    is `discriminator_steps` batches, one for each.

    Raises:
        ValueError: for a shape that the paper's nets cannot take.
    """

    paper = {
        "title": "Spectral Normalization for Generative Adversarial Networks",
        "authors": "Miyato, Kataoka, Koyama & Yoshida, ICLR 2018",
        "arxiv": "1802.05957",
        "code": "https://github.com/pfnet-research/sngan_projection",
    }

    def __init__(
        self,
        shape=(32, 32, 3),
        latent_dim=128,
        generator_filters=256,
        discriminator_filters=128,
        discriminator_steps=5,
        generator_batch=2,
        dequantised=True,
        generator=None,
        discriminator=None,
        seed=0,
        name="sngan",
    ):
        super().__init__(seed=seed, name=name)
        self.prior = Normal(latent_dim)
        self.discriminator_steps = discriminator_steps
        self.generator_batch, self.dequantised = generator_batch, dequantised
        self.generator = generator or resnet_generator(
            *size_and_channels(shape), latent_dim, generator_filters
        )
        self.discriminator = discriminator or resnet_critic(
            *size_and_channels(shape), discriminator_filters, spectral=True, name="discriminator"
        )

    def call(self, latents):
        """Examples `[B, *shape]` from latents `[B, latent_dim]`."""
        return self.generator(latents, training=False)

    def realness(self, examples):
        """How real the discriminator takes examples to be, at inference: logits `[B, 1]`."""
        return self.discriminator(examples, training=False)

    def updates_in(self, player, steps):
        return steps * self.discriminator_steps if player == "discriminator" else steps

    def train_step(self, data):
        real = self.fields(data, "images")
        step = self.begin_step()
        if self.dequantised:
            real = dequantise(real, step.seed(self.discriminator_steps + 1))
        batches = minibatches(real, self.discriminator_steps)
        count = tf.shape(batches[0])[0]

        latents = self.prior.sample(self.generator_batch * count, step.seed(0))
        with tf.GradientTape() as tape:
            fake = self.generator(latents, training=True)
            generator_loss = hinge_generator_loss(self.discriminator(fake, training=True))
        step.update(tape, generator=generator_loss)

        for number, real in enumerate(batches, 1):
            fake = self.generator(self.prior.sample(count, step.seed(number)), training=True)
            with tf.GradientTape() as tape:
                real_logits = self.discriminator(real, training=True)
                fake_logits = self.discriminator(fake, training=True)
                discriminator_loss = hinge_discriminator_loss(real_logits, fake_logits)
            step.update(tape, discriminator=discriminator_loss)

        return step.report(discriminator_loss=discriminator_loss, generator_loss=generator_loss)
