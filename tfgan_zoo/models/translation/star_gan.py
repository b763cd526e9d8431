"""StarGAN: Unified Generative Adversarial Networks for Multi-Domain Image-to-Image Translation.

Choi, Choi, Kim, Ha, Kim & Choo, CVPR 2018, arXiv 1711.09020. Authors' code:
github.com/yunjey/stargan (PyTorch).

One generator draws a picture anew with attributes that it is told, whichever it had, where CycleGAN
needs two nets for each pair of domains. The critic has a second answer, the attributes that it
reads: it learns them from real pictures alone, and the generator must be read as what it was told.
Drawn back with the attributes that it came from, a picture must be what it was. Several data sets
that know different attributes train one net: a mask vector beside the attributes says which of them
are meant.

What a shortcut would miss:
- the wanted attributes of a batch are those of the batch in another order, so that they come in
  combinations that exist, and of each data set among its own pictures;
- the critic's class loss is of real pictures, the generator's of drawn ones: the critic is never
  told what a drawn picture was to be;
- attributes that hold each for itself are logistic, *summed* over the attributes and divided by the
  pictures; of classes that exclude one another, a softmax (hair colours count as the former);
- what a data set does not know stands as zero in the generator's input, and has no loss;
- five critic steps on fresh pictures, then one of the generator on the pictures and wanted
  attributes of the last;
- the critic has no normalisation, since the penalty is about each picture's gradient, and leaks
  0.01; its scores are of patches, its classes of the whole picture, by a kernel as large as the
  last map; neither head has a bias, nor has any convolution of the generator;
- the generator's normalisation has a scale and an offset, its edges are zeros, not reflections;
- the penalty differentiates the sum of all patches' scores;
- the rates are constant for half of the run and fall on a line to zero (--lr_schedule=linear, the
  trainer's default).

Departures:
- The penalty is a term of the critic's loss, as in equation 6. The code of the paper's first days
  took it in a step of the optimizer of its own, behind that of the other terms.
- A batch holds pictures of all data sets, and losses are means over it; the code takes a batch of
  each, adds their means, and computes the penalty on one of the sets in turn.
- Normalisation is by each picture's own statistics at inference too. The released nets keep running
  averages beside them, which do not describe any one picture.
- The code lowers the rates every 1000 steps; here they fall at each.
- Biases begin at zero, where PyTorch draws them.
"""

import keras
import numpy as np
import tensorflow as tf

from tfgan_zoo.base import Trained, minibatches
from tfgan_zoo.layers.initializers import torch_default
from tfgan_zoo.layers.normalization import BatchStatisticsNormalization
from tfgan_zoo.losses.adversarial import wasserstein_critic_loss, wasserstein_generator_loss
from tfgan_zoo.losses.attributes import attribute_loss
from tfgan_zoo.losses.reconstruction import l1_loss
from tfgan_zoo.regularizers.gradient_penalty import gradient_penalty


def told_generator(image_size, channels, told, filters=64, blocks=6):
    """Pictures `[B, H, W, channels]` in [-1, 1] and what they are to show `[B, told]` to pictures
    `[B, H, W, channels]` in [-1, 1], float32.

    The sides are multiples of 4; `filters` is the width of the first layer.
    """
    height, width = image_size
    if height % 4 or width % 4 or min(height, width) < 8:
        raise ValueError(
            "The generator halves the picture twice: give sides that are multiples of 4, at least "
            f"8, not {height}x{width}."
        )
    images = keras.Input((height, width, channels), name="images")
    wanted = keras.Input((told,), name="wanted")
    planes = keras.layers.Reshape((1, 1, told), name="told")(wanted)
    planes = keras.layers.UpSampling2D((height, width), name="everywhere")(planes)
    features = keras.layers.Concatenate(name="beside")([images, planes])
    features = _normalised(_convolution(filters, 7, 1, "first"), features)
    for number, factor in enumerate((2, 4), 1):  # [B, H/2, W/2, 2f], [B, H/4, W/4, 4f]
        features = _normalised(_convolution(factor * filters, 4, 2, f"down{number}"), features)
    for number in range(1, blocks + 1):
        inner = _normalised(_convolution(4 * filters, 3, 1, f"block{number}_1"), features)
        inner = _normalised(_convolution(4 * filters, 3, 1, f"block{number}_2"), inner, relu=False)
        features = keras.layers.Add(name=f"block{number}")([features, inner])
    for number, factor in enumerate((2, 1), 1):  # [B, H/2, W/2, 2f], [B, H, W, f]
        doubled = keras.layers.Conv2DTranspose(
            factor * filters,
            4,
            2,
            padding="same",
            use_bias=False,
            kernel_initializer=torch_default(),
            name=f"up{number}",
        )
        features = _normalised(doubled, features)
    features = _convolution(channels, 7, 1, "last")(features)
    fake = keras.layers.Activation("tanh", dtype="float32", name="fake")(features)
    return keras.Model([images, wanted], fake, name="generator")


