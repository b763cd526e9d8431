"""Glow: Generative Flow with Invertible 1x1 Convolutions.

Kingma and Dhariwal, NeurIPS 2018, arXiv 1807.03039. Authors' code: github.com/openai/glow
(`model.py`, `tfops.py`, `train.py`, `optim.py`).

A chain of functions that can be undone turns a picture into noise of as many numbers; what each of
them does to volumes is known, so that the density of a picture is known exactly, and noise goes the
chain backwards to become a picture. A step of the flow scales every channel, mixes the channels by
a matrix, and then shifts and scales half of them by what a net reads in the other half. After each
level half of the channels leave the chain, as noise around what the others predict of them.

What a shortcut would miss:
- the first batch sets the scales and offsets of every actnorm, those in the nets included, so that
  what leaves it has mean 0 and deviation 1; each learns from there on;
- scales are exp(3 s) and s is what is learnt: the factor 3 is part of the rate;
- the coupling shifts first and scales then, by sigmoid(h + 2), and each coupling begins as a fixed
  scale, since its net's last convolution begins at zero;
- log|det W| counts once for each place, H x W times, and is taken in float64;
- what leaves the chain is not N(0, I): its mean and deviation are learnt from what stays, and those
  of the top from nothing but the place;
- the density is one of dequantised pixels, x / 256 - 1/2 + U(0, 1/256); the objective counts the
  256 levels back in, and is told in bits for each number of a picture;
- the authors' convolutions know where the border is: padding is marked by a channel of ones.

Departures:
- Latents are what is left when means and deviations of all levels are taken off, N(0, I) each: a
  temperature, which scales deviations, scales them.
- The shift and the scale of a coupling are the halves of its net's output, not its even and odd
  channels, and so with the priors': the same up to the order of weights that begin at zero.
- The border is a kernel of its own over a map of ones, which gives the authors' sums; the top's
  prior, a convolution over zeros in their code, is that kernel alone.
- The batch of the first step initialises, where the authors read 256 pictures for it before.
- A latent that is unlikely early in training goes beyond all bounds on its way back, where the
  authors clip pictures alone: numbers are held within +-10,000 there, and no scale is under
  sigmoid(-10).
- Additive couplings, the fixed permutations and the classifier of the authors' code are left out.
"""

import math

import keras
import numpy as np
import tensorflow as tf

from tfgan_zoo.base import Trained
from tfgan_zoo.layers.flows import (
    ActNorm,
    InvertibleConv,
    Scaled,
    check_precision,
    dequantised,
    joined,
    mixed,
    parted,
    pictures,
    squeeze,
    unsqueeze,
    within_levels,
)
from tfgan_zoo.losses.likelihood import gaussian_log_likelihood
from tfgan_zoo.losses.pixels import bits_per_number
from tfgan_zoo.networks.priors import Normal

PADS = ((0, 0), (1, 1), (1, 1), (0, 0))
LEAST, LARGEST = -10.0, 1e4  # of a scale before its sigmoid; of a number on its way to a picture


