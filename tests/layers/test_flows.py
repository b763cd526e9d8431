"""Bijections against their inverses and the determinant of the Jacobian that TensorFlow takes."""

import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.layers import flows

RNG = np.random.default_rng(0)
SHAPE = (4, 4, 3)
MAPS = RNG.normal(0.5, 2.0, (5, *SHAPE)).astype("float32")


def built(layer, shape=SHAPE):
    layer.build((None, *shape))
    return layer


def jittered(layer):
    """The layer with weights that are nobody's first ones."""
    for weight in layer.trainable_weights:
        weight.assign(weight + 0.2 * RNG.normal(size=weight.shape))
    return layer


def log_dets(function, maps):
    """log|det| `[B]` of the Jacobian of a function of each example."""
    maps, size = tf.constant(maps), int(np.prod(maps.shape[1:]))
    with tf.GradientTape() as tape:
        tape.watch(maps)
        answers = function(maps)
    jacobians = np.asarray(tape.batch_jacobian(answers, maps), np.float64)
    return np.linalg.slogdet(jacobians.reshape(-1, size, size))[1]


def assert_bijection(layer, maps=MAPS):
    """Its log-determinant is the Jacobian's, and its inverse goes back."""
    answers, log_det = layer(maps)
    expected = log_dets(lambda x: layer(x)[0], maps)
    np.testing.assert_allclose(np.broadcast_to(log_det, expected.shape), expected, atol=1e-3)
    np.testing.assert_allclose(layer.inverse(answers), maps, atol=1e-5)


def test_squeezing_folds_blocks_into_channels_one_channel_after_the_other():
    folded = flows.squeeze(MAPS).numpy()
    assert folded.shape == (5, 2, 2, 12)
    for channel in range(3):
        for row in range(2):
            for column in range(2):
                np.testing.assert_array_equal(
                    folded[..., 4 * channel + 2 * row + column],
                    MAPS[:, row::2, column::2, channel],
                )
    np.testing.assert_array_equal(flows.unsqueeze(folded), MAPS)


@pytest.mark.parametrize("levels", [256, 8])
def test_every_grey_level_comes_back_under_any_noise_within_it(levels):
    grey = np.arange(256).reshape(1, 16, 16, 1)
    images = (grey / 127.5 - 1.0).astype("float32")
    kept = grey // (256 // levels)
    for noise in (0.0, 0.5, 0.999):
        numbers = flows.dequantised(images, noise, levels).numpy()
        assert numbers.min() >= 0.0 and numbers.max() < 1.0
        np.testing.assert_array_equal(np.floor(numbers * levels), kept)
    again = flows.pictures(flows.dequantised(images, 0.5, levels), levels).numpy()
    np.testing.assert_allclose(again, 2.0 * kept / (levels - 1) - 1.0, atol=1e-6)
    assert np.abs(flows.pictures(tf.constant([-3.0, 4.0]), levels)).max() == 1.0


def test_parts_become_one_vector_and_come_back():
    parts = [RNG.normal(size=(2, *shape)).astype("float32") for shape in ((2, 2, 3), (1, 1, 5))]
    vectors = flows.joined(parts)
    assert vectors.shape == (2, 17)
    for part, again in zip(parts, flows.parted(vectors, [(2, 2, 3), (1, 1, 5)]), strict=True):
        np.testing.assert_array_equal(again, part)


def test_actnorm_is_set_by_a_batch_and_then_stays():
    layer = built(flows.ActNorm())
    np.testing.assert_array_equal(layer(MAPS)[0], MAPS)  # nothing yet
    answers, _ = layer(MAPS, first=True)
    np.testing.assert_allclose(np.mean(answers, axis=(0, 1, 2)), 0.0, atol=1e-5)
    np.testing.assert_allclose(np.std(answers, axis=(0, 1, 2)), 1.0, atol=1e-5)
    # What is learnt is a third of the logarithm.
    np.testing.assert_allclose(layer.log_scale, -np.log(MAPS.std(axis=(0, 1, 2))) / 3, atol=1e-5)
    np.testing.assert_allclose(layer(MAPS + 1.0)[0] - answers, tf.exp(layer.logs) + 0 * MAPS, 1e-4)
    assert_bijection(jittered(layer))


