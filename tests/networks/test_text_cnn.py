"""The classifier of text: shapes, dropout in training alone, what it refuses."""

import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.networks.text_cnn import text_cnn

SEEDS = [tf.constant([0, number]) for number in range(2)]


def test_logits_of_sequences():
    network = text_cnn(9, 6, widths=(1, 3, 6), filters=(4, 5, 6), embedding=7)
    tokens = tf.constant(np.random.default_rng(0).integers(0, 9, (8, 6)), tf.int32)
    logits = network([tokens, SEEDS[0]], training=False)
    assert logits.shape == (8, 2) and logits.dtype == tf.float32
    # At inference no dropout, whatever the seed; in training that of the seed.
    np.testing.assert_array_equal(logits, network([tokens, SEEDS[1]], training=False))
    first, second = (network([tokens, seed], training=True) for seed in SEEDS)
    assert np.abs(first - second).max() > 1e-3
    np.testing.assert_array_equal(first, network([tokens, SEEDS[0]], training=True))
    shapes = [tuple(weight.shape) for weight in network.trainable_variables]
    assert shapes[0] == (9, 7) and (3, 7, 5) in shapes and (15, 15) in shapes


def test_max_pooling_forgets_where_a_pattern_stands():
    network = text_cnn(9, 6, widths=(1, 2), filters=(4, 4))
    tokens = tf.constant([[1, 2, 0, 0, 0, 0], [0, 0, 0, 1, 2, 0]])
    first, second = network([tf.roll(tokens, 1, 1), SEEDS[0]], training=False)
    np.testing.assert_allclose(first, second, atol=1e-6)


@pytest.mark.parametrize(("widths", "filters"), [((7,), (4,)), ((1, 2), (4,))])
def test_widths_that_do_not_fit_are_refused(widths, filters):
    with pytest.raises(ValueError, match="none may be over 6"):
        text_cnn(9, 6, widths, filters)
