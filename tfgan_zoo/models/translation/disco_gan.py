"""DiscoGAN: Learning to Discover Cross-Domain Relations with Generative Adversarial Networks.

Kim, Cha, Kim, Lee & Kim, ICML 2017, arXiv 1703.05192. Authors' code: github.com/SKTBrain/DiscoGAN
(PyTorch).

Two sets of pictures, A and B, without pairs. One generator draws A as B, another B as A; each has a
discriminator of its own, and what was drawn must lead back to where it came from. In one direction
alone two modes of A may share one of B; asked for in both directions, the way there is one to one.

What a shortcut would miss:
- of three iterations, each on pictures of its own, the discriminators learn in the first and the
  generators in the other two, never both;
- nine tenths of the adversarial part are not the discriminator's verdict but feature matching: the
  squared difference between the mean features of a real and of a drawn batch, of three layers and
  of every place on their maps;
- the way back hardly counts at first, a share of 0.01 of the generators' loss, and half of it from
  the 10,000th iteration on; the adversarial part has the rest, 0.99 and then 0.5;
- pictures are in [0, 1], and the squared error of the way back is measured in these units;
- real and drawn pictures are two batches of the discriminators' normalisation;
- the discriminators' loss is halved; weights decay by 1e-5 through Adam's moments (not AdamW), the
  normalisations' too.

Departures:
- A training step is all iterations from one of the discriminators to the next, so that its batch
  is as many minibatches: 192 pictures of A and of B where the paper has 64.
- Batch normalisation draws with moving averages, where the code takes each batch's statistics: a
  picture must not depend on the others of its request. What the generators make of drawn pictures,
  on the way back, leaves no trace in them: served are real pictures.
- The code has a net with a fifth layer, a code of one pixel and 100 channels, switched off for all
  that it trains: here `code=100`.
- For pictures of another size than 64x64 the nets keep their four halvings, and the discriminators'
  last convolution takes what is left.
- The paper's other arms, a GAN alone and one with the way back in one direction, are settings:
  `both_ways=False`, and for the GAN alone `reconstruction_shares=(0, 0)`.
"""

import keras
import tensorflow as tf

from tfgan_zoo.base import Trained, minibatches
from tfgan_zoo.layers.convolution import DoublingConvolution, HalvingConvolution
from tfgan_zoo.layers.initializers import torch_default
from tfgan_zoo.layers.normalization import BatchStatisticsNormalization
from tfgan_zoo.layers.statistics import without_trace
from tfgan_zoo.losses.adversarial import (
    nonsaturating_discriminator_loss,
    nonsaturating_generator_loss,
)
from tfgan_zoo.losses.reconstruction import squared_loss
from tfgan_zoo.losses.semi_supervised import feature_matching_loss
from tfgan_zoo.regularizers.weight_decay import l2_penalty

HALVINGS = 4


