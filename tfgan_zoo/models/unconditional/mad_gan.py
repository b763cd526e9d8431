"""MAD-GAN: Multi-Agent Diverse Generative Adversarial Networks.

Ghosh, Kulharia, Namboodiri, Torr & Dokania, CVPR 2018, arXiv 1704.02906. Authors' code:
github.com/vivkul/MAD-GAN_synthetic (madgan.py).

Several generators play against one discriminator, which has to say of a drawn example not only that
it is drawn but by which of them. It can say so the better the more they differ, and so drives each
to modes of its own. A sample comes from one of them, chosen by chance.

What a shortcut would miss:
- the generators share all layers but the last, and get the same latents in a step;
- of the k + 1 classes 0 is real; a generator minimises -log p(real) alone, whatever the
  discriminator thinks of the others;
- the minibatch has as many examples of every generator as real ones, and the cross-entropy is one
  mean over all of them, so that drawn examples weigh k times as much;
- the discriminator moves first; then the generators learn from new latents;
- a last layer gets its own generator's gradient, the shared layers that of all;
- MAD-GAN-Sim (the paper's appendix) is another game: a discriminator of real and drawn, which each
  generator makes prefer it to each other one by as much as the two examples of one latent look
  alike to it. A rival is constant there, or wherever both hinges of a pair are active their
  preferences would cancel.

Departures:
- The paper's text was not at hand; all is the code's, which has no MAD-GAN-Sim. That arm is from
  memory: the score that is preferred is the probability, the features are the discriminator's last
  hidden layer, hinges are summed over rivals and averaged over examples and generators, and the
  weight is 1e-3.
- Leak 0.1, first weights and the nets for MNIST are those of github.com/sanghoon/tf-exercise-gan,
  from which the authors' code descends. Of that, `utils` and `models/mnist_models` are published in
  compiled form only; the play and the nets for the line are there as source.
- Pictures are in [-1, 1] outside, as everywhere in this package, and in [0, 1] inside the nets.
- The authors' nets for the line, where points go in and out as they are, are in
  `networks.points.mad_gan`.
"""

import keras
import tensorflow as tf

from tfgan_zoo.base import Trained
from tfgan_zoo.losses.adversarial import (
    nonsaturating_discriminator_loss,
    nonsaturating_generator_loss,
)
from tfgan_zoo.losses.generators import (
    cosine_hinge,
    identification_discriminator_loss,
    identification_generator_loss,
    log_odds_of_real,
)
from tfgan_zoo.networks.pictures import size_and_channels
from tfgan_zoo.networks.priors import Joined, OneHot, Uniform


