"""BiGAN: Adversarial Feature Learning.

Donahue, Krähenbühl and Darrell, ICLR 2017, arXiv 1605.09782. Authors' code, in Theano:
github.com/jeffdonahue/bigan (`train_mnist.sh`, `train_gan.py`, `gan.py`, `net.py`, `dist.py`).

A generator maps latents to pictures, an encoder pictures to latents, and the two never see each
other's work. The discriminator judges pairs: a picture with what the encoder makes of it, and a
latent with what the generator makes of it. Where it cannot tell the two kinds of pairs apart, the
encoder must be the generator's inverse, and what lies before its output describes pictures.

What a shortcut would miss:
- generator and encoder are one player: both climb the joint loss with the labels flipped, the mean
  of both kinds of pairs, under one optimizer. The encoder's gradient comes through the pairs of
  real pictures alone, the generator's through the others alone;
- both players move at once, after one forward pass;
- the discriminator's two kinds of pairs are two batches, each normalised by itself;
- the latent enters the discriminator behind the first layer, which sees the picture alone, and the
  generator at both of its hidden layers;
- no layer has a bias, and batch normalisation neither a gain nor one;
- the encoder's output goes through a sigmoid into the prior's range, [-1, 1]: without it the
  discriminator knows inferred latents by their size. `encode_normalize` of the authors' script is
  something else, the mean over dimensions in the loss of the latent regressors;
- the discriminator's last layer starts at zero, so that both losses start at log 2, and with the
  latent regressors, which no discriminator sees, the encoder's does too;
- weight decay on all weights, of both players, through Adam's moments. The losses are means of the
  two kinds, not sums: Adam takes no notice, but the decay is measured against them.

Two baselines of the paper, whose discriminator sees pictures alone: `latent_regressor`, where the
encoder learns to read the latents of generated pictures, and the generator does not know of it; and
`joint_latent_regressor`, where the generator helps it, with a weight of 0.25 ("a weight of 1
results in a degenerate solution", say the authors).

Departures:
- At inference batch normalisation has moving means, short ones (0.9), since the weights move far
  in a hundred steps, where the authors average a thousand batches at frozen weights before they
  look; those of the latent regressors' encoder are of generated pictures, which are all that it is
  shown, where the authors' are of real ones.
- The rate falls with each update in the second half, where the authors' falls with each epoch.
- The convolutional nets are ours, with gains and biases; the authors', for ImageNet, are not here.
"""

import math

import keras
import tensorflow as tf

from tfgan_zoo.base import Trained
from tfgan_zoo.layers.initializers import normal_weights
from tfgan_zoo.losses.adversarial import (
    nonsaturating_discriminator_loss,
    nonsaturating_generator_loss,
)
from tfgan_zoo.networks.priors import Uniform
from tfgan_zoo.regularizers.weight_decay import l2_penalty

OBJECTIVES = ("bigan", "latent_regressor", "joint_latent_regressor")


def bigan_encoder(shape, latent_dim=50, width=1024, zero=False):
    """Two hidden layers of `width` units; the second is normalised.

    Args:
        shape: of a picture, (height, width, channels).
        latent_dim: length of the latent.
        width: units of a hidden layer.
        zero: whether the last layer starts at zero.

    Returns:
        A functional model: pictures `[B, *shape]` in [-1, 1] to `logits [B, latent_dim]`, which a
        sigmoid brings into the prior's range, and `features [B, width]`, the layer before; float32.
    """
    images = keras.Input(shape, name="images")
    features = leaky(dense(width)(pixels(images)))
    features = leaky(standardised(dense(width)(features)))
    features = keras.layers.Activation("linear", dtype="float32", name="features")(features)
    logits = dense(latent_dim, zero=zero, dtype="float32")(features)
    return keras.Model(images, [logits, features], name="encoder")


def bigan_generator(shape, latent_dim=50, width=1024):
    """Two hidden layers of `width` units, both normalised; the latent goes into both.

    Returns:
        A functional model: latents `[B, latent_dim]` to pictures `[B, *shape]` in [-1, 1], float32.
    """
    latents = keras.Input((latent_dim,), name="latents")
    features = keras.layers.ReLU()(standardised(dense(width)(latents)))
    features = keras.layers.Add()([dense(width)(features), dense(width)(latents)])
    features = keras.layers.ReLU()(standardised(features))
    levels = dense(math.prod(shape), dtype="float32")(features)
    levels = keras.layers.Activation("sigmoid", dtype="float32")(levels)
    images = keras.layers.Rescaling(2.0, -1.0, dtype="float32")(levels)
    images = keras.layers.Reshape(shape, dtype="float32")(images)
    return keras.Model(latents, images, name="generator")


