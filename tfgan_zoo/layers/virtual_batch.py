"""Virtual batch normalisation (Salimans et al. 2016, arXiv 1606.03498, section 3.4)."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("tfgan_zoo")
class ReferenceBatch(keras.layers.Layer):
    """The batch that was chosen at the start and stays: `count` rows of `initializer`'s numbers,
    which are not trained. It goes through the net beside the examples, layer by layer.

    Call: latents `[B, D]`, of which only the length counts, to `[count, D]`.
    """

    def __init__(self, count, initializer="random_normal", **kwargs):
        super().__init__(**kwargs)
        self.count = count
        self.initializer = keras.initializers.get(initializer)

    def build(self, input_shape):
        self.rows = self.add_weight(
            name="rows",
            shape=(self.count, input_shape[-1]),
            initializer=self.initializer,
            trainable=False,
        )

    def call(self, inputs):
        return tf.cast(tf.convert_to_tensor(self.rows), inputs.dtype)

    def compute_output_shape(self, input_shape):
        return (self.count, input_shape[-1])

    def get_config(self):
        initializer = keras.initializers.serialize(self.initializer)
        return {**super().get_config(), "count": self.count, "initializer": initializer}


@keras.saving.register_keras_serializable("tfgan_zoo")
class VirtualBatchNormalization(keras.layers.Layer):
    """Normalises each example by the statistics of a reference batch and of itself, so that it does
    not depend on the others of its batch; the reference is normalised by its own alone.

    Mean and mean square are those of the reference, of n examples, with weight n / (n + 1), and the
    example's own with weight 1 / (n + 1). Training and inference are the same.

    Args:
        epsilon: added to the variance.
        scale: whether it has a gain beside the offset.

    Call: `(examples [B, ..., C], reference [n, ..., C])` to both, normalised.
    """

    def __init__(self, epsilon=1e-6, scale=True, **kwargs):
        super().__init__(**kwargs)
        self.epsilon, self.scale = epsilon, scale

    def build(self, input_shape):
        channels = (input_shape[0][-1],)
        self.gamma = None
        if self.scale:
            self.gamma = self.add_weight(
                name="gamma", shape=channels, initializer="ones", autocast=False
            )
        self.beta = self.add_weight(
            name="beta", shape=channels, initializer="zeros", autocast=False
        )

    def call(self, inputs):
        examples, reference = (tf.cast(tensor, tf.float32) for tensor in inputs)
        axes = list(range(len(reference.shape) - 1))
        mean, variance = tf.nn.moments(reference, axes)
        normalised = self._normalised(reference, mean, variance)
        # Of a vector these are the vector itself and 0.
        own_mean, own_variance = tf.nn.moments(examples, axes[1:], keepdims=True)
        share = 1.0 / (tf.cast(tf.shape(reference)[0], tf.float32) + 1.0)
        # Mean square less squared mean, of both together, without their cancellation.
        variance = share * own_variance + (1.0 - share) * variance
        variance += share * (1.0 - share) * tf.square(own_mean - mean)
        mean = share * own_mean + (1.0 - share) * mean
        examples = self._normalised(examples, mean, variance)
        return tuple(tf.cast(tensor, self.compute_dtype) for tensor in (examples, normalised))

    def _normalised(self, features, mean, variance):
        features = (features - mean) * tf.math.rsqrt(variance + self.epsilon)
        if self.gamma is not None:
            features *= tf.convert_to_tensor(self.gamma)
        return features + tf.convert_to_tensor(self.beta)

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)

    def get_config(self):
        return {**super().get_config(), "epsilon": self.epsilon, "scale": self.scale}
