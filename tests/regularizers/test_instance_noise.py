"""Decaying noise: its deviation at each step, and none at the end."""

import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.regularizers.instance_noise import decaying_noise

IMAGES = tf.fill([16, 16, 16, 4], 0.25)


@pytest.mark.parametrize(
    "step, deviation", [(0, 0.4), (25, 0.3), (50, 0.2), (99, 0.004), (100, 0.0), (500, 0.0)]
)
def test_the_deviation_falls_on_a_line_to_zero(step, deviation):
    noise = decaying_noise(IMAGES, (1, step), 0.4, tf.constant(step, tf.int64), 100) - IMAGES
    assert np.std(noise) == pytest.approx(deviation, rel=0.03)
    assert abs(np.mean(noise)) <= 0.03 * deviation


def test_follows_the_seed_and_keeps_the_precision():
    first, again, other = (decaying_noise(IMAGES, (1, k), 1.0, 0, 100) for k in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert np.mean(first == other) < 1e-3
    half = decaying_noise(tf.cast(IMAGES, tf.float16), (1, 0), 1.0, 0, 100)
    assert half.dtype == tf.float16


def test_gradients_pass():
    with tf.GradientTape() as tape:
        tape.watch(IMAGES)
        total = tf.reduce_sum(decaying_noise(IMAGES, (1, 0), 1.0, 0, 100))
    np.testing.assert_array_equal(tape.gradient(total, IMAGES), tf.ones_like(IMAGES))
