"""DualGAN: Unsupervised Dual Learning for Image-to-Image Translation.

Yi, Zhang, Tan & Gong, ICCV 2017, arXiv 1704.02510. Authors' code: github.com/duxingren14/DualGAN
(TensorFlow).

Two sets of pictures, A and B, without pairs. A primal generator draws A as B and a dual one B as A,
so that each gives the other its lesson: what one has drawn, the other must bring back. Both are
pix2pix' U-Net, whose dropout is all the noise there is, and two patch discriminators, one for each
set, judge what is drawn.

What a shortcut would miss:
- dropout stays on at test time, and every pass has a mask of its own: there, and back again;
- the paper is a Wasserstein GAN: critics whose weights are clipped, several steps of them for one
  of the generators, each on pictures of its own. The released code is another game: cross-entropy,
  one step of the discriminators and then two of the generators on the same pictures;
- RMSProp for both, without momentum;
- the weight of the way back is 20 in the code, an order of magnitude more in the paper's game,
  whose scores have no fixed scale (the authors' README once said 1000);
- the discriminators' loss is not halved, as CycleGAN's is; there is no history and no identity
  term.

Departures:
- The defaults are the released code's. The paper's game is `objective="wasserstein"` with `clip`
  0.01 to 0.1, `discriminator_steps` 2 to 4, `generator_steps` 1 and weights of 100 to 1000; these
  numbers are recalled, not looked up.
- The U-Net and the 70x70 discriminator are pix2pix' with 4x4 kernels and without biases before a
  normalisation (code: 5x5). The code normalises the one-pixel bottleneck too, which leaves its
  offset and nothing of the picture; here it is not normalised.
- Pictures other than 256x256: as many levels as bring the shorter side to one pixel.
- Torch's epsilon beside RMSProp's root, and mean squares that begin at zero (TensorFlow 1: under
  the root, at one, which makes the first dozens of steps short).
- The code's flag `flip` does nothing: it compares a truth value with a word. Here pictures are
  mirrored, unless the trainer is told otherwise.
"""

import tensorflow as tf

from tfgan_zoo.base import Trained, minibatches
from tfgan_zoo.losses import adversarial
from tfgan_zoo.losses.reconstruction import l1_loss
from tfgan_zoo.networks.patchgan import patchgan
from tfgan_zoo.networks.unet import unet
from tfgan_zoo.regularizers.clipping import clip_weights

OBJECTIVES = {
    "cross_entropy": (
        adversarial.nonsaturating_discriminator_loss,
        adversarial.nonsaturating_generator_loss,
    ),
    "wasserstein": (adversarial.wasserstein_critic_loss, adversarial.wasserstein_generator_loss),
}


