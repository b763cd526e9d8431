"""CGAN: Conditional Generative Adversarial Nets.

Mirza & Osindero 2014, arXiv 1411.1784. No code of the authors was released; where the paper is
silent, this file follows that of their laboratory's first GAN, github.com/goodfeli/adversarial
(Theano).

Both players are told the label y. The generator draws from p(x | y); the discriminator judges
whether x and y belong together, so that a good picture with a wrong label is a fake as well. With
the label as an input one net draws each class on demand.

What a shortcut would miss:
- z and y, and in the discriminator x and y, have paths of their own (200 and 1000 units; 240 and 50
  maxout units) before a layer joins them: a label is not one more pixel beside 784;
- real and fake pictures are shown with the same labels, so that the labels alone tell nothing;
- the discriminator is of maxout units, and dropout is on in both players, in the discriminator
  while the generator learns from it too;
- gradient descent with momentum 0.5 to 0.7 and a rate that falls by 1.00004 each step;
- latents uniform on the unit hypercube, [0, 1], pixels in [0, 1] from sigmoids;
- the dropout of the generator is most of its noise: a net that learnt with it and is served without
  draws one picture for each label, so that its masks are kept when it is served.

Departures:
- The paper says "dropout with probability of 0.5 ... to both"; here it follows each hidden layer
  and leaves the inputs alone, because a label without its one bit says nothing. The generator's
  masks are drawn with the latent, as further numbers on the hypercube that are compared with the
  rate: G is a function of its latent, in training, in TensorFlow Serving and on a phone. Served
  without them, what had learnt with them drew one picture for each label; where it learnt without,
  the discriminator won, and all labels had one picture.
- From the first GAN, for want of a word in the paper: both players learn at once from one forward
  pass; the discriminator's loss is the mean of its two terms; the generator maximises log D; its
  output bias starts at the pixels' marginals; the discriminator's weights are from U(-0.005,
  0.005); the momentum takes 250 epochs to grow.
- The generator's weights are Glorot's, where the first GAN has U(-0.05, 0.05).
- The paper stops by the Parzen likelihood of a validation set; here the length is set beforehand.
- Pictures are in [-1, 1] outside, as everywhere in this package, and in [0, 1] inside the nets.
"""

import math

import keras
import numpy as np
import tensorflow as tf

from tfgan_zoo.base import Trained
from tfgan_zoo.layers.dropout import MaskedDropout, TrainingDropout
from tfgan_zoo.layers.initializers import marginal_logits
from tfgan_zoo.layers.maxout import Maxout
from tfgan_zoo.losses.adversarial import (
    nonsaturating_discriminator_loss,
    nonsaturating_generator_loss,
)
from tfgan_zoo.networks.maxout import small_uniform
from tfgan_zoo.networks.priors import Uniform

GENERATOR_UNITS = {"latents": 200, "conditions": 1000, "joint": 1200}


def cgan_generator(image_shape, pixel_means, latent_dim, classes, width, dropout):
    """z and y to hidden layers of their own, both to one, that to the pixels.

    Args:
        pixel_means: `[*image_shape]` in [0, 1], for the output's bias; None leaves it at zero.
        dropout: rate behind each hidden layer; at 0 no masks are part of the latents.

    Returns:
        A functional model: `[latents [B, Z], conditions [B, classes]]` to images `[B,
        *image_shape]` in [-1, 1], float32. Z is `latent_dim` numbers of z and, with dropout, one
        for each hidden unit.
    """
    units = {name: math.ceil(count * width) for name, count in GENERATOR_UNITS.items()}
    sizes = [latent_dim, *(units.values() if dropout else [])]
    latents = keras.Input((sum(sizes),), dtype="float32", name="latents")
    conditions = keras.Input((classes,), name="conditions")
    z, *masks = keras.ops.split(latents, np.cumsum(sizes)[:-1], axis=-1)
    masks = dict(zip(units, masks, strict=False))

    def hidden(features, name):
        features = keras.layers.Dense(units[name], activation="relu")(features)
        return MaskedDropout(dropout)(features, masks[name]) if masks else features

    paths = [hidden(z, "latents"), hidden(conditions, "conditions")]
    joint = hidden(keras.layers.Concatenate()(paths), "joint")
    output = keras.layers.Dense(math.prod(image_shape))
    pixels = keras.layers.Activation("sigmoid", dtype="float32")(output(joint))
    if pixel_means is not None:
        output.bias.assign(marginal_logits(pixel_means))
    images = keras.layers.Rescaling(2.0, -1.0, dtype="float32")(pixels)
    images = keras.layers.Reshape(image_shape, dtype="float32")(images)
    return keras.Model([latents, conditions], images, name="generator")