def bigan_discriminator(shape, latent_dim=50, width=1024):
    """Two hidden layers of `width` units, the second normalised; the latent goes into it.

    Args:
        shape, width: as of `bigan_encoder`.
        latent_dim: length of the latent; 0 for a discriminator that sees pictures alone.

    Returns:
        A functional model: pictures `[B, *shape]` in [-1, 1], or a list of these and latents
        `[B, latent_dim]`, to logits `[B, 1]`, float32.
    """
    images = keras.Input(shape, name="images")
    inputs, features = images, dense(width)(leaky(dense(width)(pixels(images))))
    if latent_dim:
        latents = keras.Input((latent_dim,), name="latents")
        inputs = [images, latents]
        features = keras.layers.Add()([features, dense(width)(latents)])
    features = leaky(standardised(features))
    logits = dense(1, zero=True, dtype="float32")(features)
    return keras.Model(inputs, logits, name="discriminator")


def bigan_conv_encoder(shape, latent_dim=50, filters=32):
    """Two convolutions of stride 2 and a hidden layer, of `8 * filters` units, as `bigan_encoder`
    describes it, but for gains and biases.
    """
    images = keras.Input(shape, name="images")
    features = leaky(normalised(dense(8 * filters)(halved_twice(images, filters))))
    features = keras.layers.Activation("linear", dtype="float32", name="features")(features)
    logits = dense(latent_dim, dtype="float32")(features)
    return keras.Model(images, [logits, features], name="encoder")