class DiscoGAN(Trained):
    """DiscoGAN with the defaults of the authors' code.

    Its players are `generator`, both generators, and `discriminator`, both discriminators. In the
    code's words `generator_ab` is generator_B, `generator_ba` generator_A.

    Args:
        image_size: (height, width) of all pictures, multiples of 16 (64 and 64).
        channels: of the pictures of A and of B.
        generator_filters, discriminator_filters: width of the first layer (64 and 64).
        code: channels of a one-pixel code in the middle of each generator (100 in the code's longer
            nets); 0: none.
        both_ways: whether B is drawn as A too and leads back to itself.
        generator_steps: iterations of the generators for each of the discriminators (2).
        adversarial_weight, feature_weight: of the verdict and of feature matching (0.1 and 0.9).
        reconstruction_shares: of the way back in the generators' loss, before and after
            `curriculum` (0.01 and 0.5).
        curriculum: iterations after which the share changes (10,000).
        weight_decay: of all weights (1e-5).
        unit: what counts as a difference of one on the way back: 2 for pictures in [-1, 1], which
            are the authors' in [0, 1]; 1 for points.
        generator_ab, generator_ba, discriminator_a, discriminator_b: nets in place of the paper's,
            all four or none; a discriminator's outputs are logits `[B, 1]`, then features `[B,
            ...]` to match. `filters` and `code` say nothing to them.
        seed: as every variant takes one; there is no noise here that it would say.

    `train_step` takes `images_a [B, H, W, C]` and `images_b [B, H, W, C]`, float32 in [-1, 1],
    which have nothing to do with each other. B is `1 + generator_steps` minibatches, one for
    each iteration.

    Raises:
        ValueError: for a size that the networks cannot take.
    """

    paper = {
        "title": "Learning to Discover Cross-Domain Relations with Generative Adversarial Networks",
        "authors": "Kim, Cha, Kim, Lee & Kim, ICML 2017",
        "arxiv": "1703.05192",
        "code": "https://github.com/SKTBrain/DiscoGAN",
    }

    def __init__(
        self,
        image_size=(64, 64),
        channels=(3, 3),
        generator_filters=64,
        discriminator_filters=64,
        code=0,
        both_ways=True,
        generator_steps=2,
        adversarial_weight=0.1,
        feature_weight=0.9,
        reconstruction_shares=(0.01, 0.5),
        curriculum=10_000,
        weight_decay=1e-5,
        unit=2.0,
        generator_ab=None,
        generator_ba=None,
        discriminator_a=None,
        discriminator_b=None,
        seed=0,
        name="disco_gan",
    ):
        super().__init__(seed=seed, name=name)
        a, b = channels
        self.both_ways, self.generator_steps = both_ways, generator_steps
        self.adversarial_weight, self.feature_weight = adversarial_weight, feature_weight
        self.reconstruction_shares, self.curriculum = tuple(reconstruction_shares), curriculum
        self.weight_decay, self.unit = weight_decay, unit

        sizes = (generator_filters, code)
        self.generator_ab = generator_ab or generator(image_size, a, b, *sizes, "generator_ab")
        self.generator_ba = generator_ba or generator(image_size, b, a, *sizes, "generator_ba")
        self.discriminator_a = discriminator_a or discriminator(
            image_size, a, discriminator_filters, "discriminator_a"
        )
        self.discriminator_b = discriminator_b or discriminator(
            image_size, b, discriminator_filters, "discriminator_b"
        )

    @property
    def directions(self):
        """The two generators by the names under which they are exported."""
        return {"a_to_b": self.generator_ab, "b_to_a": self.generator_ba}

    def trained_layers(self, player):
        there, back = {
            "generator": (self.generator_ab, self.generator_ba),
            "discriminator": (self.discriminator_b, self.discriminator_a),
        }[player]
        # With the way there alone the generator of the way back learns to lead back, and nobody
        # judges what it makes of B.
        judged = self.both_ways or player == "generator"
        return [there, back] if judged else [there]

    def updates_in(self, player, steps):
        return steps * self.generator_steps if player == "generator" else steps

    def call(self, images_a):
        """Pictures of A as B; `directions` has the other way."""
        return self.generator_ab(images_a, training=False)

    def train_step(self, data):
        images_a, images_b = self.fields(data, "images_a", "images_b")
        step = self.begin_step()
        count = 1 + self.generator_steps
        iterations = zip(minibatches(images_a, count), minibatches(images_b, count), strict=True)
        early, late = self.reconstruction_shares

        real_a, real_b = next(iterations)
        # Both, whoever is judged: moving averages of both are served.
        fake_b = self.generator_ab(real_a, training=True)
        fake_a = self.generator_ba(real_b, training=True)
        with tf.GradientTape() as tape:
            discriminator_loss = self.judged(self.discriminator_b, real_b, fake_b)
            if self.both_ways:
                discriminator_loss += self.judged(self.discriminator_a, real_a, fake_a)
            decay = l2_penalty(self.trained_variables("discriminator"), self.weight_decay)
            total = discriminator_loss + decay
        step.update(tape, discriminator=total)

        for number, (real_a, real_b) in enumerate(iterations, start=1):
            iteration = self.step.read_value() * count + number
            share = tf.where(iteration < self.curriculum, early, late)
            with tf.GradientTape() as tape:
                fake_b = self.generator_ab(real_a, training=True)
                again_a = without_trace(self.generator_ba, fake_b)
                adversarial_loss, feature_loss = self.deceived(self.discriminator_b, real_b, fake_b)
                reconstruction_loss = squared_loss(real_a, again_a) / self.unit**2
                if self.both_ways:
                    fake_a = self.generator_ba(real_b, training=True)
                    again_b = without_trace(self.generator_ab, fake_a)
                    deceived_a, matched_a = self.deceived(self.discriminator_a, real_a, fake_a)
                    adversarial_loss += deceived_a
                    feature_loss += matched_a
                    reconstruction_loss += squared_loss(real_b, again_b) / self.unit**2
                generator_loss = (1.0 - share) * (
                    self.adversarial_weight * adversarial_loss + self.feature_weight * feature_loss
                ) + share * reconstruction_loss
                decay = l2_penalty(self.trained_variables("generator"), self.weight_decay)
                total = generator_loss + decay
            step.update(tape, generator=total)

        return step.report(
            discriminator_loss=discriminator_loss,
            generator_loss=generator_loss,
            adversarial_loss=adversarial_loss,
            feature_loss=feature_loss,
            reconstruction_loss=reconstruction_loss,
            reconstruction_share=share,
        )

    @staticmethod
    def judged(discriminator, real, fake):
        """The halved loss of one discriminator."""
        real_logits, *_ = discriminator(real, training=True)
        fake_logits, *_ = discriminator(fake, training=True)
        return 0.5 * nonsaturating_discriminator_loss(real_logits, fake_logits)

    @staticmethod
    def deceived(discriminator, real, fake):
        """(loss of the verdict, loss of feature matching) of the generator that drew `fake`."""
        _, *real_features = discriminator(real, training=True)
        fake_logits, *fake_features = discriminator(fake, training=True)
        matched = zip(real_features, fake_features, strict=True)
        feature_loss = tf.add_n([feature_matching_loss(*pair) for pair in matched])
        return nonsaturating_generator_loss(fake_logits), feature_loss


