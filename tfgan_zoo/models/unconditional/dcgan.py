"""DCGAN: Unsupervised Representation Learning with Deep Convolutional Generative Adversarial
Networks.

Radford, Metz & Chintala, ICLR 2016, arXiv 1511.06434. Authors' code: github.com/Newmu/dcgan_code
(Theano).

Strided convolutions instead of pooling, batch normalisation in both players, no hidden dense
layers, ReLU in the generator and leaky ReLU in the discriminator: the recipe that first trained
deep convolutional GANs stably.

What a shortcut would miss:
- real and fake pictures go through the discriminator as two batches: batch normalisation of a
  mixed one would let it tell them apart by the batch's statistics;
- no normalisation on the generator's output and the discriminator's input;
- weights from N(0, 0.02), the scales of normalisation from N(1, 0.02);
- latents uniform on [-1, 1], not normal;
- 5x5 kernels, Adam at 2e-4 with beta_1 = 0.5, batches of 128.

Departures:
- The authors' Theano code gives each minibatch to one player only, in turn; here, as in algorithm
  1 of Goodfellow et al. 2014, both players learn from each minibatch. One player's update per
  minibatch wastes half of the data that a small set has.
- The authors' MNIST script adds a weight decay of 2.5e-5 and lowers the rate over the last 100
  epochs; the paper names neither.
- Both gradients are those of one forward pass, so that the generated batch is computed once.
- Sides of 16, 32, 128 pixels and so on: the paper's 64-pixel net with fewer or more layers.
"""

import tensorflow as tf

from tfgan_zoo.base import Adversarial
from tfgan_zoo.losses.adversarial import (
    nonsaturating_discriminator_loss,
    nonsaturating_generator_loss,
)
from tfgan_zoo.networks.dcgan import dcgan_discriminator, dcgan_generator


class DCGAN(Adversarial):
    """DCGAN with the paper's defaults.

    Args:
        image_size: (side, side); a power of two of at least 16.
        channels: 1 to 4.
        latent_dim: length of the latent (100).
        generator_filters, discriminator_filters: width of the generator's last hidden layer and of
            the discriminator's first (128 and 128).
        seed: of the latents in training.

    `train_step` takes a dict with `images [B, side, side, channels]`, float32 in [-1, 1]; other
    entries, such as labels, are not looked at.

    Raises:
        ValueError: for a size that the networks cannot draw.
    """

    paper = {
        "title": "Unsupervised Representation Learning with Deep Convolutional Generative "
        "Adversarial Networks",
        "authors": "Radford, Metz & Chintala, ICLR 2016",
        "arxiv": "1511.06434",
        "code": "https://github.com/Newmu/dcgan_code",
    }

    def __init__(
        self,
        image_size=(64, 64),
        channels=3,
        latent_dim=100,
        generator_filters=128,
        discriminator_filters=128,
        seed=0,
        name="dcgan",
    ):
        super().__init__(seed=seed, name=name)
        self.latent_dim = latent_dim
        self.generator = dcgan_generator(image_size, channels, latent_dim, generator_filters)
        self.discriminator = dcgan_discriminator(image_size, channels, discriminator_filters)

    def call(self, latents):
        """Images `[B, side, side, channels]` in [-1, 1] from latents `[B, latent_dim]`."""
        return self.generator(latents, training=False)

    def sample_latents(self, count, seed):
        """`count` draws of the prior, float32 `[count, latent_dim]`, from a seed int32 [2]."""
        return tf.random.stateless_uniform([count, self.latent_dim], seed, -1.0, 1.0, alg="philox")

    def train_step(self, data):
        real = data["images"]
        step = self.begin_step()
        latents = self.sample_latents(tf.shape(real)[0], step.seed())

        with tf.GradientTape(persistent=True) as tape:
            fake = self.generator(latents, training=True)
            real_logits = self.discriminator(real, training=True)
            fake_logits = self.discriminator(fake, training=True)

            discriminator_loss = nonsaturating_discriminator_loss(real_logits, fake_logits)
            generator_loss = nonsaturating_generator_loss(fake_logits)

        step.update(tape, discriminator=discriminator_loss, generator=generator_loss)
        return step.report(discriminator_loss=discriminator_loss, generator_loss=generator_loss)
