"""The unit ball: what is projected, and that nothing else changes by a bit."""

import keras
import numpy as np
import tensorflow as tf

from tfgan_zoo.regularizers.ball import hold_in_unit_ball, in_unit_ball


def test_what_is_too_long_is_shortened_and_the_rest_keeps_its_bits():
    latents = np.random.default_rng(0).normal(size=(200, 3)).astype("float32")
    lengths = np.linalg.norm(latents, axis=1)
    assert (lengths < 1).any() and (lengths > 1).any()
    held = in_unit_ball(latents).numpy()
    np.testing.assert_array_equal(held[lengths < 1], latents[lengths < 1])
    expected = latents[lengths > 1] / lengths[lengths > 1, None]
    np.testing.assert_allclose(held[lengths > 1], expected, rtol=1e-6)
    np.testing.assert_array_equal(in_unit_ball(tf.zeros([2, 3])), np.zeros([2, 3]))


def test_only_the_named_rows_of_a_table_are_held():
    start = 10.0 * np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    table = keras.Variable(start)
    tf.function(lambda rows: hold_in_unit_ball(table, rows))(tf.constant([4, 1, 4]))
    np.testing.assert_array_equal(np.array(table)[[0, 2, 3]], start[[0, 2, 3]])
    np.testing.assert_allclose(np.linalg.norm(np.array(table)[[1, 4]], axis=1), 1.0, rtol=1e-6)
