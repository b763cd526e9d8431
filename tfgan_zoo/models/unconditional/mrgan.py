"""MRGAN: Mode Regularized Generative Adversarial Networks.

Che, Li, Jacob, Bengio and Li, ICLR 2017, arXiv 1612.02136. No code of the authors is known to us.

A generator hears of a mode that it misses only if a latent leads near it. An encoder finds a latent
for every example of the data, and the generator is asked to give the example back (a distance) and
to give back what the discriminator takes for data (the mode regularizer): so each mode pulls,
however rare. MDGAN takes this apart: a manifold step brings G(E(x)) to the data, a diffusion step
brings G(z) to G(E(x)), each with a discriminator of its own. `MRGAN` is the paper's Reg-GAN,
`MDGAN` its MDGAN.

What a shortcut would miss:
- the sign: generator and encoder want log D(G(E(x))) high, so that it has a minus in their losses.
  With the plus of some ports (and, as we remember it, of the printed formula) reconstructions are
  driven away from what passes for data;
- Reg-GAN's discriminator learns from x and G(z) alone: reconstructions never enter its loss;
- the encoder's loss is the two regularizers, and neither of a generator's other terms;
- in MDGAN the data never enter the diffusion discriminator: what it calls real is G(E(x)), and that
  term pulls neither the generator nor the encoder;
- the diffusion step comes after the manifold step and reconstructs anew;
- MDGAN's encoder learns in the manifold step alone, the generator in both.

Departures:
- The paper's text was not at hand. lambda_1 = 0.2 and lambda_2 = 0.4 (section 4.1.1, says a port;
  github.com/kozistr/Awesome-GANs has them too), MDGAN's 0.01 and the order of steps are of ports.
- The distance is the mean over coordinates; MDGAN is written with the square of the norm, a sum,
  784 times as much for a digit. Its two generator steps share one optimizer, in which such a sum
  would drown the diffusion step. `distance` says which.
- Both steps of MDGAN see one minibatch of data; the paper's procedure (as the port has it) draws
  another for the diffusion step.
- The MNIST nets are of sizes within the paper's grid, as far as we remember it; the activations,
  their initialisation, the latent and the batch are ours. No batch normalisation: the generator
  sees latents of the prior and of the encoder, whose statistics would be mixed at inference.
"""

import math

import keras
import tensorflow as tf

from tfgan_zoo.base import Trained
from tfgan_zoo.losses.adversarial import (
    nonsaturating_discriminator_loss,
    nonsaturating_generator_loss,
)
from tfgan_zoo.losses.energy import reconstruction_energies
from tfgan_zoo.networks.mlp import mlp
from tfgan_zoo.networks.priors import Normal

PAPER = {
    "title": "Mode Regularized Generative Adversarial Networks",
    "authors": "Che et al., ICLR 2017",
    "arxiv": "1612.02136",
    "code": None,
}


def mrgan_generator(shape, latent_dim, width, depth):
    """Rectified layers: latents `[B, latent_dim]` to examples `[B, *shape]` in [-1, 1], float32."""
    latents = keras.Input((latent_dim,), name="latents")
    features = mlp(latent_dim, math.prod(shape), width, depth, name="layers")(latents)
    features = keras.layers.Activation("tanh", dtype="float32")(features)
    examples = keras.layers.Reshape(shape, dtype="float32")(features)
    return keras.Model(latents, examples, name="generator")


def mrgan_judge(shape, outputs, width, depth, name):
    """Leaky layers: examples `[B, *shape]` to logits or latents `[B, outputs]`, float32."""
    examples = keras.Input(shape, name="examples")
    layers = mlp(math.prod(shape), outputs, width, depth, "leaky_relu", name="layers")
    return keras.Model(examples, layers(keras.layers.Flatten()(examples)), name=name)


def mean_distance(real, reconstructions, kind):
    """d(x, G(E(x))): the mean over the batch; `kind` as `distance` of the classes."""
    return tf.reduce_mean(reconstruction_energies(real, reconstructions, kind))


def check_distance(kind):
    if kind not in ("mean", "sum"):
        raise ValueError(f"distance is mean or sum, not '{kind}'.")


