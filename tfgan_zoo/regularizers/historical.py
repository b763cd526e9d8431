"""The mean of weights over the past: to be held to, or to be used in their place."""

import contextlib

import keras
import tensorflow as tf


class WeightAverage(keras.layers.Layer):
    """The mean of some weights over all calls of `update`.

    With `rate` r > 0 the later count more: a_t = a_(t-1) + r_t (w_t - a_(t-1)), with r_t = r / (1 -
    (1 - r)^t). That is the average a <- a + r (w - a) that starts from zero, divided by 1 - (1 -
    r)^t, the sum of its weights. With r = 0, r_t is 1 / t and all count alike.

    Its state is weights that are not trained, so that it is saved with a model, and taken back when
    a step is not finite.

    Args:
        variables: those that `update` will get, for their shapes.
        rate: r.
    """

    def __init__(self, variables, rate=0.0, **kwargs):
        super().__init__(**kwargs)
        self.rate = rate
        self.count = self._state((), "count")
        self.averages = [
            self._state(variable.shape, f"average_{number}")
            for number, variable in enumerate(variables)
        ]
        self.built = True

    def _state(self, shape, name):
        return self.add_weight(
            shape=tuple(shape),
            initializer="zeros",
            trainable=False,
            autocast=False,
            aggregation="only_first_replica",
            name=name,
        )

    def update(self, variables):
        """Takes the present values into the mean."""
        count = tf.convert_to_tensor(self.count) + 1.0
        # -expm1(t log1p(-r)) is 1 - (1 - r)^t without cancellation.
        rate = (
            self.rate / -tf.math.expm1(count * tf.math.log1p(-self.rate))
            if self.rate
            else 1.0 / count
        )
        for average, variable in zip(self.averages, variables, strict=True):
            average.assign_add(rate * (tf.convert_to_tensor(variable) - average))
        self.count.assign(count)

    def penalty(self, variables):
        """|theta - mean theta|^2: historical averaging, Salimans et al. 2016, arXiv 1606.03498,
        section 3.3. The mean is a constant to the gradient.
        """
        return tf.add_n(
            [
                tf.reduce_sum(tf.square(tf.convert_to_tensor(variable) - average))
                for variable, average in zip(variables, self.averages, strict=True)
            ]
        )

    @contextlib.contextmanager
    def in_place_of(self, variables):
        """Within the block the variables are their means, if there is one; afterwards what they
        were.
        """
        if not float(self.count.numpy()):
            yield
            return
        values = [variable.numpy() for variable in variables]
        for variable, average in zip(variables, self.averages, strict=True):
            variable.assign(average)
        try:
            yield
        finally:
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)
