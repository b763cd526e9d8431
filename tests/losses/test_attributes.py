"""The loss of a classifier of attributes, against NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.losses.attributes import attribute_loss


def drawn(rows=6, columns=5):
    chance = np.random.default_rng(0)
    logits = chance.normal(0, 2, (rows, columns)).astype(np.float32)
    return logits, chance.integers(0, 2, (rows, columns)).astype(np.float32)


def logistic(logits, attributes):
    p = 1 / (1 + np.exp(-logits.astype(np.float64)))
    return -(attributes * np.log(p) + (1 - attributes) * np.log(1 - p))


def surprise(logits, attributes):
    p = np.exp(logits.astype(np.float64))
    return -(attributes * np.log(p / p.sum(1, keepdims=True))).sum(1)


def test_attributes_are_summed_and_pictures_averaged():
    logits, attributes = drawn()
    sets = tf.zeros([6], tf.int32)
    found = attribute_loss(logits, attributes, sets, (5,), (False,))
    assert float(found) == pytest.approx(logistic(logits, attributes).sum() / 6, rel=1e-5)


def test_attributes_that_exclude_one_another_are_a_softmax():
    logits, _ = drawn()
    attributes = np.eye(5, dtype=np.float32)[[0, 4, 2, 2, 1, 3]]
    found = attribute_loss(logits, attributes, tf.zeros([6], tf.int32), (5,), (True,))
    assert float(found) == pytest.approx(surprise(logits, attributes).mean(), rel=1e-5)


def test_what_a_set_does_not_know_has_neither_loss_nor_gradient():
    logits, attributes = drawn()
    attributes[:, 2:] = np.eye(3, dtype=np.float32)[[0, 1, 2, 0, 1, 2]]
    sets = np.array([0, 1, 1, 0, 0, 1], np.int32)
    first, second = sets == 0, sets == 1
    expected = (
        logistic(logits[first, :2], attributes[first, :2]).sum()
        + surprise(logits[second, 2:], attributes[second, 2:]).sum()
    ) / 6
    variable = tf.Variable(logits)
    with tf.GradientTape() as tape:
        found = attribute_loss(variable, attributes, sets, (2, 3), (False, True))
    assert float(found) == pytest.approx(expected, rel=1e-5)
    gradient = tape.gradient(found, variable).numpy()
    assert not gradient[first, 2:].any() and not gradient[second, :2].any()
    assert gradient[first, :2].all() and gradient[second, 2:].all()
