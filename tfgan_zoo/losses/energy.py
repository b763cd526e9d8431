"""Losses of discriminators that are energies, low on data and high elsewhere (Zhao, Mathieu & LeCun
2016, arXiv 1609.03126). Scalars are float32.
"""

import tensorflow as tf


def reconstruction_energies(examples, reconstructions, kind="norm"):
    """How far each example is from its reconstruction: `[B, ...]` twice to float32 `[B]`.

    The kinds are not of one size, and a margin is of the size of its energy. Where each of n
    coordinates is off by r they are

    - "norm": the Euclidean norm, n^1/2 |r|, equation 13 of arXiv 1609.03126. Its gradient at zero,
      which does not exist, is taken as zero;
    - "sum": of squares, n r^2;
    - "mean": of squares, r^2; for a picture of 28x28 784 times less than the sum.

    Raises:
        ValueError: for another kind.
    """
    if kind not in ("norm", "sum", "mean"):
        raise ValueError(f"An energy is norm, sum or mean, not '{kind}'.")
    differences = tf.cast(examples, tf.float32) - tf.cast(reconstructions, tf.float32)
    squares = tf.square(tf.reshape(differences, [tf.shape(differences)[0], -1]))
    if kind == "mean":
        return tf.reduce_mean(squares, axis=1)
    sums = tf.reduce_sum(squares, axis=1)
    return _root(sums) if kind == "norm" else sums


def margin_discriminator_loss(real_energies, fake_energies, margin):
    """E D(x) + E max(0, m - D(G(z))): equation 1. Fakes whose energy is past the margin cost
    nothing.
    """
    return tf.reduce_mean(real_energies) + tf.reduce_mean(tf.nn.relu(margin - fake_energies))


def margin_generator_loss(fake_energies):
    """E D(G(z)): equation 2, which has a gradient past the margin as well."""
    return tf.reduce_mean(fake_energies)


def pulling_away(codes):
    """1 / (N (N - 1)) sum over i != j of cos^2(S_i, S_j): equation 14, the mean squared cosine
    between the codes of a batch.

    It is 0 where all are orthogonal and 1 where all lie on one line, whatever their lengths; a code
    of zeros counts as orthogonal to all.

    Args:
        codes: `[N, ...]`; of one code alone it is 0.
    """
    count = tf.shape(codes)[0]
    codes = tf.reshape(tf.cast(codes, tf.float32), [count, -1])
    lengths = _root(tf.reduce_sum(tf.square(codes), axis=1, keepdims=True))
    units = tf.math.divide_no_nan(codes, lengths)
    squares = tf.square(tf.matmul(units, units, transpose_b=True))
    others = tf.linalg.set_diag(squares, tf.zeros([count]))
    return tf.math.divide_no_nan(
        tf.reduce_sum(others), tf.cast(count, tf.float32) * tf.cast(count - 1, tf.float32)
    )


def _root(squares):
    """The square root, whose gradient at zero is zero, not NaN."""
    above = squares > 0.0
    # Both branches of tf.where are differentiated, so that the root must not see a zero.
    return tf.where(above, tf.sqrt(tf.where(above, squares, 1.0)), 0.0)
