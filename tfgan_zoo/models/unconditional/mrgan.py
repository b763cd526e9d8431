"""MRGAN: Mode Regularized Generative Adversarial Networks.

Che, Li, Jacob, Bengio and Li, ICLR 2017, arXiv 1612.02136. No code of the authors is known to us.

A generator hears of a mode that it misses only if a latent leads near it. An encoder finds a latent
for every example of the data, and the generator is asked to give the example back (a distance) and
to give back what the discriminator takes for data (the mode regularizer): so each mode pulls,
however rare. MDGAN takes this apart: a manifold step brings G(E(x)) to the data, a diffusion step
brings G(z) to G(E(x)), each with a discriminator of its own.

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

# The weights of the distance and of -log D(G(E(x))): lambda_1 and lambda_2; 1 and lambda.
WEIGHTS = {"regularized": (0.2, 0.4), "manifold_diffusion": (1.0, 0.01)}


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


class MRGAN(Trained):
    """Reg-GAN or MDGAN with plain nets.

    Its players are `generator`, `encoder` and `discriminator`, which sees the data; MDGAN has a
    `diffusion_discriminator` besides.

    Args:
        shape: of an example, (height, width, channels) of a picture; the nets take and draw numbers
            in [-1, 1] of any shape.
        algorithm: "regularized" (Reg-GAN) or "manifold_diffusion" (MDGAN).
        distance_weight: of the distance between x and G(E(x)); None takes the algorithm's: lambda_1
            (0.2), or 1.
        adversarial_weight: of -log D(G(E(x))); None takes lambda_2 (0.4), or lambda (0.01).
        distance: "mean" or "sum" over coordinates of the squared difference.
        latent_dim: length of the latent (100).
        generator_width, generator_depth: hidden units and layers of the generator (800 and 3).
        discriminator_width, discriminator_depth: of discriminators and encoder (512 and 2).
        generator, encoder, discriminator, diffusion_discriminator: nets in place of these: latents
            to examples, examples to latents, examples to logits (twice; MDGAN takes both or
            neither). The widths and depths say nothing to them, nor `latent_dim` to a generator of
            one's own.
        seed: of the latents in training.

    `train_step` takes `images [B, *shape]`, pictures in [-1, 1] or examples of any other shape.

    Raises:
        ValueError: for an unknown algorithm or distance, or nets that do not fit.
    """

    paper = {
        "title": "Mode Regularized Generative Adversarial Networks",
        "authors": "Che et al., ICLR 2017",
        "arxiv": "1612.02136",
        "code": None,
    }

    players = ("generator", "encoder", "discriminator")

    def __init__(
        self,
        shape=(28, 28, 1),
        algorithm="regularized",
        distance_weight=None,
        adversarial_weight=None,
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
        name="mrgan",
    ):
        super().__init__(seed=seed, name=name)
        if algorithm not in WEIGHTS or distance not in ("mean", "sum"):
            raise ValueError(
                f"algorithm is one of {', '.join(WEIGHTS)}, not '{algorithm}', and distance mean "
                f"or sum, not '{distance}'."
            )
        two = algorithm == "manifold_diffusion"
        if (diffusion_discriminator is not None) != (two and discriminator is not None):
            raise ValueError(
                "manifold_diffusion takes both discriminators or neither, regularized takes no "
                "diffusion_discriminator."
            )
        weights = (distance_weight, adversarial_weight)
        self.distance_weight, self.adversarial_weight = (
            default if own is None else own
            for own, default in zip(weights, WEIGHTS[algorithm], strict=True)
        )
        self.distance = distance

        judge = (discriminator_width, discriminator_depth)
        self.generator = generator or mrgan_generator(
            shape, latent_dim, generator_width, generator_depth
        )
        self.prior = Normal(self.generator.input_shape[-1])
        self.encoder = encoder or mrgan_judge(shape, self.prior.size, *judge, "encoder")
        self.discriminator = discriminator or mrgan_judge(shape, 1, *judge, "discriminator")
        self.diffuses = two
        if two:
            self.players = (*self.players, "diffusion_discriminator")
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
        # MDGAN's generator learns from the manifold and from the diffusion.
        return 2 * steps if self.diffuses and player == "generator" else steps

    def train_step(self, data):
        real = self.fields(data, "images")
        step = self.begin_step()
        losses = (self.manifold_diffusion if self.diffuses else self.regularized)(real, step)
        return step.report(**losses)

    def regularized(self, real, step):
        """A step of Reg-GAN: the discriminator, then generator and encoder at once."""
        count = tf.shape(real)[0]
        fake = self.generator(self.prior.sample(count, step.seed(0)), training=True)
        with tf.GradientTape() as tape:
            discriminator_loss = nonsaturating_discriminator_loss(
                self.discriminator(real, training=True), self.discriminator(fake, training=True)
            )
        step.update(tape, discriminator=discriminator_loss)

        latents = self.prior.sample(count, step.seed(1))
        with tf.GradientTape(persistent=True) as tape:
            fake = self.generator(latents, training=True)
            adversarial_loss = nonsaturating_generator_loss(self.discriminator(fake, training=True))
            distance, mode_loss = self.reconstruct(real)
            encoder_loss = self.distance_weight * distance + self.adversarial_weight * mode_loss
            generator_loss = adversarial_loss + encoder_loss
        step.update(tape, generator=generator_loss, encoder=encoder_loss)

        return {
            "discriminator_loss": discriminator_loss,
            "generator_loss": generator_loss,
            "encoder_loss": encoder_loss,
            "adversarial_loss": adversarial_loss,
            "mode_loss": mode_loss,
            "distance": distance,
        }

    def manifold_diffusion(self, real, step):
        """A step of MDGAN: the manifold's, then the diffusion's."""
        reconstructions = self.generator(self.encoder(real, training=True), training=True)
        with tf.GradientTape() as tape:
            discriminator_loss = nonsaturating_discriminator_loss(
                self.discriminator(real, training=True),
                self.discriminator(reconstructions, training=True),
            )
        step.update(tape, discriminator=discriminator_loss)
        with tf.GradientTape(persistent=True) as tape:
            distance, mode_loss = self.reconstruct(real)
            encoder_loss = self.distance_weight * distance + self.adversarial_weight * mode_loss
        step.update(tape, generator=encoder_loss, encoder=encoder_loss)

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

        return {
            "discriminator_loss": discriminator_loss,
            "diffusion_discriminator_loss": diffusion_loss,
            "generator_loss": generator_loss,
            "encoder_loss": encoder_loss,
            "mode_loss": mode_loss,
            "distance": distance,
        }

    def reconstruct(self, real):
        """(d(x, G(E(x))), -log D(G(E(x)))), scalars."""
        reconstructions = self.generator(self.encoder(real, training=True), training=True)
        distances = reconstruction_energies(real, reconstructions, self.distance)
        logits = self.discriminator(reconstructions, training=True)
        return tf.reduce_mean(distances), nonsaturating_generator_loss(logits)
