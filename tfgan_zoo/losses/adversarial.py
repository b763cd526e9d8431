"""Adversarial losses. Each objective is a pair with one stem: `<stem>_discriminator_loss`,
`<stem>_generator_loss`.

Logits are unbounded scores of any shape (`[B]`, `[B, 1]` or a patch map `[B, H, W, 1]`); every
loss is the mean over all of them, computed in float32, and returned as a scalar.
"""

import tensorflow as tf


def _cross_entropy(logits, label):
    """Mean binary cross-entropy of sigmoid(`logits`) against a `label` for all or one for each."""
    logits = tf.cast(logits, tf.float32)
    labels = tf.broadcast_to(tf.cast(label, tf.float32), tf.shape(logits))
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits))


def nonsaturating_discriminator_loss(real_logits, fake_logits, real_labels=1.0, fake_labels=0.0):
    """-E log D(x) - E log(1 - D(G(z))): equation 1 of Goodfellow et al. 2014, arXiv 1406.2661.

    Other labels, a number or one for each logit (`noisy_labels`), make it the cross-entropy against
    them: -E [t log D + (1 - t) log(1 - D)].
    """
    return _cross_entropy(real_logits, real_labels) + _cross_entropy(fake_logits, fake_labels)


def noisy_labels(shape, seed, soft=False, flipped=0.0):
    """Labels of real and of fake examples for a discriminator that shall not grow too sure.

    Trick 6 of github.com/soumith/ganhacks, after Salimans et al. 2016, arXiv 1606.03498.

    Args:
        shape: of the logits of either.
        seed: int32 [2].
        soft: uniform on [0.7, 1.2] for real and on [0, 0.3] for fake, instead of 1 and 0. A label
            above 1 makes one example's loss unbounded below; that of their mean, 0.95, is not.
        flipped: share of the examples that get the other kind's label, each by a coin of its own.

    Returns:
        (real, fake), float32 of `shape`.
    """

    def draw(stream, low, high):
        own = tf.random.fold_in(seed, stream, alg="philox")
        return tf.random.stateless_uniform(shape, own, low, high, alg="philox")

    ones, zeros = tf.ones(shape), tf.zeros(shape)
    if soft:
        ones, zeros = draw(0, 0.7, 1.2), draw(1, 0.0, 0.3)
    if not flipped:
        return ones, zeros
    real = tf.where(draw(2, 0.0, 1.0) < flipped, zeros, ones)
    return real, tf.where(draw(3, 0.0, 1.0) < flipped, ones, zeros)


def nonsaturating_generator_loss(fake_logits):
    """-E log D(G(z)): section 3 of arXiv 1406.2661, 'stronger gradients early in learning'."""
    return _cross_entropy(fake_logits, 1.0)


def minimax_generator_loss(fake_logits):
    """E log(1 - D(G(z))): the generator's side of equation 1 of arXiv 1406.2661 itself.

    It saturates: its gradient with respect to a logit is -D, that of `nonsaturating_generator_loss`
    D - 1, which at D = 0.01 is 99 times larger.
    """
    return -_cross_entropy(fake_logits, 0.0)


def least_squares_discriminator_loss(real_logits, fake_logits, fake_label=0.0, real_label=1.0):
    """E (D(x) - b)^2 + E (D(G(z)) - a)^2 for a = `fake_label`, b = `real_label`.

    Mao et al. 2016, arXiv 1611.04076, equation 2 without its factor 1/2, as image-to-image code
    writes it: a variant that halves does so by name.
    """
    real_logits = tf.cast(real_logits, tf.float32)
    fake_logits = tf.cast(fake_logits, tf.float32)
    return tf.reduce_mean(tf.square(real_logits - real_label)) + tf.reduce_mean(
        tf.square(fake_logits - fake_label)
    )


def least_squares_generator_loss(fake_logits, generator_label=1.0):
    """E (D(G(z)) - c)^2 for c = `generator_label`: the generator's side of
    `least_squares_discriminator_loss`.
    """
    return tf.reduce_mean(tf.square(tf.cast(fake_logits, tf.float32) - generator_label))


def wasserstein_critic_loss(real_scores, fake_scores):
    """E D(G(z)) - E D(x), whose negative is the critic's estimate of a distance.

    Equation 2 of Arjovsky et al. 2017, arXiv 1701.07875, with its sign turned: a loss is minimised.
    """
    return tf.reduce_mean(tf.cast(fake_scores, tf.float32)) - tf.reduce_mean(
        tf.cast(real_scores, tf.float32)
    )


def wasserstein_generator_loss(fake_scores):
    """-E D(G(z)): the generator's side of `wasserstein_critic_loss`."""
    return -tf.reduce_mean(tf.cast(fake_scores, tf.float32))


def hinge_discriminator_loss(real_logits, fake_logits):
    """E max(0, 1 - D(x)) + E max(0, 1 + D(G(z))): section 4 of Miyato et al. 2018, arXiv
    1802.05957, with its sign turned: a loss is minimised. Examples past the margin cost nothing.
    """
    real_logits = tf.cast(real_logits, tf.float32)
    fake_logits = tf.cast(fake_logits, tf.float32)
    return tf.reduce_mean(tf.nn.relu(1.0 - real_logits)) + tf.reduce_mean(
        tf.nn.relu(1.0 + fake_logits)
    )


def hinge_generator_loss(fake_logits):
    """-E D(G(z)): the generator's side of `hinge_discriminator_loss`, without a margin."""
    return -tf.reduce_mean(tf.cast(fake_logits, tf.float32))
