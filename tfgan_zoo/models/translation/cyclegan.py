"""CycleGAN: Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks.

Zhu, Park, Isola & Efros, ICCV 2017, arXiv 1703.10593. Authors' code:
github.com/junyanz/pytorch-CycleGAN-and-pix2pix (PyTorch), github.com/junyanz/CycleGAN (Lua Torch).

Two sets of pictures, A and B, none of which belong together. One generator draws A as B, another B
as A, and for each set a patch discriminator tells the drawn from the real. There and back again
must end at the picture it began with, which leaves of all maps that deceive the discriminators one
that keeps what is in the picture.

What a shortcut would miss:
- one optimizer over both generators and one over both discriminators; the generators move first,
  and the discriminators then judge what was drawn before that move;
- least squares instead of logarithms, and the discriminators' halved;
- a discriminator sees drawn pictures from a history of 50, of which half the time an old one is
  returned and replaced by the new one, and not simply the newest, or random old ones;
- instance normalisation without scale, and reflected borders, against artefacts there;
- the cycle is taken in both directions, and its L1 is measured against the real picture;
- the identity term's 0.5 is a share of the *cycle's* weight: it counts five times, not half;
- the rates are constant for half of the run and then fall to zero on a line (--lr_schedule=linear,
  the trainer's default);
- the two sets have an order each: a common shuffle of two sets of one length would hand out the
  pairs that the method must do without.

Departures:
- identity_weight is 0.5, as in the released code; the paper has the term for paintings and
  photographs alone (section 5.2), and 0 for all else.
- The authors go through A in order and draw a picture of B at random for each, whichever set is
  larger; here each set is gone through in shuffled epochs of its own (`data.unpaired`).
- Convolutions that a normalisation follows have no bias, which it would take away again; nor has
  the discriminators' first (TensorFlow's optimizer of graphs fails on a bias before a leaky ReLU).
- At 128x128 the paper has 6 blocks, from 256x256 on 9: `blocks=None` chooses by the size, and takes
  6 for what is smaller still.
"""

import keras
import tensorflow as tf

from tfgan_zoo.base import Trained
from tfgan_zoo.losses.adversarial import (
    least_squares_discriminator_loss,
    least_squares_generator_loss,
)
from tfgan_zoo.losses.reconstruction import l1_loss
from tfgan_zoo.networks.patchgan import patchgan
from tfgan_zoo.networks.resnet_generator import resnet_generator
from tfgan_zoo.regularizers.image_pool import ImagePool


class CycleGAN(Trained):
    """CycleGAN with the defaults of the released code, which are the paper's but for the identity
    term.

    Its players are `generator`, both generators, and `discriminator`, both discriminators. In the
    paper's letters `generator_ab` is G, `generator_ba` F, `discriminator_a` D_X, `discriminator_b`
    D_Y.

    Args:
        image_size: (height, width) of all pictures, multiples of 4.
        channels: of the pictures of A and of B, 1 to 4 each.
        generator_filters, discriminator_filters: width of the first layer (64 and 64).
        blocks: residual blocks of a generator; None: 9 from 256x256 on, 6 below.
        patch: receptive field of one score: 1, 16, 34, 70, 142 or 286.
        cycle_weight: lambda of equation 3 (10), for both directions.
        identity_weight: of the identity term, as a share of `cycle_weight`; 0 leaves it out.
        pool_size: pictures in the history of each discriminator (50); 0: no history.
        seed: of the histories' exchange.

    `train_step` takes `images_a [B, H, W, C]` and `images_b [B, H, W, C]`, float32 in
    [-1, 1], which have nothing to do with each other.

    Raises:
        ValueError: for an identity term between different numbers of channels, or a size or patch
            that the networks cannot take.
    """

    paper = {
        "title": "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks",
        "authors": "Zhu, Park, Isola & Efros, ICCV 2017",
        "arxiv": "1703.10593",
        "code": "https://github.com/junyanz/pytorch-CycleGAN-and-pix2pix",
    }

    def __init__(
        self,
        image_size=(256, 256),
        channels=(3, 3),
        generator_filters=64,
        discriminator_filters=64,
        blocks=None,
        patch=70,
        cycle_weight=10.0,
        identity_weight=0.5,
        pool_size=50,
        seed=0,
        name="cyclegan",
    ):
        super().__init__(seed=seed, name=name)
        channels_a, channels_b = channels
        if identity_weight and channels_a != channels_b:
            raise ValueError(
                "The identity term needs equal channels on both sides, not "
                f"{channels_a} and {channels_b}: set identity_weight=0."
            )
        if blocks is None:
            blocks = 9 if min(image_size) >= 256 else 6
        self.cycle_weight = cycle_weight
        self.identity_weight = identity_weight

        self.generator_ab = resnet_generator(
            image_size, channels_a, channels_b, generator_filters, blocks, name="generator_ab"
        )
        self.generator_ba = resnet_generator(
            image_size, channels_b, channels_a, generator_filters, blocks, name="generator_ba"
        )
        self.discriminator_a = patchgan(
            image_size, channels_a, patch, discriminator_filters, "instance", name="judge_a"
        )
        self.discriminator_b = patchgan(
            image_size, channels_b, patch, discriminator_filters, "instance", name="judge_b"
        )
        # One optimizer moves both.
        self.generator = side_by_side(self.generator_ab, self.generator_ba, name="generator")
        self.discriminator = side_by_side(
            self.discriminator_a, self.discriminator_b, name="discriminator"
        )
        self.pool_a = ImagePool(pool_size, (*image_size, channels_a), name="pool_a")
        self.pool_b = ImagePool(pool_size, (*image_size, channels_b), name="pool_b")

    @property
    def directions(self):
        """The two generators by the names under which they are exported."""
        return {"a_to_b": self.generator_ab, "b_to_a": self.generator_ba}

    def call(self, images_a):
        """Pictures of A as B; `directions` has the other way."""
        return self.generator_ab(images_a, training=False)

    def train_step(self, data):
        real_a, real_b = self.fields(data, "images_a", "images_b")
        step = self.begin_step()

        with tf.GradientTape() as tape:
            fake_b = self.generator_ab(real_a, training=True)
            fake_a = self.generator_ba(real_b, training=True)
            cycled_a = self.generator_ba(fake_b, training=True)
            cycled_b = self.generator_ab(fake_a, training=True)

            adversarial_loss = least_squares_generator_loss(
                self.discriminator_b(fake_b, training=True)
            ) + least_squares_generator_loss(self.discriminator_a(fake_a, training=True))
            cycle_loss = l1_loss(real_a, cycled_a) + l1_loss(real_b, cycled_b)
            generator_loss = adversarial_loss + self.cycle_weight * cycle_loss

            identity_loss = 0.0
            if self.identity_weight:
                same_a = self.generator_ba(real_a, training=True)
                same_b = self.generator_ab(real_b, training=True)
                identity_loss = l1_loss(real_a, same_a) + l1_loss(real_b, same_b)
                generator_loss += self.cycle_weight * self.identity_weight * identity_loss
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

        return step.report(
            generator_loss=generator_loss,
            adversarial_loss=adversarial_loss,
            cycle_loss=cycle_loss,
            identity_loss=identity_loss,
            discriminator_loss=discriminator_loss,
        )


def side_by_side(first, second, name):
    """Two networks as one, with two inputs and two outputs."""
    inputs = [keras.Input(network.input_shape[1:]) for network in (first, second)]
    outputs = [network(x) for network, x in zip((first, second), inputs, strict=True)]
    return keras.Model(inputs, outputs, name=name)
