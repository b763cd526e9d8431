"""RMSProp as Torch has it, in which the papers on Wasserstein GANs were trained."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("tfgan_zoo")
class RMSProp(keras.optimizers.RMSprop):
    """v <- rho v + (1 - rho) g^2; w <- w - rate g / (sqrt(v) + epsilon).

    Keras adds its epsilon, 1e-7, under the root, where it outweighs every gradient below 3e-4: the
    step is then far shorter than RMSProp's. The gradients of a critic with small weights are like
    that.

    Args:
        learning_rate: number or schedule.
        rho: Torch's alpha.
        epsilon: beside the root.
        **kwargs: of `keras.optimizers.Optimizer`.
    """

    def __init__(self, learning_rate=1e-2, rho=0.99, epsilon=1e-8, **kwargs):
        super().__init__(learning_rate=learning_rate, rho=rho, epsilon=epsilon, **kwargs)

    @classmethod
    def like(cls, optimizer):
        """One with the rate, the clipping and the averages of another optimizer that was not used
        yet.
        """
        theirs = optimizer.get_config()
        shared = set(keras.optimizers.Optimizer(0.0, name="any").get_config()) & set(theirs)
        return cls.from_config({name: theirs[name] for name in shared})

    def update_step(self, gradient, variable, learning_rate):
        """Updates `variable` and its mean square in place from a `gradient` of the same shape."""
        gradient = tf.cast(tf.convert_to_tensor(gradient), variable.dtype)
        mean_square = self._velocities[self._get_variable_index(variable)]
        mean_square.assign(self.rho * mean_square + (1.0 - self.rho) * tf.square(gradient))
        rate = tf.cast(learning_rate, variable.dtype)
        variable.assign_sub(rate * gradient / (tf.sqrt(mean_square) + self.epsilon))
