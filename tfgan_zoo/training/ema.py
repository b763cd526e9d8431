"""Moving averages of weights, which Keras' optimizers keep when told `use_ema=True`."""

import contextlib

import keras


@contextlib.contextmanager
def averaged_weights(model, players=("generator",)):
    """Within the block, the weights of `players` are their moving averages; afterwards they are
    what they were.

    Keras starts the average at the weights after the first step, not at zero, so that it needs no
    correction: a_1 = w_1, a_t = m a_(t-1) + (1 - m) w_t. A skipped step is no step of it. Nothing
    happens to a player whose optimizer has no `use_ema`, nor before its first step.
    """
    kept = []
    for player in players:
        optimizer = model.optimizers[player]
        if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
            optimizer = optimizer.inner_optimizer
        if not optimizer.use_ema or int(optimizer.iterations.numpy()) == 0:
            continue
        variables = model.trained_variables(player)
        averages = optimizer._model_variables_moving_average
        for variable, average in zip(variables, averages, strict=True):
            kept.append((variable, variable.numpy()))
            variable.assign(average)
    try:
        yield
    finally:
        for variable, value in kept:
            variable.assign(value)
