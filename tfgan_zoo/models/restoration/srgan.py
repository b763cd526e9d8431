"""SRGAN: Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial Network.

Ledig, Theis, Huszar, Caballero, Cunningham, Acosta, Aitken, Tejani, Totz, Wang & Shi, CVPR 2017,
arXiv 1609.04802. No code of the authors' is known; figures here are the paper's as
github.com/twhui/SRGAN-PyTorch tabulates them.

A residual network enlarges a picture four times a side. Trained on squared error alone
(SRResNet) it reaches the highest PSNR and paints texture as the mean of what it might be, a blur.
SRGAN goes on from there: it compares feature maps of a frozen network in place of pixels, and a
discriminator tells its pictures from true ones, so that it paints texture that could be.

What a shortcut would miss:
- SRResNet comes first, as a phase of its own, and the game begins from its weights: without it the
  game ends in a poor local optimum (section 3.2);
- all work is done at the small size: two sub-pixel layers enlarge at the very end, each a
  convolution to four times the channels and no interpolation;
- a block has no activation behind its sum, PReLU has one slope a channel, and a skip spans all
  blocks;
- small pictures go in as [0, 1], large ones come out in [-1, 1], without a tanh;
- the frozen features are those behind the activation of the last convolution before a pooling,
  divided by 12.75, which makes their error as large as that of pixels (0.006 times equation 5);
- the adversarial term weighs 1e-3 of that: it colours the picture, it does not draw it;
- published figures are of the luma alone, with four pixels cut off at every side, on small pictures
  by MATLAB's bicubic filter; in RGB the same models have two dB less.

Departures, each with its reason:
- The frozen features are by default those of a network whose weights are drawn from a seed, since
  VGG19's 80 MB have to be downloaded. VGG19 is `features=vgg19_features()`, once Keras has it; of
  other networks say the name, and choose `content_weight` anew.
- The sum over examples of equation 6 is taken as their mean, as that of equation 5 is.
- Discriminator and generator take one step each on the same pictures; the paper says "alternating".
- What is drawn is clipped to [-1, 1] where it is shown or scored, not where it is learnt from.
- Statistics of normalisations move by a tenth a step (Torch's rule), not by Keras' hundredth.
"""

import keras
import tensorflow as tf

from tfgan_zoo.base import Trained
from tfgan_zoo.layers.subpixel import DepthToSpace
from tfgan_zoo.losses.adversarial import (
    nonsaturating_discriminator_loss,
    nonsaturating_generator_loss,
)
from tfgan_zoo.networks.frozen_features import random_features

SCALE = 4  # pixels a side that one pixel becomes
HALVINGS = 4  # of the discriminator


def srresnet(blocks=16, filters=64):
    """The generator, k9n64s1 and so on in the paper's words (figure 4).

    Args:
        blocks: residual blocks.
        filters: channels of all layers but the last.

    Returns:
        A functional model: images `[B, H, W, 3]` in [-1, 1], of any H and W, to images
        `[B, 4H, 4W, 3]` around [-1, 1].
    """
    images = keras.Input((None, None, 3), name="images")
    features = keras.layers.Rescaling(0.5, offset=0.5, name="from_zero_to_one")(images)
    features = _convolution(features, filters, 9, "first")  # [B, H, W, f]
    first = features = _prelu(features, "first_prelu")
    for block in range(blocks):
        inner = _convolution(features, filters, 3, f"block{block}_first", normalised=True)
        inner = _prelu(inner, f"block{block}_prelu")
        inner = _convolution(inner, filters, 3, f"block{block}_second", normalised=True)
        features = keras.layers.Add(name=f"block{block}_sum")([features, inner])
    features = _convolution(features, filters, 3, "behind_blocks", normalised=True)
    features = keras.layers.Add(name="sum")([first, features])
    for number in (1, 2):  # [B, 2H, 2W, f], [B, 4H, 4W, f]
        features = _convolution(features, 4 * filters, 3, f"enlarge{number}")
        features = DepthToSpace(2, name=f"enlarge{number}_pixels")(features)
        features = _prelu(features, f"enlarge{number}_prelu")
    fake = _convolution(features, 3, 9, "picture", dtype="float32")
    return keras.Model(images, fake, name="generator")


