"""Steps as functions do what the optimizers do, and pass gradients on."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.optimizers import differentiable
from tfgan_zoo.optimizers.adam import Adam

START = [np.linspace(-1.0, 2.0, 6).reshape(2, 3), np.array([0.5, -0.25, 0.0])]


def variables():
    return [keras.Variable(value.astype("float32")) for value in START]


def gradients(weights, number):
    """Another quadratic bowl at each step."""
    return [(number + 1.0) * w - 0.3 for w in weights]


def optimizers():
    return {
        "adam": Adam(3e-2, beta_1=0.5, epsilon=1e-8),
        "keras": keras.optimizers.Adam(3e-2, beta_1=0.0, beta_2=0.9),
        "bounded": Adam(3e-2, global_clipnorm=0.4),
        "descent": keras.optimizers.SGD(0.1),
        "scaled": keras.optimizers.LossScaleOptimizer(Adam(3e-2)),
    }


@pytest.mark.parametrize("name", sorted(optimizers()))
@pytest.mark.parametrize("before", [0, 3])
def test_steps_are_those_of_the_optimizer(name, before):
    optimizer, weights = optimizers()[name], variables()
    optimizer.build(weights)
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    for number in range(before):
        inner.apply(gradients([tf.convert_to_tensor(w) for w in weights], number), weights)
    ahead, state = [tf.convert_to_tensor(w) for w in weights], differentiable.begin(optimizer)
    untouched = [np.array(v) for v in [*weights, *optimizer.variables]]
    for number in range(4):
        ahead, state = differentiable.descend(optimizer, ahead, gradients(ahead, number), state)
    for now, then in zip([*weights, *optimizer.variables], untouched, strict=True):
        np.testing.assert_array_equal(now, then)
    for number in range(4):
        inner.apply(gradients([tf.convert_to_tensor(w) for w in weights], number), weights)
    for mine, theirs in zip(ahead, weights, strict=True):
        np.testing.assert_allclose(mine, theirs, atol=2e-6)


def test_a_schedule_gives_the_rate_of_now():
    schedule = keras.optimizers.schedules.PolynomialDecay(1.0, 4, 0.0)
    optimizer, weights = keras.optimizers.SGD(schedule), variables()
    optimizer.build(weights)
    for _ in range(2):
        optimizer.apply([tf.zeros_like(w) for w in START], weights)
    one = [tf.ones([2, 3]), tf.ones([3])]
    moved, _ = differentiable.descend(optimizer, one, one, differentiable.begin(optimizer))
    np.testing.assert_allclose(moved[0], 0.5 * np.ones([2, 3]), atol=1e-6)


@pytest.mark.parametrize("name", ["adam", "descent"])
def test_the_gradient_through_three_steps_is_that_of_differences(name):
    optimizer, weights = optimizers()[name], variables()
    optimizer.build(weights)
    # Without moments Adam's first step is a sign, whose slope is zero.
    optimizer.apply([0.2 * tf.ones([2, 3]), tf.constant([0.1, 0.0, -0.3])], weights)

    def after(place):
        ahead = [tf.convert_to_tensor(w) for w in weights]
        state = differentiable.begin(optimizer)
        for _ in range(3):
            pulls = [w - place for w in ahead]
            ahead, state = differentiable.descend(optimizer, ahead, pulls, state)
        return tf.reduce_sum([tf.reduce_sum(w * w * w) for w in ahead])

    place = tf.constant(0.7)
    with tf.GradientTape() as tape:
        tape.watch(place)
        loss = after(place)
    slope = tape.gradient(loss, place)
    differences = (after(place + 0.02) - after(place - 0.02)) / 0.04
    assert abs(float(slope)) > 0.01
    assert float(slope) == pytest.approx(float(differences), rel=0.02)


def test_a_weight_that_never_had_a_gradient_has_a_finite_one():
    optimizer, weights = Adam(0.1), variables()
    optimizer.build(weights)
    scale = tf.constant(1.0)
    with tf.GradientTape() as tape:
        tape.watch(scale)
        none = [tf.zeros([2, 3]) * scale, tf.zeros([3]) * scale]
        moved, _ = differentiable.descend(
            optimizer, [tf.zeros([2, 3]), tf.zeros([3])], none, differentiable.begin(optimizer)
        )
        total = tf.reduce_sum(moved[0])
    assert float(tape.gradient(total, scale)) == 0.0


@pytest.mark.parametrize(
    "optimizer, said",
    [
        (keras.optimizers.Adam(amsgrad=True), "without amsgrad"),
        (keras.optimizers.SGD(0.1, momentum=0.9), "without momentum"),
        (keras.optimizers.RMSprop(), "not through RMSprop"),
        (Adam(weight_decay=0.1), "weight_decay"),
        (Adam(clipnorm=1.0), "global_clipnorm"),
    ],
)
def test_other_optimizers_are_refused(optimizer, said):
    optimizer.build(variables())
    with pytest.raises(ValueError, match=said):
        differentiable.begin(optimizer)
