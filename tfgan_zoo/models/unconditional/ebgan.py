"""EBGAN: Energy-based Generative Adversarial Networks.

Zhao, Mathieu and LeCun, ICLR 2017, arXiv 1609.03126. No code of the authors is known to us.

The discriminator is an energy: low on data, at least a margin elsewhere. It is an autoencoder's
reconstruction error, which gives as many targets as an example has coordinates in place of a single
bit, and learns from data alone as well. A pulling-away term turns the codes of generated examples
orthogonal to each other, so that they do not gather in a few modes.

What a shortcut would miss:
- the energy is the norm of the error, not its square and not its mean over pixels; the margin is in
  its units, and 10 for the norm is 100 for the sum of squares and 0.13 for their mean over 28x28
  pixels (`energy` names which; on a perfect example the norm's gradient is zero, not NaN);
- past the margin a generated example does not pull the discriminator at all, but it still pulls the
  generator, whose loss has no margin;
- the pulling-away term is on the codes of the generated batch, without an example's cosine with
  itself, and in the generator's loss alone: its gradient goes through the encoder and moves it not;
- the decoder is a single layer; depth is the encoder's;
- all codes' mean squared cosine is in the history, whether or not it has a weight.

Departures:
- The appendix with the nets' details was not at hand. Tanh pixels in [-1, 1] and the deviations
  0.02 and 0.002 of the weights are from memory; the latent's length, the batch and a linear decoder
  are ours.
- Batch normalisation is the generator's alone. As we remember the appendix, the discriminator has
  it too, behind all layers but its first: an encoder of one layer and a decoder of one, as here,
  would get it on the reconstruction, whose error is then no energy of one example.
- The paper gives no order of updates; both players learn from one forward pass, at once.
- The grid's dropout is not here: the paper's own comparison of margins has none.
- The ladder network for labels, and the convolutional nets for 64x64 and more, are not here.
"""

import math

import keras
import tensorflow as tf

from tfgan_zoo.base import Trained
from tfgan_zoo.layers.initializers import normal_weights
from tfgan_zoo.losses.energy import (
    margin_discriminator_loss,
    margin_generator_loss,
    pulling_away,
    reconstruction_energies,
)
from tfgan_zoo.networks.priors import Normal


def ebgan_generator(shape, latent_dim, width, depth):
    """`depth` hidden layers of normalised rectified units to the pixels.

    Returns:
        A functional model: latents `[B, latent_dim]` to examples `[B, *shape]` in [-1, 1], float32.
    """
    latents = keras.Input((latent_dim,), name="latents")
    features = latents
    for _ in range(depth):
        features = keras.layers.Dense(width, kernel_initializer=normal_weights())(features)
        features = keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(features)
        features = keras.layers.ReLU()(features)
    features = keras.layers.Dense(math.prod(shape), kernel_initializer=normal_weights())(features)
    features = keras.layers.Activation("tanh", dtype="float32")(features)
    images = keras.layers.Reshape(shape, dtype="float32")(features)
    return keras.Model(latents, images, name="generator")


def ebgan_encoder(shape, width, depth):
    """`depth` layers of rectified units: examples `[B, *shape]` to codes `[B, width]`."""
    examples = keras.Input(shape, name="examples")
    codes = keras.layers.Flatten()(examples)
    for _ in range(depth):
        codes = keras.layers.Dense(width, "relu", kernel_initializer=small())(codes)
    return keras.Model(examples, codes, name="encoder")


def ebgan_decoder(code_shape, shape):
    """One linear layer: codes `[B, *code_shape]` to examples `[B, *shape]`, float32."""
    codes = keras.Input(code_shape, name="codes")
    layer = keras.layers.Dense(math.prod(shape), kernel_initializer=small(), dtype="float32")
    features = layer(keras.layers.Flatten()(codes))
    return keras.Model(
        codes, keras.layers.Reshape(shape, dtype="float32")(features), name="decoder"
    )


def small():
    """A new initializer, N(0, 0.002)."""
    return keras.initializers.RandomNormal(0.0, 0.002)


