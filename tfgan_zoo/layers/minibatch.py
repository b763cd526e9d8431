"""Layers that let a discriminator look at several examples of a batch in combination."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("tfgan_zoo")
class MinibatchDiscrimination(keras.layers.Layer):
    """Puts beside each example's features how close the others of its batch are: Salimans et al.
    2016, arXiv 1606.03498, section 3.2, as the authors' code has it.

    With M_i = f(x_i) T, one row of `kernel_dim` numbers for each kernel k,

        o(x_i)_k = sum over j != i of exp(-|M_ik - M_jk|_1) + b_k.

    Columns of T are weight-normalised, T = exp(s) theta / |theta|, s and theta learnt. A batch that
    has collapsed has large o, and the discriminator can see it.

    Args:
        kernels: closenesses that each example gets (100).
        kernel_dim: numbers that each is taken over (5).

    Call: features `[B, F]` to `[B, F + kernels]`, float32. At inference, where a batch may be
    large, its rows are compared with all one after the other.
    """

    def __init__(self, kernels=100, kernel_dim=5, dtype="float32", **kwargs):
        super().__init__(dtype=dtype, **kwargs)
        self.kernels, self.kernel_dim = kernels, kernel_dim

    def build(self, input_shape):
        shape = (self.kernels, self.kernel_dim)
        self.theta = self.add_weight(
            name="theta",
            shape=(input_shape[-1], *shape),
            initializer=keras.initializers.RandomNormal(0.0, 0.05),
        )
        # Replicas that initialise by their parts of a batch agree on the mean.
        self.log_scale = self.add_weight(
            name="log_scale", shape=shape, initializer="zeros", aggregation="mean"
        )
        self.bias = self.add_weight(
            name="bias",
            shape=(self.kernels,),
            initializer=keras.initializers.Constant(-1.0),
            aggregation="mean",
        )

    def call(self, inputs, training=False):
        projected = self._projected(inputs)
        planes = _planes(projected)
        if training:
            closeness = _closeness(planes, planes)
        else:
            closeness = _by_rows(lambda row: _closeness(_planes(row[None]), planes)[0], projected)
        # Each was as close as can be to itself.
        return tf.concat([inputs, closeness - 1.0 + tf.convert_to_tensor(self.bias)], axis=1)

    def _projected(self, inputs):
        """M `[B, kernels, kernel_dim]`."""
        theta = tf.convert_to_tensor(self.theta)
        norm = tf.sqrt(tf.reduce_sum(tf.square(theta), axis=0))
        return tf.tensordot(inputs, theta, 1) * tf.exp(tf.convert_to_tensor(self.log_scale)) / norm

    def initialise(self, inputs):
        """Sets scale and bias from a batch `[B, F]`: an example's nearest other is then at a mean
        distance of 2, and the closenesses have mean 0. Returns the outputs that it now has.
        """
        if not self.built:
            self.build(inputs.shape)
        inputs = tf.cast(inputs, tf.float32)
        projected = self._projected(inputs)
        distances = _by_rows(
            lambda row: tf.reduce_sum(tf.abs(row[None] - projected), axis=2), projected
        )
        others = distances + 1e6 * tf.eye(tf.shape(inputs)[0])[:, :, None]
        nearest = 0.5 * tf.reduce_mean(tf.reduce_min(others, axis=1), axis=0)
        self.log_scale.assign_sub(
            tf.math.log(tf.maximum(nearest, 1e-6))[:, None] + tf.zeros([1, self.kernel_dim])
        )
        self.bias.assign(tf.zeros_like(self.bias))
        closeness = self(inputs)[:, inputs.shape[1] :]
        self.bias.assign(-tf.reduce_mean(closeness, axis=0))
        return self(inputs)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[1] + self.kernels)

    def get_config(self):
        sizes = {"kernels": self.kernels, "kernel_dim": self.kernel_dim}
        return {**super().get_config(), **sizes}


def _by_rows(function, values):
    """`function` of one row after the other, in a graph: without one, each row costs milliseconds
    of Python.
    """
    return tf.function(lambda rows: tf.map_fn(function, rows))(values)


def _planes(projected):
    """`[B, K, D]` as D planes `[K, B]`: a sum over short rows takes twice the time of theirs."""
    return tf.unstack(tf.transpose(projected, [2, 1, 0]))


def _closeness(rows, others):
    """sum_j exp(-|a_ik - b_jk|_1) for planes of rows `[K, A]` and of others `[K, B]`: `[A, K]`."""
    parts = [tf.abs(a[:, :, None] - b[:, None, :]) for a, b in zip(rows, others, strict=True)]
    return tf.transpose(tf.reduce_sum(tf.exp(-tf.add_n(parts)), axis=2))
