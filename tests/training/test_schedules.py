"""Learning-rate schedules against their formulas."""

import math

import keras
import numpy as np
import pytest

from tfgan_zoo.optimizers.adam import Adam
from tfgan_zoo.training.run_directory import RunError
from tfgan_zoo.training.schedules import Decay, Warmup, learning_rate

BASE, TOTAL = 3e-4, 200


def rates(schedule):
    return [float(schedule(step)) for step in range(TOTAL + 20)]


def test_constant():
    assert learning_rate(BASE, "constant", TOTAL) == BASE


@pytest.mark.parametrize("start", [0.0, 0.25, 0.5])
def test_linear(start):
    first = int(TOTAL * start)
    expected = [
        BASE * (1 - min(max(step - first, 0) / (TOTAL - first), 1)) for step in range(TOTAL + 20)
    ]
    np.testing.assert_allclose(
        rates(learning_rate(BASE, "linear", TOTAL, start)), expected, rtol=1e-5, atol=1e-10
    )


def test_cosine():
    expected = [
        BASE * 0.5 * (1 + math.cos(math.pi * min(max(step - 100, 0) / 100, 1)))
        for step in range(TOTAL + 20)
    ]
    np.testing.assert_allclose(
        rates(learning_rate(BASE, "cosine", TOTAL, 0.5)), expected, rtol=1e-5, atol=1e-10
    )


def test_exponential():
    expected = [BASE * 0.01 ** min(max(step - 100, 0) / 100, 1) for step in range(TOTAL + 20)]
    found = rates(learning_rate(BASE, "exponential", TOTAL, 0.5))
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert found[99] == found[100] and found[-1] == pytest.approx(BASE / 100)


def test_an_optimizer_follows_it_step_by_step():
    variable = keras.Variable([0.0])
    optimizer = keras.optimizers.SGD(learning_rate(1.0, "linear", 4, 0.5))
    moves = []
    for _ in range(5):
        before = variable.numpy()
        optimizer.apply([np.ones(1, "f")], [variable])
        moves.append(float((before - variable.numpy())[0]))
    assert moves == [1.0, 1.0, 1.0, 0.5, 0.0]


def test_survives_serialisation():
    optimizer = Adam(learning_rate(BASE, "cosine", TOTAL, 0.5))
    again = Adam.from_config(optimizer.get_config())
    assert isinstance(again._learning_rate, Decay)
    assert rates(again._learning_rate) == rates(optimizer._learning_rate)


def test_errors():
    with pytest.raises(RunError, match="constant, linear, cosine or exponential"):
        learning_rate(BASE, "step", TOTAL)
    for share in (-0.1, 1.0):
        with pytest.raises(RunError, match="--lr_decay_from"):
            learning_rate(BASE, "linear", TOTAL, share)


@pytest.mark.parametrize("rate", [BASE, Decay(BASE, "linear", 50, TOTAL)])
def test_warm_up_is_a_line_to_the_rate_and_then_the_rate(rate):
    warm = Warmup(rate, 40)
    after = [rate(step) if callable(rate) else rate for step in range(TOTAL)]
    expected = [min(1.0, (step + 1) / 40) * float(after[step]) for step in range(TOTAL)]
    np.testing.assert_allclose([float(warm(step)) for step in range(TOTAL)], expected, rtol=1e-5)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(warm))
    assert float(again(100)) == float(warm(100)) and float(again(3)) == float(warm(3))
