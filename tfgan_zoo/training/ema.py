"""Moving averages of weights, which Keras' optimizers keep when told `use_ema=True`."""

import contextlib
import math

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
        optimizer = plain(model.optimizers[player])
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


def plain(optimizer):
    """The optimizer without the loss scaling around it."""
    scaled = isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
    return optimizer.inner_optimizer if scaled else optimizer


def untrained_shares(model, players, steps):
    """A sentence for each of `players` whose average is mostly of untrained weights after `steps`
    training steps: its decay is too near to one for so short a run.
    """
    sentences = []
    for player in players:
        optimizer = plain(model.optimizers[player])
        # The average begins at the weights after the first update.
        updates = model.updates_in(player, steps) - 1
        share = optimizer.ema_momentum**updates if optimizer.use_ema else 0.0
        if share > 0.5:
            suits = 0.1 ** (1 / max(updates, 1))
            sentences.append(
                f"--ema_decay={optimizer.ema_momentum:g} is slow for {steps} steps: {share:.0%} of "
                f"the average that is exported will be the {player}'s untrained weights. Train "
                f"longer, or with a decay of at most {math.floor(1000 * suits) / 1000:g}."
            )
    return sentences
