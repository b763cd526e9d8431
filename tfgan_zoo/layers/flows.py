"""What normalising flows of pictures share: grey levels made continuous and back, space folded into
channels, and the parts of a latent as one vector.

Everything here is undone exactly by its neighbour; only `dequantised` changes volumes, by a factor
that is the same for all pictures.
"""

import math

import keras
import numpy as np
import scipy.linalg
import tensorflow as tf

LOG_SCALE_FACTOR = 3.0


def squeeze(maps):
    """Blocks of 2x2 numbers become channels: `[B, H, W, C]` to `[B, H/2, W/2, 4C]`.

    The four numbers of a channel stay beside each other, row by row, as in the authors' codes of
    RealNVP and Glow.
    """
    _, height, width, channels = maps.shape
    blocks = tf.reshape(maps, [-1, height // 2, 2, width // 2, 2, channels])
    blocks = tf.transpose(blocks, [0, 1, 3, 5, 2, 4])
    return tf.reshape(blocks, [-1, height // 2, width // 2, 4 * channels])


def unsqueeze(maps):
    """The way back of `squeeze`: `[B, H, W, C]` to `[B, 2H, 2W, C/4]`."""
    _, height, width, channels = maps.shape
    blocks = tf.reshape(maps, [-1, height, width, channels // 4, 2, 2])
    blocks = tf.transpose(blocks, [0, 1, 4, 2, 5, 3])
    return tf.reshape(blocks, [-1, 2 * height, 2 * width, channels // 4])


def checkerboard(height, width, corner):
    """`[height, width, 1]` of 0 and 1, beginning with `corner`."""
    places = np.add.outer(np.arange(height), np.arange(width)) + corner
    return (places % 2).astype(np.float32)[..., None]


def dequantised(images, noise, levels=256):
    """Pictures as continuous numbers (uniform dequantisation, Theis et al. 2016, arXiv 1511.01844).

    The logarithm of a density of these, less `D log(levels)`, is on average over the noise a lower
    bound of that of the probability of the grey levels; D is how many numbers a picture has.

    Args:
        images: `[B, H, W, C]` in [-1, 1], of 256 grey levels.
        noise: of the same shape, in [0, 1): uniform, or 0.5 for the middle of each level.
        levels: how many grey levels are kept of the 256.

    Returns:
        float32 in [0, 1).
    """
    grey = tf.round((images + 1.0) * 127.5)
    if levels != 256:
        grey = tf.floor(grey * (levels / 256.0))
    return (grey + noise) / levels


def within_levels(images, seed):
    """Noise for `dequantised`: uniform in [0, 1), of the shape of the pictures, by the seed
    int32 [2].
    """
    return tf.random.stateless_uniform(tf.shape(images), seed, alg="philox")


def pictures(numbers, levels=256):
    """Pictures in [-1, 1] of numbers in [0, 1), the way back of `dequantised` with a noise of 0.5;
    what lies outside is black or white.
    """
    grey = numbers * levels - 0.5
    return tf.clip_by_value(grey * (2.0 / (levels - 1)) - 1.0, -1.0, 1.0)


def joined(parts):
    """Maps `[B, ...]` of any sizes as one vector for each example: `[B, D]`."""
    return tf.concat([tf.reshape(part, [-1, math.prod(part.shape[1:])]) for part in parts], axis=1)


def parted(vectors, shapes):
    """The way back of `joined`: `[B, D]` to a list of `[B, *shape]`."""
    parts = tf.split(vectors, [math.prod(shape) for shape in shapes], axis=1)
    return [tf.reshape(part, [-1, *shape]) for part, shape in zip(parts, shapes, strict=True)]


def check_precision():
    """Raises `ValueError` under a policy of half precision."""
    policy = keras.mixed_precision.dtype_policy().name
    if policy != "float32":
        raise ValueError(
            f"A flow goes back the way it came, for which the digits of {policy} do not suffice: "
            "leave the precision at float32."
        )


class Scaled(keras.layers.Layer):
    """What has an offset b and a scale exp(3 s) for each channel, which a batch can set."""

    def add_scale(self, channels):
        self.offset = self.add_weight(name="offset", shape=(channels,), aggregation="mean")
        self.log_scale = self.add_weight(name="log_scale", shape=(channels,), aggregation="mean")
        self.offset.assign(tf.zeros([channels]))
        self.log_scale.assign(tf.zeros([channels]))

    @property
    def logs(self):
        """Logarithms of the scales."""
        return LOG_SCALE_FACTOR * tf.convert_to_tensor(self.log_scale)

    def initialise(self, maps):
        """Sets both so that (maps + b) exp(3 s) has mean 0 and deviation 1 over all replicas."""
        context, mean_of = tf.distribute.get_replica_context(), tf.distribute.ReduceOp.MEAN
        mean = context.all_reduce(mean_of, tf.reduce_mean(maps, [0, 1, 2]))
        variance = tf.reduce_mean(tf.square(maps - mean), [0, 1, 2])
        deviation = tf.sqrt(context.all_reduce(mean_of, variance))
        self.offset.assign(-mean)
        self.log_scale.assign(-tf.math.log(deviation + 1e-6) / LOG_SCALE_FACTOR)


class ActNorm(Scaled):
    """y = (x + b) exp(3 s), channel by channel (section 3.1). `[B, H, W, C]` to itself."""

    def build(self, input_shape):
        self.add_scale(input_shape[-1])

    def call(self, maps, first=False):
        """(y, log|det| of one picture); `first`: sets b and s by these maps before."""
        if first:
            self.initialise(maps)
        log_det = tf.reduce_sum(self.logs) * float(maps.shape[1] * maps.shape[2])
        return (maps + tf.convert_to_tensor(self.offset)) * tf.exp(self.logs), log_det

    def inverse(self, maps):
        return maps * tf.exp(-self.logs) - tf.convert_to_tensor(self.offset)


class InvertibleConv(keras.layers.Layer):
    """y = x W at each place, W square and at first orthogonal (section 3.2).

    Args:
        lu: learns W as P L (U + diag(s)), P fixed, whose determinant costs nothing.
    """

    def __init__(self, lu=False, **kwargs):
        super().__init__(**kwargs)
        self.lu = lu

    def build(self, input_shape):
        size = input_shape[-1]
        square = {"shape": (size, size), "autocast": False}
        if not self.lu:
            self.matrix = self.add_weight(name="matrix", initializer="orthogonal", **square)
            return
        orthogonal = np.asarray(keras.initializers.Orthogonal()((size, size)))
        permutation, lower, upper = scipy.linalg.lu(orthogonal)
        diagonal = np.diag(upper)
        self.permutation = self.add_weight(name="permutation", trainable=False, **square)
        self.lower = self.add_weight(name="lower", **square)
        self.upper = self.add_weight(name="upper", **square)
        self.signs = self.add_weight(name="signs", shape=(size,), trainable=False, autocast=False)
        self.logs = self.add_weight(name="logs", shape=(size,), autocast=False)
        self.permutation.assign(permutation)
        self.lower.assign(lower)
        self.upper.assign(upper)
        self.signs.assign(np.sign(diagonal))
        self.logs.assign(np.log(np.abs(diagonal)))

    def weight(self):
        """W `[C, C]`."""
        if not self.lu:
            return tf.convert_to_tensor(self.matrix)
        size = self.lower.shape[0]
        below = np.tril(np.ones((size, size), np.float32), -1)
        lower = tf.convert_to_tensor(self.lower) * below + tf.eye(size)
        scales = tf.convert_to_tensor(self.signs) * tf.exp(self.logs)
        upper = tf.convert_to_tensor(self.upper) * below.T + tf.linalg.diag(scales)
        return tf.convert_to_tensor(self.permutation) @ lower @ upper

    def inverted(self):
        """W's inverse `[C, C]`, taken in float64."""
        return tf.cast(tf.linalg.inv(tf.cast(self.weight(), tf.float64)), tf.float32)

    def call(self, maps, first=False):
        """(y, log|det| of one picture); there is nothing that a first batch could set."""
        places = float(maps.shape[1] * maps.shape[2])
        if self.lu:
            log_det = tf.reduce_sum(tf.convert_to_tensor(self.logs))
        else:
            matrix = tf.cast(tf.convert_to_tensor(self.matrix), tf.float64)
            log_det = tf.cast(tf.linalg.slogdet(matrix).log_abs_determinant, tf.float32)
        return mixed(maps, self.weight()), log_det * places


def mixed(maps, matrix):
    """Each place's channels as a row times `matrix`."""
    return tf.nn.conv2d(maps, matrix[None, None], 1, "SAME")


class FlowBatchNorm(keras.layers.Layer):
    """y = (x - mean) / deviation, channel by channel, as a layer of a flow (Dinh et al. 2017,
    arXiv 1605.08803, section 3.7).

    Args:
        places: which of the places count, `[H, W, 1]` of 0 and 1; the others stay as they are.
        momentum, epsilon: as of `keras.layers.BatchNormalization`.
    """

    def __init__(self, places, momentum=0.9, epsilon=1e-4, name=None):
        super().__init__(name=name)
        self.places = np.asarray(places, np.float32)
        self.momentum, self.epsilon = momentum, epsilon

    def build(self, input_shape):
        names = {"mean": "zeros", "variance": "ones"}
        for name, initializer in names.items():
            moving = self.add_weight(
                name=name,
                shape=(input_shape[-1],),
                initializer=initializer,
                trainable=False,
                aggregation="mean",
            )
            setattr(self, name, moving)

    def statistics(self, maps, training):
        """(mean, variance) of this batch, towards which the moving ones go, or those."""
        if training:
            share = self.places / self.places.mean()
            mean = tf.reduce_mean(maps * share, [0, 1, 2])
            variance = tf.reduce_mean(tf.square(maps - mean) * share, [0, 1, 2])
            for moving, value in ((self.mean, mean), (self.variance, variance)):
                moving.assign(self.momentum * moving + (1.0 - self.momentum) * value)
        else:
            mean, variance = map(tf.convert_to_tensor, (self.mean, self.variance))
        return mean, variance + self.epsilon

    def call(self, maps, training=False):
        """(y, log|det| of one example)."""
        mean, variance = self.statistics(maps, training)
        log_det = -0.5 * float(self.places.sum()) * tf.reduce_sum(tf.math.log(variance))
        # Places that stay have the mean 0 and the variance 1.
        return (maps - mean * self.places) * tf.pow(variance, -0.5 * self.places), log_det

    def inverse(self, maps):
        mean, variance = self.statistics(maps, False)
        return maps * tf.pow(variance, 0.5 * self.places) + mean * self.places
