"""The Laplacian pyramid and the loss of Generative Latent Optimization on it."""

import numpy as np
import tensorflow as tf

BINOMIAL = (
    np.array([1.0, 4.0, 6.0, 4.0, 1.0]) / 16.0
)  # of Burt and Adelson's pyramid, their a = 3/8


def laplacian_pyramid(images, levels=3):
    """Differences between ever coarser versions of a picture, and the coarsest one (Burt and
    Adelson 1983, "The Laplacian Pyramid as a Compact Image Code").

    G_0 is the picture and G_{j+1} is G_j, blurred, every other pixel of either axis; L_j is G_j
    less G_{j+1} blown up again by the same kernel. Pictures are mirrored at their borders, without
    the border itself, which leaves a constant picture constant.

    Args:
        images: float32 `[B, H, W, C]`.
        levels: how many differences.

    Returns:
        `levels` + 1 tensors: L_0 `[B, H, W, C]`, L_1 of half the sides, rounded up, and so on, and
        then what is left, G_levels.

    Raises:
        ValueError: where a side of a level that is halved has fewer than 3 pixels.
    """
    pyramid = []
    for level in range(levels):
        height, width = images.shape[1:3]
        if min(height, width) < 3:
            raise ValueError(
                f"A Laplacian pyramid of {levels} levels halves sides of at least 3 pixels, and "
                f"level {level} is {height}x{width}: ask for {level} levels."
            )
        coarser = _blurred(images, 1.0)[:, ::2, ::2]
        # Every other pixel in its place and zeros between; twice the kernel on each axis.
        rows, columns = coarser.shape[1:3]
        spread = tf.stack([coarser, tf.zeros_like(coarser)], 2)
        spread = tf.reshape(spread, [-1, 2 * rows, columns, coarser.shape[3]])
        spread = tf.stack([spread, tf.zeros_like(spread)], 3)
        spread = tf.reshape(spread, [-1, 2 * rows, 2 * columns, coarser.shape[3]])
        pyramid.append(images - _blurred(spread[:, :height, :width], 2.0))
        images = coarser
    return [*pyramid, images]


def laplacian_l1(target, fake, levels=3):
    """Sum over j of 2^{2j} |L_j(target) - L_j(fake)|_1, by the number of values of a picture: Lap_1
    of Bojanowski et al. 2018, arXiv 1707.05776, in a unit that does not grow with the picture.

    |.|_1 is a sum over a level, which has a quarter of the values of the level before it, so that
    the weight makes up for them: where the sides halve without a rest, the loss is the sum over
    levels of the *mean* absolute difference. What is left after the last level is one level more.

    Args:
        target, fake: `[B, H, W, C]`.
        levels: of the pyramid.

    Returns:
        float32 `[B]`.
    """
    # The pyramid is linear.
    difference = tf.cast(target, tf.float32) - tf.cast(fake, tf.float32)
    total = 0.0
    for level, band in enumerate(laplacian_pyramid(difference, levels)):
        total += 4.0**level * tf.reduce_sum(tf.abs(band), [1, 2, 3])
    return total / float(np.prod(difference.shape[1:]))


def _blurred(images, gain):
    """By the kernel times `gain`, down the rows and along the columns."""
    channels = images.shape[-1]
    images = tf.pad(images, [[0, 0], [2, 2], [2, 2], [0, 0]], "REFLECT")
    for shape in ((5, 1, 1, 1), (1, 5, 1, 1)):
        kernel = tf.constant(gain * BINOMIAL.reshape(shape), tf.float32)
        kernel = tf.tile(kernel, [1, 1, channels, 1])
        images = tf.nn.depthwise_conv2d(images, kernel, [1, 1, 1, 1], "VALID")
    return images
