"""Maxout: the largest of several linear maps."""

import keras


@keras.saving.register_keras_serializable("tfgan_zoo")
class Maxout(keras.layers.Layer):
    """h_i(x) = max_j (x W_ij + b_ij), j = 1..pieces: Goodfellow et al. 2013, arXiv 1302.4389,
    section 3.

    Args:
        units: width of the output.
        pieces: linear maps per unit.
        kernel_initializer: of all their weights; the biases start at zero.

    Call: features `[B, D]` to `[B, units]`.
    """

    def __init__(self, units, pieces, kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        self.units, self.pieces = units, pieces
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.linear = keras.layers.Dense(
            units * pieces, kernel_initializer=self.kernel_initializer, dtype=self.dtype_policy
        )

    def build(self, input_shape):
        self.linear.build(input_shape)
        super().build(input_shape)

    def call(self, features):
        pieces = keras.ops.reshape(self.linear(features), (-1, self.units, self.pieces))
        return keras.ops.max(pieces, axis=-1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "pieces": self.pieces,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