class MRGAN(Trained):
    """Reg-GAN with plain nets.

    Its players are `generator`, `encoder` and `discriminator`.

    Args:
        shape: of an example, (height, width, channels) of a picture; the nets take and draw numbers
            in [-1, 1] of any shape.
        distance_weight: lambda_1, of the distance between x and G(E(x)) (0.2).
        adversarial_weight: lambda_2, of -log D(G(E(x))) (0.4).
        distance: "mean" or "sum" over coordinates of the squared difference.
        latent_dim: length of the latent (100).
        generator_width, generator_depth: hidden units and layers of the generator (800 and 3).
        discriminator_width, discriminator_depth: of the discriminator and the encoder (512 and 2).
        generator, encoder, discriminator: nets in place of these: latents to examples, examples to
            latents, examples to logits. The widths and depths say nothing to them, nor `latent_dim`
            to a generator of one's own.
        seed: of the latents in training.

    `train_step` takes `images [B, *shape]`, pictures in [-1, 1] or examples of any other shape.

    Raises:
        ValueError: for an unknown distance.
    """

    paper = PAPER
    players = ("generator", "encoder", "discriminator")

    def __init__(
        self,
        shape=(28, 28, 1),
        distance_weight=0.2,
        adversarial_weight=0.4,
        distance="mean",
        latent_dim=100,
        generator_width=800,
        generator_depth=3,
        discriminator_width=512,
        discriminator_depth=2,
        generator=None,
        encoder=None,
        discriminator=None,
        seed=0,
        name="mrgan",
    ):
        super().__init__(seed=seed, name=name)
        check_distance(distance)
        self.distance_weight, self.adversarial_weight = distance_weight, adversarial_weight
        self.distance = distance
        judge = (discriminator_width, discriminator_depth)
        self.generator = generator or mrgan_generator(
            shape, latent_dim, generator_width, generator_depth
        )
        self.prior = Normal(self.generator.input_shape[-1])
        self.encoder = encoder or mrgan_judge(shape, self.prior.size, *judge, "encoder")
        self.discriminator = discriminator or mrgan_judge(shape, 1, *judge, "discriminator")

    def call(self, latents):
        """Examples `[B, *shape]` from latents `[B, latent_dim]`."""
        return self.generator(latents, training=False)

    def realness(self, examples):
        """How real the discriminator takes examples to be, at inference: logits `[B, 1]`."""
        return self.discriminator(examples, training=False)

    def train_step(self, data):
        real = self.fields(data, "images")
        count = tf.shape(real)[0]
        step = self.begin_step()

        # The discriminator learns from x and G(z).
        fake = self.generator(self.prior.sample(count, step.seed(0)), training=True)
        with tf.GradientTape() as tape:
            discriminator_loss = nonsaturating_discriminator_loss(
                self.discriminator(real, training=True), self.discriminator(fake, training=True)
            )
        step.update(tape, discriminator=discriminator_loss)

        # The encoder learns from both regularizers, the generator from G(z) besides.
        latents = self.prior.sample(count, step.seed(1))
        with tf.GradientTape(persistent=True) as tape:
            fake = self.generator(latents, training=True)
            adversarial_loss = nonsaturating_generator_loss(self.discriminator(fake, training=True))
            reconstructions = self.generator(self.encoder(real, training=True), training=True)
            distance = mean_distance(real, reconstructions, self.distance)
            mode_loss = nonsaturating_generator_loss(
                self.discriminator(reconstructions, training=True)
            )
            encoder_loss = self.distance_weight * distance + self.adversarial_weight * mode_loss
            generator_loss = adversarial_loss + encoder_loss
        step.update(tape, generator=generator_loss, encoder=encoder_loss)

        return step.report(
            discriminator_loss=discriminator_loss,
            generator_loss=generator_loss,
            encoder_loss=encoder_loss,
            adversarial_loss=adversarial_loss,
            mode_loss=mode_loss,
            distance=distance,
        )