class Conv(Scaled):
    """(x * kernel + border + b) exp(3 s): the authors' `conv2d`, whose scales the first batch sets,
    and with `zeros` their `conv2d_zeros`, which begins at zero and is set by nothing.

    Args:
        filters, kernel_size: stride 1, padding "same"; the padding of a kernel of 3 is marked.
        zeros: which of the two.
    """

    def __init__(self, filters, kernel_size, zeros=False, name=None):
        super().__init__(name=name)
        self.filters, self.kernel_size, self.zeros = filters, kernel_size, zeros

    def build(self, input_shape):
        _, height, width, channels = input_shape
        names = {"kernel": channels} | ({"border": 1} if self.kernel_size > 1 else {})
        for name, depth in names.items():
            initializer = "zeros" if self.zeros else keras.initializers.RandomNormal(0.0, 0.05)
            shape = (self.kernel_size, self.kernel_size, depth, self.filters)
            setattr(self, name, self.add_weight(name=name, shape=shape, initializer=initializer))
        inside = np.zeros((1, height, width, 1), np.float32)
        self.marked = np.pad(inside, PADS, constant_values=1.0)
        self.add_scale(self.filters)

    def convolved(self, maps, scale=1.0):
        """The convolution of maps whose padding is marked, by kernels times `scale`."""
        # Scaling the kernels spares a pass over the maps, and two of the gradient's.
        kernel = self.kernel * scale
        if self.kernel_size == 1:
            return tf.nn.conv2d(maps, kernel, 1, "SAME")
        border = self.border * scale
        if maps.shape[-1] > self.filters:  # fewer numbers are touched if the sums are added
            return tf.nn.conv2d(maps, kernel, 1, "SAME") + tf.nn.conv2d(
                self.marked, border, 1, "VALID"
            )
        # Made of the maps, which takes fewer operations of an export than counting them does.
        marked = tf.pad(tf.zeros_like(maps[..., :1]), PADS, constant_values=1.0)
        maps = tf.concat([tf.pad(maps, PADS), marked], axis=-1)
        return tf.nn.conv2d(maps, tf.concat([kernel, border], axis=2), 1, "VALID")

    def call(self, maps, first=False):
        if first and not self.zeros:
            self.initialise(self.convolved(maps))
        scale = tf.exp(self.logs)
        return tf.nn.bias_add(self.convolved(maps, scale), self.offset * scale)


class Coupling(keras.layers.Layer):
    """Half of the channels shifted and then scaled by what a net reads in the others (section 3.3).

    Args:
        width: channels of the net's two hidden layers.
    """

    def __init__(self, width, name=None):
        super().__init__(name=name)
        self.width = width

    def build(self, input_shape):
        *places, channels = input_shape
        self.net = [
            Conv(self.width, 3, name="first"),
            Conv(self.width, 1, name="second"),
            Conv(channels, 3, zeros=True, name="last"),
        ]
        depth = channels // 2
        for layer in self.net:
            layer.build((*places, depth))
            depth = layer.filters

    def read(self, given, first):
        """(shift, scale) of the other half."""
        features = tf.nn.relu(self.net[0](given, first=first))
        features = tf.nn.relu(self.net[1](features, first=first))
        shift, scale = tf.split(self.net[2](features, first=first), 2, axis=-1)
        return shift, scale + 2.0

    def call(self, maps, first=False):
        """(y, log|det| `[B]`)."""
        given, changed = tf.split(maps, 2, axis=-1)
        shift, scale = self.read(given, first)
        log_det = tf.reduce_sum(tf.math.log_sigmoid(scale), [1, 2, 3])
        return tf.concat([given, (changed + shift) * tf.sigmoid(scale)], -1), log_det

    def inverse(self, maps):
        given, changed = tf.split(maps, 2, axis=-1)
        shift, scale = self.read(given, False)
        scale = tf.sigmoid(tf.maximum(scale, LEAST))
        return tf.concat([given, changed / scale - shift], -1)


class GaussianPrior(Conv):
    """The prior of what leaves the chain, `[B, H, W, C]`, as a `Conv` reads it in `given`, maps of
    that shape too: N(mean, exp(log deviation)^2).
    """

    def whitened(self, maps, given):
        """(noise of N(0, I) that the maps are made of, log|det| `[B]` of the way to it)."""
        mean, logs = tf.split(self(given), 2, axis=-1)
        logs = tf.zeros_like(maps) + logs
        return (maps - mean) * tf.exp(-logs), -tf.reduce_sum(logs, [1, 2, 3])

    def coloured(self, noise, given):
        """The way back of `whitened`."""
        mean, logs = tf.split(self(given), 2, axis=-1)
        return mean + tf.exp(logs) * noise