def discriminator(image_size=(96, 96), filters=64, units=1024):
    """Eight convolutions whose number of channels grows from `filters` to eight times that, each
    time the picture is halved, and two dense layers.

    Args:
        image_size: (height, width) of the pictures, at least 16 each.
        filters: channels of the first two convolutions.
        units: of the dense layer.

    Returns:
        A functional model: images `[B, *image_size, 3]` in [-1, 1] to logits `[B, 1]`, float32.
    """
    images = features = keras.Input((*image_size, 3), name="images")
    for number in range(2 * HALVINGS):
        # k3n64s1, k3n64s2, k3n128s1, k3n128s2 ... k3n512s2
        channels, strides = filters * 2 ** (number // 2), 1 + number % 2
        features = _convolution(
            features, channels, 3, f"conv{number}", strides, normalised=number > 0
        )
        features = keras.layers.LeakyReLU(0.2, name=f"conv{number}_leaky")(features)
    features = keras.layers.Flatten(name="flat")(features)
    features = keras.layers.Dense(units, name="dense")(features)
    features = keras.layers.LeakyReLU(0.2, name="dense_leaky")(features)
    logits = keras.layers.Dense(1, dtype="float32", name="logits")(features)
    return keras.Model(images, logits, name="discriminator")


def _convolution(features, channels, kernel, name, strides=1, normalised=False, dtype=None):
    """A convolution of this name, and its normalisation."""
    features = keras.layers.Conv2D(
        channels, kernel, strides, padding="same", dtype=dtype, name=name
    )(features)
    if not normalised:
        return features
    return keras.layers.BatchNormalization(momentum=0.9, name=f"{name}_norm")(features)


def _prelu(features, name):
    """One slope a channel, a quarter at first as in Torch."""
    return keras.layers.PReLU(keras.initializers.Constant(0.25), shared_axes=[1, 2], name=name)(
        features
    )


class SRGAN(Trained):
    """SRGAN with the paper's defaults.

    Two methods take a step, in this order of phases: `pretrain_step`, which trains SRResNet, and
    `train_step`.

    Args:
        image_size: (height, width) of the large pictures of a training step (96x96), multiples of
            4, at least 16. What is enlarged later may have any size.
        blocks, filters: of the generator (16 and 64).
        discriminator_filters, units: of the discriminator (64 and 1024).
        content_weight: of the squared error of feature maps (1 / 12.75 ** 2, which is theirs for
            VGG19).
        adversarial_weight: of the adversarial term (1e-3).
        features: frozen network from pictures `[B, H, W, 3]` to a list of maps, of which the last
            is compared; see `tfgan_zoo.networks.frozen_features`. None: `random_features()`.
        seed: of the model, which draws nothing in a step.

    Players: `pretraining` (the generator in `pretrain_step`), `generator` (in `train_step`),
    `discriminator`. Data: `source [B, H / 4, W / 4, 3]` and `target [B, H, W, 3]`, float32 in
    [-1, 1].

    Raises:
        ValueError: for a size that cannot be.
    """

    players = ("generator", "discriminator", "pretraining")
    paper = {
        "title": (
            "Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial Network"
        ),
        "authors": "Ledig et al., CVPR 2017",
        "arxiv": "1609.04802",
        "code": None,
    }

    def __init__(
        self,
        image_size=(96, 96),
        blocks=16,
        filters=64,
        discriminator_filters=64,
        units=1024,
        content_weight=1 / 12.75**2,
        adversarial_weight=1e-3,
        features=None,
        seed=0,
        name="srgan",
    ):
        super().__init__(seed=seed, name=name)
        height, width = image_size
        if height % SCALE or width % SCALE or min(height, width) < 2**HALVINGS:
            raise ValueError(
                f"SRGAN learns from large pictures whose sides are multiples of {SCALE}, at least "
                f"{2**HALVINGS}, not {height}x{width}."
            )
        self.content_weight, self.adversarial_weight = content_weight, adversarial_weight
        # How far an enlarged pixel looks, in pixels of the small picture: 4 of the first layer, 1
        # of each other 3x3 at the small size, and 2 of what comes at the larger sizes.
        self.reach = 4 + 2 * blocks + 2 + 2
        self.scale = SCALE
        self.generator = srresnet(blocks, filters)
        self.discriminator = discriminator(image_size, discriminator_filters, units)
        self.features = random_features() if features is None else features
        self.features.trainable = False

    def trained_layers(self, player):
        return [self.discriminator if player == "discriminator" else self.generator]

    def call(self, images):
        """Pictures `[B, 4H, 4W, 3]` of pictures `[B, H, W, 3]`, both in [-1, 1]; any H and W."""
        return tf.clip_by_value(self.generator(images, training=False), -1.0, 1.0)

    def pretrain_step(self, data):
        """SRResNet: the squared error of pixels."""
        source, target = self.fields(data, "source", "target")
        step = self.begin_step()
        with tf.GradientTape() as tape:
            fake = self.generator(source, training=True)
            pixel_loss = squared_error(target, fake)
        step.update(tape, pretraining=pixel_loss)
        return step.report(pixel_loss=pixel_loss)

    def train_step(self, data):
        """SRGAN: the squared error of feature maps, and the game."""
        source, target = self.fields(data, "source", "target")
        step = self.begin_step()

        with tf.GradientTape(persistent=True) as tape:
            fake = self.generator(source, training=True)
            real_logits = self.discriminator(target, training=True)
            fake_logits = self.discriminator(fake, training=True)

            discriminator_loss = nonsaturating_discriminator_loss(real_logits, fake_logits)
            content_loss = self.content_weight * squared_error(
                self.features(target, training=False)[-1], self.features(fake, training=False)[-1]
            )
            adversarial_loss = self.adversarial_weight * nonsaturating_generator_loss(fake_logits)
            generator_loss = content_loss + adversarial_loss

        step.update(tape, discriminator=discriminator_loss, generator=generator_loss)
        return step.report(
            discriminator_loss=discriminator_loss,
            content_loss=content_loss,
            adversarial_loss=adversarial_loss,
            generator_loss=generator_loss,
        )


def squared_error(target, fake):
    """The mean squared difference of two batches of pictures or maps."""
    return tf.reduce_mean(tf.square(target - fake))
