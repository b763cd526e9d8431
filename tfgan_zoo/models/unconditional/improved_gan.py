"""Improved GAN: Improved Techniques for Training GANs.

Salimans et al. 2016, arXiv 1606.03498. Authors' code: github.com/openai/improved-gan
(mnist_svhn_cifar10/train_mnist_feature_matching.py, train_cifar_minibatch_discrimination.py).

A generator that matches the mean of the discriminator's features over a batch has a goal that
stands still better than a verdict; a discriminator that sees how close the examples of a batch are
notices a collapse. A classifier whose K classes get one more, 'generated', is a discriminator too:
with a hundred labelled digits, and the others without labels, it reads nearly all of them.

What a shortcut would miss:
- only K logits: that of 'generated' is fixed at 0, and that of 'real' is their log-sum-exp;
- the matched features are those after the last hidden layer, before its noise, means over two whole
  batches; the real one is not the batch that the discriminator has just learnt from;
- Gaussian noise on the discriminator's input and before each of its layers, in both players' steps;
- weight normalisation whose scale is set so that the first 500 examples have deviation 1, and then
  stays; only the last layer's is learnt;
- the generator's normalisation has an offset, no gain; its last layer is weight-normalised;
- the error is that of the averaged parameters of the classifier;
- minibatch discrimination leaves out an example's closeness to itself; its T is weight-normalised;
- with minibatch discrimination the generator descends log(1 - D(G(z))) itself;
- labels are smoothed for real examples alone; historical averaging is of both players; virtual
  batch normalisation is the generator's, its reference batch chosen once, and takes the example in.

Departures:
- The average starts from zero in the code; here it is divided by the sum of its weights: 1 after
  the code's 180,000 steps, 0.78 after 15,000.
- The code draws with the statistics of the drawn batch; here with moving averages, as Keras does.
- Pictures and latents are in [-1, 1] outside, as everywhere in this package, in [0, 1] inside.
- Without labels the nets for MNIST are the same, with one logit.
- The scales are set by the first training batch, unless `initialise` has set them by more.
- What the code for MNIST lacks, historical averaging and virtual batches, is off by default.
"""

import math

import keras
import tensorflow as tf

from tfgan_zoo.base import Trained
from tfgan_zoo.layers.minibatch import MinibatchDiscrimination
from tfgan_zoo.layers.noise import TrainingNoise
from tfgan_zoo.layers.virtual_batch import ReferenceBatch, VirtualBatchNormalization
from tfgan_zoo.layers.weight_norm import WeightNormDense
from tfgan_zoo.losses import semi_supervised
from tfgan_zoo.networks.noisy_mlp import NoisyMLP, weight_normed
from tfgan_zoo.networks.priors import PRIORS
from tfgan_zoo.regularizers.historical import WeightAverage

# What the generator minimises where it does not match features.
GENERATOR_LOSSES = {
    "minimax": semi_supervised.unlabelled_minimax_loss,
    "nonsaturating": semi_supervised.unlabelled_generator_loss,
}


def mnist_generator(shape, latent_dim, width, reference=0):
    """Latents `[B, latent_dim]` to images `[B, *shape]` in [-1, 1]; `reference` as in the class."""
    latents = keras.Input((latent_dim,), name="latents")
    rescale = keras.layers.Rescaling(0.5, 0.5)
    features = rescale(latents)
    if reference:
        rows = ReferenceBatch(reference, keras.initializers.RandomUniform(-1.0, 1.0))
        others = rescale(rows(latents))
    for _ in range(2):
        dense = keras.layers.Dense(math.ceil(500 * width), use_bias=False)
        softplus = keras.layers.Activation("softplus")
        if reference:
            both = (dense(features), dense(others))
            features, others = map(softplus, VirtualBatchNormalization(scale=False)(both))
        else:
            normalise = keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-6, scale=False)
            features = softplus(normalise(dense(features)))
    pixels = WeightNormDense(math.prod(shape))(features)
    pixels = keras.layers.Activation("sigmoid", dtype="float32")(pixels)
    pixels = keras.layers.Rescaling(2.0, -1.0, dtype="float32")(pixels)
    images = keras.layers.Reshape(shape, dtype="float32")(pixels)
    return keras.Model(latents, images, name="generator")


