"""Gaussian noise whose randomness is an input."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("tfgan_zoo")
class TrainingNoise(keras.layers.Layer):
    """Adds N(0, stddev^2) to every feature in training, drawn from a seed it is given, as
    `SeededDropout` draws its mask; at inference it does nothing.

    Args:
        stddev: of the noise, at least 0.
        stream: tells the layers of one network apart, which all receive the same seed.

    Call: `layer(features [B, ...], seed int32 [2], training)`.
    """

    def __init__(self, stddev, stream=0, **kwargs):
        super().__init__(**kwargs)
        if stddev < 0.0:
            raise ValueError(f"A standard deviation is at least 0; got {stddev}.")
        self.stddev = stddev
        self.stream = stream

    def call(self, inputs, seed, training=False):
        if not training:
            return inputs
        noise = tf.random.stateless_normal(
            tf.shape(inputs),
            seed=tf.random.fold_in(seed, self.stream, alg="philox"),
            stddev=self.stddev,
            alg="philox",
        )
        return inputs + tf.cast(noise, inputs.dtype)

    def compute_output_shape(self, input_shape, *_):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "stddev": self.stddev, "stream": self.stream}
