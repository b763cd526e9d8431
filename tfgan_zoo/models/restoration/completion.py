"""Globally and Locally Consistent Image Completion.

Iizuka, Simo-Serra & Ishikawa, SIGGRAPH 2017, doi 10.1145/3072959.3073659; no arXiv number.
Authors' code, of inference alone: github.com/satoshiiizuka/siggraph2017_inpainting (inpaint.lua).
What is marked (recalled) is from memory of the paper, and agrees with the port of
github.com/open-mmlab/mmagic (configs/_base_/models/base_gl.py) where that has it.

A convolutional net fills holes of any shape in pictures of any size. It first learns by the squared
error inside the hole, which alone is blurred; then two discriminators, one of the whole picture and
one of the surroundings of the hole, judge as one whether the picture was completed. Dilated
convolutions let a pixel in the middle of a hole see what lies around it, at a quarter of the
picture's size and no less.

What a shortcut would miss:
- three phases: the completion net alone, the discriminator alone on a net that stands still, both;
- what is known stays as it is, bit by bit: the answer is pasted into the picture, and both
  discriminators see the pasted picture, as a user does;
- missing pixels are the training pictures' mean colour: it is subtracted, and the hole zeroed
  behind that; the mask is a fourth channel, since such a colour may also be known;
- the square of the local discriminator is around the hole, also of real pictures, around a hole
  that is drawn anew and leaves no trace in them;
- either discriminator gives a vector; one logit is taken of both side by side;
- no skips from encoder to decoder, which would carry holes along, and two halvings alone;
- each step updates the discriminator first, and the completion net against the updated one;
- Adadelta has no learning rate: that of Keras must be 1, not its default of 0.001;
- all layers but the last of either net have batch normalisation: moving averages at inference, so
  that an answer does not depend on what else is in a request.

Departures:
- The recalled figures are the defaults: 256x256, batches of 96, holes of 96 to 128 pixels a side,
  squares of 128, 90,000 steps, then 10,000, then 400,000, and 4e-4 for the weight of the
  adversarial term. The paper balances the norms of both gradients at first, by hand.
- The squared error is a mean over all pixels of the picture, known ones counting 0, of colours in
  [0, 1]: Torch's criterion of masked pictures. The paper writes a sum, with which its weight of
  4e-4 would count for nothing.
- The adversarial term of the completion net is the paper's log(1 - D) (recalled), which saturates;
  'nonsaturating' is what ports have.
- Convolutions in front of batch normalisation have no bias, which that would take away again. The
  discriminator's has no moving averages, which nothing would use.
- Pictures smaller than 256x256: as many of the paper's layers as bring a discriminator's map to
  4x4, and as many dilations as one says.
- Holes as strokes of a brush, beside rectangles: the authors' model of 2020 is trained on holes of
  free form, theirs drawn another way (README.md of their code).
- Blending at the border of the hole, an option of theirs after the net (inpaint.lua), is one of
  `python -m tfgan_zoo.explore complete`, by Poisson's equation without their second inpainting.
"""

import tensorflow as tf

from tfgan_zoo.base import Trained
from tfgan_zoo.layers import holes as shapes
from tfgan_zoo.losses import adversarial
from tfgan_zoo.losses.reconstruction import masked_squared_error
from tfgan_zoo.networks.completion import (
    DILATIONS,
    MULTIPLE,
    completion_network,
    context_discriminator,
    reach,
)

OBJECTIVES = {
    "minimax": adversarial.minimax_generator_loss,
    "nonsaturating": adversarial.nonsaturating_generator_loss,
}