@pytest.mark.parametrize("lu", [False, True])
def test_invertible_convolution(lu):
    layer = built(flows.InvertibleConv(lu))
    start = layer.weight().numpy()
    np.testing.assert_allclose(start @ start.T, np.eye(3), atol=1e-5)
    np.testing.assert_allclose(layer(MAPS)[1], 0.0, atol=1e-4)
    jittered(layer)
    answers, log_det = layer(MAPS)
    np.testing.assert_allclose(answers, MAPS @ layer.weight().numpy(), atol=1e-5)
    np.testing.assert_allclose(log_det, log_dets(lambda x: layer(x)[0], MAPS), atol=1e-3)
    np.testing.assert_allclose(flows.mixed(answers, layer.inverted()), MAPS, atol=1e-4)


def test_both_forms_of_the_convolution_are_one_function():
    """The same W, whether as it is or as its LU decomposition: outputs, determinant, gradients."""
    lu, plain = jittered(built(flows.InvertibleConv(True))), built(flows.InvertibleConv())
    plain.matrix.assign(lu.weight())
    found = []
    for layer in (lu, plain):
        maps = tf.constant(MAPS)
        with tf.GradientTape() as tape:
            tape.watch(maps)
            answers, log_det = layer(maps)
            loss = tf.reduce_sum(tf.sin(answers)) + log_det
        found.append([answers, log_det, tape.gradient(loss, maps), layer.inverted()])
    for first, second in zip(*found, strict=True):
        np.testing.assert_allclose(first, second, rtol=1e-4, atol=1e-4)


def test_the_gradient_of_the_determinant_is_the_inverse_transposed():
    layer = jittered(built(flows.InvertibleConv()))
    with tf.GradientTape() as tape:
        _, log_det = layer(MAPS)
    gradient = tape.gradient(log_det, layer.matrix.value)
    np.testing.assert_allclose(gradient, 16 * np.transpose(layer.inverted()), rtol=1e-3, atol=1e-3)


PLACES = (np.indices((4, 4)).sum(0) % 2)[..., None]


@pytest.mark.parametrize("places", [np.ones((4, 4, 1)), PLACES])
def test_batch_normalisation_as_a_layer_of_a_flow(places):
    layer = built(flows.FlowBatchNorm(places))
    changed = places[..., 0] > 0
    mean, variance = (f(MAPS[:, changed], axis=(0, 1)) for f in (np.mean, np.var))
    answers, log_det = layer(MAPS, training=True)
    answers = answers.numpy()
    np.testing.assert_array_equal(answers[:, ~changed], MAPS[:, ~changed])
    np.testing.assert_allclose(answers[:, changed].mean((0, 1)), 0.0, atol=1e-5)
    np.testing.assert_allclose(answers[:, changed].std((0, 1)), 1.0, atol=1e-3)
    assert float(log_det) == pytest.approx(-0.5 * changed.sum() * np.log(variance + 1e-4).sum())
    # A tenth of the way to this batch's.
    np.testing.assert_allclose(layer.mean, 0.1 * mean, rtol=1e-4)
    np.testing.assert_allclose(layer.variance, 0.9 + 0.1 * variance, rtol=1e-4)
    assert not layer.trainable_weights
    assert_bijection(layer)  # with the moving ones


def test_gradients_go_through_the_statistics_of_the_batch():
    layer, maps = built(flows.FlowBatchNorm(np.ones((4, 4, 1)))), tf.constant(MAPS)
    with tf.GradientTape() as tape:
        tape.watch(maps)
        log_det = layer(maps, training=True)[1]
    gradient = tape.gradient(log_det, maps).numpy()
    # d(-1/2 n log(v + e)) / dx = -(x - mean) / (v + e) / N
    mean, variance = MAPS.mean((0, 1, 2)), MAPS.var((0, 1, 2))
    np.testing.assert_allclose(
        gradient, -(MAPS - mean) / (variance + 1e-4) / 5, rtol=1e-3, atol=1e-5
    )
