"""Normalisation layers."""

import keras
import tensorflow as tf


def instance_normalization():
    """Instance normalisation as the PyTorch codes of image translation have it: no scale, no
    offset, and Torch's epsilon, where Keras' own is 1e-3. `[B, H, W, C]` to `[B, H, W, C]`.
    """
    return keras.layers.GroupNormalization(-1, epsilon=1e-5, center=False, scale=False)


@keras.saving.register_keras_serializable("tfgan_zoo")
class FusedInstanceNormalization(keras.layers.Layer):
    """`instance_normalization`, which in training runs in TensorFlow's fused kernel: half as long
    as Keras' on large maps.

    Input and output: `[B, H, W, C]`.
    """

    def __init__(self, epsilon=1e-5, **kwargs):
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def call(self, inputs, training=False):
        if training:
            channels = [inputs.shape[-1]]
            return _each_by_fused_kernel(
                inputs, tf.ones(channels), tf.zeros(channels), self.epsilon
            )
        images = tf.cast(inputs, tf.float32)
        mean, variance = tf.nn.moments(images, axes=[1, 2], keepdims=True)
        return tf.cast((images - mean) * tf.math.rsqrt(variance + self.epsilon), inputs.dtype)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "epsilon": self.epsilon}


@keras.saving.register_keras_serializable("tfgan_zoo")
class BatchStatisticsNormalization(keras.layers.Layer):
    """Batch normalisation that never uses moving averages (pix2pix, arXiv 1611.07004, section 3.4).

    In training the statistics are those of the batch `[B, H, W]`. At inference they are 'those of
    the test batch', which the paper takes at batch size 1: each image is normalised by its own
    statistics, so that a served picture does not depend on the pictures that happened to share its
    request. At batch size 1 the two are the same function, which is instance normalisation.

    Args:
        each: whether each image is normalised by its own statistics in training too, so that what
            is trained is what is served at any batch size.
        epsilon: added to the variance (Torch's default, 1e-5).
        gamma_initializer: of the scale; the DCGAN line of code draws N(1, 0.02).

    Input and output: `[B, H, W, C]`.
    """

    def __init__(self, epsilon=1e-5, gamma_initializer="ones", each=False, **kwargs):
        super().__init__(**kwargs)
        self.each = each
        self.epsilon = epsilon
        self.gamma_initializer = keras.initializers.get(gamma_initializer)

    def build(self, input_shape):
        channels = (input_shape[-1],)
        # float32 whatever the policy: the fused kernel takes half-precision images with
        # full-precision scales.
        self.gamma = self.add_weight(
            name="gamma", shape=channels, initializer=self.gamma_initializer, autocast=False
        )
        self.beta = self.add_weight(
            name="beta", shape=channels, initializer="zeros", autocast=False
        )

    def call(self, inputs, training=False):
        gamma, beta = tf.convert_to_tensor(self.gamma), tf.convert_to_tensor(self.beta)
        if training and self.each:
            return _each_by_fused_kernel(inputs, gamma, beta, self.epsilon)
        if training:
            return tf.compat.v1.nn.fused_batch_norm(
                inputs, gamma, beta, epsilon=self.epsilon, is_training=True
            )[0]
        images = tf.cast(inputs, tf.float32)
        mean, variance = tf.nn.moments(images, axes=[1, 2], keepdims=True)
        normalised = (images - mean) * tf.math.rsqrt(variance + self.epsilon) * gamma + beta
        return tf.cast(normalised, inputs.dtype)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        initializer = keras.initializers.serialize(self.gamma_initializer)
        return {
            **super().get_config(),
            "epsilon": self.epsilon,
            "gamma_initializer": initializer,
            "each": self.each,
        }


def _each_by_fused_kernel(inputs, gamma, beta, epsilon):
    """Each image `[B, H, W, C]` normalised by itself, then scaled and moved, `[C]` each: the images
    of a batch lie side by side, as channels of one image.
    """
    if inputs.shape[0] == 1:
        return tf.compat.v1.nn.fused_batch_norm(
            inputs, gamma, beta, epsilon=epsilon, is_training=True
        )[0]
    count, height, width, channels = tf.unstack(tf.shape(inputs))
    beside = tf.reshape(
        tf.transpose(inputs, [1, 2, 0, 3]), tf.stack([1, height, width, count * channels])
    )
    normalised = tf.compat.v1.nn.fused_batch_norm(
        *(beside, tf.tile(gamma, [count]), tf.tile(beta, [count])),
        epsilon=epsilon,
        is_training=True,
    )[0]
    apart = tf.reshape(normalised, tf.stack([height, width, count, channels]))
    return tf.ensure_shape(tf.transpose(apart, [2, 0, 1, 3]), inputs.shape)
