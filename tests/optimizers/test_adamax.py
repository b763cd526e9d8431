"""The fused Adamax does what `keras.optimizers.Adamax` does."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.optimizers.adamax import Adamax


def run(optimizer, how=None, steps=12):
    """Weights and state after some steps on gradients that depend on the weights."""
    rng = np.random.default_rng(3)
    variables = [keras.Variable(rng.normal(size=s).astype("float32")) for s in ((5, 7), (3,))]
    pulls = [tf.constant(rng.normal(size=(steps, *v.shape)), tf.float32) for v in variables]
    optimizer.build(variables)

    def step(k):
        size = 10.0 ** tf.cast(k % 5 - 3, tf.float32)
        gradients = [size * (p[k] + 0.1 * v) for p, v in zip(pulls, variables, strict=True)]
        optimizer.apply(gradients, variables)

    if how is not None:
        step = tf.function(step, **how)
    for k in range(steps):
        step(tf.constant(k))
    return [np.array(v) for v in [*variables, *optimizer.variables]]


@pytest.mark.parametrize("how", [None, {}, {"jit_compile": True}])
@pytest.mark.parametrize(
    "settings",
    [
        {"learning_rate": 1e-3},
        {"learning_rate": 0.02, "beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-3, "clipnorm": 0.5},
    ],
)
def test_equals_keras_adamax(settings, how):
    for ours, expected in zip(
        run(Adamax(**settings), how), run(keras.optimizers.Adamax(**settings)), strict=True
    ):
        np.testing.assert_allclose(ours, expected, rtol=3e-5, atol=2e-6)


def test_comes_back_from_its_config():
    optimizer = keras.optimizers.get(keras.optimizers.serialize(Adamax(0.5, beta_2=0.9)))
    assert type(optimizer) is Adamax and optimizer.beta_2 == 0.9
