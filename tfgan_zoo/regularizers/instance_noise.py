"""Noise on what a discriminator sees (Sønderby et al. 2016, arXiv 1610.04490; Arjovsky & Bottou
2017, arXiv 1701.04862): it lets the two distributions overlap while they are far apart.
"""

import tensorflow as tf


def decaying_noise(images, seed, stddev, step, steps):
    """`images` with Gaussian noise whose deviation falls from `stddev` at step 0 on a line to zero.

    Args:
        images: float `[B, ...]`.
        seed: int32 [2].
        stddev: at step 0.
        step: int scalar, 0, 1, ...
        steps: the step from which on there is no noise.
    """
    left = tf.maximum(1.0 - tf.cast(step, tf.float32) / steps, 0.0)
    noise = tf.random.stateless_normal(tf.shape(images), seed, stddev=stddev * left, alg="philox")
    return images + tf.cast(noise, images.dtype)


def dequantise(images, seed):
    """Levels 0 to 255, given as [-1, 1], spread over 256 bins of [-1, 1) by uniform noise, so that
    a discriminator cannot tell pictures by their levels (Theis et al. 2016, arXiv 1511.01844).
    """
    noise = tf.random.stateless_uniform(tf.shape(images), seed, alg="philox")
    return ((images + 1.0) * 127.5 + noise) / 128.0 - 1.0
