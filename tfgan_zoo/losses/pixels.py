"""Distributions of single pixels, of models that tell each pixel's from those before it.

A distribution has no weights. A net gives its parameters for each pixel, `[..., numbers]`, and it
says how probable pixels are, in nats, and draws them. Pixels `[..., C]` are levels from -1 to 1 at
equal distances.

- `Bernoulli`: black or white, one logit for each channel.
- `Categorical`: a logit for each level of each channel, without any order among the levels
  (van den Oord et al. 2016, arXiv 1601.06759, section 2.3).
- `LogisticMixture`: a mixture of logistic densities, each rounded to the levels, and all that lies
  beyond the first and the last level counted there; the means of green and blue move with what red
  and green are (Salimans et al. 2017, arXiv 1701.05517, sections 2.1 and 2.2; authors' code:
  `openai/pixel-cnn`).

The first two leave it to the net to tell the colours of a pixel apart, `colors` of them in their
order; the third needs one look at the pixels before.
"""

import math

import tensorflow as tf

NAMES = ("bernoulli", "softmax", "logistic")
# The authors' floor of the logarithm of a scale.
LEAST_LOG_SCALE = -7.0


class Bernoulli:
    """Black or white pixels.

    Args:
        channels: of a pixel, C.

    Attributes (of each distribution):
        levels: how many values a channel has.
        colors: groups of channels that the net must tell apart; 1 where it need not.
        numbers: parameters of one pixel, in `colors` equal groups.
        draws: uniform numbers that a draw of one pixel takes.
    """

    def __init__(self, channels):
        self.levels = 2
        self.colors = self.numbers = self.draws = channels

    def nearest(self, images):
        """The nearest levels of `images [..., C]`."""
        return rounded(images, self.levels)

    def observe(self, images, seed):
        """Pixels that have a likelihood: a draw of the grey levels of `images`, each -1 or 1.

        Args:
            images: `[..., C]` in [-1, 1].
            seed: int32 [2].
        """
        chance = tf.random.stateless_uniform(tf.shape(images), seed, alg="philox")
        return tf.where(chance < 0.5 * (images + 1.0), 1.0, -1.0)

    def log_likelihood(self, pixels, parameters):
        """log p `[...]` in nats, over a pixel's channels."""
        crossed = tf.nn.sigmoid_cross_entropy_with_logits(
            labels=0.5 * (pixels + 1.0), logits=parameters
        )
        return -tf.reduce_sum(crossed, axis=-1)

    def draw(self, parameters, uniforms, temperature=1.0):
        """Pixels `[..., C]`.

        Args:
            parameters: `[..., numbers]`.
            uniforms: `[..., draws]` in [0, 1).
            temperature: above 0; below 1 probable levels become more so.
        """
        return tf.where(uniforms < tf.sigmoid(parameters / temperature), 1.0, -1.0)


class Categorical:
    """Levels without an order.

    Args:
        channels: of a pixel, C.
        levels: how many values a channel has, from 2.
    """

    def __init__(self, channels, levels=256):
        self.levels = levels
        self.colors = self.draws = channels
        self.numbers = channels * levels

    def nearest(self, images):
        """The nearest levels of `images [..., C]`."""
        return rounded(images, self.levels)

    def observe(self, images, seed):
        """`nearest`; nothing is drawn."""
        return self.nearest(images)

    def log_likelihood(self, pixels, parameters):
        """As `Bernoulli.log_likelihood`."""
        steps = tf.cast(tf.round(0.5 * (pixels + 1.0) * (self.levels - 1)), tf.int32)
        logits = self._by_channel(parameters)
        crossed = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=steps, logits=logits)
        return -tf.reduce_sum(crossed, axis=-1)

    def draw(self, parameters, uniforms, temperature=1.0):
        """As `Bernoulli.draw`."""
        chosen = inverse(self._by_channel(parameters) / temperature, uniforms)
        return 2.0 * tf.cast(chosen, tf.float32) / (self.levels - 1) - 1.0

    def _by_channel(self, parameters):
        shape = [*tf.unstack(tf.shape(parameters))[:-1], self.draws, self.levels]
        return tf.reshape(parameters, shape)


