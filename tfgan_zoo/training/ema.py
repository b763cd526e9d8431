"""The generator's moving average, which Keras' optimizers keep when told `use_ema=True`."""

import contextlib

import keras


@contextlib.contextmanager
def averaged_weights(model, player="generator"):
    """Within the block, `player`'s weights are their moving averages; afterwards they are what
    they were.

    Keras starts the average at the weights after the first step, not at zero, so that it needs no
    correction: a_1 = w_1, a_t = m a_(t-1) + (1 - m) w_t. A skipped step is no step of it. Does
    nothing for an optimizer without `use_ema`, and before the first step, when there is no average.
    """
    optimizer = model.optimizers[player]
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        optimizer = optimizer.inner_optimizer
    if not optimizer.use_ema or int(optimizer.iterations.numpy()) == 0:
        yield
        return
    variables = getattr(model, player).trainable_variables
    weights = [variable.numpy() for variable in variables]
    for variable, average in zip(variables, optimizer._model_variables_moving_average, strict=True):
        variable.assign(average)
    try:
        yield
    finally:
        for variable, value in zip(variables, weights, strict=True):
            variable.assign(value)
