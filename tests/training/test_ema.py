"""The generator's moving average against its recursion in NumPy."""

import keras
import numpy as np
import pytest

from tests.training import tiny
from tests.training.tiny import fit
from tfgan_zoo.training.ema import averaged_weights, untrained_shares
from tfgan_zoo.training.run_directory import RunDirectory

MOMENTUM = 0.9


def weights(model):
    return [v.numpy() for v in model.generator.trainable_variables]


def test_average_is_the_recursion_from_the_first_weights(tmp_path, adversary):
    visited = [weights(adversary)]
    record = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda step, logs: visited.append(weights(adversary))
    )
    with averaged_weights(adversary):  # before the first step there is none
        assert all(map(np.array_equal, weights(adversary), visited[0]))

    # The third step is not finite: it moves neither the weights nor the average.
    fit(adversary, tiny.batches(broken=(2,)), run=RunDirectory(tmp_path), total_steps=12,
        batch_size=4, extra_callbacks=[record])  # fmt: skip
    assert all(map(np.array_equal, visited[3], visited[2]))
    averages = visited[1]
    for now in visited[2:3] + visited[4:]:
        averages = [MOMENTUM * a + (1 - MOMENTUM) * w for a, w in zip(averages, now, strict=True)]

    last = weights(adversary)
    with averaged_weights(adversary):
        for variable, average in zip(weights(adversary), averages, strict=True):
            np.testing.assert_allclose(variable, average, rtol=1e-5, atol=1e-6)
        assert not np.allclose(weights(adversary)[0], last[0], atol=1e-4)
    assert all(map(np.array_equal, weights(adversary), last))

    with pytest.raises(ZeroDivisionError), averaged_weights(adversary):
        raise ZeroDivisionError
    assert all(map(np.array_equal, weights(adversary), last))


def test_average_under_loss_scaling(tmp_path):
    model = tiny.build(ema=MOMENTUM, precision="mixed_float16")
    assert isinstance(model.optimizers["generator"], keras.optimizers.LossScaleOptimizer)
    visited = []
    record = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda step, logs: visited.append(weights(model))
    )
    fit(model, tiny.batches(), run=RunDirectory(tmp_path), total_steps=6, batch_size=4,
        extra_callbacks=[record])  # fmt: skip
    averages = visited[0]
    for now in visited[1:]:
        averages = [MOMENTUM * a + (1 - MOMENTUM) * w for a, w in zip(averages, now, strict=True)]
    with averaged_weights(model):
        for variable, average in zip(weights(model), averages, strict=True):
            np.testing.assert_allclose(variable, average, rtol=1e-5, atol=1e-6)


def test_without_an_average_nothing_changes(adversary):
    before = [v.numpy() for v in adversary.discriminator.trainable_variables]
    adversary.optimizers["discriminator"].iterations.assign(3)
    with averaged_weights(adversary, ("discriminator",)):
        for variable, value in zip(
            adversary.discriminator.trainable_variables, before, strict=True
        ):
            np.testing.assert_array_equal(variable, value)


def test_a_decay_that_keeps_the_untrained_weights_is_told():
    model = tiny.build(ema=0.999)
    (told,) = untrained_shares(model, ("generator",), 200)
    for words in ("--ema_decay=0.999", "200 steps", "82%", "at most 0.988"):
        assert words in told
    assert untrained_shares(model, ("generator",), 5000) == []
    assert untrained_shares(tiny.build(), ("generator",), 1) == []
