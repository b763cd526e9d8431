"""DCGAN: Unsupervised Representation Learning with Deep Convolutional Generative Adversarial
Networks.

Radford, Metz & Chintala, ICLR 2016, arXiv 1511.06434. Authors' code: github.com/Newmu/dcgan_code
(Theano).

Strided convolutions instead of pooling, batch normalisation in both players, no hidden dense
layers, ReLU in the generator and leaky ReLU in the discriminator: the recipe that first trained
deep convolutional GANs stably.

With `classes` it is the authors' class-conditional net for MNIST (`mnist/train_cond_dcgan.py`).
Eight tricks of github.com/soumith/ganhacks can be switched on, one by one; all are off.

What a shortcut would miss:
- real and fake pictures go through the discriminator as two batches: batch normalisation of a
  mixed one would let it tell them apart by the batch's statistics;
- no normalisation on the generator's output and the discriminator's input;
- weights from N(0, 0.02), the scales of normalisation from N(1, 0.02);
- latents uniform on [-1, 1], not normal;
- 5x5 kernels, Adam at 2e-4 with beta_1 = 0.5, batches of 128;
- with classes: the label goes into every layer of both nets, which have neither biases nor scales;
  a minibatch teaches the generator or the discriminator, never both; a decay of 2.5e-5 on both
  nets' weights, through Adam's moments; pixels in [0, 1] from sigmoids.

Departures:
- The authors' Theano code gives each minibatch to one player only, in turn; without classes, as in
  algorithm 1 of Goodfellow et al. 2014, both players learn from each minibatch, unless `alternate`
  asks for turns. One player's update per minibatch wastes half of the data that a small set has.
- With turns, one step takes two minibatches as one batch: its first half, of which the labels
  alone are needed, is the generator's, who begins, as there.
- The authors' MNIST script adds a weight decay of 2.5e-5 and lowers the rate over the last 100
  epochs, their script for faces (faces/train_uncond_dcgan.py) a decay of 1e-5; the paper names
  none of these. Without classes there is no decay; the rate is the trainer's.
- In their script for faces neither the outer layers have biases, as here the discriminator's first
  and the last of both nets do, nor does inference have statistics of its own: see the last line.
- Without turns both gradients are those of one forward pass: the generated batch is computed once.
- Sides of 16, 32, 128 pixels and so on: the paper's 64-pixel net with fewer or more layers.
- Batch normalisation draws with moving averages, where the authors' MNIST code takes each batch's
  statistics: a picture must not depend on the others of its request.
"""

import math

import tensorflow as tf

from tfgan_zoo.base import Trained, minibatches
from tfgan_zoo.losses.adversarial import (
    noisy_labels,
    nonsaturating_discriminator_loss,
    nonsaturating_generator_loss,
)
from tfgan_zoo.networks.dcgan import (
    conditional_discriminator,
    conditional_generator,
    dcgan_discriminator,
    dcgan_generator,
)
from tfgan_zoo.networks.priors import Normal, Uniform
from tfgan_zoo.regularizers.image_pool import ImagePool
from tfgan_zoo.regularizers.instance_noise import decaying_noise
from tfgan_zoo.regularizers.weight_decay import l2_penalty