def cgan_discriminator(image_shape, classes, width, dropout):
    """x and y to maxout layers of their own, both to one, that to a logit.

    Returns:
        A functional model: `[images [B, *image_shape] in [-1, 1], conditions [B, classes], seed
        int32 [2]]` to logits `[B, 1]`, float32.
    """
    images = keras.Input(image_shape, name="images")
    conditions = keras.Input((classes,), name="conditions")
    seed = keras.Input(batch_shape=(2,), dtype="int32", name="seed")

    def hidden(features, units, pieces, stream):
        features = Maxout(math.ceil(units * width), pieces, small_uniform())(features)
        return TrainingDropout(dropout, stream)(features, seed)

    pixels = keras.layers.Rescaling(0.5, 0.5)(keras.layers.Flatten()(images))
    paths = [hidden(pixels, 240, 5, stream=0), hidden(conditions, 50, 5, stream=1)]
    joint = hidden(keras.layers.Concatenate()(paths), 240, 4, stream=2)
    logits = keras.layers.Dense(1, kernel_initializer=small_uniform(), dtype="float32")(joint)
    return keras.Model([images, conditions, seed], logits, name="discriminator")


class CGAN(Trained):
    """CGAN with the paper's defaults.

    Args:
        image_size: (height, width).
        channels: 1 to 4.
        classes: number of labels.
        pixel_means: `[height, width, channels]` in [0, 1], of the training set, at which the
            generator's output starts; None starts at 0.5.
        latent_dim: length of z (100); `prior.size` counts the numbers of the generator's masks with
            it.
        width: of all hidden layers, as a share of the paper's.
        generator_dropout, discriminator_dropout: rates behind each hidden layer (0.5 and 0.5).
        seed: of the latents and of the discriminator's dropout in training.

    `train_step` takes `images [B, height, width, channels]`, float32 in [-1, 1], and
    `labels [B]`, int32.
    """

    paper = {
        "title": "Conditional Generative Adversarial Nets",
        "authors": "Mirza & Osindero 2014",
        "arxiv": "1411.1784",
        "code": None,  # goodfeli/adversarial is of the first GAN
    }

    def __init__(
        self,
        image_size=(28, 28),
        channels=1,
        classes=10,
        pixel_means=None,
        latent_dim=100,
        width=1.0,
        generator_dropout=0.5,
        discriminator_dropout=0.5,
        seed=0,
        name="cgan",
    ):
        super().__init__(seed=seed, name=name)
        self.classes = classes
        shape = (*image_size, channels)
        self.generator = cgan_generator(
            shape, pixel_means, latent_dim, classes, width, generator_dropout
        )
        self.prior = Uniform(self.generator.input_shape[0][-1], low=0)
        self.discriminator = cgan_discriminator(shape, classes, width, discriminator_dropout)

    def call(self, inputs):
        """Images `[B, height, width, channels]` in [-1, 1] from `inputs [B, prior.size + classes]`,
        which `condition` makes: at the paper's width 2,500 latents, 100 of z and 2,400 of masks,
        and the label, 10 numbers of 0 or 1.
        """
        latents, conditions = tf.split(inputs, [self.prior.size, self.classes], axis=-1)
        return self.generator([latents, conditions], training=False)

    def condition(self, latents, labels):
        """`latents [B, prior.size]` with the one-hot vectors of `labels [B]` beside them:
        `[B, prior.size + classes]`.
        """
        return tf.concat([latents, tf.one_hot(labels, self.classes)], axis=-1)

    def train_step(self, data):
        real, labels = self.fields(data, "images", "labels")
        conditions = tf.one_hot(labels, self.classes)
        step = self.begin_step()
        latents = self.prior.sample(tf.shape(real)[0], step.seed(0))

        with tf.GradientTape(persistent=True) as tape:
            fake = self.generator([latents, conditions], training=True)
            real_logits = self.discriminator([real, conditions, step.seed(1)], training=True)
            fake_logits = self.discriminator([fake, conditions, step.seed(2)], training=True)

            discriminator_loss = 0.5 * nonsaturating_discriminator_loss(real_logits, fake_logits)
            generator_loss = nonsaturating_generator_loss(fake_logits)

        step.update(tape, discriminator=discriminator_loss, generator=generator_loss)
        return step.report(discriminator_loss=discriminator_loss, generator_loss=generator_loss)
