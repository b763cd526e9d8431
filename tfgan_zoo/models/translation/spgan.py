"""SPGAN: Image-Image Domain Adaptation with Preserved Self-Similarity and Domain-Dissimilarity for
Person Re-identification.

Deng, Zheng, Ye, Kang, Yang & Jiao, CVPR 2018, arXiv 1711.07027. Authors' code:
github.com/Simon4Yan/Learning-via-Translation (TensorFlow 1).

Labelled people of one place, A, shall look as if they had been seen in another, B, where nobody is
labelled, so that a net which recognises people learns from the translated pictures. CycleGAN
translates them, but may exchange their clothes on the way. So a third player, an embedding, is
shown that a picture and its translation are one person and that no person of A is one of B, and
the translators must leave a person where the embedding has them.

What a shortcut would miss:
- the embedding is no fixed extractor: it learns alternately with the others, in each step last,
  from the pictures that the translators drew before they moved;
- its features have length 1, so that no two are farther apart than 2, which is the margin: a
  negative pair never stops to count until it is opposite;
- the term is in the translators' loss too, there at the weight 2, and through the translated
  pictures only: the negative pair of the released code is of real pictures, and moves the embedding
  alone;
- the negative pair is counted twice, once for each direction, and the four terms are averaged;
- dropout in the embedding is on in both updates, with a mask for each picture;
- CycleGAN's identity term is on, at 5, beside a cycle of 10; the discriminators are halved, and see
  a history of 50; six epochs at one rate, and not two hundred.

Departures:
- `negatives="translated"` is the paper's text as recalled, G(x_A) against x_B and F(x_B) against
  x_A; the released code's are real pictures of A against real ones of B, the default here.
- The embedding halves pictures of 256 eight times; smaller pictures have as many of its four blocks
  as leave a pixel: `embedding_blocks=None`.
- Generators and discriminators are CycleGAN's as the zoo has them, whose header lists what is
  other: convolutions before a normalisation have no bias, and 6 blocks below 256x256.
- Each set is gone through in shuffled epochs of its own (`data.unpaired`).
"""

import keras
import tensorflow as tf

from tfgan_zoo.base import Trained
from tfgan_zoo.layers.dropout import TrainingDropout
from tfgan_zoo.losses.adversarial import (
    least_squares_discriminator_loss,
    least_squares_generator_loss,
)
from tfgan_zoo.losses.contrastive import attraction, repulsion
from tfgan_zoo.losses.reconstruction import l1_loss
from tfgan_zoo.networks.patchgan import patchgan
from tfgan_zoo.networks.resnet_generator import resnet_generator
from tfgan_zoo.regularizers.image_pool import ImagePool

NEGATIVES = ("real", "translated")
BLOCKS = 4  # of the paper's embedding, each of which quarters both sides


def embedding_network(image_size, channels, filters=64, blocks=None, dropout=0.5, name="embedding"):
    """Strided 4x4 convolutions with a maximum over 2x2 behind each, and two dense layers.

    Args:
        image_size: (height, width).
        channels: of the pictures.
        filters: of the first convolution (64), doubled with each; of the result as many.
        blocks: convolutions (4); None: as many of 4 as leave a pixel.
        dropout: before the last layer (0.5).

    Returns:
        A functional model: images `[B, *image_size, channels]` and a seed int32 [2] to features
        `[B, filters]` of length 1, float32.

    Raises:
        ValueError: for pictures that are too small for so many blocks.
    """
    side = min(image_size)
    fitting = next((n for n in range(BLOCKS, 0, -1) if side >= 4**n), 0)
    blocks = fitting if blocks is None else blocks
    if not 0 < blocks <= fitting:
        raise ValueError(
            f"The embedding quarters its pictures with each block: {image_size[0]}x{image_size[1]} "
            f"allow 1 to {fitting}, not {blocks}."
        )
    images = features = keras.Input((*image_size, channels), name="images")
    seed = keras.Input(batch_shape=[2], dtype="int32", name="seed")
    for level in range(blocks):  # [B, H / 4^(level+1), W / 4^(level+1), filters * 2^level]
        features = keras.layers.Conv2D(filters * 2**level, 4, 2, "same", name=f"conv{level}")(
            features
        )
        features = _leaky(features, f"leaky{level}")
        features = keras.layers.MaxPooling2D(2, name=f"pool{level}")(features)
    features = keras.layers.Flatten(name="flat")(features)
    features = keras.layers.Dense(2 * filters, name="dense")(features)
    features = _leaky(features, "leaky")
    features = TrainingDropout(dropout, name="dropout")(features, seed)
    features = keras.layers.Dense(filters, dtype="float32", name="features")(features)
    unit = keras.layers.UnitNormalization(dtype="float32", name="unit")(features)
    return keras.Model([images, seed], unit, name=name)


