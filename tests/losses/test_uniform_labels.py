"""The loss of LSRO, against a cross-entropy with soft labels and its closed gradient."""

import numpy as np
import pytest
import tensorflow as tf
from scipy.special import log_softmax, softmax

from tfgan_zoo.losses.uniform_labels import uniform_label_loss

LOGITS = np.random.default_rng(0).normal(0.0, 3.0, (5, 7)).astype("float32")


def test_is_the_cross_entropy_with_a_uniform_label():
    expected = -log_softmax(LOGITS.astype(float), axis=1).mean()
    assert float(uniform_label_loss(LOGITS)) == pytest.approx(expected, rel=1e-6)
    soft = tf.nn.softmax_cross_entropy_with_logits(np.full((5, 7), 1 / 7, "float32"), LOGITS)
    assert float(uniform_label_loss(LOGITS)) == pytest.approx(float(tf.reduce_mean(soft)), rel=1e-6)


def test_its_gradient_is_p_minus_one_by_k():
    logits = tf.Variable(LOGITS)
    with tf.GradientTape() as tape:
        loss = uniform_label_loss(logits)
    expected = (softmax(LOGITS.astype(float), axis=1) - 1 / 7) / 5
    np.testing.assert_allclose(tape.gradient(loss, logits), expected, atol=1e-7)


def test_is_least_where_nothing_is_known():
    assert float(uniform_label_loss(np.full((3, 4), 2.5, "float32"))) == pytest.approx(np.log(4))
    assert float(uniform_label_loss(LOGITS)) > np.log(7)


def test_large_logits_are_no_trouble():
    assert float(uniform_label_loss(np.array([[1e4, 0.0]], "float32"))) == pytest.approx(5e3)
