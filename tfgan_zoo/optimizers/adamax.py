"""Adamax (Kingma & Ba 2014, arXiv 1412.6980, section 7.1) as one fused kernel per weight, as `adam`
has it: a flow has hundreds of small weights, and Keras writes the update as ten operations on each.
"""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("tfgan_zoo")
class Adamax(keras.optimizers.Adamax):
    """`keras.optimizers.Adamax` with the update done by `ResourceApplyAdaMax`.

    Same arguments, state and arithmetic (agreement is tested).
    """

    def update_step(self, gradient, variable, learning_rate):
        """Updates `variable` and its two moments in place from a `gradient` of the same shape."""
        dtype = variable.dtype
        index = self._get_variable_index(variable)
        tf.raw_ops.ResourceApplyAdaMax(
            var=variable.handle,
            m=self._m[index].value.handle,
            v=self._u[index].value.handle,
            beta1_power=tf.pow(tf.cast(self.beta_1, dtype), tf.cast(self.iterations + 1, dtype)),
            lr=tf.cast(learning_rate, dtype),
            beta1=tf.cast(self.beta_1, dtype),
            beta2=tf.cast(self.beta_2, dtype),
            epsilon=tf.cast(self.epsilon, dtype),
            grad=tf.cast(tf.convert_to_tensor(gradient), dtype),
        )
