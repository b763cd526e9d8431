"""Weight normalisation (Salimans & Kingma 2016, arXiv 1602.07868)."""

import math

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("tfgan_zoo")
class WeightNormDense(keras.layers.Dense):
    """`keras.layers.Dense` whose kernel is w = g v / |v|, the norm over the inputs of each unit.

    The length of a unit's weights and their direction are learnt apart. `initialise` chooses g and
    the bias so that the units' sums have mean 0 and deviation 1 on a first batch (section 3); until
    then g is 1 and the bias 0.

    Args:
        units, activation, kernel_initializer (of v), ...: as of `keras.layers.Dense`.
        train_scale: whether g is learnt, or stays as it was initialised.

    Call: features `[..., D]` to `[..., units]`.
    """

    def __init__(self, units, activation=None, train_scale=True, **kwargs):
        super().__init__(units, activation, **kwargs)
        self.train_scale = train_scale

    def build(self, input_shape):
        super().build(input_shape)
        self.scale = self.add_weight(
            name="scale", shape=(self.units,), initializer="ones", trainable=self.train_scale
        )

    def save_own_variables(self, store):
        # What Keras' layer writes of itself leaves out `scale`.
        super().save_own_variables(store)
        if self.built:
            store["scale"] = self.scale

    def load_own_variables(self, store):
        super().load_own_variables(store)
        if self.built:
            self.scale.assign(store["scale"])

    def add_weight(self, *arguments, **options):
        # float32 whatever the policy: a norm of many squares wants it. Replicas that initialise by
        # their parts of a batch agree on the mean.
        return super().add_weight(
            *arguments, **{**options, "autocast": False, "aggregation": "mean"}
        )

    def call(self, inputs):
        outputs = self.projected(inputs, self.scale)
        if self.use_bias:
            outputs += tf.cast(tf.convert_to_tensor(self.bias), outputs.dtype)
        return self.activation(outputs)

    def projected(self, inputs, scale):
        """x w: as (x v) times g / |v|, which spares a normalised copy of the kernel."""
        direction = tf.convert_to_tensor(self._kernel)
        factor = tf.convert_to_tensor(scale) * tf.math.rsqrt(
            tf.reduce_sum(tf.square(direction), axis=0)
        )
        outputs = tf.matmul(inputs, tf.cast(direction, inputs.dtype))
        return outputs * tf.cast(factor, outputs.dtype)

    def initialise(self, inputs):
        """Sets g and b from a batch `[B, D]`; returns the outputs that it now has."""
        if not self.built:
            self.build(inputs.shape)
        inputs = tf.cast(inputs, self.compute_dtype)
        sums = tf.cast(self.projected(inputs, tf.ones([self.units])), tf.float32)
        mean, variance = tf.nn.moments(sums, axes=[0])
        # A unit that says the same of every example has no deviation to set.
        inverse = tf.where(variance > 1e-12, tf.math.rsqrt(tf.maximum(variance, 1e-12)), 1.0)
        self.scale.assign(inverse)
        if self.use_bias:
            self.bias.assign(-mean * inverse)
        return self(inputs)

    def get_config(self):
        return {**super().get_config(), "train_scale": self.train_scale}


@keras.saving.register_keras_serializable("tfgan_zoo")
class WeightNormConv2D(keras.layers.Layer):
    """A convolution whose kernel is w = g v / |v|, the norm over all inputs of each filter, as the
    authors' code of RealNVP has it.

    Args:
        filters, kernel_size: as of `keras.layers.Conv2D`; stride 1, padding "same".
        scaled: whether g is learnt; else it is 1, which suffices where a normalisation follows.
        use_bias: whether there is a bias, of zeros at first.

    v begins uniform in +-sqrt(2 / C), and g as half of the length that such a v has on average.

    Call: `[B, H, W, C]` to `[B, H, W, filters]`.
    """

    def __init__(self, filters, kernel_size, scaled=True, use_bias=True, **kwargs):
        super().__init__(**kwargs)
        self.filters, self.kernel_size = filters, kernel_size
        self.scaled, self.use_bias = scaled, use_bias

    def build(self, input_shape):
        shape = (self.kernel_size, self.kernel_size, input_shape[-1])
        bound = math.sqrt(2.0 / input_shape[-1])
        # float32 whatever the policy, for the norms.
        self.direction = self.add_weight(
            name="direction",
            shape=(*shape, self.filters),
            initializer=keras.initializers.RandomUniform(-bound, bound),
            autocast=False,
        )
        self.scale = self.bias = None
        if self.scaled:
            length = bound * math.sqrt(math.prod(shape) / 12.0)
            self.scale = self.add_weight(
                name="scale",
                shape=(self.filters,),
                initializer=keras.initializers.Constant(length),
                autocast=False,
            )
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias", shape=(self.filters,), initializer="zeros", autocast=False
            )

    def call(self, inputs):
        direction = tf.convert_to_tensor(self.direction)
        kernel = tf.math.l2_normalize(direction, axis=[0, 1, 2])
        if self.scaled:
            kernel *= tf.convert_to_tensor(self.scale)
        outputs = tf.nn.conv2d(inputs, tf.cast(kernel, inputs.dtype), 1, "SAME")
        if self.use_bias:
            outputs += tf.cast(tf.convert_to_tensor(self.bias), outputs.dtype)
        return outputs

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.filters)

    def get_config(self):
        names = ("filters", "kernel_size", "scaled", "use_bias")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