class Completion(Trained):
    """Globally and Locally Consistent Image Completion with the paper's defaults.

    Three methods take a step, in this order of phases: `completion_step`, `discriminator_step`,
    `train_step`.

    Args:
        image_size: (height, width) of training pictures, multiples of 4.
        channels: 1 to 4.
        mean: colour of missing pixels in [-1, 1], one number a channel; None is 0 for all.
        holes: what is missing in training: 'rectangles', 'strokes' or 'mixed' (`layers/holes.py`).
        hole_size: least and greatest side of a rectangle in pixels; strokes are as long and a
            quarter as wide.
        patch_size: side in pixels of the local discriminator's square (128).
        generator_filters, discriminator_filters: width of the first layer (64 and 64).
        features: length of each discriminator's vector (1024).
        dilations: of the completion net's middle layers.
        adversarial_weight: alpha of the joint loss (4e-4).
        objective: of the completion net against the discriminator, 'minimax' or 'nonsaturating'.
        seed: of the holes in training.

    Players: `generator`, the completion net, and `discriminator`. Data: `images [B, H, W, C]`,
    float32 in [-1, 1].

    Raises:
        ValueError: for sizes that do not fit, or an unknown word.
    """

    paper = {
        "title": "Globally and Locally Consistent Image Completion",
        "authors": "Iizuka, Simo-Serra & Ishikawa, SIGGRAPH 2017",
        "arxiv": None,
        "code": "https://github.com/satoshiiizuka/siggraph2017_inpainting",
    }

    def __init__(
        self,
        image_size=(256, 256),
        channels=3,
        mean=None,
        holes="rectangles",
        hole_size=(96, 128),
        patch_size=128,
        generator_filters=64,
        discriminator_filters=64,
        features=1024,
        dilations=DILATIONS,
        adversarial_weight=4e-4,
        objective="minimax",
        seed=0,
        name="completion",
    ):
        super().__init__(seed=seed, name=name)
        check(image_size, holes, hole_size, patch_size, dilations, objective)
        self.holes, self.hole_size, self.patch_size = shapes.KINDS[holes], hole_size, patch_size
        self.adversarial_weight = adversarial_weight
        self.generator_objective = OBJECTIVES[objective]
        self.generator = completion_network(
            channels, generator_filters, dilations, mean or (0.0,) * channels, name="generator"
        )
        self.discriminator = context_discriminator(
            image_size, patch_size, channels, discriminator_filters, features, name="discriminator"
        )

    def call(self, images, masks):
        """Pictures `[B, H, W, C]` in [-1, 1], of which what is above 0.5 in `masks [B, H, W, 1]` is
        drawn and the rest is as in `images`; H and W are any multiples of 4.
        """
        return self.complete(images, tf.cast(masks > 0.5, tf.float32), training=False)[0]

    def complete(self, images, masks, training):
        """(pasted, drawn): the completed pictures, and what the net drew of all of them."""
        drawn = self.generator([images, masks], training=training)
        return tf.where(masks > 0.5, drawn, images), drawn

    def judge(self, images, masks):
        """The discriminator's logits `[B, 1]` of pictures and of the squares around the holes."""
        squares = shapes.squares(images, shapes.middles(masks), self.patch_size)
        return self.discriminator([images, squares], training=True)

    def draw_holes(self, images, seed):
        """A hole for each of the pictures `[B, H, W, C]`: masks `[B, H, W, 1]`."""
        count, size = tf.shape(images)[0], tuple(images.shape[1:3])
        return self.holes(seed, count, size, *self.hole_size)

    def completion_step(self, data):
        """The completion net alone, by the squared error in the hole."""
        real = self.fields(data, "images")
        step = self.begin_step()
        masks = self.draw_holes(real, step.seed(0))
        with tf.GradientTape() as tape:
            _, drawn = self.complete(real, masks, training=True)
            reconstruction_loss = masked_squared_error(real, drawn, masks)
        step.update(tape, generator=reconstruction_loss)
        return step.report(reconstruction_loss=reconstruction_loss)

    def discriminator_step(self, data):
        """The discriminator alone, against a completion net that stands still."""
        real = self.fields(data, "images")
        step = self.begin_step()
        masks, others = (self.draw_holes(real, step.seed(stream)) for stream in (0, 1))
        fake, _ = self.complete(real, masks, training=True)
        with tf.GradientTape() as tape:
            real_logits, fake_logits = self.judge(real, others), self.judge(fake, masks)
            discriminator_loss = adversarial.nonsaturating_discriminator_loss(
                real_logits, fake_logits
            )
        step.update(tape, discriminator=discriminator_loss)
        return step.report(discriminator_loss=discriminator_loss)

    def train_step(self, data):
        """Both: the discriminator first, then the completion net against it."""
        real = self.fields(data, "images")
        step = self.begin_step()
        masks, others = (self.draw_holes(real, step.seed(stream)) for stream in (0, 1))
        with tf.GradientTape() as completion_tape:
            fake, drawn = self.complete(real, masks, training=True)

            with completion_tape.stop_recording(), tf.GradientTape() as tape:
                real_logits, fake_logits = self.judge(real, others), self.judge(fake, masks)
                discriminator_loss = adversarial.nonsaturating_discriminator_loss(
                    real_logits, fake_logits
                )
            with completion_tape.stop_recording():
                step.update(tape, discriminator=discriminator_loss)

            reconstruction_loss = masked_squared_error(real, drawn, masks)
            adversarial_loss = self.generator_objective(self.judge(fake, masks))
            generator_loss = reconstruction_loss + self.adversarial_weight * adversarial_loss
        step.update(completion_tape, generator=generator_loss)
        return step.report(
            discriminator_loss=discriminator_loss,
            reconstruction_loss=reconstruction_loss,
            adversarial_loss=adversarial_loss,
            generator_loss=generator_loss,
        )


def check(image_size, holes, hole_size, patch_size, dilations, objective):
    """Raises ValueError for arguments of `Completion` that do not fit each other."""
    height, width = image_size
    if height % MULTIPLE or width % MULTIPLE:
        sides = (max(MULTIPLE, side - side % MULTIPLE) for side in image_size)
        raise ValueError(
            f"Pictures of {height}x{width} do not fit: the completion net halves them twice, so "
            f"that both sides must be multiples of {MULTIPLE}; take {'x'.join(map(str, sides))}."
        )
    if len(hole_size) != 2:
        raise ValueError(
            "A hole has a least and a greatest side: give two numbers of pixels, not "
            f"{len(hole_size)}."
        )
    low, high = hole_size
    if not 1 <= low <= high <= min(image_size):
        raise ValueError(
            f"Holes of {low} to {high} pixels do not fit into pictures of {height}x{width}: give "
            "the least side first, and at most the shorter side of a picture."
        )
    if high > 2 * reach(dilations):
        raise ValueError(
            f"A pixel in the middle of a hole of {high} pixels would see nothing of the picture: "
            f"with the dilations {', '.join(map(str, dilations))} it sees {reach(dilations)} "
            "pixels to each side; take smaller holes or further dilations."
        )
    if not 1 <= patch_size <= min(image_size):
        raise ValueError(
            f"The local discriminator's square of {patch_size} pixels is larger than pictures of "
            f"{height}x{width}, or nothing."
        )
    for word, known, what in (
        (holes, shapes.KINDS, "kind of holes"),
        (objective, OBJECTIVES, "objective"),
    ):
        if word not in known:
            raise ValueError(f"No {what} '{word}'; choose one of {', '.join(known)}.")
