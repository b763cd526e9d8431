"""Glow: there and back, its determinant, its first batch, and a density that it must find."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import commands
from tests.layers.test_flows import log_dets
from tfgan_zoo.layers.flows import squeeze
from tfgan_zoo.models.likelihood.glow import Conv, Coupling, GaussianPrior, Glow
from tfgan_zoo.optimizers.adamax import Adamax

SHAPE = (4, 4, 3)
IMAGES = (np.random.default_rng(0).integers(0, 256, (12, *SHAPE)) / 127.5 - 1).astype("float32")
SMALL = {"levels": 2, "depth": 2, "width": 6}


def compiled(rate=0.01, shape=SHAPE, **settings):
    keras.utils.set_random_seed(0)
    model = Glow(shape, **(SMALL | settings))
    model.compile(Adamax(rate))
    return model


def trained(steps=3, **settings):
    model = compiled(**settings)
    for _ in range(steps):
        train(model)
    return model


def train(model, images=IMAGES):
    logs = model.train_step({"images": tf.constant(images)})
    assert int(logs["skipped"]) == 0
    return {name: float(value) for name, value in logs.items()}


def arrays(model):
    return [np.array(v) for v in model.trainable_variables]


@pytest.mark.parametrize(("lu", "levels"), [(False, 2), (True, 1)])
def test_there_and_back_and_the_determinant_of_the_jacobian(lu, levels):
    model = trained(lu=lu, levels=levels, depth=1)
    numbers = model.dequantise(IMAGES, (0, 1))
    latents, log_det = model.forward(numbers)
    assert latents.shape == (12, 48)
    expected = log_dets(lambda x: model.forward(x)[0], numbers)
    np.testing.assert_allclose(log_det, expected, atol=1e-3)
    assert np.ptp(expected) > 1e-3  # of each picture another
    np.testing.assert_allclose(model.backward(latents, model.inverses()), numbers, atol=1e-5)
    np.testing.assert_allclose(model.reconstruct(IMAGES), IMAGES, atol=1e-4)
    constants = model.constants()
    assert all(isinstance(matrix, np.ndarray) for matrix in constants["inverses"])
    np.testing.assert_allclose(model.reconstruct(IMAGES, **constants), IMAGES, atol=1e-4)
    # log p(x) is that of noise, with the determinant, in units of a grey level.
    normal = -0.5 * (48 * math.log(2 * math.pi) + np.sum(np.square(latents), 1))
    found = model.log_prob(IMAGES, (0, 1))
    np.testing.assert_allclose(found, normal + expected - 48 * math.log(256), atol=2e-3)


def test_the_first_batch_sets_every_actnorm_and_the_second_none():
    model, seen = (compiled(rate=1e-12, depth=1) for _ in range(2))
    numbers = seen.dequantise(IMAGES, seen.begin_step().seed())
    logs = train(model)
    seen.initialise(numbers)
    for set_by_step, expected in zip(arrays(model), arrays(seen), strict=True):
        np.testing.assert_allclose(set_by_step, expected, atol=1e-6)
    bits = -tf.reduce_mean(seen.measure_numbers(numbers)[1]) / (48 * math.log(2))
    assert logs["bits_per_dim"] == pytest.approx(float(bits), rel=1e-5)
    # In the chain and in the nets, mean 0 and deviation 1.
    normed, _ = model.chain[0](squeeze(numbers))
    mixed, _ = model.chain[1](normed)
    given, _ = tf.split(mixed, 2, axis=-1)
    hidden = model.chain[2].net[0](given)
    for values in (normed, hidden, model.chain[2].net[1](tf.nn.relu(hidden))):
        np.testing.assert_allclose(np.mean(values, (0, 1, 2)), 0.0, atol=1e-4)
        np.testing.assert_allclose(np.std(values, (0, 1, 2)), 1.0, atol=1e-3)
    before = arrays(model)
    train(model, 0.2 * IMAGES - 0.5)
    for old, new in zip(before, arrays(model), strict=True):
        np.testing.assert_allclose(old, new, atol=1e-6)


def test_a_first_batch_that_is_broken_sets_nothing_and_the_next_one_does():
    model = compiled(levels=1, depth=1)
    before = arrays(model)
    logs = model.train_step({"images": tf.constant(np.full_like(IMAGES, np.nan))})
    assert int(logs["skipped"]) == 1
    for old, new in zip(before, arrays(model), strict=True):
        np.testing.assert_array_equal(old, new)
    logs = model.train_step({"images": tf.constant(IMAGES)})
    assert int(logs["skipped_in_a_row"]) == 0
    assert np.abs(model.chain[0].offset).max() > 0.01


@pytest.mark.parametrize("steps", [0, 1])
def test_a_saved_model_trains_on_as_it_would_have(tmp_path, steps):
    """Before its first step the batch sets the actnorms, behind it none does."""
    model = trained(steps, lu=True, depth=1)
    model.save(tmp_path / "glow.keras")
    again = keras.saving.load_model(tmp_path / "glow.keras")
    model.reset_metrics()
    assert train(again) == train(model)
    for first, second in zip(arrays(model), arrays(again), strict=True):
        np.testing.assert_array_equal(first, second)


def test_a_coupling_shifts_first_and_scales_then():
    coupling = Coupling(5)
    coupling.build((None, 4, 4, 6))
    maps = np.random.default_rng(1).normal(size=(3, 4, 4, 6)).astype("float32")
    answers, log_det = coupling(maps)
    # It begins as a fixed scale of half of the channels.
    sigmoid = 1 / (1 + math.exp(-2))
    np.testing.assert_allclose(answers[..., :3], maps[..., :3])
    np.testing.assert_allclose(answers[..., 3:], sigmoid * maps[..., 3:], rtol=1e-5)
    np.testing.assert_allclose(log_det, 48 * math.log(sigmoid), rtol=1e-5)
    coupling.net[-1].offset.assign([1.0, 2.0, 3.0, 0.0, -1.0, 1.0])
    answers, log_det = coupling(maps)
    scales = 1 / (1 + np.exp(-np.array([2.0, 1.0, 3.0])))
    np.testing.assert_allclose(answers[..., 3:], (maps[..., 3:] + [1, 2, 3]) * scales, rtol=1e-5)
    np.testing.assert_allclose(log_det, np.full(3, 16 * np.log(scales).sum()), rtol=1e-5)
    np.testing.assert_allclose(coupling.inverse(answers), maps, atol=1e-5)
    np.testing.assert_allclose(log_dets(lambda x: coupling(x)[0], maps), log_det, atol=1e-3)


@pytest.mark.parametrize("filters", [2, 5])  # fewer than there are channels, and more
def test_a_convolution_marks_the_border_and_learns_a_third_of_its_scales(filters):
    layer = Conv(filters, 3)
    layer.build((None, 4, 4, 3))
    offset, log_scale = np.linspace(-1, 1, filters), np.linspace(0.1, 0.2, filters)
    layer.offset.assign(offset)
    layer.log_scale.assign(log_scale)
    maps = np.random.default_rng(2).normal(size=(2, 4, 4, 3)).astype("float32")
    marked = np.concatenate([maps, np.zeros((2, 4, 4, 1))], -1)
    padded = np.pad(marked, ((0, 0), (1, 1), (1, 1), (0, 0)))
    padded[:, [0, -1], :, 3] = padded[:, :, [0, -1], 3] = 1.0
    kernel = np.concatenate([layer.kernel, layer.border], axis=2)
    expected = tf.nn.conv2d(padded, kernel.astype("float64"), 1, "VALID") + offset
    expected *= np.exp(3 * log_scale)
    np.testing.assert_allclose(layer(maps), expected, rtol=1e-4, atol=1e-5)
    assert np.std(layer.kernel) == pytest.approx(0.05, rel=0.3)
    zeros = Conv(2, 3, zeros=True)
    zeros.build((None, 4, 4, 3))
    np.testing.assert_array_equal(zeros(maps, first=True), np.zeros((2, 4, 4, 2)))


def test_a_learned_prior_is_a_gaussian():
    prior = GaussianPrior(4, 3, zeros=True)
    prior.build((None, 3, 3, 2))
    rng = np.random.default_rng(3)
    for weight in prior.trainable_weights:
        weight.assign(0.3 * rng.normal(size=weight.shape))
    maps, given = (rng.normal(size=(2, 3, 3, 2)).astype("float32") for _ in range(2))
    noise, log_det = prior.whitened(maps, given)
    np.testing.assert_allclose(prior.coloured(noise, given), maps, atol=1e-5)
    expected = log_dets(lambda x: prior.whitened(x, given)[0], maps)
    np.testing.assert_allclose(log_det, expected, atol=1e-4)
    # Of the top: from the place alone, for as many pictures as there are.
    noise, log_det = prior.whitened(maps, np.zeros((1, 3, 3, 2), "float32"))
    assert log_det.shape == (2,) and float(log_det[0]) == float(log_det[1])


def test_temperature_scales_the_latents_and_pictures_are_finite_whatever_they_are():
    model = trained(depth=1)
    latents = model.prior.sample(4, (0, 1))
    np.testing.assert_allclose(model(latents, temperature=0.5), model(0.5 * latents), atol=1e-6)
    assert np.abs(model(latents, temperature=0.5) - model(latents)).max() > 1e-3
    pictures = model(1e3 * model.prior.sample(8, (0, 1))).numpy()
    assert np.isfinite(pictures).all() and np.abs(pictures).max() <= 1.0


def test_it_learns_what_two_levels_cost():
    """Black or white by the toss of a coin costs 1 bit, and no model less."""
    rng = np.random.default_rng(4)
    model = compiled(0.05, (2, 2, 1), levels=1, width=16, grey_levels=2)
    step = tf.function(model.train_step)
    for number in range(150):
        if number in (5, 130):
            model.reset_metrics()
        coins = rng.integers(0, 2, (64, 2, 2, 1)).astype("float32")
        logs = step({"images": tf.constant(2.0 * coins - 1.0)})
        if number == 5:
            assert float(logs["bits_per_dim"]) > 1.4
    assert 1.0 <= float(logs["bits_per_dim"]) < 1.3


def test_a_served_model_inverts_no_matrix():
    """TFLite has no operator for it, and each call would do it again."""
    model = Glow(SHAPE, levels=1, depth=1, width=3)

    def operations(**constants):
        drawn = tf.function(lambda latents: model(latents, **constants))
        graph = drawn.get_concrete_function(tf.TensorSpec([None, 48])).graph
        return {operation.type for operation in graph.get_operations()}

    assert "MatrixInverse" in operations()
    assert "MatrixInverse" not in operations(**model.constants())


def test_replicas_share_the_scales_of_the_whole_batch(tmp_path):
    """A process of its own, since TensorFlow takes its devices once."""
    done = commands.run("tests.models.glow_replicas", tmp_path / "0.npz")
    assert done.returncode == 0, done.stderr
    found = np.load(tmp_path / "0.npz")
    np.testing.assert_array_equal(*found["weights"])
    np.testing.assert_allclose(found["first"][0], found["expected"], atol=1e-5)


def test_what_it_cannot_be_is_refused():
    with pytest.raises(ValueError, match="3 levels halve a picture 3 times, which 12x8 cannot be"):
        Glow((12, 8, 1), levels=3)
    keras.mixed_precision.set_dtype_policy("mixed_float16")
    try:
        with pytest.raises(ValueError, match="leave the precision at float32"):
            Glow(SHAPE)
    finally:
        keras.mixed_precision.set_dtype_policy("float32")
