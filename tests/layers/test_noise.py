"""TrainingNoise: Gaussian in training, a function of the seed, nothing at inference."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from tfgan_zoo.layers.noise import TrainingNoise

ZEROS = np.zeros((8, 8, 8, 16), "float32")


def noise(seed=(3, 4), stddev=0.5, stream=0, training=True, features=ZEROS):
    layer = TrainingNoise(stddev, stream)
    return np.array(layer(features, tf.constant(seed), training=training))


def test_is_normal_with_its_deviation():
    drawn = noise(stddev=0.5)
    assert stats.kstest(drawn.ravel() / 0.5, "norm").pvalue > 0.01
    np.testing.assert_allclose(noise(features=ZEROS + 3.0), drawn + 3.0, atol=1e-6)


def test_follows_seed_and_stream():
    np.testing.assert_array_equal(noise(), noise())
    for other in ({"seed": (3, 5)}, {"seed": (4, 4)}, {"stream": 1}):
        assert abs(np.corrcoef(noise(**other).ravel(), noise().ravel())[0, 1]) < 0.05, other


def test_does_nothing_at_inference_and_keeps_half_precision():
    np.testing.assert_array_equal(noise(training=False), ZEROS)
    layer = TrainingNoise(1.0, dtype="float16")
    assert layer(tf.constant(ZEROS, tf.float16), tf.constant([0, 0]), training=True).dtype == (
        tf.float16
    )


def test_a_negative_deviation_is_refused():
    with pytest.raises(ValueError, match="at least 0; got -0.1"):
        TrainingNoise(-0.1)


def test_comes_back_from_its_config():
    layer = TrainingNoise.from_config(TrainingNoise(0.25, 3).get_config())
    assert (layer.stddev, layer.stream) == (0.25, 3)
