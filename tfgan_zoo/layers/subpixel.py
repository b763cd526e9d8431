"""Sub-pixel layers: channels become pixels (Shi et al. 2016, arXiv 1609.05158)."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("tfgan_zoo")
class DepthToSpace(keras.layers.Layer):
    """Pictures `[B, H, W, factor * factor * C]` to `[B, factor * H, factor * W, C]`.

    The channels of a pixel become a square of pixels, row by row: channel
    `(factor * row + column) * C + c` is channel c at that row and column of the square, as in
    TensorFlow's `depth_to_space`. PyTorch's `PixelShuffle` numbers them `c * factor ** 2 + ...`.

    Args:
        factor: pixels a side that one pixel becomes.
    """

    def __init__(self, factor=2, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, inputs):
        return tf.nn.depth_to_space(inputs, self.factor)

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        sides = (side and side * self.factor for side in (height, width))
        return (batch, *sides, channels // self.factor**2)

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}
