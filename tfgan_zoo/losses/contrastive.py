"""The contrastive loss of a Siamese network: Hadsell, Chopra & LeCun 2006, "Dimensionality
Reduction by Learning an Invariant Mapping", equation 4, without its factor 1/2.
"""

import tensorflow as tf

_EPSILON = 1e-6  # under the root, whose slope at 0 is infinite


def attraction(first, second):
    """E |f - g|^2 of pairs that belong together, `[B, D]` each; scalar float32."""
    return tf.reduce_mean(_squared(first, second))


def repulsion(first, second, margin):
    """E max(0, margin - |f - g|)^2 of pairs that do not, `[B, D]` each; scalar float32.

    Of vectors of length 1 none are farther apart than 2: at a margin of 2 only opposite ones cost
    nothing.
    """
    distance = tf.sqrt(_squared(first, second) + _EPSILON)
    return tf.reduce_mean(tf.square(tf.nn.relu(margin - distance)))


def _squared(first, second):
    difference = tf.cast(first, tf.float32) - tf.cast(second, tf.float32)
    return tf.reduce_sum(tf.square(difference), axis=-1)
