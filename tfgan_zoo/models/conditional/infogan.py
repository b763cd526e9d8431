"""InfoGAN: Interpretable Representation Learning by Information Maximizing Generative Adversarial
Nets.

Chen, Duan, Houthooft, Schulman, Sutskever & Abbeel, NIPS 2016, arXiv 1606.03657. Authors' code:
github.com/openai/InfoGAN (TensorFlow 0.x).

Part of the latent is a code c, and both players are rewarded for pictures from which the code can
be read: a net Q on the discriminator's trunk gives q(c | x), and log q is a lower bound on the
mutual information I(c; G(z, c)). With ten categories and two continuous codes on MNIST, Q sorts
digits and the continuous codes turn and widen them, without one label.

What a shortcut would miss:
- the bound is subtracted from both losses, and Q's weights move with the discriminator's: in the
  discriminator's step trunk and Q learn to read codes off pictures, in the generator's step the
  generator to write them;
- Q shares all of the discriminator but one layer of 128;
- the generator learns five times as fast (1e-3) as discriminator and Q (2e-4);
- the discriminator moves first; the generator then learns from new latents and the moved
  discriminator;
- continuous codes: a Gaussian whose deviation is fixed to 1, so that a code cannot buy likelihood
  with a small deviation; uniform priors on [-1, 1];
- the leak of the rectifiers is the 0.01 of the authors' code;
- Q reads real pictures by the statistics of real pictures: a moving mean over all that the
  discriminator is shown is one third real, and Q takes digits for others by it.

Departures:
- Pictures are in [-1, 1] outside, as everywhere in this package, and in [0, 1] inside the nets.
- No biases where a batch normalisation follows: it takes them away.
- The value of the continuous codes' bound uses their true entropy, log 2 each; the authors' code
  takes that of samples under a normal prior. A constant, so that the gradients are equal.
"""

import math

import keras
import tensorflow as tf

from tfgan_zoo.base import Trained
from tfgan_zoo.layers.initializers import normal_scale, normal_weights
from tfgan_zoo.layers.statistics import without_trace
from tfgan_zoo.losses.adversarial import (
    nonsaturating_discriminator_loss,
    nonsaturating_generator_loss,
)
from tfgan_zoo.losses.information import categorical_information, uniform_information
from tfgan_zoo.networks.priors import Joined, OneHot, Uniform


