"""Losses that keep what a frozen network recognises."""

import tensorflow as tf

TINY = 1e-12


def cosine_loss(real_features, fake_features):
    """Mean of 1 - cosine of the features of two batches; scalar float32, from 0 to 2.

    Args:
        real_features, fake_features: `[B, ...]`, flattened to one vector an example. The real ones
            have no gradient.
    """
    real, fake = (
        tf.reshape(tf.cast(features, tf.float32), [tf.shape(features)[0], -1])
        for features in (tf.stop_gradient(real_features), fake_features)
    )
    real, fake = (tf.math.l2_normalize(features, axis=1, epsilon=TINY) for features in (real, fake))
    return tf.reduce_mean(1.0 - tf.reduce_sum(real * fake, axis=1))
