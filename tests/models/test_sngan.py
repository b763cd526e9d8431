"""SNGAN: a whole step by hand, a discriminator of slope one, resuming, two replicas."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import commands
from tfgan_zoo.layers.spectral import SpectralConv2D, SpectralDense
from tfgan_zoo.models.unconditional.sngan import SNGAN
from tfgan_zoo.networks import points as point_nets
from tfgan_zoo.optimizers.adam import Adam
from tfgan_zoo.regularizers.instance_noise import dequantise
from tfgan_zoo.training.checkpoints import Checkpointer

POINTS = np.random.default_rng(0).normal(size=(40, 2)).astype(np.float32)
SMALL = {
    "latent_dim": 3,
    "generator_filters": 6,
    "discriminator_filters": 5,
    "discriminator_steps": 2,
}


def made(shape, **settings):
    settings = SMALL | settings
    if len(shape) == 1:
        settings = {"dequantised": False} | settings
        widths = ("latent_dim", "generator_filters", "discriminator_filters")
        settings |= point_nets.sngan(*shape, *(settings[name] for name in widths))
    return SNGAN(shape, **settings)


def compiled(shape=(2,), rate=1e-3, **settings):
    model = made(shape, **settings)
    generator, discriminator = (Adam(rate, beta_1=0.0, beta_2=0.9) for _ in range(2))
    model.compile(generator=generator, discriminator=discriminator)
    return model


def batch(number):
    return {"images": tf.constant(POINTS[8 * number : 8 * number + 8])}


def test_a_step_equals_that_written_by_hand():
    """The generator first, on twice the batch; then the discriminator on fresh points and latents;
    a power iteration in each pass; real examples spread over the bins of their levels.
    """
    model = compiled(dequantised=True)
    generator, discriminator = (
        keras.models.clone_model(net) for net in (model.generator, model.discriminator)
    )
    generator.set_weights(model.generator.get_weights())
    discriminator.set_weights(model.discriminator.get_weights())
    adams = [keras.optimizers.Adam(1e-3, beta_1=0.0, beta_2=0.9, epsilon=1e-7) for _ in range(2)]
    step = model.begin_step()

    def latents(count, stream):
        return tf.random.stateless_normal([count, 3], step.seed(stream), alg="philox")

    spread = dequantise(POINTS[:8], step.seed(3)).numpy()
    assert np.abs(spread - (POINTS[:8] * 255 / 256)).max() <= 1 / 128
    noise = latents(8, 0)
    with tf.GradientTape() as tape:
        generator_loss = -tf.reduce_mean(discriminator(generator(noise), training=True))
    pull = tape.gradient(generator_loss, generator.trainable_variables)
    adams[0].apply(pull, generator.trainable_variables)
    for number, real in enumerate(np.split(spread, 2), 1):
        fake = generator(latents(4, number)).numpy()
        with tf.GradientTape() as tape:
            wrong_real = tf.maximum(0.0, 1.0 - discriminator(real, training=True))
            wrong_fake = tf.maximum(0.0, 1.0 + discriminator(fake, training=True))
            discriminator_loss = tf.reduce_mean(wrong_real) + tf.reduce_mean(wrong_fake)
        pull = tape.gradient(discriminator_loss, discriminator.trainable_variables)
        adams[1].apply(
            [
                tf.zeros_like(v) if g is None else g
                for g, v in zip(pull, discriminator.trainable_variables, strict=True)
            ],
            discriminator.trainable_variables,
        )

    logs = model.train_step(batch(0))
    assert float(logs["generator_loss"]) == pytest.approx(float(generator_loss), rel=1e-4)
    assert float(logs["discriminator_loss"]) == pytest.approx(float(discriminator_loss), rel=1e-4)
    for mine, by_hand in ((model.generator, generator), (model.discriminator, discriminator)):
        for weight, expected in zip(mine.get_weights(), by_hand.get_weights(), strict=True):
            np.testing.assert_allclose(weight, expected, atol=1e-5)


@pytest.mark.parametrize("shape", [(2,), (16, 16, 1)])
def test_every_weight_of_the_discriminator_is_normalised_and_none_of_the_generator(shape):
    model = made(shape)
    layers = [layer for layer in model.discriminator.layers if layer.weights]
    assert layers and all(isinstance(v, (SpectralConv2D, SpectralDense)) for v in layers)
    assert not any(isinstance(v, (SpectralConv2D, SpectralDense)) for v in model.generator.layers)
    kernels = [w for w in model.discriminator.trainable_variables if len(w.shape) > 1]
    assert len(kernels) == len(layers) == len(model.discriminator.non_trainable_variables)
    if len(shape) == 3:
        assert layers[-1].bias is None, "the last layer has a bias"


def test_the_discriminator_of_points_has_a_slope_of_at_most_one():
    model = compiled(discriminator_filters=16)
    for weight in model.discriminator.trainable_variables:
        weight.assign(5.0 * weight)
    for _ in range(100):
        model.discriminator(POINTS, training=True)
    logits = model.discriminator(POINTS).numpy()
    rises = np.abs(logits - logits.T)
    distances = np.linalg.norm(POINTS[:, None] - POINTS[None], axis=-1)
    assert (rises <= 1.001 * distances + 1e-6).all() and rises.max() > 0.01


def test_pictures_train_and_u_moves_in_training_only():
    model = compiled((16, 16, 1))
    images = np.random.default_rng(0).uniform(-1, 1, (8, 16, 16, 1)).astype(np.float32)
    vectors = model.discriminator.non_trainable_variables
    before = [np.array(u) for u in vectors]
    model(model.prior.sample(2, (0, 1)))
    model.discriminator(images)
    assert all(np.array_equal(u, old) for u, old in zip(vectors, before, strict=True))
    logs = model.train_step({"images": tf.constant(images)})
    assert np.isfinite(float(logs["discriminator_loss"]))
    moved = [not np.array_equal(u, old) for u, old in zip(vectors, before, strict=True)]
    assert all(moved)


def test_a_step_that_is_not_finite_leaves_the_vectors():
    model = compiled()
    before = [np.array(u) for u in model.discriminator.non_trainable_variables]
    logs = model.train_step({"images": tf.fill([8, 2], np.nan)})
    assert int(logs["skipped"]) == 1
    for u, old in zip(model.discriminator.non_trainable_variables, before, strict=True):
        np.testing.assert_array_equal(u, old)


def test_a_resumed_run_is_the_uninterrupted_one_bit_for_bit(tmp_path):
    def state(model):
        parts = [*model.weights, *(v for o in model.optimizers.values() for v in o.variables)]
        return [np.array(part) for part in parts]

    model = compiled()
    for number in range(2):
        model.train_step(batch(number))
    Checkpointer(tmp_path, model).save()
    for number in range(2, 4):
        model.train_step(batch(number))

    keras.utils.set_random_seed(7)  # other weights and vectors to begin with
    resumed = compiled()
    assert Checkpointer(tmp_path, resumed).restore() == 2
    for number in range(2, 4):
        resumed.train_step(batch(number))
    for mine, expected in zip(state(resumed), state(model), strict=True):
        np.testing.assert_array_equal(mine, expected)


def test_half_precision_trains():
    keras.mixed_precision.set_dtype_policy("mixed_float16")
    try:
        model = compiled((16, 16, 1))
    finally:
        keras.mixed_precision.set_dtype_policy("float32")
    images = np.random.default_rng(0).uniform(-1, 1, (8, 16, 16, 1)).astype(np.float32)
    scales = [optimizer.dynamic_scale for optimizer in model.optimizers.values()]
    for scale in scales:
        scale.assign(256.0)
    before = [np.array(weight) for weight in model.trainable_variables]
    logs = model.train_step({"images": tf.constant(images)})
    assert int(logs["skipped"]) == 0
    changed = [
        np.any(np.array(w) != old) for w, old in zip(model.trainable_variables, before, strict=True)
    ]
    assert np.mean(changed) > 0.9
    assert {str(w.dtype) for w in model.weights} == {"float32"}


def test_replicas_agree(tmp_path):
    """A process of its own, since TensorFlow takes its devices once."""
    done = commands.run("tests.models.sngan_replicas", tmp_path / "0.npz")
    assert done.returncode == 0, done.stderr
    found = np.load(tmp_path / "0.npz")
    for name in ("weights", "vectors", "vectors_still"):
        np.testing.assert_array_equal(*found[name], err_msg=name)
    # Two replicas make one power iteration in each pass of a step, not two.
    np.testing.assert_allclose(found["vectors_still"][0], found["expected"], atol=1e-4)
    assert np.abs(found["expected"] - found["vectors"][0]).max() > 1e-3


@pytest.mark.parametrize("shape", [(24, 24, 1), (32, 16, 3)])
def test_sizes_that_the_networks_cannot_take_are_refused(shape):
    with pytest.raises(ValueError, match="16, 32, 64"):
        SNGAN(shape, **SMALL)
