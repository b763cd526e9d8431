"""RealNVP: Density Estimation Using Real NVP.

Dinh, Sohl-Dickstein and Bengio, ICLR 2017, arXiv 1605.08803. The first author's code:
github.com/tensorflow/models, `research/real_nvp/real_nvp_multiscale_dataset.py` and
`real_nvp_utils.py`.

A chain of coupling layers turns a picture into noise of as many numbers. Each leaves half of the
numbers as they are and shifts and scales the others by what a net reads in those: it can be undone
without undoing the net, and its Jacobian is a triangle whose determinant is the product of the
scales. So the density of a picture is known exactly, and noise goes the chain backwards to become a
picture.

What a shortcut would miss:
- at each scale three couplings split by a checkerboard, in turn, and after folding 2x2 blocks into
  channels three by channel; then half of the numbers, two of the diagonals of each block, are done;
  the last scale has four checkerboards;
- a scale is exp(a tanh(.)) with a learnt: one number, 0 at first under a checkerboard and 1 by
  channel;
- batch normalisation is a layer of the flow: it has a log-determinant, gradients go through the
  statistics of the batch, and at inference it has moving ones, for both ways;
- pixels are dequantised, held within 0.05 and 0.95 (the data constraint 0.9) and go through a
  logit, all of which counts in the density;
- the nets are residual, weight-normalised, read x and -x through a ReLU, and collect a skip from
  each block; only the lengths of the weights and the a's are held down by L2.

Departures:
- The statistics of a checkerboard's batch normalisation are those of the numbers that it changes;
  the authors' code takes in the zeros in the others' places.
- The L2 counts the a's of all couplings, where the authors' code leaves out those by channel.
- Examples that are no grey levels, such as points, are taken as they are (`grey_levels=None`): a
  point is a picture of one row, and its scales are 1.
- The optimizer is the trainer's; the paper's is Adam with a rate of 0.001 and gradients held to a
  length of 100, which is the trainer's default.
"""

import math

import keras
import numpy as np
import tensorflow as tf

from tfgan_zoo.base import Trained
from tfgan_zoo.layers.flows import (
    FlowBatchNorm,
    check_precision,
    checkerboard,
    dequantised,
    joined,
    parted,
    pictures,
    squeeze,
    unsqueeze,
    within_levels,
)
from tfgan_zoo.layers.weight_norm import WeightNormConv2D
from tfgan_zoo.losses.likelihood import gaussian_log_likelihood
from tfgan_zoo.losses.pixels import bits_per_number
from tfgan_zoo.networks.priors import Normal

EPSILON, MOMENTUM = 1e-4, 0.9  # of all batch normalisations


def normalisation(name):
    """Batch normalisation as the authors' nets have it, without a gain."""
    return keras.layers.BatchNormalization(
        momentum=MOMENTUM, epsilon=EPSILON, scale=False, name=name
    )


def residual_net(shape, filters, blocks, outputs):
    """The net of a coupling: maps `[B, *shape]` to shifts and scales `[B, H, W, outputs]`."""
    # Names, by which TensorFlow orders sums, are the same for every model of a process.
    given = keras.Input(shape, name="given")
    features = WeightNormConv2D(filters, 3, scaled=False, name="first")(given)
    skips = [WeightNormConv2D(filters, 1, name="skip")(features)]
    for block in range(blocks):
        inner = rectified(features, f"outer_{block}")
        inner = WeightNormConv2D(
            filters, 3, scaled=False, use_bias=False, name=f"inner_{block}_conv"
        )(inner)
        inner = rectified(inner, f"inner_{block}")
        inner = WeightNormConv2D(filters, 3, name=f"outer_{block}_conv")(inner)
        features = keras.layers.Add(name=f"outer_{block}_sum")([features, inner])
        skips.append(WeightNormConv2D(filters, 1, name=f"skip_{block}")(features))
    collected = rectified(keras.layers.Add(name="skips_sum")(skips), "skips")
    outputs = WeightNormConv2D(outputs, 1, name="last")(collected)
    return keras.Model(given, outputs, name="residual_net")


def rectified(features, name):
    """The features, normalised and rectified."""
    return keras.layers.ReLU(name=f"{name}_relu")(normalisation(f"{name}_norm")(features))


