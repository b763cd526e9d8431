"""WGAN-GP: Improved Training of Wasserstein GANs.

Gulrajani, Ahmed, Arjovsky, Dumoulin & Courville, NIPS 2017, arXiv 1704.00028. Authors' code:
github.com/igul222/improved_wgan_training (TensorFlow).

The critic of a Wasserstein GAN must have slopes of at most one. Instead of clipping its weights,
which makes it a function too simple, this paper penalises it where the norm of its gradient is not
one, at random points on lines between real and generated examples. That trains deep residual nets
of any kind with hardly any tuning.

What a shortcut would miss:
- one alpha for each example, not for the batch; the norm over all pixels, nothing added under its
  root (its gradient where it is zero is taken as zero); two-sided, slopes below one cost as well;
- no batch normalisation in the critic: the penalty is about each example's gradient;
- five critic steps on fresh data before each of the generator, which then takes a batch of twice
  the size, 128 to 64;
- Adam with beta_1 = 0 and beta_2 = 0.9 (0.5 and 0.9 for MNIST and the worlds of points), its rate
  on a line to zero (for CIFAR-10);
- pixels of 256 levels are spread over their bins by uniform noise: a critic sees the levels;
- with labels: AC-GAN's classifier on the critic learns from real pictures alone, at weight 1; the
  generator follows it at 0.1, and normalises by scales and offsets of each class;
- for worlds of points lambda is 0.1 instead of 10, and nothing is spread (`dequantised=False`).

Departures:
- The critic learns before the generator, as in algorithm 1; the code begins with the generator,
  save in the first iteration.
- Batch normalisation draws with moving averages, where the code takes each batch's statistics:
  a picture must not depend on the others of its request.
- The nets for MNIST draw in [-1, 1] with tanh (code: [0, 1] with a sigmoid), as those for CIFAR-10
  do, and dequantise as those; with labels (code: none) they take the class beside the latent.
"""

import math

import keras
import tensorflow as tf

from tfgan_zoo.base import Trained, minibatches
from tfgan_zoo.losses.adversarial import wasserstein_critic_loss, wasserstein_generator_loss
from tfgan_zoo.networks.pictures import size_and_channels
from tfgan_zoo.networks.priors import Joined, Normal, OneHot
from tfgan_zoo.networks.resnet import beside, resnet_critic, resnet_generator
from tfgan_zoo.regularizers.gradient_penalty import gradient_penalty
from tfgan_zoo.regularizers.instance_noise import dequantise


def he_uniform(inputs, outputs, stride=1):
    """The authors' weights of 5x5 kernels: variance 4 / (fan in + fan out), of which a stride
    leaves out its square on the side of the larger map (`outputs` of a convolution down).
    """
    limit = math.sqrt(3.0 * 4.0 / (25 * (inputs + outputs / stride**2)))
    return keras.initializers.RandomUniform(-limit, limit)


def conv_generator(shape, latent_dim, filters=64):
    """The authors' net for MNIST, without normalisation: a 4x4 map, doubled by 5x5 transposed
    convolutions; for a side of 28 the 8x8 map is cut to 7x7.

    The side is 28 or a power of two of at least 16; `filters` is the width of the last hidden
    layer. Latents `[B, latent_dim]` to images `[B, *shape]` in [-1, 1], float32.
    """
    (side, _), channels = size_and_channels(shape)
    levels = _levels(shape)
    width = filters * 2 ** (levels - 1)
    latents = keras.Input((latent_dim,), name="latents")
    features = keras.layers.Dense(4 * 4 * width, "relu")(latents)
    features = keras.layers.Reshape((4, 4, width))(features)
    for level in range(levels):  # [B, 8, 8, width / 2], ..., [B, side, side, channels]
        narrower = width // 2 if level < levels - 1 else channels
        weights = he_uniform(narrower, width, stride=2)
        features = keras.layers.Conv2DTranspose(
            narrower, 5, 2, padding="same", kernel_initializer=weights
        )(features)
        if level < levels - 1:
            features = keras.layers.ReLU()(features)
        if level == 0 and side == 28:
            features = keras.layers.Cropping2D(((0, 1), (0, 1)))(features)
        width = narrower
    images = keras.layers.Activation("tanh", dtype="float32")(features)
    return keras.Model(latents, images, name="generator")


def conv_critic(shape, filters=64, heads=(1,)):
    """5x5 convolutions of stride 2 and leaky ReLUs down to a 4x4 map, then a linear layer for each
    of `heads`; without normalisation: images `[B, *shape]` to `[B, sum of heads]`, float32.
    """
    images = keras.Input(shape, name="images")
    features, width = images, shape[-1]
    for level in range(_levels(shape)):  # [B, side / 2, side / 2, filters], ..., [B, 4, 4, ...]
        wider = filters * 2**level
        features = keras.layers.Conv2D(
            wider, 5, 2, padding="same", kernel_initializer=he_uniform(width, wider, stride=2)
        )(features)
        features = keras.layers.LeakyReLU(0.2)(features)
        width = wider
    features = keras.layers.Flatten()(features)
    scores = [keras.layers.Dense(outputs, dtype="float32")(features) for outputs in heads]
    return keras.Model(images, beside(scores), name="critic")


def _levels(shape):
    (side, width), _ = size_and_channels(shape)
    if side != width or (side != 28 and (side < 16 or side & (side - 1))):
        raise ValueError(f"conv draws squares of 28 or 16, 32, 64, ... pixels, not {side}x{width}.")
    return round(math.log2(side / 4))


