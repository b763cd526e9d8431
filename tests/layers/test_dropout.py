"""SeededDropout: a mask is a function of the seed."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.layers.dropout import MaskedDropout, SeededDropout, TrainingDropout

ONES = np.ones((4, 8, 8, 16), "float32")


def drop(seed=(3, 4), rate=0.5, stream=0, training=True, features=ONES):
    return np.array(SeededDropout(rate, stream)(features, tf.constant(seed), training=training))


def test_one_seed_is_one_mask():
    np.testing.assert_array_equal(drop(), drop())


@pytest.mark.parametrize("training", [True, False])
def test_another_seed_or_stream_is_another_mask(training):
    base = drop(training=training)
    for other in ({"seed": (3, 5)}, {"seed": (4, 4)}, {"stream": 1}):
        same = np.mean(drop(training=training, **other) == base)
        assert 0.4 < same < 0.6, other


@pytest.mark.parametrize("rate", [0.0, 0.2, 0.5, 0.9])
def test_share_of_zeros_is_the_rate_and_the_mean_is_kept(rate):
    features = np.ones((16, 16, 16, 16), "float32")
    dropped = drop(rate=rate, features=features)
    assert abs(np.mean(dropped == 0.0) - rate) < 0.01
    kept = dropped[dropped != 0.0]
    np.testing.assert_allclose(kept, 1.0 / (1.0 - rate), rtol=1e-6)


def test_images_of_a_batch_differ_in_training_and_share_a_mask_at_inference():
    trained, served = drop(training=True), drop(training=False)
    for image in range(1, 4):
        assert np.any(trained[image] != trained[0])
        np.testing.assert_array_equal(served[image], served[0])
    # So that an image is drawn alike alone and in any batch.
    np.testing.assert_array_equal(drop(training=False, features=ONES[:1])[0], served[0])


def traced(seed_is_constant):
    layer = SeededDropout(0.5, stream=2)
    if seed_is_constant:
        signature = [tf.TensorSpec([None, 8, 8, 16])]
        call = tf.function(lambda x: layer(x, tf.constant([3, 4]), training=False))
    else:
        signature = [tf.TensorSpec([None, 8, 8, 16]), tf.TensorSpec([2], tf.int32)]
        call = tf.function(lambda x, seed: layer(x, seed, training=False))
    return call.get_concrete_function(*signature)


def operations(graph):
    found = {node.type for node in graph.get_operations()}
    for function in graph.as_graph_def().library.function:
        found |= {node.op for node in function.node_def}
    return found


def test_constant_seed_leaves_no_random_operation_in_the_graph_and_draws_the_same():
    constant, variable = traced(True), traced(False)
    assert not [name for name in operations(constant.graph) if "Random" in name]
    assert [name for name in operations(variable.graph) if "Random" in name]
    eager = drop(stream=2, training=False)
    np.testing.assert_array_equal(constant(tf.constant(ONES)), eager)
    np.testing.assert_array_equal(variable(tf.constant(ONES), tf.constant([3, 4])), eager)


def test_gradient_passes_through_the_kept_features_only():
    features = tf.constant(ONES)
    with tf.GradientTape() as tape:
        tape.watch(features)
        total = tf.reduce_sum(SeededDropout(0.5)(features, tf.constant([3, 4]), training=True))
    np.testing.assert_array_equal(tape.gradient(total, features), drop())


def test_half_precision():
    layer = SeededDropout(0.5, dtype="mixed_float16")
    dropped = layer(ONES, tf.constant([3, 4]), training=True)
    assert dropped.dtype == tf.float16
    np.testing.assert_array_equal(tf.cast(dropped, tf.float32), drop())


def test_in_a_functional_model_it_keeps_the_shape():
    features, seed = keras.Input((8, 8, 16)), keras.Input(batch_shape=(2,), dtype="int32")
    model = keras.Model([features, seed], SeededDropout(0.5)(features, seed))
    assert model.output_shape == (None, 8, 8, 16)
    again = keras.models.model_from_json(model.to_json())
    assert again.layers[-1].rate == 0.5
    np.testing.assert_array_equal(
        again([tf.constant(ONES), tf.constant([3, 4])], training=True), drop(training=True)
    )


@pytest.mark.parametrize("rate", [-0.1, 1.0])
def test_impossible_rate_is_refused(rate):
    with pytest.raises(ValueError, match="lies in"):
        SeededDropout(rate)


def test_training_dropout_is_off_at_inference_and_seeded_dropout_in_training():
    layer, seed = TrainingDropout(0.5, 1), tf.constant((3, 4))
    np.testing.assert_array_equal(layer(ONES, seed, training=False), ONES)
    np.testing.assert_array_equal(layer(ONES, seed, training=True), drop(stream=1))
    assert TrainingDropout.from_config(layer.get_config()).stream == 1


@pytest.mark.parametrize("dtype", ["float32", "mixed_float16"])
def test_a_mask_of_numbers_keeps_what_reaches_the_rate(dtype):
    layer = MaskedDropout(0.25, dtype=dtype)
    features = tf.constant([[1.0, 2.0, 3.0, 4.0]], layer.compute_dtype)
    # The last number is under the rate, and half precision would round it up to it.
    dropped = layer(features, tf.constant([[0.25, 0.0, 0.9, 0.24999]]))
    np.testing.assert_allclose(dropped, [[1 / 0.75, 0.0, 4.0, 0.0]], rtol=1e-3)
    assert dropped.dtype == layer.compute_dtype


def test_a_mask_of_numbers_needs_a_rate_below_one():
    with pytest.raises(ValueError, match="lies in"):
        MaskedDropout(1.0)
