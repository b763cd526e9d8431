"""pix2pixHD: High-Resolution Image Synthesis and Semantic Manipulation with Conditional GANs.

Wang, Liu, Zhu, Tao, Kautz & Catanzaro, CVPR 2018, arXiv 1711.11585. Authors' code:
github.com/NVIDIA/pix2pixHD (models/pix2pixHD_model.py, models/networks.py, scripts/).

A picture is drawn from a label map coarse to fine: a global net learns it at half the size, then a
local enhancer goes around it, whose features it adds its own to, and both learn together. Patch
discriminators at several scales judge it, and beside their scores the pictures' features in them,
and in a frozen network, are to be like those of the true picture. What a label map leaves open (the
colour of this wall, the curtains of that window) an encoder tells in three numbers for each thing;
afterwards they are drawn from clusters of what things of each label had.

What a shortcut would miss:
- the global net learns first, on pictures of half the size, and loses its last layer; what the
  enhancer adds to its own features are those from before it, not a picture;
- the input of the global net is averaged down (3x3, every other pixel, pads not counted), not
  picked;
- the discriminators of the half-size pictures go on as the coarser ones; the finest is new;
- labels are one-hot, and beside them stands a map of the boundaries between things: where any of
  four neighbours belongs to another. Two cars side by side are one blot otherwise;
- the discriminators see labels and boundaries, never the features of things;
- feature matching has the weight 10 * 4 / (layers + 1) / scales, on features of the true picture
  that have no gradient, and leaves the logits out;
- adversarial losses are least squares, summed over the scales; the discriminators' is halved;
- features are averaged over each thing before the generator sees them: what lies where in a thing
  must not go through;
- the encoder learns with the global net alone and stands still afterwards (the authors' scripts
  compute features once, from half-size pictures, before they train at full size);
- clusters are those of each label, by k-means, kept with the model and drawn from at inference.

Departures, each with its reason:
- The frozen network is random by default, since VGG19's 80 MB have to be downloaded;
  `vgg19_features(convolution="first")` are the authors' maps. A network of fewer than five maps
  takes the last of their weights.
- A thing's label is that of most of its pixels, where the authors read it off Cityscapes' numbers
  (id // 1000). Of things smaller than 1/64 of a picture they keep no features; here these count
  where a label has no larger things, else a window would have no style.
- Without an instance map, at inference, the label map stands in for it, as under the authors'
  `--label_feat`: one style for each label.
- Convolutions in front of a normalisation have no bias, which that would take away again.
- One local enhancer, as in the paper's experiments; the code can stack several.
"""

import numpy as np
import tensorflow as tf

from tfgan_zoo.base import Trained
from tfgan_zoo.layers import instances as maps
from tfgan_zoo.layers.pooling import HalvingAverage
from tfgan_zoo.losses.adversarial import (
    least_squares_discriminator_loss,
    least_squares_generator_loss,
)
from tfgan_zoo.losses.feature_maps import feature_matching_loss, perceptual_loss
from tfgan_zoo.networks import coarse_to_fine
from tfgan_zoo.networks.frozen_features import random_features
from tfgan_zoo.networks.multiscale_patchgan import feature_patchgan

SEEDS = 256  # of styles of labels, after which they begin again


