"""Losses that compare a picture with the one it should be."""

import tensorflow as tf


def l1_loss(target, fake):
    """Mean absolute difference of two image batches `[B, H, W, C]`, in the images' units; scalar
    float32.
    """
    return tf.reduce_mean(tf.abs(tf.cast(target, tf.float32) - tf.cast(fake, tf.float32)))


def squared_loss(target, fake):
    """Mean squared difference of two batches `[B, ...]`, in their squared units; scalar float32."""
    return tf.reduce_mean(tf.square(tf.cast(target, tf.float32) - tf.cast(fake, tf.float32)))
