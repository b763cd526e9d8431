"""Losses of a classifier that is a discriminator too: Salimans et al. 2016, arXiv 1606.03498,
sections 3.1 and 5.

A classifier of K classes gets one more, 'generated'. Softmax does not notice a number added to all
logits, so the last one is fixed at 0, and log(D / (1 - D)) of being real is the log of the sum of
the exponentials of the others. Scalars, float32, means over the batch.
"""

import tensorflow as tf

from tfgan_zoo.losses.adversarial import (
    minimax_generator_loss,
    nonsaturating_discriminator_loss,
    nonsaturating_generator_loss,
)


def source_logits(logits):
    """log sum_k exp l_k: of K class logits `[B, K]` the logit of being real, `[B]`. For K = 1 it is
    the logit itself, and the classifier an ordinary discriminator.
    """
    return tf.reduce_logsumexp(tf.cast(logits, tf.float32), axis=-1)


def labelled_loss(logits, labels):
    """-E log p(y | x, real) for labels int `[B]` and logits `[B, K]`."""
    return tf.reduce_mean(
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels, tf.cast(logits, tf.float32))
    )


def unlabelled_loss(real_logits, fake_logits, real_labels=1.0):
    """-(E log D(x) + E log(1 - D(G(z)))) / 2 for class logits `[B, K]`; halved as in the code.

    `real_labels` below 1 smooths the real side alone (section 3.4).
    """
    return 0.5 * nonsaturating_discriminator_loss(
        source_logits(real_logits), source_logits(fake_logits), real_labels
    )


def unlabelled_generator_loss(fake_logits):
    """-E log D(G(z)) for class logits `[B, K]`."""
    return nonsaturating_generator_loss(source_logits(fake_logits))


def unlabelled_minimax_loss(fake_logits):
    """E log(1 - D(G(z))) for class logits `[B, K]`: what the authors' code with minibatch
    discrimination has.
    """
    return minimax_generator_loss(source_logits(fake_logits))


def feature_matching_loss(real_features, fake_features):
    """|E f(x) - E f(G(z))|^2 over the number of features `[B, F]`: section 3.1, equation 1; the
    division is the code's. The means are over the batches.
    """
    real, fake = (
        tf.reduce_mean(tf.cast(features, tf.float32), axis=0)
        for features in (real_features, fake_features)
    )
    return tf.reduce_mean(tf.square(real - fake))
