"""Reconstruction losses against NumPy."""

import numpy as np
import tensorflow as tf

from tfgan_zoo.losses.reconstruction import l1_loss, masked_squared_error, squared_loss


def test_l1_is_the_mean_absolute_difference():
    rng = np.random.default_rng(0)
    target, fake = rng.uniform(-1, 1, (2, 3, 4, 5, 2)).astype("float32")
    loss = l1_loss(tf.constant(target), tf.constant(fake))
    assert loss.shape == () and loss.dtype == tf.float32
    np.testing.assert_allclose(loss, np.abs(target - fake).mean(), rtol=1e-6)


def test_l1_gradient_is_the_sign_over_the_number_of_values():
    fake = tf.constant([[[[0.5], [-0.5]]]])
    with tf.GradientTape() as tape:
        tape.watch(fake)
        loss = l1_loss(tf.zeros_like(fake), fake)
    np.testing.assert_allclose(np.ravel(tape.gradient(loss, fake)), [0.5, -0.5])


def test_l1_of_half_precision_images_is_averaged_in_full_precision():
    fake = tf.cast(tf.fill([1, 256, 256, 3], 0.5), tf.float16)
    loss = l1_loss(tf.zeros([1, 256, 256, 3]), fake)
    assert loss.dtype == tf.float32
    np.testing.assert_allclose(loss, 0.5, rtol=1e-6)


def test_masked_squared_error_is_a_mean_over_all_pixels_of_colours_from_0_to_1():
    rng = np.random.default_rng(0)
    target, fake = rng.uniform(-1, 1, (2, 3, 4, 5, 2)).astype("float32")
    masks = (rng.uniform(size=(3, 4, 5, 1)) < 0.5).astype("float32")
    loss = masked_squared_error(target, fake, masks)
    expected = np.mean((masks * (target - fake) / 2) ** 2)
    assert loss.shape == () and loss.dtype == tf.float32
    np.testing.assert_allclose(loss, expected, rtol=1e-6)
    black, white = -tf.ones([1, 2, 2, 1]), tf.ones([1, 2, 2, 1])
    half = tf.constant([1.0, 0.0, 0.0, 1.0], shape=[1, 2, 2, 1])
    assert float(masked_squared_error(black, white, half)) == 0.5


def test_squared_loss_is_the_mean_square_in_full_precision():
    target, fake = np.random.default_rng(0).uniform(-1, 1, (2, 3, 4, 5, 2)).astype("float16")
    loss = squared_loss(tf.constant(target), tf.constant(fake))
    assert loss.shape == () and loss.dtype == tf.float32
    expected = np.square(target.astype("float32") - fake.astype("float32")).mean()
    np.testing.assert_allclose(loss, expected, rtol=1e-6)