def _leaky(features, name):
    """Leaky ReLU of slope 0.2, as a maximum: TensorFlow's optimizer of graphs fails on the layer
    behind a bias.
    """
    slope = keras.layers.Rescaling(0.2, name=f"{name}_slope")(features)
    return keras.layers.Maximum(name=name)([features, slope])


class SPGAN(Trained):
    """SPGAN with the defaults of the released code.

    Its players are `generator`, both translators, `discriminator`, both discriminators, and
    `embedding`. `directions` has A to B, the paper's G, and B to A, its F.

    Args:
        image_size: (height, width) of all pictures, multiples of 4.
        channels: of all pictures, 1 to 4.
        generator_filters, discriminator_filters, embedding_filters: width of the first layer (64).
        blocks: residual blocks of a generator; None: 9 from 256x256 on, 6 below.
        patch: receptive field of one score: 1, 16, 34, 70, 142 or 286.
        embedding_blocks: convolutions of the embedding; None: 4, or as many as fit.
        embedding_dropout: before its last layer.
        negatives: who are no one person: `real` pictures of A and B, or a `translated` one and a
            real one of the place that it was translated to.
        cycle_weight, identity_weight: of CycleGAN's two L1 terms, in both directions (10 and 5).
        similarity_weight: of the contrastive term in the translators' loss (2).
        margin: distance from which a negative pair costs nothing (2).
        pool_size: pictures in the history of each discriminator (50); 0: no history.
        seed: of the histories' exchange and the dropout.

    `train_step` takes `images_a [B, H, W, C]` and `images_b [B, H, W, C]`, float32 in [-1, 1], of
    people who are not the same.

    Raises:
        ValueError: for unknown negatives, or a size or patch that the networks cannot take.
    """

    players = ("generator", "discriminator", "embedding")
    paper = {
        "title": "Image-Image Domain Adaptation with Preserved Self-Similarity and "
        "Domain-Dissimilarity for Person Re-identification",
        "authors": "Deng, Zheng, Ye, Kang, Yang & Jiao, CVPR 2018",
        "arxiv": "1711.07027",
        "code": "https://github.com/Simon4Yan/Learning-via-Translation",
    }

    def __init__(
        self,
        image_size=(256, 256),
        channels=3,
        generator_filters=64,
        discriminator_filters=64,
        embedding_filters=64,
        blocks=None,
        patch=70,
        embedding_blocks=None,
        embedding_dropout=0.5,
        negatives="real",
        cycle_weight=10.0,
        identity_weight=5.0,
        similarity_weight=2.0,
        margin=2.0,
        pool_size=50,
        seed=0,
        name="spgan",
    ):
        super().__init__(seed=seed, name=name)
        if negatives not in NEGATIVES:
            raise ValueError(f"No negatives '{negatives}'; choose one of {', '.join(NEGATIVES)}.")
        if blocks is None:
            blocks = 9 if min(image_size) >= 256 else 6
        self.negatives, self.margin = negatives, margin
        self.cycle_weight, self.identity_weight = cycle_weight, identity_weight
        self.similarity_weight = similarity_weight

        widths = (channels, channels, generator_filters, blocks)
        self.generator_ab = resnet_generator(image_size, *widths, name="generator_ab")
        self.generator_ba = resnet_generator(image_size, *widths, name="generator_ba")
        judge = (image_size, channels, patch, discriminator_filters, "instance")
        self.discriminator_a = patchgan(*judge, name="judge_a")
        self.discriminator_b = patchgan(*judge, name="judge_b")
        self.embedding = embedding_network(
            image_size, channels, embedding_filters, embedding_blocks, embedding_dropout
        )
        self.pool_a = ImagePool(pool_size, (*image_size, channels), name="pool_a")
        self.pool_b = ImagePool(pool_size, (*image_size, channels), name="pool_b")

    def trained_layers(self, player):
        return {
            "generator": [self.generator_ab, self.generator_ba],
            "discriminator": [self.discriminator_a, self.discriminator_b],
            "embedding": [self.embedding],
        }[player]

    @property
    def directions(self):
        """The two translators by the names under which they are exported."""
        return {"a_to_b": self.generator_ab, "b_to_a": self.generator_ba}

    def call(self, images_a):
        """Pictures of A as B; `directions` has the other way."""
        return self.generator_ab(images_a, training=False)

    def similarity_loss(self, real_a, fake_b, real_b, fake_a, seed):
        """The mean of four terms: each picture to its translation, and twice A from B."""
        images = tf.concat([real_a, fake_b, real_b, fake_a], 0)
        # A batch of all four, so that each picture has a dropout mask of its own.
        a, as_b, b, as_a = tf.split(self.embedding([images, seed], training=True), 4)
        pulled = attraction(a, as_b) + attraction(b, as_a)
        if self.negatives == "real":
            pushed = 2.0 * repulsion(a, b, self.margin)
        else:
            pushed = repulsion(as_b, b, self.margin) + repulsion(as_a, a, self.margin)
        return (pulled + pushed) / 4.0

    def train_step(self, data):
        real_a, real_b = self.fields(data, "images_a", "images_b")
        step = self.begin_step()

        with tf.GradientTape() as tape:
            fake_b = self.generator_ab(real_a, training=True)
            fake_a = self.generator_ba(real_b, training=True)
            cycled_a = self.generator_ba(fake_b, training=True)
            cycled_b = self.generator_ab(fake_a, training=True)
            same_a = self.generator_ba(real_a, training=True)
            same_b = self.generator_ab(real_b, training=True)

            adversarial_loss = least_squares_generator_loss(
                self.discriminator_b(fake_b, training=True)
            ) + least_squares_generator_loss(self.discriminator_a(fake_a, training=True))
            cycle_loss = l1_loss(real_a, cycled_a) + l1_loss(real_b, cycled_b)
            identity_loss = l1_loss(real_a, same_a) + l1_loss(real_b, same_b)
            similarity_loss = self.similarity_loss(real_a, fake_b, real_b, fake_a, step.seed(2))
            generator_loss = (
                adversarial_loss
                + self.cycle_weight * cycle_loss
                + self.identity_weight * identity_loss
                + self.similarity_weight * similarity_loss
            )
        step.update(tape, generator=generator_loss)

        shown_a = self.pool_a(fake_a, step.seed(0))
        shown_b = self.pool_b(fake_b, step.seed(1))
        with tf.GradientTape() as tape:
            loss_a = least_squares_discriminator_loss(
                self.discriminator_a(real_a, training=True),
                self.discriminator_a(shown_a, training=True),
            )
            loss_b = least_squares_discriminator_loss(
                self.discriminator_b(real_b, training=True),
                self.discriminator_b(shown_b, training=True),
            )
            discriminator_loss = 0.5 * loss_a + 0.5 * loss_b
        step.update(tape, discriminator=discriminator_loss)

        with tf.GradientTape() as tape:
            embedding_loss = self.similarity_loss(real_a, fake_b, real_b, fake_a, step.seed(3))
        step.update(tape, embedding=embedding_loss)

        return step.report(
            generator_loss=generator_loss,
            adversarial_loss=adversarial_loss,
            cycle_loss=cycle_loss,
            identity_loss=identity_loss,
            similarity_loss=similarity_loss,
            discriminator_loss=discriminator_loss,
            embedding_loss=embedding_loss,
        )
