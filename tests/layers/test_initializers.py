"""Initial weights and biases against their definitions."""

import numpy as np

from tfgan_zoo.layers.initializers import marginal_logits, normal_scale, normal_weights


def test_moments():
    for initializer, mean in ((normal_weights(), 0.0), (normal_scale(), 1.0)):
        drawn = np.array(initializer((100_000,)))
        np.testing.assert_allclose(drawn.mean(), mean, atol=3e-4)
        np.testing.assert_allclose(drawn.std(), 0.02, rtol=0.01)
        # Not truncated at two standard deviations.
        assert np.abs(drawn - mean).max() > 0.06


def test_layers_of_one_shape_differ():
    assert np.any(np.array(normal_weights()((8,))) != np.array(normal_weights()((8,))))


def test_sigmoids_of_the_marginal_logits_have_the_means():
    means = np.array([[0.0, 0.25], [0.5, 1.0]])
    logits = marginal_logits(means)
    assert logits.shape == (4,) and np.isfinite(logits).all()
    np.testing.assert_allclose(1 / (1 + np.exp(-logits)), means.ravel(), atol=1e-6)