class Pix2PixHD(Trained):
    """pix2pixHD with the defaults of the paper and of the authors' code.

    Three methods take a step, in this order of phases: `global_step`, `enhancer_step` (in which the
    global net stands still) and `train_step`.

    Args:
        palette: the colour `[C]` in [0, 255] of each label.
        image_size: (height, width) of source and target (1024x2048): multiples of
            `2 ** (halvings + 1)`.
        target_channels: of the pictures.
        generator_filters: channels of the enhancer's first layer (32); the global net has twice as
            many.
        halvings, global_blocks: of the global net (4 and 9).
        local_blocks: residual blocks of the enhancer (3).
        discriminator_filters, discriminator_layers: channels of the first layer, and layers of
            stride 2, of each discriminator (64 and 3).
        scales: discriminators (3), of which the first phase has all but the finest; at least 2.
        style_channels: numbers that tell the style of a thing (3); 0 leaves styles and encoder out.
        encoder_filters, encoder_halvings: of the encoder (16 and 4).
        clusters: the most styles that a label has (10).
        feature_weight: of feature matching (10).
        perceptual_weight: of the distance in the frozen network (10); 0 leaves it out.
        features: the frozen network, pictures `[B, H, W, 3]` to a list of maps, the finest first;
            see `tfgan_zoo.networks.frozen_features`. None: `random_features()`.
        seed: of the model, which draws nothing in a step.

    Players: `coarse_generator` (global net, its picture layer, encoder) and `coarse_discriminator`
    in `global_step`; then `enhancer` or `generator` (global net and enhancer), and `discriminator`.
    Data: `source [B, H, W, C]` (label maps in the colours of the palette) and `target [B, H, W,
    target_channels]`, float32 in [-1, 1], and `instances [B, H, W, 1]`, int32.

    Raises:
        ValueError: for a size that cannot be, or too few scales.
    """

    players = (
        *("coarse_generator", "coarse_discriminator"),
        *("enhancer", "generator", "discriminator"),
    )
    paper = {
        "title": (
            "High-Resolution Image Synthesis and Semantic Manipulation with Conditional GANs"
        ),
        "authors": "Wang, Liu, Zhu, Tao, Kautz & Catanzaro, CVPR 2018",
        "arxiv": "1711.11585",
        "code": "https://github.com/NVIDIA/pix2pixHD",
    }

    def __init__(
        self,
        palette,
        image_size=(1024, 2048),
        target_channels=3,
        generator_filters=32,
        halvings=4,
        global_blocks=9,
        local_blocks=3,
        discriminator_filters=64,
        discriminator_layers=3,
        scales=3,
        style_channels=3,
        encoder_filters=16,
        encoder_halvings=4,
        clusters=10,
        feature_weight=10.0,
        perceptual_weight=10.0,
        features=None,
        seed=0,
        name="pix2pix_hd",
    ):
        super().__init__(seed=seed, name=name)
        height, width = image_size
        coarse_to_fine.check_size((height, width), halvings + 1)
        if scales < 2:
            raise ValueError(
                f"pix2pixHD needs 2 discriminators or more, not {scales}: the first phase has all "
                "but the finest."
            )
        self.palette = np.asarray(palette)
        self.feature_weight, self.perceptual_weight = feature_weight, perceptual_weight
        half, labels = (height // 2, width // 2), len(self.palette)
        shown = labels + 1  # one-hot labels and the boundaries
        taken, filters = shown + style_channels, generator_filters
        self.global_generator = coarse_to_fine.global_generator(
            half, taken, 2 * filters, halvings, global_blocks
        )
        self.coarse_picture = coarse_to_fine.picture_layer(
            half, 2 * filters, target_channels, name="coarse_picture"
        )
        self.enhancer = coarse_to_fine.local_enhancer(
            image_size, taken, filters, local_blocks, target_channels
        )
        self.encoder = self.styles = None
        if style_channels:
            self.encoder = coarse_to_fine.feature_encoder(
                half, target_channels, style_channels, encoder_filters, encoder_halvings
            )
            self.styles = maps.Styles(labels, clusters, style_channels, name="styles")
        self.discriminators = [
            feature_patchgan(
                (-(-height // 2**scale), -(-width // 2**scale)),
                shown + target_channels,
                discriminator_layers,
                discriminator_filters,
                name=f"discriminator{scale}",
            )
            for scale in range(scales)
        ]
        self.half = HalvingAverage(name="half")
        self.features = random_features() if features is None else features
        self.features.trainable = False

    def trained_layers(self, player):
        encoder = [self.encoder] if self.encoder else []
        return {
            "coarse_generator": [self.global_generator, self.coarse_picture, *encoder],
            "coarse_discriminator": self.discriminators[1:],
            "enhancer": [self.enhancer],
            "generator": [self.global_generator, self.enhancer],
            "discriminator": self.discriminators,
        }[player]

    def call(self, source, instances=None, seed=0):
        """Pictures `[B, H, W, target_channels]` in [-1, 1] of label maps `[B, H, W, C]`, in styles
        that are drawn from the clusters: one for each thing of `instances [B, H, W, 1]`, or,
        without them, one for each label.

        Args:
            source, instances: as in training.
            seed: of the styles, int32 `[]`; for labels 256 of them are different.
        """
        labels = maps.one_hot_labels(source, self.palette)
        things = maps.label_numbers(labels) if instances is None else instances
        conditions = tf.concat([labels, maps.boundaries(things)], -1)
        if self.styles is None:
            styles = None
        elif instances is None:
            styles = tf.tensordot(labels, self.styles_of_labels(seed), 1)
        else:
            styles = self.styles_of_things(labels, instances, seed)
        return self.drawn(conditions, styles)

    def styles_of_labels(self, seed):
        """`[K, style_channels]`: a style for each label."""
        count = len(self.palette)
        draws = np.random.default_rng(0).random((SEEDS, count), np.float32)
        chosen = tf.gather(tf.constant(draws), tf.math.floormod(seed, SEEDS))
        return self.styles(tf.eye(count), chosen)

    def styles_of_things(self, labels, instances, seed):
        """`[B, H, W, style_channels]`: a style for each thing."""
        numbers, count = maps.things(instances)
        uniforms = tf.random.stateless_uniform([count], tf.stack([seed, 0]))
        own = self.styles(self.labels_of_things(labels, numbers, count), uniforms)
        return tf.reshape(
            tf.gather(own, numbers), [*tf.unstack(tf.shape(labels)[:3]), own.shape[-1]]
        )

    @staticmethod
    def labels_of_things(labels, numbers, count):
        """One-hot `[count, K]`: the label of most pixels of each thing."""
        shares = maps.mean_of_each(labels, numbers, count)
        return tf.one_hot(tf.argmax(shares, -1), labels.shape[-1])

    def measured(self, source, target, instances):
        """What the encoder sees in each thing.

        Returns:
            (styles `[N, style_channels]`; one-hot labels `[N, K]`; share of a picture `[N]`).
        """
        small = self.half_size(source, target, instances)
        numbers, count = maps.things(small[2])
        styles = maps.mean_of_each(self.encoder(small[1], training=False), numbers, count)
        labels = maps.one_hot_labels(small[0], self.palette)
        pixels = tf.cast(tf.math.bincount(numbers, minlength=count), tf.float32)
        share = pixels / float(small[2].shape[1] * small[2].shape[2])
        return styles, self.labels_of_things(labels, numbers, count), share

    def reconstruct(self, source, target, instances, coarse=False):
        """Pictures of the label maps in the styles that the true pictures have, at inference.

        Args:
            source, target, instances: as in training.
            coarse: whether they are the global net's own, of half the size.
        """
        if coarse:
            source, target, instances = self.half_size(source, target, instances)
            taken = self.conditions_and_styles(source, target, instances, training=False)
            taken = tf.concat([part for part in taken if part is not None], -1)
            return self.coarse_picture(self.global_generator(taken), training=False)
        return self.drawn(*self.conditions_and_styles(source, target, instances, training=False))

    def half_size(self, source, target, instances):
        """The same at half the size: maps by every other pixel, whose values must not be mixed."""
        return source[:, ::2, ::2], self.half(target), instances[:, ::2, ::2]

    def conditions_and_styles(self, source, target, instances, training):
        """(labels and boundaries `[B, h, w, K + 1]`; what the encoder sees in the true picture,
        averaged over each thing `[B, h, w, style_channels]`, or None), of the size of the maps.
        """
        labels = maps.one_hot_labels(source, self.palette)
        conditions = tf.concat([labels, maps.boundaries(instances)], -1)
        if self.encoder is None:
            return conditions, None
        small, full = self.encoder.input_shape[1:3], list(source.shape[1:3])
        if list(small) == full:
            return conditions, maps.pooled(self.encoder(target, training=training), instances)
        numbers, count = maps.things(instances)
        beside = tf.reshape(numbers, tf.shape(instances)[:3])[:, ::2, ::2]
        features = self.encoder(self.half(target), training=training)
        own = maps.mean_of_each(features, tf.reshape(beside, [-1]), count)
        return conditions, tf.reshape(
            tf.gather(own, numbers), [*tf.unstack(tf.shape(conditions)[:3]), own.shape[-1]]
        )

    def drawn(self, conditions, styles, training=False):
        """Pictures of the conditions `[B, H, W, K + 1]` and, where there are any, styles."""
        taken = conditions if styles is None else tf.concat([conditions, styles], -1)
        coarse = self.global_generator(self.half(taken), training=training)
        return self.enhancer([taken, coarse], training=training)

    def judged(self, conditions, images, discriminators):
        """The maps of each discriminator, the first of which sees the pictures at their size."""
        seen, found = tf.concat([conditions, images], -1), []
        for number, discriminator in enumerate(discriminators):
            seen = self.half(seen) if number else seen
            found.append(discriminator(seen, training=True))
        return found

    def losses(self, conditions, target, fake, discriminators):
        """(the discriminators' loss; name -> each term of the generator's)."""
        real_maps = self.judged(conditions, target, discriminators)
        fake_maps = self.judged(conditions, fake, discriminators)
        logits = [(real[-1], fake[-1]) for real, fake in zip(real_maps, fake_maps, strict=True)]
        discriminator_loss = 0.5 * tf.add_n(
            [least_squares_discriminator_loss(real, fake) for real, fake in logits]
        )
        terms = {
            "adversarial_loss": tf.add_n([least_squares_generator_loss(f) for _, f in logits]),
            "feature_loss": self.feature_weight * feature_matching_loss(real_maps, fake_maps),
        }
        if self.perceptual_weight:
            terms["perceptual_loss"] = self.perceptual_weight * perceptual_loss(
                self.features(target, training=False), self.features(fake, training=False)
            )
        return discriminator_loss, terms

    def global_step(self, data):
        """The global net, its picture layer and the encoder, on pictures of half the size."""
        source, target, instances = self.half_size(
            *self.fields(data, "source", "target", "instances")
        )
        step = self.begin_step()

        with tf.GradientTape(persistent=True) as tape:
            conditions, styles = self.conditions_and_styles(source, target, instances, True)
            taken = conditions if styles is None else tf.concat([conditions, styles], -1)
            fake = self.coarse_picture(self.global_generator(taken, training=True), training=True)
            discriminator_loss, terms = self.losses(
                conditions, target, fake, self.discriminators[1:]
            )
            generator_loss = tf.add_n(list(terms.values()))

        step.update(tape, coarse_generator=generator_loss, coarse_discriminator=discriminator_loss)
        return step.report(
            discriminator_loss=discriminator_loss, generator_loss=generator_loss, **terms
        )

    def enhancer_step(self, data):
        """The enhancer around a global net that stands still."""
        # By the class: in this phase the model's own `train_step` is this method.
        return Pix2PixHD.train_step(self, data, moving="enhancer")

    def train_step(self, data, moving="generator"):
        """Global net and enhancer together, at full size; the encoder stands still."""
        source, target, instances = self.fields(data, "source", "target", "instances")
        step = self.begin_step()
        conditions, styles = self.conditions_and_styles(source, target, instances, False)

        with tf.GradientTape(persistent=True) as tape:
            fake = self.drawn(conditions, styles, training=True)
            discriminator_loss, terms = self.losses(conditions, target, fake, self.discriminators)
            generator_loss = tf.add_n(list(terms.values()))

        step.update(tape, **{moving: generator_loss}, discriminator=discriminator_loss)
        return step.report(
            discriminator_loss=discriminator_loss, generator_loss=generator_loss, **terms
        )