def patch_and_class_critic(image_size, channels, attributes, filters=64, layers=6):
    """Pictures `[B, H, W, channels]` to the scores of patches `[B, h, w, 1]` and the logits of
    attributes `[B, attributes]`, float32. Each of the `layers` halves the picture and doubles the
    channels, from `filters` on.
    """
    height, width = image_size
    if height % 2**layers or width % 2**layers:
        raise ValueError(
            f"{layers} layers of the critic halve the picture as often: give sides that are "
            f"multiples of {2**layers}, not {height}x{width}, or fewer layers."
        )
    images = features = keras.Input((height, width, channels), name="images")
    for number in range(layers):  # [B, H/2, W/2, f], [B, H/4, W/4, 2f], ...
        features = _convolution(filters * 2**number, 4, 2, f"critic{number + 1}", bias=True)(
            features
        )
        features = keras.layers.LeakyReLU(0.01, name=f"leak{number + 1}")(features)
    scores = _convolution(1, 3, 1, "source", dtype="float32")(features)
    whole = (height // 2**layers, width // 2**layers)
    logits = _convolution(attributes, whole, 1, "class", padding="valid", dtype="float32")(features)
    logits = keras.layers.Flatten(dtype="float32", name="attributes")(logits)
    return keras.Model(images, [scores, logits], name="critic")


def _convolution(channels, kernel, stride, name, bias=False, padding="same", dtype=None):
    return keras.layers.Conv2D(
        channels,
        kernel,
        stride,
        padding=padding,
        use_bias=bias,
        kernel_initializer=torch_default(),
        dtype=dtype,
        name=name,
    )


def _normalised(convolution, features, relu=True):
    name = convolution.name
    features = BatchStatisticsNormalization(each=True, name=f"{name}_norm")(convolution(features))
    return keras.layers.ReLU(name=f"{name}_relu")(features) if relu else features


class StarGAN(Trained):
    """StarGAN with the paper's defaults: CelebA's five attributes at 128x128.

    Args:
        image_size: (height, width), multiples of 4 and of 2 to the power of `critic_layers`.
        channels: of the pictures, 1 to 4.
        attributes: how many attributes each data set knows, (5,); with RaFD beside it (5, 8).
        exclusive: of each data set whether exactly one of its attributes holds, as of expressions;
            (False,).
        generator_filters, critic_filters: width of the first layer (64 and 64).
        blocks: residual blocks of the generator (6).
        critic_layers: convolutions of the critic before its heads (6).
        critic_steps: for each step of the generator (5).
        class_weight: lambda_cls (1).
        reconstruction_weight: lambda_rec (10).
        penalty: lambda_gp (10).
        seed: of the wanted attributes and of the penalty's places.

    `train_step` takes `images [B, H, W, C]`, float32 in [-1, 1]; `attributes [B, A]`, float32 of 0
    and 1, those of all data sets side by side; and, where there are several, `sets [B]`, int32,
    which one a picture is of. B is `critic_steps` batches, one for each.

    Raises:
        ValueError: for a size that the nets cannot halve, or as many `exclusive` as there are not
            `attributes`.
    """

    paper = {
        "title": "StarGAN: Unified Generative Adversarial Networks for Multi-Domain Image-to-Image "
        "Translation",
        "authors": "Choi, Choi, Kim, Ha, Kim & Choo, CVPR 2018",
        "arxiv": "1711.09020",
        "code": "https://github.com/yunjey/stargan",
    }

    players = ("generator", "critic")

    def __init__(
        self,
        image_size=(128, 128),
        channels=3,
        attributes=(5,),
        exclusive=(False,),
        generator_filters=64,
        critic_filters=64,
        blocks=6,
        critic_layers=6,
        critic_steps=5,
        class_weight=1.0,
        reconstruction_weight=10.0,
        penalty=10.0,
        seed=0,
        name="star_gan",
    ):
        super().__init__(seed=seed, name=name)
        if len(attributes) != len(exclusive):
            raise ValueError(
                f"There are {len(attributes)} data sets with attributes, and `exclusive` says of "
                f"{len(exclusive)} whether theirs exclude one another: say it of each."
            )
        self.sizes, self.exclusive = tuple(attributes), tuple(exclusive)
        self.critic_steps = critic_steps
        self.class_weight = class_weight
        self.reconstruction_weight = reconstruction_weight
        self.penalty = penalty
        self.several = len(self.sizes) > 1
        # Row by data set: which columns of the attributes it knows.
        self.known = np.repeat(np.eye(len(self.sizes), dtype=np.float32), self.sizes, axis=1)
        total = sum(self.sizes)
        told = total + (len(self.sizes) if self.several else 0)
        self.generator = told_generator(image_size, channels, told, generator_filters, blocks)
        self.critic = patch_and_class_critic(
            image_size, channels, total, critic_filters, critic_layers
        )

    def call(self, images, attributes, sets=None):
        """Pictures `[B, H, W, C]` with these attributes `[B, A]`; where there are several data
        sets, `sets [B]` says whose attributes are meant.
        """
        if sets is None:
            sets = tf.zeros(tf.shape(attributes)[:1], tf.int32)
        return self.generator([images, self.told(attributes, sets)], training=False)

    def told(self, attributes, sets):
        """The generator's second input `[B, A]`: what is not known is zero; with several data sets
        the mask vector stands behind it, `[B, A + sets]`.
        """
        if not self.several:
            return attributes
        known = attributes * tf.gather(self.known, sets)
        return tf.concat([known, tf.one_hot(sets, len(self.sizes))], 1)

    def class_loss(self, logits, attributes, sets):
        """Equation 2 of real pictures and their own attributes, 3 of drawn ones and the wanted."""
        return attribute_loss(logits, attributes, sets, self.sizes, self.exclusive)

    def updates_in(self, player, steps):
        return steps * self.critic_steps if player == "critic" else steps

    def train_step(self, data):
        if self.several:
            real, attributes, sets = self.fields(data, "images", "attributes", "sets")
        else:
            real, attributes = self.fields(data, "images", "attributes")
            sets = tf.zeros(tf.shape(real)[:1], tf.int32)
        step = self.begin_step()

        parts = [minibatches(values, self.critic_steps) for values in (real, attributes, sets)]
        for number, (real, attributes, sets) in enumerate(zip(*parts, strict=True)):
            wanted = in_another_order(attributes, sets, step.seed(2 * number))
            fake = self.generator([real, self.told(wanted, sets)], training=True)
            with tf.GradientTape() as tape:
                real_scores, logits = self.critic(real, training=True)
                fake_scores, _ = self.critic(fake, training=True)
                penalty, norms = gradient_penalty(
                    lambda images: self.critic(images, training=True)[0],
                    *(real, fake, step.seed(2 * number + 1)),
                )
                wasserstein_loss = wasserstein_critic_loss(real_scores, fake_scores)
                real_class_loss = self.class_loss(logits, attributes, sets)
                critic_loss = (
                    wasserstein_loss + self.class_weight * real_class_loss + self.penalty * penalty
                )
            step.update(tape, critic=critic_loss)

        # Of the last pictures, to the same wanted attributes, and back.
        with tf.GradientTape() as tape:
            fake = self.generator([real, self.told(wanted, sets)], training=True)
            again = self.generator([fake, self.told(attributes, sets)], training=True)
            fake_scores, logits = self.critic(fake, training=True)
            adversarial_loss = wasserstein_generator_loss(fake_scores)
            fake_class_loss = self.class_loss(logits, wanted, sets)
            reconstruction_loss = l1_loss(real, again)
            generator_loss = (
                adversarial_loss
                + self.class_weight * fake_class_loss
                + self.reconstruction_weight * reconstruction_loss
            )
        step.update(tape, generator=generator_loss)

        return step.report(
            critic_loss=critic_loss,
            generator_loss=generator_loss,
            wasserstein_loss=wasserstein_loss,
            input_gradient_norm=tf.reduce_mean(norms),
            real_class_loss=real_class_loss,
            fake_class_loss=fake_class_loss,
            reconstruction_loss=reconstruction_loss,
        )


def in_another_order(attributes, sets, seed):
    """The rows of `attributes [B, A]` in a random order, those of each data set (`sets [B]`, int32)
    among its own pictures; `seed` is int32 [2].
    """
    draws = tf.random.stateless_uniform(tf.shape(sets), seed, alg="philox")
    drawn = tf.argsort(2.0 * tf.cast(sets, tf.float32) + draws)
    places = tf.argsort(sets, stable=True)
    return tf.gather(attributes, tf.gather(drawn, tf.argsort(places)))