class Discriminator(keras.Model):
    """Examples to logits `[B, outputs]`, float32: the model `features` to `[B, F]`, minibatch
    discrimination with `kernels` (0: none), a linear layer, with noise if `features` has noise.
    """

    def __init__(self, features, outputs, kernels):
        super().__init__(name="discriminator")
        self.features = features
        self.noisy = isinstance(features, NoisyMLP)
        self.minibatch = MinibatchDiscrimination(kernels) if kernels else None
        self.noise = TrainingNoise(0.5, stream=len(features.hidden)) if self.noisy else None
        self.linear = weight_normed(outputs, dtype="float32")
        # A float, so that a step that is not finite puts it back; 1 once the scales are set.
        self.initialised = self.add_weight(
            name="initialised",
            initializer="zeros",
            trainable=False,
            aggregation="only_first_replica",
        )

    def call(self, examples, seed=None, training=False):
        return self.judge(examples, seed, training)[1]

    def judge(self, examples, seed=None, training=False, initialise=False):
        """(features, logits); with `initialise` every scale is set to these examples first."""
        noise = {"seed": seed, "initialise": initialise} if self.noisy else {}
        features = seen = self.features(examples, training=training, **noise)
        if self.minibatch:
            if initialise:
                self.minibatch.initialise(seen)
            seen = self.minibatch(seen, training=training)
        if self.noisy:
            seen = self.noise(seen, seed=seed, training=training)
        if initialise:
            self.initialised.assign(1.0)
        return features, self.linear.initialise(seen) if initialise else self.linear(seen)