class DCGAN(Trained):
    """DCGAN with the paper's defaults, and with none of the tricks.

    Args:
        image_size: (side, side); a power of two of at least 16. With classes (height, width),
            multiples of 4 (28 and 28).
        channels: 1 to 4.
        latent_dim: length of the latent (100), without the label.
        generator_filters, discriminator_filters: width of the generator's last hidden layer and of
            the discriminator's first; None: the authors' 128, with classes 64.
        classes: number of labels; 0 is the unconditional net.
        alternate: whether a minibatch is one player's; None: with classes.
        weight_decay: of both nets' weights; None: 2.5e-5 with classes, 0 without.
        soft_labels: whether the discriminator's labels are random near 1 and 0.
        flipped_labels: share of its labels that are turned round.
        input_noise, input_noise_steps: deviation of the noise on all that the discriminator sees,
            and the step at which it has fallen to zero.
        replay: earlier pictures in a pool, from which the discriminator is shown half of the
            generated ones; 0: the newest alone.
        spherical: whether latents are normal, whose directions are uniform on the sphere.
        generator_noise: deviation of the noise on the generator's hidden layers in training.
        generator_dropout: of its hidden layers, in training and after it.
        seed: of latents and noise in training.

    `train_step` takes `images [B, side, side, channels]`, float32 in [-1, 1], and with
    classes `labels [B]`, int32; other entries are not looked at. With turns B is two minibatches.

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
        generator_filters=None,
        discriminator_filters=None,
        classes=0,
        alternate=None,
        weight_decay=None,
        soft_labels=False,
        flipped_labels=0.0,
        input_noise=0.0,
        input_noise_steps=10_000,
        replay=0,
        spherical=False,
        generator_noise=0.0,
        generator_dropout=0.0,
        seed=0,
        name="dcgan",
    ):
        super().__init__(seed=seed, name=name)
        self.prior = Normal(latent_dim) if spherical else Uniform(latent_dim)
        self.classes = classes
        self.alternate = bool(classes) if alternate is None else alternate
        self.weight_decay = (2.5e-5 if classes else 0.0) if weight_decay is None else weight_decay
        self.soft_labels, self.flipped_labels = soft_labels, flipped_labels
        self.input_noise, self.input_noise_steps = input_noise, input_noise_steps
        self.seeded = bool(generator_noise or generator_dropout)
        self.noisy = bool(generator_dropout)  # a picture depends on the seed of its drawing too
        self.replay = replay
        generator_filters, discriminator_filters = (
            (64 if classes else 128) if filters is None else filters
            for filters in (generator_filters, discriminator_filters)
        )
        picture = (image_size, channels)
        tricks = {"noise": generator_noise, "dropout": generator_dropout}
        if classes:
            self.generator = conditional_generator(
                *picture, latent_dim, classes, generator_filters, **tricks
            )
            self.discriminator = conditional_discriminator(*picture, classes, discriminator_filters)
        else:
            self.generator = dcgan_generator(*picture, latent_dim, generator_filters, **tricks)
            self.discriminator = dcgan_discriminator(*picture, discriminator_filters)
        if replay:  # pictures lie there as rows of numbers, their labels behind them
            numbers = math.prod(image_size) * channels + classes
            self.pool = ImagePool(replay, (1, 1, numbers), name="pool")

    def call(self, latents, seed=(0, 0)):
        """Images `[B, side, side, channels]` in [-1, 1] from latents `[B, latent_dim]`, which with
        classes `condition` makes longer. `seed` (two ints) draws the dropout, if there is one.
        """
        seed = tf.convert_to_tensor(seed, tf.int32)
        return self.generator([latents, seed] if self.seeded else latents, training=False)

    def condition(self, latents, labels):
        """`latents [B, latent_dim]` with the one-hot vectors of `labels [B]` beside them."""
        return tf.concat([latents, tf.one_hot(labels, self.classes)], axis=-1)

    def draw(self, conditions, seed):
        """The generator in training: a picture for each of `conditions [B, classes]`."""
        latents = self.prior.sample(tf.shape(conditions)[0], seed)
        latents = tf.concat([latents, conditions], axis=-1)
        noise = tf.random.fold_in(seed, 1, alg="philox")
        return self.generator([latents, noise] if self.seeded else latents, training=True)

    def judge(self, images, conditions, seed):
        """The discriminator in training: logits `[B, 1]`."""
        if self.input_noise:
            now, end = self.step.read_value(), self.input_noise_steps
            images = decaying_noise(images, seed, self.input_noise, now, end)
        return self.discriminator([images, conditions] if self.classes else images, training=True)

    def exchange(self, images, conditions, seed):
        """Half of the pictures, and their labels, replaced by earlier ones."""
        if not self.replay:
            return images, conditions
        rows = tf.reshape(images, [-1, math.prod(images.shape[1:])])
        rows = self.pool(tf.concat([rows, conditions], -1)[:, None, None, :], seed)
        pixels, conditions = tf.split(rows[:, 0, 0, :], [-1, self.classes], -1)
        return tf.reshape(pixels, tf.shape(images)), conditions

    def train_step(self, data):
        if self.classes:
            real, labels = self.fields(data, "images", "labels")
        else:
            real = self.fields(data, "images")
            labels = tf.zeros(tf.shape(real)[:1], tf.int32)
        conditions = tf.one_hot(labels, self.classes)  # without classes of no numbers
        step = self.begin_step()

        if self.alternate:
            # The first minibatch is the generator's; its labels are all that it needs of it.
            (_, real), (own, conditions) = minibatches(real, 2), minibatches(conditions, 2)
            with tf.GradientTape() as tape:
                fake = self.draw(own, step.seed(1))
                generator_loss = nonsaturating_generator_loss(self.judge(fake, own, step.seed(2)))
                generator_objective = generator_loss + self.decay(self.generator)
            step.update(tape, generator=generator_objective)

            # The second is the discriminator's.
            fake = self.draw(conditions, step.seed(0))
            with tf.GradientTape() as tape:
                discriminator_loss, _ = self.tell_apart(real, fake, conditions, step)
                discriminator_objective = discriminator_loss + self.decay(self.discriminator)
            step.update(tape, discriminator=discriminator_objective)
        else:
            # Both learn from one minibatch and one forward pass, at once.
            with tf.GradientTape(persistent=True) as tape:
                fake = self.draw(conditions, step.seed(0))
                discriminator_loss, fake_logits = self.tell_apart(real, fake, conditions, step)
                if self.replay:  # that pass was not all of the newest pictures
                    fake_logits = self.judge(fake, conditions, step.seed(2))
                generator_loss = nonsaturating_generator_loss(fake_logits)
                generator_objective = generator_loss + self.decay(self.generator)
                discriminator_objective = discriminator_loss + self.decay(self.discriminator)
            step.update(tape, discriminator=discriminator_objective, generator=generator_objective)

        return step.report(discriminator_loss=discriminator_loss, generator_loss=generator_loss)

    def tell_apart(self, real, fake, conditions, step):
        """(The discriminator's loss, its logits of what it was shown as generated): of real and of
        generated pictures in two batches.
        """
        shown, shown_conditions = self.exchange(fake, conditions, step.seed(3))
        real_logits = self.judge(real, conditions, step.seed(4))
        shown_logits = self.judge(shown, shown_conditions, step.seed(5))
        labels = noisy_labels(
            tf.shape(real_logits), step.seed(6), self.soft_labels, self.flipped_labels
        )
        return nonsaturating_discriminator_loss(real_logits, shown_logits, *labels), shown_logits

    def decay(self, network):
        """The weights' part of its player's loss."""
        return l2_penalty(network.trainable_variables, self.weight_decay)
