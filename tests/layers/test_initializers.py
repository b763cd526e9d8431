"""The DCGAN initialisation."""

import numpy as np

from tfgan_zoo.layers.initializers import normal_scale, normal_weights


def test_moments():
    for initializer, mean in ((normal_weights(), 0.0), (normal_scale(), 1.0)):
        drawn = np.array(initializer((100_000,)))
        np.testing.assert_allclose(drawn.mean(), mean, atol=3e-4)
        np.testing.assert_allclose(drawn.std(), 0.02, rtol=0.01)
        # Not truncated at two standard deviations.
        assert np.abs(drawn - mean).max() > 0.06


def test_layers_of_one_shape_differ():
    assert np.any(np.array(normal_weights()((8,))) != np.array(normal_weights()((8,))))
