"""Padding layers."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("tfgan_zoo")
class ReflectionPadding2D(keras.layers.Layer):
    """Continues a picture by its mirror image, the pixels at the edge not repeated.

    Args:
        size: pixels added on each side; less than a side of the picture.

    Call: `[B, H, W, C]` to `[B, H + 2 size, W + 2 size, C]`.
    """

    def __init__(self, size, **kwargs):
        super().__init__(**kwargs)
        self.size = size

    def call(self, images):
        sides = [self.size, self.size]
        return tf.pad(images, [[0, 0], sides, sides, [0, 0]], mode="REFLECT")

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        return (batch, height + 2 * self.size, width + 2 * self.size, channels)

    def get_config(self):
        return {**super().get_config(), "size": self.size}
