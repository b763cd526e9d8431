"""The contrastive loss, against NumPy and at the ends of its range."""

import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.losses.contrastive import attraction, repulsion

FIRST, SECOND = np.random.default_rng(0).normal(0.0, 0.8, (2, 9, 3)).astype("float32")
DISTANCES = np.linalg.norm(FIRST - SECOND, axis=1)


def test_equal_numpy():
    assert float(attraction(FIRST, SECOND)) == pytest.approx((DISTANCES**2).mean(), rel=1e-5)
    expected = (np.maximum(0.0, 2.0 - DISTANCES) ** 2).mean()
    assert 0 < (DISTANCES > 2).sum() < 9  # both sides of the margin
    assert float(repulsion(FIRST, SECOND, 2.0)) == pytest.approx(expected, rel=1e-4)


def test_unit_vectors_cost_until_they_are_opposite():
    """At the margin of 2 a negative pair always contributes."""
    right = np.array([[1.0, 0.0]], "float32")
    for angle in (0.5, 1.5, 3.0):
        other = np.array([[np.cos(angle), np.sin(angle)]], "float32")
        assert float(repulsion(right, other, 2.0)) > 0
    assert float(repulsion(right, -right, 2.0)) == pytest.approx(0.0, abs=1e-6)


def test_the_gradient_of_equal_features_is_finite():
    features = tf.Variable(FIRST)
    with tf.GradientTape() as tape:
        loss = repulsion(features, tf.stop_gradient(features + 0.0), 2.0)
    assert np.isfinite(tape.gradient(loss, features).numpy()).all()
