"""Pooling layers."""

import keras
import numpy as np
import tensorflow as tf


@keras.saving.register_keras_serializable("tfgan_zoo")
class HalvingAverage(keras.layers.Layer):
    """The mean of each 3x3 square, every other pixel from the first on, as pix2pixHD and vid2vid
    make pictures smaller: `AvgPool2d(3, stride=2, padding=1, count_include_pad=False)` in Torch.
    What lies outside of the picture does not count.

    Call: `[B, H, W, C]` to `[B, ceil(H / 2), ceil(W / 2), C]`.
    """

    def call(self, images):
        height, width = images.shape[1:3]
        padded = tf.pad(images, [[0, 0], [1, 1], [1, 1], [0, 0]])
        means = tf.nn.avg_pool2d(padded, 3, 2, "VALID")
        rows, columns = (
            tf.constant(3.0 / self._counted(side), means.dtype) for side in (height, width)
        )
        # Multiplied in the graph: a file holds two vectors in place of a picture.
        return means * (rows[:, None] * columns)[..., None]

    @staticmethod
    def _counted(side):
        """How many of the three pixels of each window along a side lie inside."""
        starts = np.arange(-1, side - 1, 2)
        return np.minimum(starts + 3, side) - np.maximum(starts, 0)

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        return (batch, -(-height // 2), -(-width // 2), channels)