class Autoencoder(keras.Model):
    """The discriminator: examples `[B, *shape]` to energies `[B, 1]`, float32.

    Args:
        encoder: examples to codes.
        decoder: codes to examples.
        energy: as `losses.energy.reconstruction_energies` names it.
    """

    def __init__(self, encoder, decoder, energy):
        super().__init__(name="discriminator")
        self.encoder, self.decoder, self.energy = encoder, decoder, energy
        self(tf.zeros([1, *encoder.input_shape[1:]]))  # builds it

    def measure(self, examples, training=False):
        """(energies `[B]`, codes `[B, ...]`)."""
        codes = self.encoder(examples, training=training)
        reconstructions = self.decoder(codes, training=training)
        return reconstruction_energies(examples, reconstructions, self.energy), codes

    def call(self, examples, training=False):
        return self.measure(examples, training)[0][:, None]


class EBGAN(Trained):
    """EBGAN with the pulling-away term; the sizes of the paper's comparison of margins on MNIST.

    Args:
        shape: of an example, (height, width, channels) of a picture; the nets take and draw numbers
            in [-1, 1] of any shape.
        margin: m, the energy up to which generated examples are pushed (10); of the size of
            `energy`, and so of the world's.
        pulling_away: weight of the pulling-away term (0.1); 0 leaves it out.
        energy: of the reconstruction error: "norm" (the paper's), "sum" or "mean" of squares.
        latent_dim: length of the latent (100).
        generator_width, generator_depth: hidden units and layers of the generator (1600 and 4).
        encoder_width, encoder_depth: of the encoder (1024 and 1), whose last layer is the code.
        generator, encoder, decoder: nets in place of the paper's: latents to examples, examples to
            codes of any shape, codes to examples. The widths and depths say nothing to them, nor
            `latent_dim` to a generator of one's own.
        seed: of the latents in training.

    `train_step` takes `images [B, *shape]`, pictures in [-1, 1] or examples of any other shape;
    the term's cosines need a B of at least 2.

    Raises:
        ValueError: for an unknown energy, or a margin that is not above zero.
    """

    paper = {
        "title": "Energy-based Generative Adversarial Networks",
        "authors": "Zhao, Mathieu & LeCun, ICLR 2017",
        "arxiv": "1609.03126",
        "code": None,
    }

    def __init__(
        self,
        shape=(28, 28, 1),
        margin=10.0,
        pulling_away=0.1,
        energy="norm",
        latent_dim=100,
        generator_width=1600,
        generator_depth=4,
        encoder_width=1024,
        encoder_depth=1,
        generator=None,
        encoder=None,
        decoder=None,
        seed=0,
        name="ebgan",
    ):
        super().__init__(seed=seed, name=name)
        if margin <= 0:
            raise ValueError(f"A margin is an energy, above zero; got {margin}.")
        self.margin, self.pulling_away = margin, pulling_away
        self.generator = generator or ebgan_generator(
            shape, latent_dim, generator_width, generator_depth
        )
        self.prior = Normal(self.generator.input_shape[-1])
        encoder = encoder or ebgan_encoder(shape, encoder_width, encoder_depth)
        decoder = decoder or ebgan_decoder(encoder.output_shape[1:], shape)
        self.discriminator = Autoencoder(encoder, decoder, energy)

    def call(self, latents):
        """Examples `[B, *shape]` from latents `[B, latent_dim]`."""
        return self.generator(latents, training=False)

    def realness(self, examples):
        """How real the discriminator takes examples to be, at inference: the negative energies
        `[B, 1]`.
        """
        return -self.discriminator(examples, training=False)

    def train_step(self, data):
        real = self.fields(data, "images")
        step = self.begin_step()
        latents = self.prior.sample(tf.shape(real)[0], step.seed())

        with tf.GradientTape(persistent=True) as tape:
            fake = self.generator(latents, training=True)
            real_energies, real_codes = self.discriminator.measure(real, training=True)
            fake_energies, fake_codes = self.discriminator.measure(fake, training=True)

            discriminator_loss = margin_discriminator_loss(
                real_energies, fake_energies, self.margin
            )
            squared_cosine = pulling_away(fake_codes)
            generator_loss = margin_generator_loss(fake_energies)
            generator_loss += self.pulling_away * squared_cosine

        step.update(tape, discriminator=discriminator_loss, generator=generator_loss)
        return step.report(
            discriminator_loss=discriminator_loss,
            generator_loss=generator_loss,
            real_energy=tf.reduce_mean(real_energies),
            fake_energy=tf.reduce_mean(fake_energies),
            past_margin=tf.reduce_mean(tf.cast(fake_energies >= self.margin, tf.float32)),
            squared_cosine=squared_cosine,
            real_squared_cosine=pulling_away(real_codes),
        )
