"""AC-GAN: Conditional Image Synthesis With Auxiliary Classifier GANs.

Odena, Olah & Shlens, ICML 2017, arXiv 1610.09585. The authors released no code; where the paper is
silent this file says whom it follows.

Every generated picture has a class c beside its noise z, and the discriminator is not told that
class: it has to find it. Beside the source (real or generated) it names the class of what it sees,
and both players gain where it is right, on real pictures and on generated ones. So the generator
learns to draw what an honest classifier can read, and z keeps what is not the class.

What a shortcut would miss:
- both players maximise L_C, the log-likelihood of the right class of real AND of generated
  pictures; only the sign of L_S, that of the right source, differs between them;
- the discriminator's last layer is one of K + 1 units, a softmax over K and a sigmoid of one, on a
  trunk of six convolutions that both answers share;
- dropout of one half behind each convolution of the discriminator, and noise on its activations,
  in the generator's step too;
- the normalisation of the first convolution and of the generator's first and last layer is left
  out;
- the classes of generated pictures are drawn from p_c, and are not those of the batch beside them;
- as a reader of real pictures the discriminator has to keep the statistics of real pictures: a
  moving mean over all that it is shown is half generated. Dropout changes them too, so that a score
  takes them anew (`evaluate.auxiliary`);
- a hundred nets of ten classes each drew the paper's thousand classes: more classes in one net made
  the pictures worse.

Departures:
- The generator minimises -log P(real) where the paper writes log P(generated); at the beginning,
  where the discriminator is sure, that has no gradient. `generator_loss="minimax"` is as written.
- The paper's table says beta_2 = 1e-3, which is a misprint of 0.999.
- Not said in the paper, and here: z is normal; c is a one-hot vector beside it (the table's input
  has 100 + 10 numbers); the first layer makes a map of a sixteenth of the picture's side, or under
  64 pixels of an eighth; each player moves once a step, the discriminator first, and the generator
  draws anew for its turn; pictures of either source are normalised by their own batch.
- The table of the nets under 64 pixels (384, 192, 96; the paper's CIFAR-10) and the deviation 0.1
  of the activation noise, the middle of the three that the paper tried there, are recalled from a
  later version of the paper; the former is as in github.com/clvrai/ACGAN-PyTorch.
- Sides that are multiples of 4 alone, such as MNIST's 28, begin with a transposed convolution
  without stride, from 3x3 to 7x7, as in Keras' example `mnist_acgan.py`.
- That example counts the class of generated pictures 0 and that of real ones 2 times in the
  discriminator's loss, and smooths the source's labels to 0.9 and 0.1: `fake_class_weight`,
  `real_class_weight`, `real_label`, `fake_label`. The defaults are the paper's. (Its generator also
  learns from twice as many pictures, towards 0.9, and multiplies z by an embedding of c.)
"""

import math

import keras
import tensorflow as tf

from tfgan_zoo.base import Trained
from tfgan_zoo.layers.dropout import TrainingDropout
from tfgan_zoo.layers.initializers import normal_weights
from tfgan_zoo.layers.noise import TrainingNoise
from tfgan_zoo.layers.statistics import without_trace
from tfgan_zoo.losses.adversarial import (
    minimax_generator_loss,
    nonsaturating_discriminator_loss,
    nonsaturating_generator_loss,
)
from tfgan_zoo.losses.semi_supervised import labelled_loss as class_loss
from tfgan_zoo.networks.priors import Normal

GENERATOR_LOSSES = {
    "nonsaturating": nonsaturating_generator_loss,
    "minimax": minimax_generator_loss,
}
LARGE_MAPS, SMALL_MAPS = (768, 384, 256, 192), (384, 192, 96)
DISCRIMINATOR_MAPS = (16, 32, 64, 128, 256, 512)