class CheckerboardCoupling(keras.layers.Layer):
    """Leaves the places of one colour as they are, and changes the others (equation 9).

    Args:
        corner: 1 where the first place is among those that stay.
        filters, blocks: of its `residual_net`.
    """

    def __init__(self, corner, filters, blocks, name=None):
        super().__init__(name=name)
        self.corner, self.filters, self.blocks = corner, filters, blocks

    def build(self, input_shape):
        _, height, width, channels = input_shape
        stay = checkerboard(height, width, self.corner)
        self.stay = stay
        self.normal = normalisation("given_norm")
        self.normal.build(input_shape)
        shape = (height, width, 2 * channels + 1)
        self.net = residual_net(shape, self.filters, self.blocks, 2 * channels)
        self.scale = self.add_weight(name="scale", shape=(), initializer="zeros")
        self.after = FlowBatchNorm(1.0 - stay, MOMENTUM, EPSILON, name="after")
        self.after.build(input_shape)

    def read(self, maps, training):
        """(shift, logarithm of the scale), 0 where the maps stay."""
        # What is masked out makes the deviation smaller, hence the 2.
        given = 2.0 * self.normal(maps * self.stay, training=training)
        colour = tf.zeros_like(given[..., :1]) + self.stay
        features = tf.nn.relu(tf.concat([given, -given, colour], axis=-1))
        shift, logs = tf.split(self.net(features, training=training), 2, axis=-1)
        changed = 1.0 - self.stay
        return shift * changed, self.scale * tf.tanh(logs) * changed

    def call(self, maps, training=False):
        """(y, log|det| `[B]`)."""
        shift, logs = self.read(maps, training)
        maps, log_det = self.after((maps + shift) * tf.exp(logs), training=training)
        return maps, log_det + tf.reduce_sum(logs, [1, 2, 3])

    def inverse(self, maps):
        maps = self.after.inverse(maps)
        shift, logs = self.read(maps, False)
        return maps * tf.exp(-logs) - shift


