"""pix2pix: Image-to-Image Translation with Conditional Adversarial Networks.

Isola, Zhu, Zhou & Efros, CVPR 2017, arXiv 1611.07004. Authors' code: github.com/phillipi/pix2pix
(Lua Torch); a port by one of the authors: github.com/junyanz/pytorch-CycleGAN-and-pix2pix.

A U-Net draws the target from the source. An L1 term holds it to the right picture at low
frequencies, which alone would blur; a conditional discriminator that sees source and picture side
by side scores each 70x70 patch as real or drawn and so supplies the high frequencies. The only
noise is dropout, in training and at test.

What a shortcut would miss:
- dropout stays on at test time: it is the z of G(x, z); here it is drawn from a seed that the
  caller may choose;
- normalisation uses the statistics of the image at hand, never moving averages;
- the 1x1 bottleneck is not normalised (at batch size 1 that would erase it);
- skips carry features from before the activation; the decoder applies a ReLU to them, the encoder
  a leaky one;
- the discriminator is conditional: it judges the pair, not the picture;
- its loss is halved, to slow it down against the generator;
- one forward pass of the discriminator serves both updates, as in the authors' `train.lua`;
- convolutions have no bias (the authors zero theirs at every step); scales are drawn from N(1,
  0.02);
- the patch discriminator pads one pixel a side at stride 1, which "same" is not: the patch is
  exactly 70.

Departures:
- The authors' backward pass for the generator runs through the discriminator's weights after their
  update but on activations from before it. A TensorFlow tape differentiates what was computed, so
  both gradients here are those of one forward pass with the weights it used. (The paper says one
  step on D, then one on G.)
- The generator normalises each picture of a batch by its own statistics, in training as at
  inference: the authors' batches of 4 and 10 train on statistics of the batch and are tested one
  by one, on others. A served answer cannot depend on what else is in the batch, so that training
  does not either. At batch size 1, theirs for most tasks, there is no difference.
- Pictures other than 256x256: the paper's net, with as many levels as bring the shorter side to
  one pixel.
"""

import tensorflow as tf

from tfgan_zoo.base import Trained
from tfgan_zoo.losses import adversarial
from tfgan_zoo.losses.reconstruction import l1_loss
from tfgan_zoo.networks.patchgan import patchgan
from tfgan_zoo.networks.unet import unet

OBJECTIVES = {
    "bce": (
        adversarial.nonsaturating_discriminator_loss,
        adversarial.nonsaturating_generator_loss,
    ),
    "least_squares": (
        adversarial.least_squares_discriminator_loss,
        adversarial.least_squares_generator_loss,
    ),
}


class Pix2Pix(Trained):
    """pix2pix with the paper's defaults.

    Args:
        image_size: (height, width) of source and target.
        source_channels, target_channels: 1 to 4.
        generator_filters, discriminator_filters: width of the first layer (64 and 64).
        patch: receptive field of one score of the discriminator: 1, 16, 34, 70, 142 or 286.
        dropout: rate of the first three decoder layers.
        l1_weight: lambda of equation 4 (100).
        objective: 'bce' (the paper's) or 'least_squares'.
        seed: of the dropout noise in training.

    `train_step` takes `source [B, H, W, source_channels]` and `target [B, H, W,
    target_channels]`, float32 in [-1, 1].

    Raises:
        ValueError: for an unknown objective or patch, or a size that the networks cannot take.
    """

    paper = {
        "title": "Image-to-Image Translation with Conditional Adversarial Networks",
        "authors": "Isola, Zhu, Zhou & Efros, CVPR 2017",
        "arxiv": "1611.07004",
        "code": "https://github.com/phillipi/pix2pix",
    }

    def __init__(
        self,
        image_size=(256, 256),
        source_channels=3,
        target_channels=3,
        generator_filters=64,
        discriminator_filters=64,
        patch=70,
        dropout=0.5,
        l1_weight=100.0,
        objective="bce",
        seed=0,
        name="pix2pix",
    ):
        super().__init__(seed=seed, name=name)
        if objective not in OBJECTIVES:
            raise ValueError(f"No objective '{objective}'; choose one of {', '.join(OBJECTIVES)}.")
        self.discriminator_objective, self.generator_objective = OBJECTIVES[objective]
        self.l1_weight = l1_weight
        self.generator = unet(
            image_size,
            source_channels,
            target_channels,
            generator_filters,
            dropout,
            name="generator",
        )
        self.discriminator = patchgan(
            image_size,
            source_channels + target_channels,
            patch,
            discriminator_filters,
            name="discriminator",
        )

    def call(self, source, seed=(0, 0)):
        """The paper's test: images `[B, H, W, C]` in [-1, 1] drawn with the dropout noise of
        `seed` (two ints).
        """
        return self.generator([source, tf.convert_to_tensor(seed, tf.int32)], training=False)

    def train_step(self, data):
        source, target = self.fields(data, "source", "target")
        step = self.begin_step()

        with tf.GradientTape(persistent=True) as tape:
            fake = self.generator([source, step.seed()], training=True)
            real_logits = self.discriminator(tf.concat([source, target], -1), training=True)
            fake_logits = self.discriminator(tf.concat([source, fake], -1), training=True)

            discriminator_loss = 0.5 * self.discriminator_objective(real_logits, fake_logits)
            adversarial_loss = self.generator_objective(fake_logits)
            reconstruction_loss = l1_loss(target, fake)
            generator_loss = adversarial_loss + self.l1_weight * reconstruction_loss

        step.update(tape, discriminator=discriminator_loss, generator=generator_loss)
        return step.report(
            discriminator_loss=discriminator_loss,
            adversarial_loss=adversarial_loss,
            l1_loss=reconstruction_loss,
            generator_loss=generator_loss,
        )