class DualGAN(Trained):
    """DualGAN with the defaults of the released code.

    Its players are `generator`, both generators, and `discriminator`, both discriminators. In the
    code's words `generator_ab` is A_g_net, `discriminator_b` A_d_net.

    Args:
        image_size: (height, width) of all pictures; sides that the U-Net can halve to one pixel.
        channels: of the pictures of A and of B, 1 to 4 each.
        generator_filters, discriminator_filters: width of the first layer (64 and 64).
        patch: receptive field of one score: 1, 16, 34, 70, 142 or 286.
        dropout: rate of the first three decoder layers.
        objective: 'cross_entropy' (the code's) or 'wasserstein' (the paper's).
        cycle_weights: of the L1 distance to what comes back of A and of B (20 and 20).
        discriminator_steps: in a training step, each on a minibatch of its own (1).
        generator_steps: after them, on the last of these minibatches (2).
        clip: the largest weight of the discriminators; None: any. The Wasserstein objective needs
            it.
        seed: of the dropout noise in training.

    `train_step` takes `images_a [B, H, W, C]` and `images_b [B, H, W, C]`, float32 in [-1, 1],
    which have nothing to do with each other. B is `discriminator_steps` minibatches.

    Raises:
        ValueError: for an unknown objective, one without the bound that it needs, or a size or
            patch that the networks cannot take.
    """

    paper = {
        "title": "DualGAN: Unsupervised Dual Learning for Image-to-Image Translation",
        "authors": "Yi, Zhang, Tan & Gong, ICCV 2017",
        "arxiv": "1704.02510",
        "code": "https://github.com/duxingren14/DualGAN",
    }

    def __init__(
        self,
        image_size=(256, 256),
        channels=(3, 3),
        generator_filters=64,
        discriminator_filters=64,
        patch=70,
        dropout=0.5,
        objective="cross_entropy",
        cycle_weights=(20.0, 20.0),
        discriminator_steps=1,
        generator_steps=2,
        clip=None,
        seed=0,
        name="dual_gan",
    ):
        super().__init__(seed=seed, name=name)
        if objective not in OBJECTIVES:
            raise ValueError(f"No objective '{objective}'; choose one of {', '.join(OBJECTIVES)}.")
        if objective == "wasserstein" and clip is None:
            raise ValueError(
                "A Wasserstein critic's weights must be bounded: give clip, such as 0.01."
            )
        self.discriminator_objective, self.generator_objective = OBJECTIVES[objective]
        self.weight_a, self.weight_b = cycle_weights
        self.discriminator_steps, self.generator_steps = discriminator_steps, generator_steps
        self.clip = clip

        a, b = channels
        sizes = (generator_filters, dropout)
        self.generator_ab = unet(image_size, a, b, *sizes, name="generator_ab")
        self.generator_ba = unet(image_size, b, a, *sizes, name="generator_ba")
        sizes = (patch, discriminator_filters, "scaled_instance")
        self.discriminator_a = patchgan(image_size, a, *sizes, name="discriminator_a")
        self.discriminator_b = patchgan(image_size, b, *sizes, name="discriminator_b")

    @property
    def directions(self):
        """The two generators by the names under which they are exported; each takes pictures and a
        seed.
        """
        return {"a_to_b": self.generator_ab, "b_to_a": self.generator_ba}

    def trained_layers(self, player):
        return {
            "generator": [self.generator_ab, self.generator_ba],
            "discriminator": [self.discriminator_a, self.discriminator_b],
        }[player]

    def updates_in(self, player, steps):
        own = self.generator_steps if player == "generator" else self.discriminator_steps
        return steps * own

    def call(self, images_a, seed=(0, 0)):
        """Pictures of A as B, drawn with the dropout noise of `seed` (two ints); `directions` has
        the other way.
        """
        return self.generator_ab([images_a, tf.convert_to_tensor(seed, tf.int32)], training=False)

    def train_step(self, data):
        images_a, images_b = self.fields(data, "images_a", "images_b")
        step = self.begin_step()
        parts = (minibatches(images, self.discriminator_steps) for images in (images_a, images_b))
        masks = map(step.seed, range(2 * self.discriminator_steps + 4 * self.generator_steps))

        for real_a, real_b in zip(*parts, strict=True):
            fake_b = self.generator_ab([real_a, next(masks)], training=True)
            fake_a = self.generator_ba([real_b, next(masks)], training=True)
            with tf.GradientTape() as tape:
                discriminator_loss = self.discriminator_objective(
                    self.discriminator_a(real_a, training=True),
                    self.discriminator_a(fake_a, training=True),
                ) + self.discriminator_objective(
                    self.discriminator_b(real_b, training=True),
                    self.discriminator_b(fake_b, training=True),
                )
            step.update(tape, discriminator=discriminator_loss)
            if self.clip is not None:
                clip_weights(self.trained_variables("discriminator"), self.clip)

        for _ in range(self.generator_steps):
            with tf.GradientTape() as tape:
                fake_b = self.generator_ab([real_a, next(masks)], training=True)
                fake_a = self.generator_ba([real_b, next(masks)], training=True)
                again_a = self.generator_ba([fake_b, next(masks)], training=True)
                again_b = self.generator_ab([fake_a, next(masks)], training=True)
                adversarial_loss = self.generator_objective(
                    self.discriminator_b(fake_b, training=True)
                ) + self.generator_objective(self.discriminator_a(fake_a, training=True))
                cycle_a, cycle_b = l1_loss(real_a, again_a), l1_loss(real_b, again_b)
                generator_loss = (
                    adversarial_loss + self.weight_a * cycle_a + self.weight_b * cycle_b
                )
            step.update(tape, generator=generator_loss)

        return step.report(
            discriminator_loss=discriminator_loss,
            generator_loss=generator_loss,
            adversarial_loss=adversarial_loss,
            cycle_loss=cycle_a + cycle_b,
        )