class WGANGP(Trained):
    """WGAN-GP with the defaults of the authors' CIFAR-10 run.

    Args:
        shape: of an example: (height, width, channels) of a picture; anything where both nets are
            given.
        networks: "resnet" (CIFAR-10) or "conv" (MNIST).
        latent_dim: length of the latent (128), without the label.
        filters: width of both nets; None: the authors' 128, of "conv" 64.
        critic_steps: for each step of the generator (5).
        penalty: lambda (10).
        dequantised: whether noise spreads the 256 levels of pixels over their bins; not for what
            has no levels.
        generator_batch: latents of the generator's step, in batches of the critic (2; 1 in the
            authors' other runs).
        classes: above 0 the class-conditional arm; latents then end in a class's one-hot vector.
        critic_class_weight, generator_class_weight: of the classifier's loss (1 and 0.1).
        generator, critic: nets in place of these: latents to examples, and these to `[B, 1 +
            classes]`, a score first; `networks` and `filters` say nothing to them.
        seed: of latents, alpha and noise in training.

    `train_step` takes `images [B, *shape]`, pictures in [-1, 1] or examples of any other shape,
    and `labels [B]`, int32, if there are classes. B is `critic_steps` batches, one for each.

    Raises:
        ValueError: for unknown networks, or a shape that they cannot take.
    """

    paper = {
        "title": "Improved Training of Wasserstein GANs",
        "authors": "Gulrajani, Ahmed, Arjovsky, Dumoulin & Courville, NIPS 2017",
        "arxiv": "1704.00028",
        "code": "https://github.com/igul222/improved_wgan_training",
    }

    players = ("generator", "critic")

    def __init__(
        self,
        shape=(32, 32, 3),
        networks="resnet",
        latent_dim=128,
        filters=None,
        critic_steps=5,
        penalty=10.0,
        dequantised=True,
        generator_batch=2,
        classes=0,
        critic_class_weight=1.0,
        generator_class_weight=0.1,
        generator=None,
        critic=None,
        seed=0,
        name="wgan_gp",
    ):
        super().__init__(seed=seed, name=name)
        if networks not in ("resnet", "conv"):
            raise ValueError(f"networks is resnet or conv, not '{networks}'.")
        self.noise, self.classes = Normal(latent_dim), classes
        self.prior = Joined(self.noise, OneHot(classes)) if classes else self.noise
        self.critic_steps, self.penalty = critic_steps, penalty
        self.dequantised, self.generator_batch = dequantised, generator_batch
        self.critic_class_weight = critic_class_weight
        self.generator_class_weight = generator_class_weight
        heads = (1, classes) if classes else (1,)
        if filters is None:
            filters = 64 if networks == "conv" else 128
        if networks == "conv":
            generator = generator or conv_generator(shape, self.prior.size, filters)
            critic = critic or conv_critic(shape, filters, heads)
        self.generator = generator or resnet_generator(
            *size_and_channels(shape), latent_dim, filters, classes
        )
        self.critic = critic or resnet_critic(*size_and_channels(shape), filters, heads)

    def call(self, latents):
        """Examples `[B, *shape]` from latents `[B, latent_dim]`."""
        return self.generator(latents, training=False)

    def draw_latents(self, labels, seed):
        """Latents `[B, latent_dim]` of these classes, int32 `[B]`."""
        noise = self.noise.sample(tf.size(labels), seed)
        return tf.concat([noise, tf.one_hot(labels, self.classes)], -1) if self.classes else noise

    def judge(self, examples):
        """The critic in training: scores `[B]` and class logits `[B, classes]`."""
        outputs = self.critic(examples, training=True)
        return outputs[:, 0], outputs[:, 1:]

    def class_loss(self, class_logits, labels):
        """Cross-entropy of AC-GAN's classifier; zero without classes."""
        if not self.classes:
            return 0.0
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, class_logits))

    def realness(self, examples):
        """How real the critic takes examples to be, at inference: scores `[B, 1]`."""
        return self.critic(examples, training=False)[:, :1]

    def updates_in(self, player, steps):
        return steps * self.critic_steps if player == "critic" else steps

    def train_step(self, data):
        if self.classes:
            real, labels = self.fields(data, "images", "labels")
        else:
            real = self.fields(data, "images")
            labels = tf.zeros(tf.shape(real)[:1], tf.int32)
        step = self.begin_step()
        if self.dequantised:
            real = dequantise(real, step.seed(0))

        parts = [minibatches(values, self.critic_steps) for values in (real, labels)]
        for number, (real, labels) in enumerate(zip(*parts, strict=True), 1):
            latents = self.draw_latents(labels, step.seed(2 * number))
            fake = self.generator(latents, training=True)
            with tf.GradientTape() as tape:
                real_scores, class_logits = self.judge(real)
                fake_scores, _ = self.judge(fake)
                penalty, norms = gradient_penalty(
                    lambda examples: self.judge(examples)[0], real, fake, step.seed(2 * number + 1)
                )
                wasserstein_loss = wasserstein_critic_loss(real_scores, fake_scores)
                critic_loss = wasserstein_loss + self.penalty * penalty
                critic_loss += self.critic_class_weight * self.class_loss(class_logits, labels)
            step.update(tape, critic=critic_loss)

        latents = self.prior.sample(self.generator_batch * tf.shape(real)[0], step.seed(1))
        wanted = tf.argmax(latents[:, self.noise.size :], -1) if self.classes else None
        with tf.GradientTape() as tape:
            fake_scores, class_logits = self.judge(self.generator(latents, training=True))
            generator_loss = wasserstein_generator_loss(fake_scores)
            generator_loss += self.generator_class_weight * self.class_loss(class_logits, wanted)
        step.update(tape, generator=generator_loss)

        return step.report(
            critic_loss=critic_loss,
            generator_loss=generator_loss,
            wasserstein_loss=wasserstein_loss,
            input_gradient_norm=tf.reduce_mean(norms),
        )
