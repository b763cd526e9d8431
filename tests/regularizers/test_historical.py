"""Averages of weights against NumPy over their whole past."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.regularizers.historical import WeightAverage

PAST = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")


def followed(rate, steps):
    variable = keras.Variable(np.zeros(3, "float32"))
    average = WeightAverage([variable], rate)
    for values in PAST[:steps]:
        variable.assign(values)
        average.update([variable])
    return variable, average


@pytest.mark.parametrize("steps", [1, 2, 20])
def test_without_rate_it_is_the_mean_of_the_past(steps):
    _, average = followed(0.0, steps)
    np.testing.assert_allclose(average.averages[0], PAST[:steps].mean(0), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("rate", [1e-4, 0.3])
@pytest.mark.parametrize("steps", [1, 2, 20])
def test_with_rate_it_is_the_average_from_zero_divided_by_its_weights(rate, steps):
    _, average = followed(rate, steps)
    from_zero = np.zeros(3)
    for values in PAST[:steps].astype(np.float64):
        from_zero += rate * (values - from_zero)
    expected = from_zero / (1.0 - (1.0 - rate) ** steps)
    np.testing.assert_allclose(average.averages[0], expected, rtol=1e-4, atol=1e-6)


def test_the_penalty_and_its_gradient():
    variable, average = followed(0.0, 20)
    with tf.GradientTape() as tape:
        penalty = average.penalty([variable])
    difference = PAST[19] - PAST.mean(0)
    assert float(penalty) == pytest.approx((difference**2).sum(), rel=1e-4)
    gradient = tape.gradient(penalty, variable.value)
    np.testing.assert_allclose(gradient, 2 * difference, rtol=1e-4, atol=1e-5)


def test_stands_in_and_gives_back():
    variable, average = followed(0.0, 20)
    with average.in_place_of([variable]):
        np.testing.assert_allclose(variable, PAST.mean(0), rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(variable, PAST[19])
    with pytest.raises(KeyError), average.in_place_of([variable]):
        raise KeyError
    np.testing.assert_array_equal(variable, PAST[19])
    fresh = WeightAverage([variable])
    with fresh.in_place_of([variable]):  # there is no mean yet
        np.testing.assert_array_equal(variable, PAST[19])


def test_its_state_is_saved_with_a_model_and_never_trained():
    _, average = followed(0.1, 3)
    assert not average.trainable_weights and len(average.non_trainable_weights) == 2
