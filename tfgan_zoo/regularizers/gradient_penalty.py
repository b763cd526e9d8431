"""Gradient penalties: what keeps a critic smooth where it is looked at."""

import tensorflow as tf


def gradient_penalty(critic, real, fake, seed):
    """E (|grad_x D(x)| - 1)^2 at x = real + alpha (fake - real), two-sided.

    Gulrajani et al. 2017, arXiv 1704.00028, equation 3. alpha is uniform on [0, 1), one number for
    each example, and the norm is over all coordinates of an example. The gradient of the norm where
    it is zero, which does not exist, is taken as zero: nothing is added under the root.

    Args:
        critic: inputs `[B, ...]` to logits, one for each example or a map of them, whose sum is
            differentiated. It must not mix examples, as batch normalisation does.
        real, fake: `[B, ...]` of equal shape; no gradient goes through them.
        seed: int32 [2], of alpha.

    Returns:
        (penalty, norms): a scalar without its factor lambda, and `[B]`, the gradients' norms.
    """
    real, fake = tf.stop_gradient(real), tf.stop_gradient(fake)
    shape = [tf.shape(real)[0]] + [1] * (len(real.shape) - 1)
    alpha = tf.random.stateless_uniform(shape, seed, alg="philox")
    between = real + alpha * (fake - real)
    return slope_penalty(critic, between)


def slope_penalty(critic, places):
    """E (|grad_x D(x)| - 1)^2 at `places`, two-sided: what `gradient_penalty` takes between real
    and fake examples, and Kodali et al. 2017, arXiv 1705.07215, near real ones.

    Args:
        critic: as for `gradient_penalty`.
        places: `[B, ...]`.

    Returns:
        As `gradient_penalty`.
    """
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(places)
        logits = critic(places)
    norms = _norms(tape.gradient(logits, places))
    return tf.reduce_mean(tf.square(norms - 1.0)), norms


def _norms(vectors):
    """Euclidean norm of each example `[B, ...]`, whose own gradient at zero is zero, not NaN."""
    squares = tf.reduce_sum(tf.square(vectors), axis=list(range(1, len(vectors.shape))))
    above = squares > 0.0
    # Both branches of tf.where are differentiated, so that the root must not see a zero.
    return tf.where(above, tf.sqrt(tf.where(above, squares, 1.0)), 0.0)
