"""Adversarial losses. Each objective is a pair with one stem: `<stem>_discriminator_loss`,
`<stem>_generator_loss`.

Logits are unbounded scores of any shape (`[B]`, `[B, 1]` or a patch map `[B, H, W, 1]`); every
loss is the mean over all of them, computed in float32, and returned as a scalar.
"""

import tensorflow as tf


def _cross_entropy(logits, label):
    """Mean binary cross-entropy of sigmoid(`logits`) against the constant `label`."""
    logits = tf.cast(logits, tf.float32)
    labels = tf.fill(tf.shape(logits), tf.constant(label, tf.float32))
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits))


def nonsaturating_discriminator_loss(real_logits, fake_logits):
    """-E log D(x) - E log(1 - D(G(z))): equation 1 of Goodfellow et al. 2014, arXiv 1406.2661."""
    return _cross_entropy(real_logits, 1.0) + _cross_entropy(fake_logits, 0.0)


def nonsaturating_generator_loss(fake_logits):
    """-E log D(G(z)): section 3 of arXiv 1406.2661, 'stronger gradients early in learning'."""
    return _cross_entropy(fake_logits, 1.0)


def least_squares_discriminator_loss(real_logits, fake_logits):
    """E (D(x) - 1)^2 + E D(G(z))^2.

    Mao et al. 2016, arXiv 1611.04076, equation 9 (a = 0, b = c = 1) without its factor 1/2, as
    image-to-image code writes it: a variant that halves does so by name.
    """
    real_logits = tf.cast(real_logits, tf.float32)
    fake_logits = tf.cast(fake_logits, tf.float32)
    return tf.reduce_mean(tf.square(real_logits - 1.0)) + tf.reduce_mean(tf.square(fake_logits))


def least_squares_generator_loss(fake_logits):
    """E (D(G(z)) - 1)^2: the generator's side of `least_squares_discriminator_loss`."""
    return tf.reduce_mean(tf.square(tf.cast(fake_logits, tf.float32) - 1.0))