def ac_gan_generator(image_size, channels, latent_dim, classes, width):
    """A dense layer and 5x5 transposed convolutions of stride 2: four from 64 pixels on, three
    under that.

    Returns:
        A functional model: latents with one-hot labels beside them `[B, latent_dim + classes]` to
        images `[B, *image_size, channels]` in [-1, 1], float32.

    Raises:
        ValueError: for sides that no such layers lead to.
    """
    maps = LARGE_MAPS if min(image_size) >= 64 else SMALL_MAPS
    start, unstrided = first_map(image_size, len(maps))
    first, *hidden = (math.ceil(count * width) for count in maps)
    latents = keras.Input((latent_dim + classes,), name="latents")
    features = keras.layers.Dense(
        math.prod(start) * first, activation="relu", kernel_initializer=normal_weights()
    )(latents)
    features = keras.layers.Reshape((*start, first))(features)
    for level, filters in enumerate(hidden):  # each [B, twice the side, filters]
        stride, padding = (1, "valid") if unstrided and level == 0 else (2, "same")
        features = keras.layers.Conv2DTranspose(
            *(filters, 5, stride, padding), use_bias=False, kernel_initializer=normal_weights()
        )(features)
        features = keras.layers.ReLU()(normalised(features))
    pixels = keras.layers.Conv2DTranspose(
        channels, 5, 2, "same", kernel_initializer=normal_weights()
    )(features)
    images = keras.layers.Activation("tanh", dtype="float32")(pixels)
    return keras.Model(latents, images, name="generator")


