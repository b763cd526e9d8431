"""Logarithms of likelihoods and of their bounds, in nats, one number for each example.

The terms of the lower bound of Kingma & Welling 2014, arXiv 1312.6114 (equation 10 and appendices B
and C), for diagonal Gaussians and independent pixels:

    log p(x) >= E log p(x | z) - KL(q(z | x) || p(z)),   z ~ q(z | x)

All are sums over an example's numbers, never means: a mean over the pixels weighs the divergence
hundreds of times too much. float32.
"""

import math

import tensorflow as tf

# Of pixels in [0, 1] that were rounded to 256 levels: below it, a density says more about the file
# format than about the picture.
LEAST_LOG_VARIANCE = -math.log(12.0 * 255.0**2)


def bernoulli_log_likelihood(pixels, logits):
    """log p(x | z) of independent pixels that are 1 with the probability sigmoid(logits).

    Args:
        pixels: `[B, ...]`, 0 or 1. Values in between give the mean over pixels drawn with these
            probabilities, which is not the logarithm of any density.
        logits: `[B, ...]`, of any size: nothing overflows.

    Returns:
        `[B]`, at most 0.
    """
    pixels, logits = tf.cast(pixels, tf.float32), tf.cast(logits, tf.float32)
    return -_sum(tf.nn.sigmoid_cross_entropy_with_logits(labels=pixels, logits=logits))


def gaussian_log_likelihood(examples, means, log_variances):
    """log N(x; means, exp(log_variances)), a density: it has the inverse units of the examples, and
    may be above 0.

    Args:
        examples: `[B, ...]`.
        means: `[B, ...]`.
        log_variances: `[B, ...]`, or what broadcasts to that.

    Returns:
        `[B]`.
    """
    examples, means, log_variances = (
        tf.cast(values, tf.float32) for values in (examples, means, log_variances)
    )
    squares = tf.square(examples - means) * tf.exp(-log_variances)
    return -0.5 * _sum(math.log(2.0 * math.pi) + log_variances + squares)


def gaussian_kl(means, log_variances, prior_means=0.0, prior_log_variances=0.0):
    """KL(N(means, exp(log_variances)) || N(prior_means, exp(prior_log_variances))) in closed form.

    Args:
        means, log_variances: `[B, Z]`, of the posterior.
        prior_means, prior_log_variances: what broadcasts to `[B, Z]`; N(0, I) where they are left
            out.

    Returns:
        `[B]`, at least 0, and 0 only where the two are the same.
    """
    means, log_variances, prior_means, prior_log_variances = (
        tf.cast(values, tf.float32)
        for values in (means, log_variances, prior_means, prior_log_variances)
    )
    ratio = log_variances - prior_log_variances
    squares = tf.square(means - prior_means) * tf.exp(-prior_log_variances)
    # exp(r) - 1 - r loses all its digits where the two are nearly the same; expm1 keeps them.
    return 0.5 * _sum(tf.math.expm1(ratio) - ratio + squares)


def reparameterised(means, log_variances, noise):
    """z = mean + deviation * noise, equation 10: a draw of the posterior through which gradients
    reach its mean and its variance.

    Args:
        means, log_variances: `[B, Z]`.
        noise: `[B, Z]` of N(0, I).
    """
    return means + tf.exp(0.5 * log_variances) * noise


def _sum(values):
    """Over all axes but the first."""
    return tf.reduce_sum(values, axis=list(range(1, values.shape.rank)))