def infogan_generator(image_size, channels, latent_dim, width):
    """Two dense layers and two 4x4 transposed convolutions.

    Returns:
        A functional model: latents `[B, latent_dim]` to images `[B, *image_size, channels]` in
        [-1, 1], float32.
    """
    height, wide = (side // 4 for side in image_size)
    dense, wider, narrow = (math.ceil(units * width) for units in (1024, 128, 64))
    latents = keras.Input((latent_dim,), name="latents")
    features = keras.layers.Dense(dense, use_bias=False, kernel_initializer=normal_weights())(
        latents
    )
    features = keras.layers.ReLU()(normalised(features))
    features = keras.layers.Dense(
        height * wide * wider, use_bias=False, kernel_initializer=normal_weights()
    )(features)
    features = keras.layers.ReLU()(normalised(features))
    features = keras.layers.Reshape((height, wide, wider))(features)
    features = keras.layers.Conv2DTranspose(
        narrow, 4, 2, "same", use_bias=False, kernel_initializer=normal_weights()
    )(features)  # [B, height / 2, width / 2, 64]
    features = keras.layers.ReLU()(normalised(features))
    pixels = keras.layers.Conv2DTranspose(
        channels, 4, 2, "same", kernel_initializer=normal_weights()
    )(features)
    pixels = keras.layers.Activation("sigmoid", dtype="float32")(pixels)
    images = keras.layers.Rescaling(2.0, -1.0, dtype="float32")(pixels)
    return keras.Model(latents, images, name="generator")


def infogan_discriminator(image_size, channels, categories, continuous, width):
    """The trunk of two 4x4 convolutions and a dense layer, with the heads D and Q.

    Returns:
        A functional model: images `[B, *image_size, channels]` in [-1, 1] to the logits of D
        `[B, 1]`, the logits of the categories `[B, categories]` and the means of the continuous
        codes `[B, continuous]`, float32.
    """
    narrow, wider, dense, head = (math.ceil(units * width) for units in (64, 128, 1024, 128))
    images = keras.Input((*image_size, channels), name="images")
    truncated = keras.initializers.TruncatedNormal(0.0, 0.02)
    features = keras.layers.Rescaling(0.5, 0.5)(images)
    features = keras.layers.Conv2D(narrow, 4, 2, "same", kernel_initializer=truncated)(features)
    features = keras.layers.LeakyReLU(0.01)(features)  # [B, height / 2, width / 2, 64]
    features = keras.layers.Conv2D(
        wider, 4, 2, "same", use_bias=False, kernel_initializer=truncated.clone()
    )(features)
    features = keras.layers.LeakyReLU(0.01)(normalised(features))
    features = keras.layers.Flatten()(features)  # [B, height / 4 * width / 4 * 128]
    features = keras.layers.Dense(dense, use_bias=False, kernel_initializer=normal_weights())(
        features
    )
    trunk = keras.layers.LeakyReLU(0.01)(normalised(features))

    def output(features, units):
        return keras.layers.Dense(units, kernel_initializer=normal_weights(), dtype="float32")(
            features
        )

    features = keras.layers.Dense(head, use_bias=False, kernel_initializer=normal_weights())(trunk)
    features = keras.layers.LeakyReLU(0.01)(normalised(features))
    outputs = [output(trunk, 1), output(features, categories), output(features, continuous)]
    return keras.Model(images, outputs, name="discriminator")


def normalised(features):
    return keras.layers.BatchNormalization(
        momentum=0.9, epsilon=1e-5, gamma_initializer=normal_scale()
    )(features)


class NoiseAndCodes(Joined):
    """The prior: `noise` numbers uniform on [-1, 1], a one-hot vector of `categories`, and
    `continuous` numbers uniform on [-1, 1]. All uniform numbers are one draw.
    """

    def __init__(self, noise, categories, continuous):
        super().__init__(Uniform(noise), OneHot(categories), Uniform(continuous))

    def sample(self, count, seed):
        noise, category, codes = self.parts
        uniform = Uniform(noise.size + codes.size).sample(count, seed)
        named = category.sample(count, tf.random.fold_in(seed, 1, alg="philox"))
        return tf.concat([uniform[:, : noise.size], named, uniform[:, noise.size :]], axis=-1)


class InfoGAN(Trained):
    """InfoGAN with the settings of the authors' MNIST experiment.

    Latents `[B, latent_dim]` are, in this order, `noise_dim` numbers uniform on [-1, 1], a one-hot
    vector of `categories`, and `continuous` numbers uniform on [-1, 1].

    Args:
        image_size: (height, width), multiples of 4.
        channels: 1 to 4.
        noise_dim: of the latent that no one reads (62).
        categories: of the categorical code (10).
        continuous: number of continuous codes (2).
        information_weight: lambda of equation 6, for all codes (1).
        width: of all layers, as a share of the authors'.
        seed: of the latents in training.

    `train_step` takes `images [B, height, width, channels]`, float32 in [-1, 1]; labels are not
    looked at.

    Raises:
        ValueError: for a size that is no multiple of 4.
    """

    paper = {
        "title": "InfoGAN: Interpretable Representation Learning by Information Maximizing "
        "Generative Adversarial Nets",
        "authors": "Chen, Duan, Houthooft, Schulman, Sutskever & Abbeel, NIPS 2016",
        "arxiv": "1606.03657",
        "code": "https://github.com/openai/InfoGAN",
    }

    def __init__(
        self,
        image_size=(28, 28),
        channels=1,
        noise_dim=62,
        categories=10,
        continuous=2,
        information_weight=1.0,
        width=1.0,
        seed=0,
        name="infogan",
    ):
        super().__init__(seed=seed, name=name)
        if any(side % 4 for side in image_size):
            raise ValueError(f"InfoGAN's sides are multiples of 4; got {image_size}.")
        self.noise_dim, self.categories, self.continuous = noise_dim, categories, continuous
        self.prior = NoiseAndCodes(noise_dim, categories, continuous)
        self.information_weight = information_weight
        self.generator = infogan_generator(image_size, channels, self.prior.size, width)
        self.discriminator = infogan_discriminator(
            image_size, channels, categories, continuous, width
        )

    def call(self, latents):
        """Images `[B, height, width, channels]` in [-1, 1] from latents `[B, latent_dim]`."""
        return self.generator(latents, training=False)

    def read_codes(self, images):
        """Q at inference, for real pictures, whose statistics its batch normalisation keeps:
        probabilities `[B, categories]` and means `[B, continuous]`.
        """
        _, logits, means = self.discriminator(images, training=False)
        return tf.nn.softmax(logits), means

    def join(self, noise, category, codes):
        """Latents from `noise [B, noise_dim]`, `category [B]` int32, `codes [B, continuous]`."""
        return tf.concat([noise, tf.one_hot(category, self.categories), codes], axis=-1)

    def train_step(self, data):
        real = self.fields(data, "images")
        step = self.begin_step()
        sizes = [self.noise_dim, self.categories, self.continuous]

        latents = self.prior.sample(tf.shape(real)[0], step.seed(0))
        _, category, codes = tf.split(latents, sizes, axis=-1)
        fake = self.generator(latents, training=True)
        with tf.GradientTape() as tape:
            real_logits, _, _ = self.discriminator(real, training=True)
            fake_logits, category_logits, means = without_trace(self.discriminator, fake)
            information = categorical_information(category, category_logits)
            information += uniform_information(codes, means)
            discriminator_loss = nonsaturating_discriminator_loss(real_logits, fake_logits)
            objective = discriminator_loss - self.information_weight * information
        step.update(tape, discriminator=objective)

        latents = self.prior.sample(tf.shape(real)[0], step.seed(1))
        _, category, codes = tf.split(latents, sizes, axis=-1)
        with tf.GradientTape() as tape:
            fake = self.generator(latents, training=True)
            fake_logits, category_logits, means = without_trace(self.discriminator, fake)
            categorical = categorical_information(category, category_logits)
            uniform = uniform_information(codes, means)
            generator_loss = nonsaturating_generator_loss(fake_logits)
            objective = generator_loss - self.information_weight * (categorical + uniform)
        step.update(tape, generator=objective)

        return step.report(
            discriminator_loss=discriminator_loss,
            generator_loss=generator_loss,
            categorical_information=categorical,
            uniform_information=uniform,
        )