class LogisticMixture:
    """A mixture of logistic densities, rounded to the levels.

    Args:
        channels: of a pixel, C.
        levels: how many values a channel has, from 2.
        mixtures: how many densities there are.
    """

    def __init__(self, channels, levels=256, mixtures=10):
        self.levels, self.mixtures, self.channels = levels, mixtures, channels
        self.colors = 1
        self.pairs = channels * (channels - 1) // 2
        self.numbers = mixtures * (1 + 2 * channels + self.pairs)
        self.draws = 1 + channels

    def nearest(self, images):
        """The nearest levels of `images [..., C]`."""
        return rounded(images, self.levels)

    def observe(self, images, seed):
        """`nearest`; nothing is drawn."""
        return self.nearest(images)

    def parts(self, parameters):
        """What the parameters are.

        Returns:
            Logits of the mixture `[..., M]`; means and logarithms of scales `[..., C, M]`; how far
            the mean of a channel moves with each before it `[..., pairs, M]`, those of green's with
            red first.
        """
        leading = tf.unstack(tf.shape(parameters))[:-1]
        rows = tf.reshape(parameters, [*leading, -1, self.mixtures])
        logits, means, log_scales, moved = tf.split(
            rows, [1, self.channels, self.channels, self.pairs], axis=-2
        )
        log_scales = tf.maximum(log_scales, LEAST_LOG_SCALE)
        return logits[..., 0, :], means, log_scales, tf.tanh(moved)

    def log_likelihood(self, pixels, parameters):
        """As `Bernoulli.log_likelihood`."""
        logits, means, log_scales, moved = self.parts(parameters)
        total = tf.nn.log_softmax(logits, axis=-1)
        for channel in range(self.channels):
            values = pixels[..., channel, None]
            mean = self._moved(means, moved, pixels, channel)
            total += rounded_logistic(values, mean, log_scales[..., channel, :], self.levels)
        return tf.reduce_logsumexp(total, axis=-1)

    def draw(self, parameters, uniforms, temperature=1.0):
        """As `Bernoulli.draw`: of the uniform numbers the first chooses the density. The
        temperature divides the mixture's logits and multiplies the scales.
        """
        logits, means, log_scales, moved = self.parts(parameters)
        chosen = tf.one_hot(inverse(logits / temperature, uniforms[..., 0]), self.mixtures)
        chosen = chosen[..., None, :]
        means, log_scales, moved = (
            tf.reduce_sum(values * chosen, axis=-1, keepdims=True)
            for values in (means, log_scales, moved)
        )
        chance = tf.clip_by_value(uniforms[..., 1:], 1e-7, 1.0 - 1e-7)
        noise = temperature * (tf.math.log(chance) - tf.math.log1p(-chance))
        drawn = []
        for channel in range(self.channels):
            mean = self._moved(means, moved, drawn, channel)[..., 0]
            value = mean + tf.exp(log_scales[..., channel, 0]) * noise[..., channel]
            drawn.append(rounded(value, self.levels))
        return tf.stack(drawn, axis=-1)

    def _moved(self, means, moved, pixels, channel):
        """The means `[..., M]` of a channel, given the channels before it."""
        mean = means[..., channel, :]
        first = channel * (channel - 1) // 2
        for before in range(channel):
            seen = pixels[before] if isinstance(pixels, list) else pixels[..., before]
            mean += moved[..., first + before, :] * seen[..., None]
        return mean


def named(name, channels, levels=256, mixtures=10):
    """The distribution of a pixel that a model's argument names: "bernoulli", "softmax" (a
    `Categorical`) or "logistic".

    Raises:
        ValueError: for another name, or too few levels.
    """
    if name not in NAMES:
        raise ValueError(f"output is {', '.join(NAMES)}; got '{name}'.")
    if levels < 2:
        raise ValueError(f"A pixel has two levels or more; got levels={levels}.")
    if name == "bernoulli":
        return Bernoulli(channels)
    if name == "softmax":
        return Categorical(channels, levels)
    return LogisticMixture(channels, levels, mixtures)


def rounded(values, levels):
    """The nearest of `levels` values at equal distances from -1 to 1."""
    steps = tf.round(0.5 * (tf.clip_by_value(values, -1.0, 1.0) + 1.0) * (levels - 1))
    return 2.0 * steps / (levels - 1) - 1.0


def rounded_logistic(values, means, log_scales, levels):
    """log p of levels under a logistic density that is rounded to them, and clipped to [-1, 1].

    With a and b the upper and the lower edge of a level in units of the scale,
    sigmoid(a) - sigmoid(b) = sigmoid(a) sigmoid(-b) (1 - exp(b - a)), whose logarithm no floating
    point number spoils; the authors take the density in the middle where the difference is tiny.

    Args:
        values, means, log_scales: of shapes that go together.
        levels: how many levels there are from -1 to 1.
    """
    inverse_scales = tf.exp(-log_scales)
    half = 1.0 / (levels - 1)
    upper = inverse_scales * (values - means + half)
    lower = inverse_scales * (values - means - half)
    least, most = values < -1.0 + half, values > 1.0 - half
    below = tf.where(most, 0.0, -tf.nn.softplus(-upper))  # log sigmoid(a); of the last level 1
    above = tf.where(least, 0.0, -tf.nn.softplus(lower))  # log sigmoid(-b); of the first level 1
    between = tf.math.log(-tf.math.expm1(-2.0 * half * inverse_scales))
    return below + above + tf.where(least | most, 0.0, between)


def inverse(logits, uniforms):
    """Index int32 `[...]` of a draw of softmax(logits `[..., K]`) by the inverse of its cumulative
    sum at uniforms `[...]` in [0, 1).
    """
    reached = tf.cumsum(tf.nn.softmax(logits, axis=-1), axis=-1)
    passed = tf.reduce_sum(tf.cast(uniforms[..., None] >= reached, tf.int32), axis=-1)
    # Sums of float32 may end below 1.
    return tf.minimum(passed, tf.shape(logits)[-1] - 1)


def bits_per_number(nats, shape):
    """Bits per dimension of a picture of this shape."""
    return nats / (math.prod(shape) * math.log(2.0))
