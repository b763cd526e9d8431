"""Losses that compare a picture with the one it should be."""

import tensorflow as tf


def l1_loss(target, fake):
    """Mean absolute difference of two image batches `[B, H, W, C]`, in the images' units; scalar
    float32.
    """
    return tf.reduce_mean(tf.abs(tf.cast(target, tf.float32) - tf.cast(fake, tf.float32)))


def masked_squared_error(target, fake, masks):
    """Mean over all pixels of the squared difference where `masks [B, H, W, 1]` are 1, and of 0
    elsewhere; scalar float32.

    Of images `[B, H, W, C]` in [-1, 1], in units in which black is 0 and white 1.
    """
    difference = 0.5 * (tf.cast(target, tf.float32) - tf.cast(fake, tf.float32))
    return tf.reduce_mean(tf.square(difference * tf.cast(masks, tf.float32)))


def squared_loss(target, fake):
    """Mean squared difference of two batches `[B, ...]`, in their squared units; scalar float32."""
    return tf.reduce_mean(tf.square(tf.cast(target, tf.float32) - tf.cast(fake, tf.float32)))


def summed_squared_error(target, fake):
    """Sum over a picture of the squared differences of two image batches `[B, H, W, C]`, a mean
    over the batch; scalar float32.

    Of images in [-1, 1], in units in which black is 0 and white 1.
    """
    difference = 0.5 * (tf.cast(target, tf.float32) - tf.cast(fake, tf.float32))
    return tf.reduce_mean(tf.reduce_sum(tf.square(difference), axis=[1, 2, 3]))
