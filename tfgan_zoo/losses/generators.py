"""Losses of several generators against one discriminator, after MAD-GAN (Ghosh et al. 2018, arXiv
1704.02906).

The discriminator's logits are `[B, k + 1]`: class 0 is real, i what generator i draws. Computed in
float32, returned as scalars.
"""

import tensorflow as tf


def identification_discriminator_loss(real_logits, fake_logits):
    """Mean cross-entropy over real examples and those of every generator.

    Args:
        real_logits: `[B, k + 1]`.
        fake_logits: `[k B, k + 1]`, those of generator 1 first, then of generator 2, ...
    """
    labels = tf.repeat(tf.range(real_logits.shape[1]), tf.shape(real_logits)[0])
    logits = tf.cast(tf.concat([real_logits, fake_logits], 0), tf.float32)
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))


def identification_generator_loss(fake_logits):
    """-E log p(real): whose example it is has no part in it."""
    real = tf.zeros(tf.shape(fake_logits)[:1], tf.int32)
    logits = tf.cast(fake_logits, tf.float32)
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(real, logits))


def log_odds_of_real(logits):
    """log p(real) - log(1 - p(real)) `[B, 1]`, float32: the logit of a discriminator of real and
    drawn examples that thinks the same.
    """
    logits = tf.cast(logits, tf.float32)
    return logits[:, :1] - tf.reduce_logsumexp(logits[:, 1:], axis=1, keepdims=True)


def cosine_hinge(scores, features, generators):
    """Mean over generators i and examples of sum_{j != i} max(0, s_j - s_i + cos(f_i, f_j)).

    For the gradient all of j is constant in a hinge of i's. Were it not, the scores would drop out
    wherever both hinges of a pair are active.

    Args:
        scores: `[k B, 1]`, what the discriminator thinks of each generator's example of each of B
            latents; generator 1 first, then generator 2, ...
        features: `[k B, F]` of the same examples.
        generators: k.
    """
    scores = tf.reshape(tf.cast(scores, tf.float32), [generators, -1])
    features = tf.math.l2_normalize(tf.cast(features, tf.float32), axis=-1)
    features = tf.reshape(features, [generators, -1, features.shape[-1]])
    cosines = tf.einsum("ibf,jbf->ijb", features, tf.stop_gradient(features))
    hinges = tf.nn.relu(tf.stop_gradient(scores)[None] - scores[:, None] + cosines)
    rivals = 1.0 - tf.eye(generators)
    return tf.reduce_mean(tf.reduce_sum(rivals[:, :, None] * hinges, axis=1))
