"""Gradient descent with a momentum that grows, as the first GANs were trained (pylearn2's
`MomentumAdjustor` and `ExponentialDecay`, in the authors' mnist.yaml).
"""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("tfgan_zoo")
class Momentum(keras.optimizers.SGD):
    """v <- m_t v - rate g; w <- w + v, with m_t on a line from `momentum` to `final_momentum`.

    Args:
        learning_rate: number or schedule.
        momentum: at the start.
        final_momentum: from step `ramp_steps` on.
        ramp_steps: length of the line; 0 is at the end of it from the start.
        **kwargs: of `keras.optimizers.Optimizer`.
    """

    def __init__(self, learning_rate=0.1, momentum=0.5, final_momentum=0.7, ramp_steps=0, **kwargs):
        super().__init__(learning_rate=learning_rate, momentum=momentum, **kwargs)
        self.final_momentum, self.ramp_steps = final_momentum, ramp_steps

    def momentum_at(self, step):
        """m_t of step t = 0, 1, ..."""
        done = tf.minimum(tf.cast(step, tf.float32) / max(self.ramp_steps, 1), 1.0)
        done = done if self.ramp_steps else 1.0
        return self.momentum + (self.final_momentum - self.momentum) * done

    def build(self, variables):
        if self.momentum == 0.0:  # Keras keeps no velocities for it
            raise ValueError("A momentum that grows starts above 0.")
        super().build(variables)

    def update_step(self, gradient, variable, learning_rate):
        """Updates `variable` and its velocity in place from a `gradient` of the same shape."""
        dtype = variable.dtype
        index = self._get_variable_index(variable)
        tf.raw_ops.ResourceApplyKerasMomentum(
            var=variable.handle,
            accum=self.momentums[index].value.handle,
            lr=tf.cast(learning_rate, dtype),
            grad=tf.cast(tf.convert_to_tensor(gradient), dtype),
            momentum=tf.cast(self.momentum_at(self.iterations), dtype),
        )

    def get_config(self):
        return {
            **super().get_config(),
            "final_momentum": self.final_momentum,
            "ramp_steps": self.ramp_steps,
        }


@keras.saving.register_keras_serializable("tfgan_zoo")
class Geometric(keras.optimizers.schedules.LearningRateSchedule):
    """rate_t = max(base / factor^t, floor), and no more than `base`."""

    def __init__(self, base, factor=1.000004, floor=1e-6):
        self.base, self.factor, self.floor = base, factor, floor

    def __call__(self, step):
        rate = self.base * tf.exp(-tf.cast(step, tf.float32) * tf.math.log(self.factor))
        return tf.maximum(rate, min(self.floor, self.base))

    def get_config(self):
        return {"base": self.base, "factor": self.factor, "floor": self.floor}
