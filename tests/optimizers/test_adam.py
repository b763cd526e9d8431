"""The fused Adam does what `keras.optimizers.Adam` does."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.optimizers.adam import Adam

SHAPES = [(5, 7), (3,)]


def run(optimizer, steps, how=None):
    """Weights and optimizer state after `steps` steps on gradients that depend on the weights.

    Args:
        how: None for eager execution, or arguments of `tf.function`.
    """
    rng = np.random.default_rng(3)
    variables = [keras.Variable(rng.normal(size=s).astype("float32")) for s in SHAPES]
    pulls = [tf.constant(rng.normal(size=(steps, *s)), tf.float32) for s in SHAPES]
    optimizer.build(variables)

    def step(k):
        # Over four orders of magnitude, so that epsilon and clipping matter.
        gradients = [
            10.0 ** tf.cast(k % 5 - 3, tf.float32) * (p[k] + 0.1 * v)
            for p, v in zip(pulls, variables, strict=True)
        ]
        optimizer.apply(gradients, variables)

    if how is not None:
        step = tf.function(step, **how)
    for k in range(steps):
        step(tf.constant(k))
    return [np.array(v) for v in variables], [np.array(v) for v in optimizer.variables]


def assert_same(settings, wrap=lambda optimizer: optimizer, how=None, steps=15, atol=3e-6):
    weights, state = run(wrap(Adam(**settings)), steps, how)
    expected_weights, expected_state = run(wrap(keras.optimizers.Adam(**settings)), steps)
    for value, expected in zip(weights, expected_weights, strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-6, atol=atol)
    for value, expected in zip(state, expected_state, strict=True):
        # The kernel takes 1 - beta_2 in float32, Keras in float64: 1.3e-5 apart at 0.999.
        np.testing.assert_allclose(value, expected, rtol=3e-5, atol=1e-7)


def schedule():
    return keras.optimizers.schedules.PolynomialDecay(2e-2, 12, 1e-4)


def test_equals_keras_adam_at_the_settings_of_pix2pix():
    assert_same({"learning_rate": 2e-4, "beta_1": 0.5}, steps=50, atol=5e-7)


@pytest.mark.parametrize(
    "settings",
    [
        {"beta_1": 0.0, "beta_2": 0.9, "epsilon": 1e-3},
        {"weight_decay": 1e-2},
        {"clipnorm": 0.1},
        {"global_clipnorm": 0.1},
        {"clipvalue": 0.01},
        {"use_ema": True, "ema_momentum": 0.9},
        {"gradient_accumulation_steps": 2},
        {"learning_rate": schedule()},
    ],
    ids=lambda settings: "-".join(settings),
)
def test_equals_keras_adam(settings):
    assert_same({"learning_rate": 1e-2, **settings})


def test_equals_keras_adam_in_a_graph():
    assert_same({"learning_rate": schedule(), "beta_1": 0.5, "use_ema": True}, how={})


def test_equals_keras_adam_under_xla():
    assert_same({"learning_rate": 1e-2, "beta_1": 0.5}, how={"jit_compile": True})


def test_equals_keras_adam_inside_a_loss_scale():
    assert_same(
        {"learning_rate": 1e-2, "clipnorm": 0.1},
        wrap=lambda optimizer: keras.optimizers.LossScaleOptimizer(
            optimizer, initial_scale=8.0, dynamic_growth_steps=4
        ),
    )


def test_sparse_gradient_of_an_embedding_counts_as_the_dense_one():
    tables = []
    for optimizer, prepare in (
        (Adam(0.05), lambda slices: slices),
        (keras.optimizers.Adam(0.05), tf.convert_to_tensor),
    ):
        table = keras.Variable(np.arange(12.0, dtype="float32").reshape(4, 3))
        optimizer.build([table])
        for rows in ([0, 2, 2], [1, 0, 0], [2, 2, 2]):
            slices = tf.IndexedSlices(tf.ones((3, 3)), tf.constant(rows), tf.constant([4, 3]))
            optimizer.apply([prepare(slices)], [table])
        tables.append(np.array(table))
    np.testing.assert_allclose(*tables, rtol=1e-6, atol=2e-6)
    assert np.all(tables[0][3] == [9, 10, 11]) and np.all(tables[0][1] != [3, 4, 5])


def test_learning_rate_can_be_changed_between_steps_without_a_new_trace():
    optimizer, weight = Adam(0.0), keras.Variable([1.0])
    optimizer.build([weight])
    step = tf.function(lambda: optimizer.apply([tf.ones(1)], [weight]))
    step()
    assert np.array(weight) == [1.0]
    optimizer.learning_rate = 0.25
    step()
    np.testing.assert_allclose(np.array(weight), [0.75], rtol=1e-5)
    assert step.experimental_get_tracing_count() == 1


def test_configuration_makes_the_same_optimizer_again():
    optimizer = Adam(3e-4, beta_1=0.5, epsilon=1e-8, clipnorm=1.0)
    config = keras.optimizers.serialize(optimizer)
    again = keras.optimizers.deserialize(config, custom_objects={"Adam": Adam})
    assert again.get_config() == optimizer.get_config()
    assert type(again) is Adam


def test_amsgrad_is_refused():
    with pytest.raises(ValueError, match="keras.optimizers.Adam"):
        Adam(amsgrad=True)