class ChannelCoupling(keras.layers.Layer):
    """Leaves half of the channels as they are, and changes the others.

    Args:
        first: whether the first half stays.
        filters, blocks: of its `residual_net`.
    """

    def __init__(self, first, filters, blocks, name=None):
        super().__init__(name=name)
        self.first, self.filters, self.blocks = first, filters, blocks

    def build(self, input_shape):
        _, height, width, channels = input_shape
        half = (None, height, width, channels // 2)
        self.normal = normalisation("given_norm")
        self.normal.build(half)
        self.net = residual_net((height, width, channels), self.filters, self.blocks, channels)
        self.scale = self.add_weight(name="scale", shape=(), initializer="ones")
        self.after = FlowBatchNorm(np.ones((height, width, 1)), MOMENTUM, EPSILON, name="after")
        self.after.build(half)

    def halves(self, maps):
        """(what stays, what is changed), or back."""
        both = tf.split(maps, 2, axis=-1)
        return both if self.first else both[::-1]

    def whole(self, given, changed):
        return tf.concat([given, changed] if self.first else [changed, given], axis=-1)

    def read(self, given, training):
        """(shift, logarithm of the scale)."""
        features = self.normal(given, training=training)
        features = tf.nn.relu(tf.concat([features, -features], axis=-1))
        shift, logs = tf.split(self.net(features, training=training), 2, axis=-1)
        return shift, self.scale * tf.tanh(logs)

    def call(self, maps, training=False):
        """(y, log|det| `[B]`)."""
        given, changed = self.halves(maps)
        shift, logs = self.read(given, training)
        changed, log_det = self.after((changed + shift) * tf.exp(logs), training=training)
        return self.whole(given, changed), log_det + tf.reduce_sum(logs, [1, 2, 3])

    def inverse(self, maps):
        given, changed = self.halves(maps)
        changed = self.after.inverse(changed)
        shift, logs = self.read(given, False)
        return self.whole(given, changed * tf.exp(-logs) - shift)


def diagonals(channels):
    """The channels of squeezed maps so that those of one diagonal of each block come first."""
    return np.concatenate([np.arange(place, channels, 4) for place in (0, 3, 1, 2)])


class RealNVP(Trained):
    """A flow from pictures to noise; the sizes are those of 32x32 in the paper.

    `model(latents)` gives pictures, `model.encode(images)` their latents, and `model.log_prob` the
    logarithm of their probability.

    Args:
        shape: of an example, (height, width, channels); or (dimensions,) of a point.
        scales: how many there are; each but the last halves the sides.
        filters: channels of the nets of the first checkerboards; those by channel have twice as
            many, and each scale twice as many as that before.
        blocks: of each residual net.
        last_couplings: checkerboards of the last scale.
        data_constraint: share of the interval of grey that the logit sees.
        grey_levels: how many of the 256 grey levels of a picture are kept; None for examples that
            are taken as they are, without dequantisation and logit.
        l2: weight of the squares of the nets' lengths and of the scales of tanh.
        seed: of the dequantisation in training.

    `train_step` takes `images [B, *shape]`, float32 in [-1, 1], of 256 grey levels; other numbers
    where `grey_levels` is None. It reports, as means over the batch, `log_prob` in nats, which is a
    density of such numbers, and `bits_per_dim`.

    Raises:
        ValueError: for a size that cannot be halved so often, or under a policy of half precision.
    """

    paper = {
        "title": "Density Estimation Using Real NVP",
        "authors": "Dinh, Sohl-Dickstein & Bengio, ICLR 2017",
        "arxiv": "1605.08803",
        "code": "https://github.com/tensorflow/models/tree/r1.13.0/research/real_nvp",
    }
    players = ("flow",)

    def __init__(
        self,
        shape=(32, 32, 3),
        scales=4,
        filters=32,
        blocks=4,
        last_couplings=4,
        data_constraint=0.9,
        grey_levels=256,
        l2=5e-5,
        seed=0,
        name="real_nvp",
    ):
        super().__init__(seed=seed, name=name)
        check_precision()
        height, width, channels = maps = shape if len(shape) == 3 else (1, *shape, 1)
        if height % 2 ** (scales - 1) or width % 2 ** (scales - 1):
            raise ValueError(
                f"{scales} scales halve a picture {scales - 1} times, which {height}x{width} "
                "cannot be: take fewer scales or another size."
            )
        self.shape, self.maps_shape, self.scales = tuple(shape), maps, scales
        self.data_constraint, self.grey_levels, self.l2 = data_constraint, grey_levels, l2
        self.chain, self.latent_shapes = [], []
        for scale in range(scales):
            last = scale == scales - 1
            count = last_couplings if last else 3
            own = [
                CheckerboardCoupling((n + 1) % 2, filters, blocks, name=f"checkerboard_{scale}_{n}")
                for n in range(count)
            ]
            for coupling in own:
                coupling.build((None, height, width, channels))
            if not last:
                height, width, channels = height // 2, width // 2, 4 * channels
                folded = [
                    ChannelCoupling(n != 1, 2 * filters, blocks, name=f"channels_{scale}_{n}")
                    for n in range(3)
                ]
                for coupling in folded:
                    coupling.build((None, height, width, channels))
                own, channels, filters = own + folded, channels // 2, 2 * filters
            self.chain += own
            self.latent_shapes.append((height, width, channels))
        self.size = math.prod(shape)
        self.prior = Normal(self.size)

    def trained_layers(self, player):
        return self.chain

    def couplings_of(self, scale):
        """(checkerboards, those by channel) of one scale, in the order of their work."""
        own = self.chain[6 * scale :]
        return (own, []) if scale == self.scales - 1 else (own[:3], own[3:6])

    def forward(self, numbers, training=False):
        """(latents `[B, D]`, log|det| `[B]`) of real numbers `[B, height, width, channels]`."""
        maps, parts, log_det = numbers, [], tf.zeros(tf.shape(numbers)[:1])
        for scale in range(self.scales):
            checkerboards, by_channel = self.couplings_of(scale)
            for coupling in checkerboards:
                maps, added = coupling(maps, training=training)
                log_det += added
            if by_channel:
                maps = squeeze(maps)
            for coupling in by_channel:
                maps, added = coupling(maps, training=training)
                log_det += added
            if by_channel:
                maps = tf.gather(maps, diagonals(maps.shape[-1]), axis=-1)
                maps, done = tf.split(maps, 2, axis=-1)
                parts.append(done)
        return joined([*parts, maps]), log_det

    def backward(self, latents):
        """The way back of `forward` at inference."""
        *parts, maps = parted(latents, self.latent_shapes)
        for scale in reversed(range(self.scales)):
            checkerboards, by_channel = self.couplings_of(scale)
            if by_channel:
                maps = tf.concat([maps, parts[scale]], axis=-1)
                maps = tf.gather(maps, np.argsort(diagonals(maps.shape[-1])), axis=-1)
            for coupling in reversed(by_channel):
                maps = coupling.inverse(maps)
            if by_channel:
                maps = unsqueeze(maps)
            for coupling in reversed(checkerboards):
                maps = coupling.inverse(maps)
        return maps

    def real(self, numbers):
        """(real numbers, log|det| `[B]`) of numbers in [0, 1): the logit of what the data
        constraint leaves of their interval (section 4.1).
        """
        inside = 0.5 + (numbers - 0.5) * self.data_constraint
        logits = tf.math.log(inside) - tf.math.log(1.0 - inside)
        logs = math.log(self.data_constraint) - tf.math.log(inside) - tf.math.log(1.0 - inside)
        return logits, tf.reduce_sum(logs, [1, 2, 3])

    def observe(self, images, noise):
        """(what the chain takes, log|det| `[B]` of the way to it) of examples; `noise` as of
        `dequantised`.
        """
        if self.grey_levels is None:
            return tf.reshape(images, [-1, *self.maps_shape]), 0.0
        return self.real(dequantised(images, noise, self.grey_levels))

    def call(self, latents, temperature=1.0):
        """Examples `[B, *shape]`, pictures in [-1, 1], from latents `[B, D]` of N(0, I), which are
        multiplied by `temperature`.
        """
        maps = self.backward(latents * temperature)
        if self.grey_levels is None:
            return tf.reshape(maps, [-1, *self.shape])
        numbers = 0.5 + (tf.sigmoid(maps) - 0.5) / self.data_constraint
        return pictures(numbers, self.grey_levels)

    def constants(self):
        """Arguments of `call` and `reconstruct` that who draws often takes once: none here."""
        return {}

    def encode(self, images):
        """Latents `[B, D]` of examples; those of pictures are taken in the middle of their grey
        levels.
        """
        return self.measure(images, tf.fill(tf.shape(images), 0.5))[0]

    def reconstruct(self, images):
        """There and back."""
        return self(self.encode(images))

    def log_prob(self, images, seed, training=False):
        """log p(x) `[B]` in nats of examples: the density of those that are no grey levels; of
        pictures in [-1, 1], from below, the density after a uniform dequantisation of the seed
        int32 [2], less the logarithm of how many levels there are.
        """
        return self.measure(images, within_levels(images, seed), training=training)[1]

    def measure(self, images, noise, training=False):
        """(latents `[B, D]`, log p(x) `[B]` as of `log_prob`) of examples, pictures by noise of
        their shape in [0, 1) within their grey levels.
        """
        numbers, of_logit = self.observe(images, noise)
        latents, log_det = self.forward(numbers, training=training)
        density = gaussian_log_likelihood(latents, 0.0, 0.0) + log_det + of_logit
        return latents, density - self.size * math.log(self.grey_levels or 1)

    def realness(self, examples):
        """log density `[B, 1]` of examples that are no grey levels."""
        return self.log_prob(examples, (0, 0))[:, None]

    def held_down(self):
        """The lengths of the nets' weights and the scales of tanh."""
        nets = [layer for coupling in self.chain for layer in coupling.net.layers]
        lengths = [n.scale for n in nets if isinstance(n, WeightNormConv2D) and n.scaled]
        return [*lengths, *(coupling.scale for coupling in self.chain)]

    def train_step(self, data):
        images = self.fields(data, "images")
        step = self.begin_step()

        with tf.GradientTape() as tape:
            log_prob = tf.reduce_mean(self.log_prob(images, step.seed(), training=True))
            squares = [tf.reduce_sum(tf.square(scale)) for scale in self.held_down()]
            loss = self.l2 * tf.add_n(squares) - log_prob

        step.update(tape, flow=loss)
        bits = bits_per_number(-log_prob, (self.size,))
        return step.report(log_prob=log_prob, bits_per_dim=bits)
