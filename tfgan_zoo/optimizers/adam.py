"""Adam (Kingma & Ba 2014, arXiv 1412.6980) as one fused kernel per weight.

Keras writes Adam as six element-wise operations, each a pass over memory; for the 54 million
weights of pix2pix's generator that is a large part of a training step on a CPU. TensorFlow has had
the whole update as a single kernel since 2016, and Keras 3 does not call it.
"""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("tfgan_zoo")
class Adam(keras.optimizers.Adam):
    """`keras.optimizers.Adam` with the update done by `ResourceApplyAdam`.

    Same arguments, state and arithmetic (agreement is tested); `amsgrad` is not offered because
    the kernel does not have it.

    Raises:
        ValueError: if `amsgrad` is asked for.
    """

    def __init__(self, learning_rate=0.001, **kwargs):
        if kwargs.get("amsgrad"):
            raise ValueError(
                "tfgan_zoo's fused Adam has no amsgrad; use keras.optimizers.Adam(amsgrad=True) "
                "instead."
            )
        super().__init__(learning_rate=learning_rate, **kwargs)

    def update_step(self, gradient, variable, learning_rate):
        """Updates `variable` and its two moments in place from a `gradient` of the same shape."""
        if isinstance(gradient, tf.IndexedSlices):
            # The kernel is dense, as Keras' formula is: the moments of untouched rows decay too.
            gradient = tf.convert_to_tensor(gradient)
        dtype = variable.dtype
        index = self._get_variable_index(variable)
        step = tf.cast(self.iterations + 1, dtype)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            beta1_power=tf.pow(tf.cast(self.beta_1, dtype), step),
            beta2_power=tf.pow(tf.cast(self.beta_2, dtype), step),
            lr=tf.cast(learning_rate, dtype),
            beta1=tf.cast(self.beta_1, dtype),
            beta2=tf.cast(self.beta_2, dtype),
            epsilon=tf.cast(self.epsilon, dtype),
            grad=tf.cast(gradient, dtype),
        )