def shared_layers(shape, noise_dim, filters):
    """Noise `[B, noise_dim]` to the features that all generators share, `[B, height / 2, width / 2,
    filters]`.
    """
    (height, width), _ = size_and_channels(shape)
    if height % 4 or width % 4:
        raise ValueError(f"MAD-GAN's sides are multiples of 4; got {height}x{width}.")
    noise = keras.Input((noise_dim,), name="noise")
    features = dense(height // 4 * (width // 4) * 2 * filters, "elu")(noise)
    features = keras.layers.Reshape((height // 4, width // 4, 2 * filters))(features)
    return keras.Model(noise, transposed(filters, "elu")(features), name="trunk")


def last_layer(shape, features_shape):
    """What a generator has of its own: shared features to images `[B, *shape]`, float32."""
    features = keras.Input(features_shape, name="features")
    pixels = transposed(shape[-1])(features)
    pixels = keras.layers.Activation("sigmoid", dtype="float32")(pixels)
    images = keras.layers.Rescaling(2.0, -1.0, dtype="float32")(pixels)
    return keras.Model(features, images)


def one_of(noise_dim, trunk, heads):
    """Latents, noise with a one-hot vector behind it, to the example of the head that it names."""
    latents = keras.Input((noise_dim + len(heads),), name="latents")
    features, parts = trunk(latents[:, :noise_dim]), []
    for index, head in enumerate(heads, noise_dim):
        example = head(features)
        named = keras.layers.Reshape((1,) * (len(example.shape) - 1))(latents[:, index : index + 1])
        parts.append(keras.layers.Multiply(dtype="float32")([example, named]))
    examples = keras.layers.Add(dtype="float32")(parts) if len(parts) > 1 else parts[0]
    return keras.Model(latents, examples, name="generator")


def judging_net(shape, outputs, with_features, filters):
    """Images `[B, *shape]` to logits `[B, outputs]`, float32, and to the last hidden layer's
    features besides where those are asked for.
    """
    images = keras.Input(shape, name="images")
    features = keras.layers.Rescaling(0.5, 0.5)(images)
    for width in (filters, 2 * filters):  # [B, height / 2, width / 2, 32], [B, .., .., 64]
        features = keras.layers.Conv2D(
            *(width, 5, 2, "same"),
            activation="relu",
            kernel_initializer="glorot_normal",
            bias_initializer=keras.initializers.Constant(0.1),
        )(features)
    features = keras.layers.Flatten()(features)
    logits = dense(outputs, dtype="float32")(features)
    outcome = [logits, features] if with_features else logits
    return keras.Model(images, outcome, name="discriminator")


def dense(units, activation=None, dtype=None):
    return keras.layers.Dense(units, activation, kernel_initializer="glorot_normal", dtype=dtype)


def transposed(filters, activation=None):
    return keras.layers.Conv2DTranspose(
        *(filters, 5, 2, "same"),
        activation=activation,
        # Keras' fan in of such a kernel is what goes out of it.
        kernel_initializer=keras.initializers.VarianceScaling(1.0, "fan_in", "untruncated_normal"),
        bias_initializer=keras.initializers.Constant(0.1),
    )


class MADGAN(Trained):
    """MAD-GAN with the settings of the authors' experiments.

    Latents `[B, latent_dim]` are `noise_dim` numbers uniform on [-1, 1] and a one-hot vector that
    names one of the generators.

    Args:
        shape: of an example: (height, width, channels) of a picture, whose sides are multiples of
            4; anything where all nets are given.
        generators: k (4); one makes it the first GAN.
        similarity: None for MAD-GAN; the weight of the hinge (1e-3) for MAD-GAN-Sim, whose
            discriminator does not tell generators apart.
        noise_dim: length of the noise (64).
        filters: of the outer layers of the nets (32).
        trunk, heads, discriminator: nets in place of these: noise `[B, noise_dim]` to features; a
            list of one net for each generator, features to examples, which are named head_0, head_1
            and so on; examples to logits `[B, generators + 1]`, real first, or, with `similarity`,
            to a list of logits `[B, 1]` and features `[B, F]`.
        seed: of the latents in training.

    `train_step` takes `images [B, *shape]`, pictures in [-1, 1] or examples of any other shape.

    Raises:
        ValueError: for a shape that the nets cannot draw, or heads that are not as many as
            generators.
    """

    paper = {
        "title": "Multi-Agent Diverse Generative Adversarial Networks",
        "authors": "Ghosh, Kulharia, Namboodiri, Torr & Dokania, CVPR 2018",
        "arxiv": "1704.02906",
        "code": "https://github.com/vivkul/MAD-GAN_synthetic",
    }

    def __init__(
        self,
        shape=(28, 28, 1),
        generators=4,
        similarity=None,
        noise_dim=64,
        filters=32,
        trunk=None,
        heads=None,
        discriminator=None,
        seed=0,
        name="mad_gan",
    ):
        super().__init__(seed=seed, name=name)
        self.generators, self.similarity = generators, similarity
        self.noise = Uniform(noise_dim)
        self.prior = Joined(self.noise, OneHot(generators))
        self.trunk = trunk or shared_layers(shape, noise_dim, filters)
        self.heads = heads or [
            last_layer(shape, self.trunk.output_shape[1:]) for _ in range(generators)
        ]
        if len(self.heads) != generators:
            raise ValueError(f"{generators} generators need as many heads, not {len(self.heads)}.")
        for index, own in enumerate(self.heads):
            own.name = f"head_{index}"
        self.generator = one_of(noise_dim, self.trunk, self.heads)
        outputs, similar = (1, True) if similarity is not None else (generators + 1, False)
        self.discriminator = discriminator or judging_net(shape, outputs, similar, filters)

    def call(self, latents):
        """Examples `[B, *shape]` from latents `[B, latent_dim]`, each by the generator named."""
        return self.generator(latents, training=False)

    def realness(self, examples):
        """How real the discriminator takes examples to be, at inference: logits `[B, 1]`."""
        found = self.discriminator(examples, training=False)
        return log_odds_of_real(found) if self.similarity is None else found[0]

    def draw_all(self, count, seed):
        """In training: examples `[k count, *shape]` of every generator, one generator after the
        other, from the same noise.
        """
        features = self.trunk(self.noise.sample(count, seed), training=True)
        return tf.concat([head(features, training=True) for head in self.heads], 0)

    def train_step(self, data):
        real = self.fields(data, "images")
        count = tf.shape(real)[0]
        step = self.begin_step()

        fake = self.draw_all(count, step.seed(0))
        with tf.GradientTape() as tape:
            real_found = self.discriminator(real, training=True)
            fake_found = self.discriminator(fake, training=True)
            if self.similarity is None:
                discriminator_loss = identification_discriminator_loss(real_found, fake_found)
            else:
                discriminator_loss = nonsaturating_discriminator_loss(real_found[0], fake_found[0])
        step.update(tape, discriminator=discriminator_loss)

        with tf.GradientTape() as tape:
            fake_found = self.discriminator(self.draw_all(count, step.seed(1)), training=True)
            if self.similarity is None:
                generator_loss = identification_generator_loss(fake_found)
            else:
                logits, features = fake_found
                hinge = cosine_hinge(tf.sigmoid(logits), features, self.generators)
                generator_loss = nonsaturating_generator_loss(logits) + self.similarity * hinge
        step.update(tape, generator=generator_loss)

        return step.report(discriminator_loss=discriminator_loss, generator_loss=generator_loss)
