"""Lower bounds on the mutual information I(c; x) between a code and the picture drawn from it.

Equation 4 of InfoGAN (Chen et al. 2016, arXiv 1606.03657), after Barber & Agakov 2003:

    I(c; x) = H(c) - H(c | x) >= H(c) + E log q(c | x)

for any q, with equality where q is the posterior of the code. In nats, scalars, float32.
"""

import math

import tensorflow as tf


def categorical_information(codes, logits):
    """log K + E log q(c | x): the bound for a uniform code of K categories, at most log K.

    Args:
        codes: one-hot `[B, K]`.
        logits: of q(c | x), `[B, K]`.
    """
    codes, logits = tf.cast(codes, tf.float32), tf.cast(logits, tf.float32)
    cross_entropy = tf.nn.softmax_cross_entropy_with_logits(labels=codes, logits=logits)
    return math.log(codes.shape[-1]) - tf.reduce_mean(cross_entropy)


def uniform_information(codes, means, sigma=1.0):
    """D log 2 + E log q(c | x): the bound for D independent codes uniform on [-1, 1], with q(c | x)
    = N(means, sigma^2 I).

    With the fixed sigma of 1 of the authors' code its gradient is that of half the squared error;
    the value, at most D (log 2 - log(2 pi) / 2), is then below zero and says no more than that
    I >= 0.

    Args:
        codes, means: `[B, D]`.
        sigma: deviation of q.
    """
    codes, means = tf.cast(codes, tf.float32), tf.cast(means, tf.float32)
    squares = tf.reduce_sum(tf.square((codes - means) / sigma), axis=-1)
    per_code = math.log(2.0) - math.log(sigma * math.sqrt(2.0 * math.pi))
    return codes.shape[-1] * per_code - 0.5 * tf.reduce_mean(squares)
