"""Skewing a map, so that its diagonals become columns (van den Oord et al. 2016, arXiv 1601.06759,
section 3.3): each row moves one place further to the right than the one above it.
"""

import tensorflow as tf


def skew(values):
    """`[B, H, W, C]` to `[B, H, W + H - 1, C]`, row i from column i on and zeros beside it."""
    height, width, channels = values.shape[1:]
    longer = tf.pad(values, [[0, 0], [0, 0], [0, height], [0, 0]])
    # Rows of W + H numbers, cut into rows of one less: each begins one place further on.
    flat = tf.reshape(longer, [-1, height * (width + height), channels])
    flat = flat[:, : height * (width + height - 1)]
    return tf.reshape(flat, [-1, height, width + height - 1, channels])


def unskew(values):
    """The inverse: `[B, H, W + H - 1, C]` to `[B, H, W, C]`."""
    height, length, channels = values.shape[1:]
    flat = tf.reshape(values, [-1, height * length, channels])
    flat = tf.pad(flat, [[0, 0], [0, height], [0, 0]])
    longer = tf.reshape(flat, [-1, height, length + 1, channels])
    return longer[:, :, : length + 1 - height]