def generator(image_size, source_channels, target_channels, filters, code, name):
    """Four 4x4 convolutions of stride 2, and four transposed ones: images `[B, H, W, C]` in [-1, 1]
    to images of the same size in [-1, 1], float32.
    """
    _check(image_size)
    images = keras.Input((*image_size, source_channels), name="images")
    features = keras.layers.Rescaling(0.5, 0.5, name="pixels")(images)
    for level in range(HALVINGS):  # [B, H / 2^(level + 1), ..., filters * 2^level]
        features = HalvingConvolution(filters * 2**level, torch_default(), name=f"down_{level}")(
            features
        )
        if level > 0:
            features = _normalised(features, f"down_{level}")
        features = keras.layers.LeakyReLU(0.2, name=f"down_{level}_leaky")(features)
    if code:
        left, width = features.shape[1:3], filters * 2 ** (HALVINGS - 1)
        options = {"use_bias": False, "kernel_initializer": torch_default()}
        features = keras.layers.Conv2D(code, left, **options, name="code")(features)
        features = _normalised(features, "code")  # [B, 1, 1, code]
        features = keras.layers.LeakyReLU(0.2, name="code_leaky")(features)
        options["kernel_initializer"] = torch_default()
        features = keras.layers.Conv2DTranspose(width, left, **options, name="decode")(features)
        features = keras.layers.ReLU(name="decode_relu")(_normalised(features, "decode"))
    for level in reversed(range(HALVINGS - 1)):  # [B, H / 2^(level + 1), ..., filters * 2^level]
        features = DoublingConvolution(filters * 2**level, torch_default(), name=f"up_{level}")(
            features
        )
        features = keras.layers.ReLU(name=f"up_{level}_relu")(_normalised(features, f"up_{level}"))
    features = DoublingConvolution(target_channels, torch_default(), name="up")(features)
    pixels = keras.layers.Activation("sigmoid", dtype="float32", name="sigmoid")(features)
    fake = keras.layers.Rescaling(2.0, -1.0, dtype="float32", name="fake")(pixels)
    return keras.Model(images, fake, name=name)


def discriminator(image_size, channels, filters, name):
    """Four 4x4 convolutions of stride 2 and one of all that is left: images `[B, H, W, C]` in
    [-1, 1] to logits `[B, 1]`, float32, and the features of the second, third and fourth layer.
    """
    _check(image_size)
    images = keras.Input((*image_size, channels), name="images")
    features, matched = keras.layers.Rescaling(0.5, 0.5, name="pixels")(images), []
    for level in range(HALVINGS):  # [B, H / 2^(level + 1), ..., filters * 2^level]
        features = HalvingConvolution(filters * 2**level, torch_default(), name=f"down_{level}")(
            features
        )
        if level > 0:
            features = BatchStatisticsNormalization(name=f"down_{level}_norm")(features)
        features = keras.layers.LeakyReLU(0.2, name=f"down_{level}_leaky")(features)
        if level > 0:
            matched.append(features)
    verdict = keras.layers.Conv2D(
        *(1, features.shape[1:3]),
        use_bias=False,
        kernel_initializer=torch_default(),
        name="verdict",
    )(features)
    logits = keras.layers.Flatten(dtype="float32", name="logits")(verdict)
    return keras.Model(images, [logits, *matched], name=name)


def _normalised(features, name):
    return keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=f"{name}_norm")(
        features
    )


def _check(image_size):
    height, width = image_size
    if min(height, width) < 16 or height % 16 or width % 16:
        raise ValueError(
            f"DiscoGAN's nets halve a picture four times, so that both sides must be multiples of "
            f"16; got {height}x{width}."
        )