def bigan_conv_generator(shape, latent_dim=50, filters=32):
    """Two hidden layers and two transposed convolutions of stride 2, as `bigan_generator`, but for
    gains and biases.

    Raises:
        ValueError: if a side is not a multiple of 4.
    """
    height, width, channels = shape
    if height % 4 or width % 4:
        raise ValueError(f"Convolutional nets take sides that 4 divides; got {height}x{width}.")
    latents = keras.Input((latent_dim,), name="latents")
    features = keras.layers.ReLU()(normalised(dense(8 * filters)(latents)))
    features = dense(height // 4 * (width // 4) * 2 * filters)(features)
    features = keras.layers.ReLU()(normalised(features))
    maps = keras.layers.Reshape((height // 4, width // 4, 2 * filters))(features)
    maps = convolution(keras.layers.Conv2DTranspose, filters)(maps)  # [B, H/2, W/2, filters]
    maps = keras.layers.ReLU()(normalised(maps))
    maps = convolution(keras.layers.Conv2DTranspose, channels, bias=True, dtype="float32")(maps)
    images = keras.layers.Activation("tanh", dtype="float32")(maps)
    return keras.Model(latents, images, name="generator")


def bigan_conv_discriminator(shape, latent_dim=50, filters=32):
    """Two convolutions of stride 2, behind which the latent enters a hidden layer, as
    `bigan_discriminator`, but for gains and biases.
    """
    images = keras.Input(shape, name="images")
    inputs, features = images, dense(8 * filters)(halved_twice(images, filters))
    if latent_dim:
        latents = keras.Input((latent_dim,), name="latents")
        inputs = [images, latents]
        features = keras.layers.Add()([features, dense(8 * filters)(latents)])
    features = leaky(normalised(features))
    logits = dense(1, zero=True, dtype="float32")(features)
    return keras.Model(inputs, logits, name="discriminator")


def halved_twice(images, filters):
    """Features `[B, H/4 * W/4 * 2 filters]`; the first layer is not normalised."""
    # Without biases a picture of half the contrast would be half of the first layer's features,
    # which the normalisation behind it makes whole: no discriminator could tell grey from black.
    maps = leaky(convolution(keras.layers.Conv2D, filters, bias=True)(images))
    maps = leaky(normalised(convolution(keras.layers.Conv2D, 2 * filters)(maps)))
    return keras.layers.Flatten()(maps)


def convolution(layer, filters, bias=False, dtype=None):
    """A `layer` of 4x4 kernels and stride 2."""
    weights = normal_weights()
    return layer(filters, 4, 2, "same", use_bias=bias, kernel_initializer=weights, dtype=dtype)


def pixels(images):
    """Pixels `[B, N]` in [0, 1]."""
    return keras.layers.Flatten()(keras.layers.Rescaling(0.5, 0.5)(images))


def dense(units, zero=False, dtype=None):
    """A layer without biases, whose weights start with a deviation of 0.02 or at zero."""
    weights = "zeros" if zero else normal_weights()
    return keras.layers.Dense(units, use_bias=False, kernel_initializer=weights, dtype=dtype)


def standardised(features):
    """Batch normalisation without gain and bias."""
    layer = keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-8, center=False, scale=False)
    return layer(features)


def normalised(features):
    """Batch normalisation of the convolutional nets, with a gain and a bias."""
    return keras.layers.BatchNormalization(momentum=0.9)(features)


def leaky(features):
    """The rectifier of encoder and discriminator."""
    return keras.layers.LeakyReLU(0.2)(features)


class BiGAN(Trained):
    """The permutation-invariant nets of the authors' MNIST script.

    `model(latents)`, which is `model.decode(latents)`, gives pictures; `model.encode(images)` their
    latents and features, and `model.reconstruct(images)` goes there and back. The player
    `generator` is generator and encoder.

    Args:
        shape: of a picture, (height, width, channels).
        objective: "bigan", or a baseline of the paper, "latent_regressor" or
            "joint_latent_regressor".
        latent_dim: length of the latent, uniform on [-1, 1] (50).
        width: units of a hidden layer of each net (1024).
        regressor_weight: of the regression in the generator's loss, for "joint_latent_regressor"
            (0.25).
        weight_decay: gradient of every weight, as a share of it (2.5e-5).
        encoder, generator, discriminator: nets in place of these, as `bigan_encoder` and the others
            describe them; `latent_dim` and `width` say nothing to them.
        seed: of the latents in training.

    `train_step` takes `images [B, height, width, channels]`, float32 in [-1, 1].

    Raises:
        ValueError: for an unknown objective.
    """

    paper = {
        "title": "Adversarial Feature Learning",
        "authors": "Donahue, Krähenbühl & Darrell, ICLR 2017",
        "arxiv": "1605.09782",
        "code": "https://github.com/jeffdonahue/bigan",
    }

    def __init__(
        self,
        shape=(28, 28, 1),
        objective="bigan",
        latent_dim=50,
        width=1024,
        regressor_weight=0.25,
        weight_decay=2.5e-5,
        encoder=None,
        generator=None,
        discriminator=None,
        seed=0,
        name="bigan",
    ):
        super().__init__(seed=seed, name=name)
        if objective not in OBJECTIVES:
            raise ValueError(f"objective is one of {', '.join(OBJECTIVES)}; got '{objective}'.")
        self.objective, self.weight_decay = objective, weight_decay
        self.regressor_weight = regressor_weight
        joint = objective == "bigan"
        self.encoder = encoder or bigan_encoder(shape, latent_dim, width, zero=not joint)
        self.generator = generator or bigan_generator(shape, latent_dim, width)
        self.discriminator = discriminator or bigan_discriminator(
            shape, latent_dim if joint else 0, width
        )
        self.prior = Uniform(self.generator.input_shape[-1])
        self.codes = {"latents": self.prior.size, "features": self.encoder.output_shape[1][-1]}

    def trained_layers(self, player):
        if player == "generator":
            return [self.generator, self.encoder]
        return [self.discriminator]

    def call(self, latents):
        """Pictures `[B, height, width, channels]` in [-1, 1] from latents `[B, latent_dim]`."""
        return self.generator(latents, training=False)

    decode = call

    def encode(self, images):
        """Of pictures in [-1, 1]: `latents [B, latent_dim]` in [-1, 1], and `features`, the layer
        before the encoder's output.
        """
        logits, features = self.encoder(images, training=False)
        return {"latents": into_range(logits), "features": features}

    def reconstruct(self, images):
        """Pictures from the latents of pictures."""
        return self(self.encode(images)["latents"])

    def train_step(self, data):
        real = self.fields(data, "images")
        step = self.begin_step()
        latents = self.prior.sample(tf.shape(real)[0], step.seed())
        numbers = {}

        with tf.GradientTape(persistent=True) as tape:
            fake = self.generator(latents, training=True)
            if self.objective == "bigan":
                inferred = into_range(self.encoder(real, training=True)[0])
                real_logits = self.discriminator([real, inferred], training=True)
                fake_logits = self.discriminator([fake, latents], training=True)
                # The same loss with the labels flipped.
                generator_loss = 0.5 * nonsaturating_discriminator_loss(fake_logits, real_logits)
            else:
                real_logits = self.discriminator(real, training=True)
                fake_logits = self.discriminator(fake, training=True)
                generator_loss = nonsaturating_generator_loss(fake_logits)
                if self.objective == "latent_regressor":
                    logits, _ = self.encoder(tf.stop_gradient(fake), training=True)
                    regression = regression_loss(logits, latents)
                    generator_loss += regression
                else:
                    logits, _ = self.encoder(fake, training=True)
                    regression = regression_loss(logits, latents)
                    generator_loss += self.regressor_weight * regression
                numbers["regression"] = regression
            discriminator_loss = 0.5 * nonsaturating_discriminator_loss(real_logits, fake_logits)

            decayed = {
                player: l2_penalty(self.trained_variables(player), self.weight_decay)
                for player in self.players
            }
            generator_total = generator_loss + decayed["generator"]
            discriminator_total = discriminator_loss + decayed["discriminator"]

        step.update(tape, discriminator=discriminator_total, generator=generator_total)
        return step.report(
            discriminator_loss=discriminator_loss, generator_loss=generator_loss, **numbers
        )


def regression_loss(logits, latents):
    """Cross-entropy of logits `[B, Z]` against latents in [-1, 1], taken for probabilities: the
    mean over dimensions.
    """
    shares = 0.5 * (latents + 1.0)
    losses = tf.nn.sigmoid_cross_entropy_with_logits(labels=shares, logits=logits)
    return tf.reduce_mean(losses)


def into_range(logits):
    """Logits to latents in (-1, 1)."""
    return 2.0 * tf.sigmoid(logits) - 1.0