class ImprovedGAN(Trained):
    """Improved GAN with the defaults of the authors' MNIST run.

    Args:
        shape: of an example, (height, width, channels) of a picture; the nets take and draw numbers
            in [-1, 1] of any shape.
        classes: K where some examples have labels (10 for digits); 0: none has.
        latent_dim: length of the latent (100).
        prior: of the latents: "uniform" on [-1, 1], or "normal".
        width: of the hidden layers, as a share of the authors'.
        generator_loss: "feature_matching"; "minimax", log(1 - D(G(z))); or "nonsaturating", -log
            D(G(z)). None: the authors', the first with labels, the second without.
        minibatch_kernels: of minibatch discrimination (100 without labels; 0: none, with).
        real_label: of real examples, smoothed below 1 (0.9 without labels, 1 with).
        unlabelled_weight: of the part that takes no labels (1); 0 leaves supervised learning.
        historical_weight: of historical averaging, for both players (0).
        reference: size of the batch of virtual batch normalisation (0: batch normalisation).
        average_rate: of the average of the classifier's parameters (1e-4).
        generator, features: nets in place of the paper's: latents `[B, latent_dim]` to examples,
            examples to features `[B, F]`; `width` and `reference` say nothing to them.
        seed: of latents and noise in training.

    `train_step` takes `images [B, *shape]`, pictures in [-1, 1] or examples of any other shape;
    with classes a dict with `labelled_images` and `labels` besides, and `other_images`, if there
    are any, for the generator to match.

    Raises:
        ValueError: for an unknown loss or prior.
    """

    paper = {
        "title": "Improved Techniques for Training GANs",
        "authors": "Salimans et al., NIPS 2016",
        "arxiv": "1606.03498",
        "code": "https://github.com/openai/improved-gan",
    }

    def __init__(
        self,
        shape=(28, 28, 1),
        classes=0,
        latent_dim=100,
        prior="uniform",
        width=1.0,
        generator_loss=None,
        minibatch_kernels=None,
        real_label=None,
        unlabelled_weight=1.0,
        historical_weight=0.0,
        reference=0,
        average_rate=1e-4,
        generator=None,
        features=None,
        seed=0,
        name="improved_gan",
    ):
        super().__init__(seed=seed, name=name)
        loss = generator_loss or ("feature_matching" if classes else "minimax")
        if loss not in ("feature_matching", *GENERATOR_LOSSES):
            raise ValueError(
                "generator_loss is one of feature_matching, "
                f"{', '.join(GENERATOR_LOSSES)}, not '{loss}'."
            )
        if prior not in PRIORS:
            raise ValueError(f"prior is one of {', '.join(PRIORS)}, not '{prior}'.")
        self.adversarial_loss = GENERATOR_LOSSES.get(loss)  # None: it matches features
        self.classes = classes
        self.unlabelled_weight = unlabelled_weight
        self.real_label = (1.0 if classes else 0.9) if real_label is None else real_label
        kernels = (0 if classes else 100) if minibatch_kernels is None else minibatch_kernels
        self.prior = PRIORS[prior](latent_dim)
        self.generator = generator or mnist_generator(shape, latent_dim, width, reference)
        layers = [math.ceil(number * width) for number in (1000, 500, 250, 250, 250)]
        features = features or NoisyMLP(shape, layers)
        self.discriminator = Discriminator(features, classes or 1, kernels)
        self.discriminator(tf.zeros([2, *shape]))  # builds it
        self.historical_weight, self.pasts = historical_weight, {}
        for player in ("generator", "discriminator") if historical_weight else ():
            self.pasts[player] = WeightAverage(getattr(self, player).trainable_variables)
        if classes:
            self.average = WeightAverage(self.discriminator.trainable_variables, average_rate)

    def call(self, latents):
        """Examples `[B, *shape]` from latents `[B, latent_dim]`."""
        return self.generator(latents, training=False)

    def initialise(self, examples):
        """Sets the scales of the discriminator's layers by some real examples, as the authors do by
        500, and so in place of the first training batch.
        """
        seed = tf.constant([self.noise_seed, 2**31 - 1])
        self.discriminator.judge(examples, seed, training=True, initialise=True)

    def initialise_once(self, real):
        """In a step: sets the scales by this batch, if nothing has set them before."""
        context = tf.distribute.get_replica_context()
        broken = tf.cast(tf.reduce_any(~tf.math.is_finite(real)), tf.float32)
        broken = context.all_reduce(tf.distribute.ReduceOp.SUM, broken)

        def initialise_all(strategy, real, broken):
            done = tf.convert_to_tensor(self.discriminator.initialised) > 0.0
            tf.cond(
                done | (strategy.experimental_local_results(broken)[0] > 0.0),
                lambda: None,
                lambda: strategy.extended.call_for_each_replica(self.initialise, args=(real,)),
            )

        # Replicas share the scales, and meet outside of the condition.
        context.merge_call(initialise_all, args=(real, broken))

    def averaged_classifier(self):
        """A context in which the discriminator has the averages of its parameters."""
        return self.average.in_place_of(self.discriminator.trainable_variables)

    def historical(self, player):
        """Historical averaging: what it costs the player to be far from its mean."""
        past, variables = self.pasts.get(player), getattr(self, player).trainable_variables
        return self.historical_weight * past.penalty(variables) if past else 0.0

    def realness(self, examples):
        """How real the discriminator takes examples to be, at inference: logits `[B, 1]`; of
        several classes, the log-sum-exp.
        """
        logits = self.discriminator(examples, training=False)
        return tf.reduce_logsumexp(logits, axis=-1, keepdims=True)

    def train_step(self, data):
        wanted = real = self.fields(data, "images")
        if self.classes:
            labelled_images, labels = self.fields(data, "labelled_images", "labels")
            if "other_images" in data:
                wanted = self.fields(data, "other_images")
        count = tf.shape(real)[0]
        step = self.begin_step()
        self.initialise_once(real)
        for player, past in self.pasts.items():
            past.update(getattr(self, player).trainable_variables)

        def judge(examples, stream):
            return self.discriminator.judge(examples, step.seed(stream), training=True)

        fake = self.generator(self.prior.sample(count, step.seed(0)), training=True)
        parts = {}
        with tf.GradientTape() as tape:
            _, real_logits = judge(real, 1)
            _, fake_logits = judge(fake, 2)
            unlabelled = semi_supervised.unlabelled_loss(real_logits, fake_logits, self.real_label)
            discriminator_loss = unlabelled
            if self.classes:
                _, logits = judge(labelled_images, 3)
                labelled = semi_supervised.labelled_loss(logits, labels)
                parts = {"unlabelled_loss": unlabelled, "labelled_loss": labelled}
                discriminator_loss = labelled + self.unlabelled_weight * unlabelled
            discriminator_loss += self.historical("discriminator")
        step.update(tape, discriminator=discriminator_loss)

        latents = self.prior.sample(count, step.seed(4))
        with tf.GradientTape() as tape:
            fake_features, fake_logits = judge(self.generator(latents, training=True), 5)
            if self.adversarial_loss:
                generator_loss = self.adversarial_loss(fake_logits)
            else:
                real_features, _ = judge(wanted, 6)
                generator_loss = semi_supervised.feature_matching_loss(real_features, fake_features)
            generator_loss += self.historical("generator")
        step.update(tape, generator=generator_loss)
        if self.classes:
            self.average.update(self.discriminator.trainable_variables)
        return step.report(
            discriminator_loss=discriminator_loss, generator_loss=generator_loss, **parts
        )
