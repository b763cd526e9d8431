"""Label smoothing for outliers (LSRO): Zheng, Zheng & Yang 2017, arXiv 1701.07717, equation 6."""

import tensorflow as tf


def uniform_label_loss(logits):
    """-E (1/K) sum_k log p_k for logits `[B, K]`: the cross-entropy with a label that is every
    class alike. Its gradient in a logit is (p_k - 1/K) / B. Scalar float32, at least log K.
    """
    logits = tf.cast(logits, tf.float32)
    return tf.reduce_mean(tf.reduce_logsumexp(logits, -1) - tf.reduce_mean(logits, -1))
