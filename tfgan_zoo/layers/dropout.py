"""Dropout whose randomness is an input: a seed, or the numbers themselves."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("tfgan_zoo")
class SeededDropout(keras.layers.Layer):
    """Dropout that is always on and draws its mask from a seed it is given.

    pix2pix has no other noise than dropout, kept at test time, so the mask is the z of G(x, z).
    With the seed as an input the network is a function: the same image and seed give the same
    picture, on one device or on many, before a checkpoint and after it, in Python and in the
    exported graph. (XLA draws other numbers from the same seed.)

    Args:
        rate: share of the features set to zero; the others are divided by `1 - rate`.
        stream: tells the layers of one network apart, which all receive the same seed.

    Call: `layer(features [B, H, W, C], seed int32 [2], training)`. In training every image of the
    batch gets a mask of its own. At inference the batch shares one, so that one seed is one z
    wherever an image stands.
    """

    def __init__(self, rate, stream=0, **kwargs):
        super().__init__(**kwargs)
        if not 0.0 <= rate < 1.0:
            raise ValueError(f"A dropout rate lies in [0, 1); got {rate}.")
        self.rate = rate
        self.stream = stream

    def call(self, inputs, seed, training=False):
        static_seed = tf.get_static_value(seed)
        if static_seed is None or training:
            mask = self._mask(inputs, seed, training)
        else:
            # A constant seed makes a constant mask: TFLite has no seeded random kernel, so that
            # the exported graph must hold the drawn numbers.
            with tf.init_scope():
                mask = self._mask(inputs, tf.constant(static_seed), training)
        return inputs * tf.cast(mask, inputs.dtype) / (1.0 - self.rate)

    def _mask(self, inputs, seed, training):
        batch = tf.shape(inputs)[0] if training else 1
        uniform = tf.random.stateless_uniform(
            [batch, *inputs.shape[1:]],
            seed=tf.random.fold_in(seed, self.stream, alg="philox"),
            alg="philox",
        )
        return uniform >= self.rate

    def compute_output_shape(self, input_shape, *_):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "rate": self.rate, "stream": self.stream}


@keras.saving.register_keras_serializable("tfgan_zoo")
class TrainingDropout(SeededDropout):
    """Dropout of training alone (Srivastava et al. 2014), its mask drawn from a seed as in
    `SeededDropout`; at inference it does nothing.
    """

    def call(self, inputs, seed, training=False):
        active = training and self.rate > 0.0
        return super().call(inputs, seed, training=True) if active else inputs


@keras.saving.register_keras_serializable("tfgan_zoo")
class MaskedDropout(keras.layers.Layer):
    """Dropout whose randomness is an input of numbers, not a seed; it is always on.

    Args:
        rate: share of the features set to zero; the others are divided by `1 - rate`.

    Call: `layer(features, uniforms)`, of one shape; a feature is kept where its uniform number of
    [0, 1) is at least `rate`.
    """

    def __init__(self, rate, **kwargs):
        super().__init__(autocast=False, **kwargs)  # a uniform number rounded to half is another
        if not 0.0 <= rate < 1.0:
            raise ValueError(f"A dropout rate lies in [0, 1); got {rate}.")
        self.rate = rate

    def call(self, inputs, uniforms):
        return inputs * tf.cast(uniforms >= self.rate, inputs.dtype) / (1.0 - self.rate)

    def compute_output_shape(self, input_shape, *_):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "rate": self.rate}
