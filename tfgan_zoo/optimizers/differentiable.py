"""Optimizer steps as functions of tensors, so that a loss after them can be differentiated through
them.

Keras' optimizers assign to variables, which no gradient passes. Here weights and moments go in and
come out, and the optimizer itself is only read: its rate, its moments and the number of its steps.
"""

import keras
import tensorflow as tf


def begin(optimizer):
    """What a chain of `descend` starts from: the optimizer's steps and moments as they are.

    Args:
        optimizer: built `keras.optimizers.Adam` or plain `keras.optimizers.SGD`, or a
            `LossScaleOptimizer` around one.

    Returns:
        A state for `descend`.

    Raises:
        ValueError: for an optimizer whose step is not written here.
    """
    optimizer = _inner(optimizer)
    kind = type(optimizer).__mro__
    if keras.optimizers.Adam in kind and not optimizer.amsgrad:
        moments = (optimizer._momentums, optimizer._velocities)
    elif keras.optimizers.SGD in kind and not optimizer.momentum:
        moments = ((), ())
    else:
        raise ValueError(
            "Steps can be differentiated through Adam without amsgrad and SGD without momentum, "
            f"not through {type(optimizer).__name__}."
        )
    if optimizer.weight_decay or optimizer.clipnorm or optimizer.clipvalue:
        raise ValueError(
            "Steps cannot be differentiated through weight_decay, clipnorm or clipvalue; bound the "
            "gradient by global_clipnorm."
        )
    first, second = ([tf.convert_to_tensor(value) for value in values] for values in moments)
    return tf.cast(optimizer.iterations, tf.float32), first, second


def descend(optimizer, weights, gradients, state):
    """One step of the optimizer, at the rate that it has now, without changing it or a variable.

    Kingma & Ba 2014, arXiv 1412.6980, algorithm 1 with the order of its last paragraph, as Keras
    computes it: rate sqrt(1 - beta_2^t) / (1 - beta_1^t) m / (sqrt(v) + epsilon).

    Args:
        optimizer: as for `begin`.
        weights, gradients: lists of float tensors of equal shapes, in the order of the variables
            that the optimizer was built with.
        state: of `begin`, or of the step before.

    Returns:
        (weights, state) after the step. Where v is zero the root's gradient, which does not exist,
        is taken as zero.
    """
    optimizer = _inner(optimizer)
    if optimizer.global_clipnorm:
        gradients, _ = tf.clip_by_global_norm(gradients, optimizer.global_clipnorm)
    rate = tf.convert_to_tensor(optimizer.learning_rate)
    steps, first, second = state
    if not first:
        moved = [w - rate * g for w, g in zip(weights, gradients, strict=True)]
        return moved, (steps + 1.0, first, second)
    beta_1, beta_2 = optimizer.beta_1, optimizer.beta_2
    steps = steps + 1.0
    rate = rate * tf.sqrt(1.0 - beta_2**steps) / (1.0 - beta_1**steps)
    first = [m + (1.0 - beta_1) * (g - m) for m, g in zip(first, gradients, strict=True)]
    second = [v + (1.0 - beta_2) * (g * g - v) for v, g in zip(second, gradients, strict=True)]
    moved = [
        w - rate * m / (_root(v) + optimizer.epsilon)
        for w, m, v in zip(weights, first, second, strict=True)
    ]
    return moved, (steps, first, second)


def _inner(optimizer):
    wrapped = isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
    return optimizer.inner_optimizer if wrapped else optimizer


def _root(values):
    above = values > 0.0
    # Both branches of tf.where are differentiated, so that the root must not see a zero.
    return tf.where(above, tf.sqrt(tf.where(above, values, 1.0)), 0.0)