class MDGAN(Trained):
    """MDGAN with plain nets.

    Its players are `generator`, `encoder`, `discriminator`, which sees the data, and
    `diffusion_discriminator`, which does not.

    Args:
        shape: of an example, (height, width, channels) of a picture; the nets take and draw numbers
            in [-1, 1] of any shape.
        distance_weight: of the distance between x and G(E(x)) (1).
        adversarial_weight: lambda, of -log D(G(E(x))) (0.01).
        distance: "mean" or "sum" over coordinates of the squared difference.
        latent_dim: length of the latent (100).
        generator_width, generator_depth: hidden units and layers of the generator (800 and 3).
        discriminator_width, discriminator_depth: of both discriminators and the encoder (512, 2).
        generator, encoder, discriminator, diffusion_discriminator: nets in place of these: latents
            to examples, examples to latents, examples to logits (twice). The widths and depths say
            nothing to them, nor `latent_dim` to a generator of one's own.
        seed: of the latents in training.

    `train_step` takes `images [B, *shape]`, pictures in [-1, 1] or examples of any other shape.

    Raises:
        ValueError: for an unknown distance.
    """

    paper = PAPER
    players = ("generator", "encoder", "discriminator", "diffusion_discriminator")

    def __init__(
        self,
        shape=(28, 28, 1),
        distance_weight=1.0,
        adversarial_weight=0.01,
        distance="mean",
        latent_dim=100,
        generator_width=800,
        generator_depth=3,
        discriminator_width=512,
        discriminator_depth=2,
        generator=None,
        encoder=None,
        discriminator=None,
        diffusion_discriminator=None,
        seed=0,
        name="mdgan",
    ):
        super().__init__(seed=seed, name=name)
        check_distance(distance)
        self.distance_weight, self.adversarial_weight = distance_weight, adversarial_weight
        self.distance = distance
        judge = (discriminator_width, discriminator_depth)
        self.generator = generator or mrgan_generator(
            shape, latent_dim, generator_width, generator_depth
        )
        self.prior = Normal(self.generator.input_shape[-1])
        self.encoder = encoder or mrgan_judge(shape, self.prior.size, *judge, "encoder")
        self.discriminator = discriminator or mrgan_judge(shape, 1, *judge, "discriminator")
        self.diffusion_discriminator = diffusion_discriminator or mrgan_judge(
            shape, 1, *judge, "diffusion_discriminator"
        )

    def call(self, latents):
        """Examples `[B, *shape]` from latents `[B, latent_dim]`."""
        return self.generator(latents, training=False)

    def realness(self, examples):
        """How real the discriminator takes examples to be, at inference: logits `[B, 1]`."""
        return self.discriminator(examples, training=False)

    def updates_in(self, player, steps):
        # The generator learns from the manifold and from the diffusion.
        return 2 * steps if player == "generator" else steps

    def train_step(self, data):
        real = self.fields(data, "images")
        step = self.begin_step()

        # The manifold step: D_M tells x from G(E(x)), which generator and encoder bring to x.
        reconstructions = self.generator(self.encoder(real, training=True), training=True)
        with tf.GradientTape() as tape:
            discriminator_loss = nonsaturating_discriminator_loss(
                self.discriminator(real, training=True),
                self.discriminator(reconstructions, training=True),
            )
        step.update(tape, discriminator=discriminator_loss)
        with tf.GradientTape(persistent=True) as tape:
            reconstructions = self.generator(self.encoder(real, training=True), training=True)
            distance = mean_distance(real, reconstructions, self.distance)
            mode_loss = nonsaturating_generator_loss(
                self.discriminator(reconstructions, training=True)
            )
            encoder_loss = self.distance_weight * distance + self.adversarial_weight * mode_loss
        step.update(tape, generator=encoder_loss, encoder=encoder_loss)

        # The diffusion step: D_D tells G(E(x)) from G(z), which the generator brings to it.
        latents = self.prior.sample(tf.shape(real)[0], step.seed())
        reconstructions = self.generator(self.encoder(real, training=True), training=True)
        fake = self.generator(latents, training=True)
        with tf.GradientTape() as tape:
            diffusion_loss = nonsaturating_discriminator_loss(
                self.diffusion_discriminator(reconstructions, training=True),
                self.diffusion_discriminator(fake, training=True),
            )
        step.update(tape, diffusion_discriminator=diffusion_loss)
        with tf.GradientTape() as tape:
            fake = self.generator(latents, training=True)
            generator_loss = nonsaturating_generator_loss(
                self.diffusion_discriminator(fake, training=True)
            )
        step.update(tape, generator=generator_loss)

        return step.report(
            discriminator_loss=discriminator_loss,
            diffusion_discriminator_loss=diffusion_loss,
            generator_loss=generator_loss,
            encoder_loss=encoder_loss,
            mode_loss=mode_loss,
            distance=distance,
        )