class Glow(Trained):
    """A flow from pictures to noise; the sizes are those of CIFAR-10 in the paper.

    `model(latents)` gives pictures, `model.encode(images)` their latents, and `model.log_prob` the
    logarithm of their probability.

    Args:
        shape: of a picture, (height, width, channels); 2 ** levels divides both sides.
        levels, depth: L levels of K steps each.
        width: channels of the hidden layers of the couplings' nets.
        lu: learns the 1x1 convolutions by their LU decomposition.
        grey_levels: how many of the 256 grey levels of a picture are kept; a power of 2.
        seed: of the dequantisation in training.

    `train_step` takes `images [B, height, width, channels]`, float32 in [-1, 1], of 256 grey
    levels. It reports, as means over the batch, `log_prob` in nats and `bits_per_dim`.

    Raises:
        ValueError: for a size that cannot be halved so often, or under a policy of half precision.
    """

    paper = {
        "title": "Glow: Generative Flow with Invertible 1x1 Convolutions",
        "authors": "Kingma & Dhariwal, NeurIPS 2018",
        "arxiv": "1807.03039",
        "code": "https://github.com/openai/glow",
    }
    players = ("flow",)

    def __init__(
        self,
        shape=(32, 32, 3),
        levels=3,
        depth=32,
        width=512,
        lu=False,
        grey_levels=256,
        seed=0,
        name="glow",
    ):
        super().__init__(seed=seed, name=name)
        check_precision()
        height, width_of_picture, channels = shape
        if height % 2**levels or width_of_picture % 2**levels:
            raise ValueError(
                f"{levels} levels halve a picture {levels} times, which {height}x"
                f"{width_of_picture} cannot be: take fewer levels or another size."
            )
        self.levels, self.depth, self.grey_levels = levels, depth, grey_levels
        self.chain, self.priors, self.latent_shapes = [], [], []
        for level in range(levels):
            height, width_of_picture, channels = height // 2, width_of_picture // 2, 4 * channels
            # Named, since TensorFlow orders sums by names, and those that Keras makes up differ
            # from one model of a process to the next.
            for index in range(depth):
                own = [
                    ActNorm(name=f"norm_{level}_{index}"),
                    InvertibleConv(lu, name=f"mixing_{level}_{index}"),
                    Coupling(width, name=f"coupling_{level}_{index}"),
                ]
                for layer in own:
                    layer.build((None, height, width_of_picture, channels))
                self.chain += own
            channels = channels if level == levels - 1 else channels // 2
            self.latent_shapes.append((height, width_of_picture, channels))
            prior = GaussianPrior(2 * channels, 3, zeros=True, name=f"prior_{level}")
            self.priors.append(prior)
            self.priors[-1].build((None, height, width_of_picture, channels))
        self.size = math.prod(shape)
        self.prior = Normal(self.size)

    def trained_layers(self, player):
        return [*self.chain, *self.priors]

    def chain_of(self, level):
        """The layers of one level, in the order of their work."""
        count = 3 * self.depth
        return self.chain[level * count : (level + 1) * count]

    def forward(self, numbers, first=False):
        """(latents `[B, D]`, log|det| `[B]`) of numbers `[B, height, width, channels]` in
        [-1/2, 1/2); `first`: sets all actnorms by them on the way.
        """
        maps, parts, log_det = numbers, [], tf.zeros(tf.shape(numbers)[:1])
        for level, prior in enumerate(self.priors):
            maps = squeeze(maps)
            for layer in self.chain_of(level):
                maps, added = layer(maps, first=first)
                log_det += added
            if level < self.levels - 1:
                given, leaving = tf.split(maps, 2, axis=-1)
            else:
                given, leaving = self.nothing(), maps
            noise, added = prior.whitened(leaving, given)
            parts.append(noise)
            log_det += added
            maps = given
        return joined(parts), log_det

    def backward(self, latents, inverses):
        """The way back of `forward`; `inverses` as `self.inverses()` gives them."""
        parts, maps = parted(latents, self.latent_shapes), self.nothing()
        for level in reversed(range(self.levels)):
            leaving = self.priors[level].coloured(parts[level], maps)
            leaving = tf.clip_by_value(leaving, -LARGEST, LARGEST)
            maps = leaving if level == self.levels - 1 else tf.concat([maps, leaving], axis=-1)
            layers = self.chain_of(level)
            for index in reversed(range(self.depth)):
                norm, _, coupling = layers[3 * index : 3 * index + 3]
                maps = coupling.inverse(maps)
                maps = mixed(maps, inverses[level * self.depth + index])
                maps = tf.clip_by_value(norm.inverse(maps), -LARGEST, LARGEST)
            maps = unsqueeze(maps)
        return maps

    def nothing(self):
        """What the prior of the top is given."""
        return tf.zeros([1, *self.latent_shapes[-1]])

    def inverses(self):
        """The inverses of the 1x1 convolutions, `[C, C]` each, in the order of the chain."""
        return [layer.inverted() for layer in self.chain[1::3]]

    def constants(self):
        """What `call` and `reconstruct` may be given, so that who draws often from a model that
        learns no more inverts its matrices once: arguments by name.
        """
        return {"inverses": [matrix.numpy() for matrix in self.inverses()]}

    def call(self, latents, temperature=1.0, inverses=None):
        """Pictures `[B, height, width, channels]` in [-1, 1] from latents `[B, D]` of N(0, I), of
        which those of all levels are multiplied by `temperature`.
        """
        inverses = self.inverses() if inverses is None else inverses
        return pictures(self.backward(latents * temperature, inverses) + 0.5, self.grey_levels)

    def encode(self, images):
        """Latents `[B, D]` of pictures in [-1, 1], taken in the middle of their grey levels."""
        return self.measure(images, tf.fill(tf.shape(images), 0.5))[0]

    def reconstruct(self, images, inverses=None):
        """There and back."""
        return self(self.encode(images), inverses=inverses)

    def log_prob(self, images, seed):
        """log p(x) `[B]` in nats of pictures in [-1, 1], from below: the density after a uniform
        dequantisation of the seed int32 [2], less the logarithm of how many levels there are.
        """
        return self.measure(images, within_levels(images, seed))[1]

    def measure(self, images, noise):
        """(latents `[B, D]`, log p(x) `[B]` as of `log_prob`) of pictures in [-1, 1], by noise of
        their shape in [0, 1) within their grey levels.
        """
        return self.measure_numbers(dequantised(images, noise, self.grey_levels) - 0.5)

    def measure_numbers(self, numbers):
        """The same of numbers in [-1/2, 1/2)."""
        latents, log_det = self.forward(numbers)
        density = gaussian_log_likelihood(latents, 0.0, 0.0) + log_det
        return latents, density - self.size * math.log(self.grey_levels)

    def dequantise(self, images, seed):
        """Numbers in [-1/2, 1/2), by a draw within their grey levels."""
        return dequantised(images, within_levels(images, seed), self.grey_levels) - 0.5

    def initialise(self, numbers):
        """Sets the actnorms by numbers in [-1/2, 1/2); see `forward`."""
        self.forward(numbers, first=True)

    def initialise_once(self, numbers):
        """In a step: sets the actnorms by this batch, if no step has moved the flow before."""
        context = tf.distribute.get_replica_context()
        broken = tf.cast(tf.reduce_any(~tf.math.is_finite(numbers)), tf.float32)
        broken = context.all_reduce(tf.distribute.ReduceOp.SUM, broken)

        def initialise_all(strategy, numbers, broken):
            begun = self.step.read_value() > self.skipped.read_value()
            tf.cond(
                begun | (strategy.experimental_local_results(broken)[0] > 0.0),
                lambda: None,
                lambda: strategy.extended.call_for_each_replica(self.initialise, args=(numbers,)),
            )

        # Replicas share the scales, and meet outside of the condition.
        context.merge_call(initialise_all, args=(numbers, broken))

    def train_step(self, data):
        images = self.fields(data, "images")
        step = self.begin_step()
        numbers = self.dequantise(images, step.seed())
        self.initialise_once(numbers)

        with tf.GradientTape() as tape:
            log_prob = tf.reduce_mean(self.measure_numbers(numbers)[1])
            bits = bits_per_number(-log_prob, (self.size,))

        step.update(tape, flow=bits)
        return step.report(log_prob=log_prob, bits_per_dim=bits)
