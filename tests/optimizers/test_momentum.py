"""Momentum and its rate against the formulas in NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.optimizers.momentum import Geometric, Momentum


def test_thirty_steps_equal_the_formula():
    rng = np.random.default_rng(0)
    weight = rng.normal(size=(4, 3)).astype("float32")
    pulls = rng.normal(size=(30, 4, 3)).astype("float32")
    variable = keras.Variable(weight)
    optimizer = Momentum(Geometric(0.1, 1.05, 0.05), 0.5, 0.7, ramp_steps=20)
    optimizer.build([variable])

    @tf.function
    def step(pull):
        optimizer.apply([pull + 0.1 * variable], [variable])

    velocity = np.zeros_like(weight)
    for t, pull in enumerate(pulls):
        step(tf.constant(pull))
        momentum = 0.5 + 0.2 * min(t / 20, 1)
        velocity = momentum * velocity - max(0.1 / 1.05**t, 0.05) * (pull + 0.1 * weight)
        weight = weight + velocity
        np.testing.assert_allclose(variable.numpy(), weight, rtol=1e-4, atol=1e-5)


def test_a_constant_momentum_is_that_of_keras():
    variables = [keras.Variable(np.ones(3, "float32")) for _ in range(2)]
    optimizers = [Momentum(0.1, 0.9, 0.9), keras.optimizers.SGD(0.1, momentum=0.9)]
    for variable, optimizer in zip(variables, optimizers, strict=True):
        optimizer.build([variable])
        for _ in range(5):
            optimizer.apply([2.0 * tf.convert_to_tensor(variable)], [variable])
    np.testing.assert_allclose(variables[0].numpy(), variables[1].numpy(), rtol=1e-6)


def test_the_ramp_ends():
    optimizer = Momentum(0.1, 0.5, 0.7, ramp_steps=100)
    found = [float(optimizer.momentum_at(step)) for step in (0, 50, 100, 1000)]
    np.testing.assert_allclose(found, [0.5, 0.6, 0.7, 0.7], rtol=1e-6)
    assert float(Momentum(0.1, 0.5, 0.7).momentum_at(0)) == pytest.approx(0.7)


def test_the_rate_falls_to_its_floor():
    rate = Geometric(0.1, 1.00004, 1e-6)
    assert float(rate(0)) == pytest.approx(0.1)
    assert float(rate(10_000)) == pytest.approx(0.1 / 1.00004**10_000, rel=1e-3)
    assert float(rate(1_000_000)) == pytest.approx(1e-6)
    assert float(Geometric(0.0)(5)) == 0.0


def test_configurations_come_back():
    optimizer = Momentum(Geometric(0.1), 0.5, 0.7, ramp_steps=9)
    copy = Momentum.from_config(optimizer.get_config())
    assert float(copy.momentum_at(3)) == float(optimizer.momentum_at(3))


def test_without_momentum_there_is_nothing_to_grow():
    with pytest.raises(ValueError, match="starts above 0"):
        Momentum(0.1, 0.0, 0.7).build([keras.Variable(np.ones(3, "float32"))])