def first_map(image_size, doublings):
    """((height, width) of the generator's first map, whether the first transposed convolution has
    no stride and adds four pixels instead of doubling).
    """
    if all(side % 2**doublings == 0 for side in image_size):
        return tuple(side // 2**doublings for side in image_size), False
    whole = 2 ** (doublings - 1)
    if all(side % whole == 0 and side > 4 * whole for side in image_size):
        return tuple(side // whole - 4 for side in image_size), True
    raise ValueError(
        f"AC-GAN draws pictures whose sides are multiples of {2**doublings}, or multiples of "
        f"{whole} above {4 * whole} pixels; got {image_size[0]}x{image_size[1]}."
    )


def ac_gan_discriminator(image_size, channels, classes, width, dropout, noise):
    """Six 3x3 convolutions, every other one of stride 2, and one dense layer of both answers.

    Args:
        noise: deviation of the Gaussian noise on the activations in training.

    Returns:
        A functional model: `[images [B, *image_size, channels] in [-1, 1], seed int32 [2]]` to the
        logits of being real `[B, 1]` and of the classes `[B, classes]`, float32.
    """
    images = keras.Input((*image_size, channels), name="images")
    seed = keras.Input(batch_shape=(2,), dtype="int32", name="seed")
    features = images
    for level, count in enumerate(DISCRIMINATOR_MAPS):
        features = keras.layers.Conv2D(
            *(math.ceil(count * width), 3, 1 if level % 2 else 2, "same"),
            use_bias=level == 0,
            kernel_initializer=normal_weights(),
        )(features)
        features = normalised(features) if level else features
        features = keras.layers.LeakyReLU(0.2)(features)
        if noise:
            features = TrainingNoise(noise, 2 * level)(features, seed)
        if dropout:
            features = TrainingDropout(dropout, 2 * level + 1)(features, seed)
    features = keras.layers.Flatten()(features)  # [B, height / 8 * width / 8 * 512]
    answers = keras.layers.Dense(1 + classes, kernel_initializer=normal_weights(), dtype="float32")(
        features
    )
    return keras.Model([images, seed], [answers[:, :1], answers[:, 1:]], name="discriminator")


def normalised(features):
    return keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(features)


class ACGAN(Trained):
    """AC-GAN with the paper's defaults.

    Args:
        image_size: (height, width), multiples of 16 from 64 pixels on, of 8 or 4 under that.
        channels: 1 to 4.
        classes: number of labels (10 in each of the paper's nets).
        latent_dim: length of z (100).
        generator_width, discriminator_width: of all layers, as a share of the paper's.
        dropout: rate behind each of the discriminator's convolutions (0.5).
        activation_noise: deviation of the noise on its activations in training.
        real_class_weight, fake_class_weight: of the class of real and of generated pictures in the
            discriminator's loss (1 and 1). At 0 nothing asks it to read generated ones.
        real_label, fake_label: what the discriminator should say of either source (1 and 0).
        generator_loss: "nonsaturating", -log P(real), or "minimax", log P(generated).
        seed: of latents, labels, dropout and noise in training.

    `train_step` takes `images [B, height, width, channels]`, float32 in [-1, 1], and `labels [B]`,
    int32.

    Raises:
        ValueError: for an unknown loss, or sides that the nets cannot draw.
    """

    paper = {
        "title": "Conditional Image Synthesis With Auxiliary Classifier GANs",
        "authors": "Odena, Olah & Shlens, ICML 2017",
        "arxiv": "1610.09585",
        "code": None,
    }

    def __init__(
        self,
        image_size=(128, 128),
        channels=3,
        classes=10,
        latent_dim=100,
        generator_width=1.0,
        discriminator_width=1.0,
        dropout=0.5,
        activation_noise=0.1,
        real_class_weight=1.0,
        fake_class_weight=1.0,
        real_label=1.0,
        fake_label=0.0,
        generator_loss="nonsaturating",
        seed=0,
        name="ac_gan",
    ):
        super().__init__(seed=seed, name=name)
        if generator_loss not in GENERATOR_LOSSES:
            raise ValueError(
                f"generator_loss is one of {', '.join(GENERATOR_LOSSES)}, not '{generator_loss}'."
            )
        self.generator_source_loss = GENERATOR_LOSSES[generator_loss]
        self.classes = classes
        self.prior = Normal(latent_dim)
        self.real_class_weight, self.fake_class_weight = real_class_weight, fake_class_weight
        self.source_labels = (real_label, fake_label)
        self.generator = ac_gan_generator(
            image_size, channels, latent_dim, classes, generator_width
        )
        self.discriminator = ac_gan_discriminator(
            image_size, channels, classes, discriminator_width, dropout, activation_noise
        )

    def call(self, inputs):
        """Images `[B, height, width, channels]` in [-1, 1] from `inputs [B, latent_dim + classes]`,
        which `condition` makes.
        """
        return self.generator(inputs, training=False)

    def classify(self, images, network=None):
        """The auxiliary classifier at inference: logits of the classes `[B, classes]` of real
        pictures `[B, height, width, channels]` in [-1, 1]. `network` is a copy of the discriminator
        with other statistics, such as `training.batch_statistics.recomputed` makes.
        """
        network, images = network or self.discriminator, tf.convert_to_tensor(images)
        return network([images, tf.zeros([2], tf.int32)], training=False)[1]

    def condition(self, latents, labels):
        """`latents [B, latent_dim]` with the one-hot vectors of `labels [B]` beside them."""
        return tf.concat([latents, tf.one_hot(labels, self.classes)], axis=-1)

    def sample_labels(self, count, seed):
        """c ~ p_c: labels `[count]`, each as likely as any other."""
        return tf.random.stateless_uniform([count], seed, 0, self.classes, tf.int32, alg="philox")

    def train_step(self, data):
        real, labels = self.fields(data, "images", "labels")
        count = tf.shape(real)[0]
        step = self.begin_step()

        # The discriminator maximises L_S + L_C.
        latents = self.prior.sample(count, step.seed(0))
        fake_labels = self.sample_labels(count, step.seed(1))
        fake = self.generator(self.condition(latents, fake_labels), training=True)
        with tf.GradientTape() as tape:
            real_logits, real_classes = self.discriminator([real, step.seed(2)], training=True)
            fake_logits, fake_classes = without_trace(self.discriminator, [fake, step.seed(3)])
            source_loss = nonsaturating_discriminator_loss(
                real_logits, fake_logits, *self.source_labels
            )
            real_class_loss = class_loss(real_classes, labels)
            fake_class_loss = class_loss(fake_classes, fake_labels)
            discriminator_loss = (
                source_loss
                + self.real_class_weight * real_class_loss
                + self.fake_class_weight * fake_class_loss
            )
        step.update(tape, discriminator=discriminator_loss)

        # The generator maximises L_C - L_S.
        latents = self.prior.sample(count, step.seed(4))
        fake_labels = self.sample_labels(count, step.seed(5))
        with tf.GradientTape() as tape:
            fake = self.generator(self.condition(latents, fake_labels), training=True)
            fake_logits, fake_classes = without_trace(self.discriminator, [fake, step.seed(6)])
            generator_class_loss = class_loss(fake_classes, fake_labels)
            generator_loss = self.generator_source_loss(fake_logits) + generator_class_loss
        step.update(tape, generator=generator_loss)

        return step.report(
            discriminator_loss=discriminator_loss,
            generator_loss=generator_loss,
            source_loss=source_loss,
            real_class_loss=real_class_loss,
            fake_class_loss=fake_class_loss,
            generator_class_loss=generator_class_loss,
        )
