"""VAE: a whole step by hand, its pixels, its nets, and a world whose likelihood is known."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from tfgan_zoo.models.likelihood.vae import VAE, vae_conv_decoder, vae_conv_encoder
from tfgan_zoo.optimizers.adam import Adam

SHAPE = (4, 4, 1)
IMAGES = np.random.default_rng(0).uniform(-1, 1, (6, *SHAPE)).astype("float32")
SMALL = {"latent_dim": 3, "width": 5, "depth": 2}  # two layers: Keras' weights, far from zero


def compiled(optimizer=None, **settings):
    model = VAE(SHAPE, **(SMALL | settings))
    model.compile(optimizer or keras.optimizers.SGD(0.1))
    return model


def arrays(model):
    return [np.array(v) for v in model.trainable_variables]


def train(model, images=IMAGES):
    logs = model.train_step({"images": tf.constant(images)})
    assert int(logs["skipped"]) == 0
    return {name: float(value) for name, value in logs.items()}


def test_sizes_and_weights_of_the_paper():
    model = VAE()
    shapes = [v.shape for v in model.encoder.trainable_variables if len(v.shape) == 2]
    assert shapes == [(784, 500), (500, 20), (500, 20)]
    shapes = [v.shape for v in model.decoder.trainable_variables if len(v.shape) == 2]
    assert shapes == [(20, 500), (500, 784)]
    for variable in model.trainable_variables:
        assert np.std(variable) == pytest.approx(0.01, rel=0.4)
    hidden = model.decoder.layers[1]
    assert hidden.activation is keras.activations.tanh
    assert model.prior.size == 20


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
@pytest.mark.parametrize("examples", [None, 50])
def test_a_step_equals_that_written_by_hand(likelihood, examples):
    model = compiled(likelihood=likelihood, examples=examples)
    encoder, decoder = (keras.models.clone_model(net) for net in (model.encoder, model.decoder))
    encoder.set_weights(model.encoder.get_weights())
    decoder.set_weights(model.decoder.get_weights())
    seeds = [model.begin_step().seed(stream) for stream in (0, 1)]
    levels = (IMAGES.astype("float64") + 1) / 2
    pixels = levels.astype("float32")
    if likelihood == "bernoulli":
        chance = tf.random.stateless_uniform(levels.shape, seeds[0], alg="philox").numpy()
        pixels = (chance < pixels).astype("float32")
        assert 0 < pixels.mean() < 1
    noise = tf.random.stateless_normal([6, 3], seeds[1], alg="philox")

    weights = encoder.trainable_variables + decoder.trainable_variables
    with tf.GradientTape() as tape:
        means, log_variances = encoder(pixels)
        outputs = decoder(means + tf.sqrt(tf.exp(log_variances)) * noise)
        if likelihood == "bernoulli":
            p = tf.sigmoid(outputs)
            terms = pixels * tf.math.log(p) + (1 - pixels) * tf.math.log(1 - p)
        else:
            centres, spreads = outputs
            terms = -((pixels - centres) ** 2) / (2 * tf.exp(spreads))
            terms -= 0.5 * (spreads + math.log(2 * math.pi))
        reconstruction = tf.reduce_mean(tf.reduce_sum(terms, [1, 2, 3]))
        kl = 0.5 * (means**2 + tf.exp(log_variances) - 1 - log_variances)
        kl = tf.reduce_mean(tf.reduce_sum(kl, 1))
        loss = kl - reconstruction
        if examples:
            loss += sum(tf.reduce_sum(v**2) for v in weights) / (2 * examples)
    gradients = tape.gradient(loss, [v.value for v in weights])
    expected = [np.array(v) - 0.1 * np.array(g) for v, g in zip(weights, gradients, strict=True)]

    logs = train(model)
    assert logs["reconstruction"] == pytest.approx(float(reconstruction), rel=1e-4)
    assert logs["kl"] == pytest.approx(float(kl), rel=1e-4)
    assert logs["elbo"] == pytest.approx(float(reconstruction - kl), rel=1e-4)
    for moved, by_hand in zip(arrays(model), expected, strict=True):
        np.testing.assert_allclose(moved, by_hand, atol=2e-5)
    if likelihood == "gaussian":  # scipy agrees on what was written by hand
        by_scipy = stats.norm(centres, np.exp(0.5 * spreads)).logpdf(pixels).sum((1, 2, 3)).mean()
        assert logs["reconstruction"] == pytest.approx(by_scipy, rel=1e-4)


def test_one_optimizer_moves_both_nets():
    model = compiled()
    assert model.players == ("autoencoder",)
    before = arrays(model)
    logs = train(model)
    assert all(np.any(old != new) for old, new in zip(before, arrays(model), strict=True))
    assert {"elbo", "reconstruction", "kl", "autoencoder_gradient_norm"} <= set(logs)
    with pytest.raises(ValueError, match="no player 'generator'"):
        model.compile(generator="adam")


def test_pixels_are_drawn_afresh_in_each_step_and_follow_the_seed():
    grey = np.full((400, *SHAPE), 0.5, "float32")  # a level of 3/4
    model, twin = compiled(seed=3), compiled(seed=3)
    drawn = []
    for _ in range(2):
        seed = model.begin_step().seed(0)
        drawn.append(model.observe(grey, seed).numpy())
        np.testing.assert_array_equal(drawn[-1], twin.observe(grey, twin.begin_step().seed(0)))
        model.step.assign_add(1)
        twin.step.assign_add(1)
    assert set(np.unique(drawn)) == {0.0, 1.0}
    assert np.mean(drawn) == pytest.approx(0.75, abs=0.02)
    # Independent: both are 1 in 9 of 16.
    assert np.mean(drawn[0] * drawn[1]) == pytest.approx(9 / 16, abs=0.03)
    pure = np.sign(IMAGES)
    np.testing.assert_array_equal(model.observe(pure, (0, 0)), (pure + 1) / 2)


def test_gaussian_pixels_are_not_drawn_and_their_variance_has_a_floor():
    model = compiled(likelihood="gaussian")
    np.testing.assert_allclose(model.observe(IMAGES, (0, 0)), (IMAGES + 1) / 2, atol=1e-7)
    black = np.full((6, *SHAPE), -1.0, "float32")
    rounding = stats.uniform(-0.5 / 255, 1 / 255).var()
    _, log_variances = model.decoder(tf.zeros([6, 3]))
    assert np.abs(log_variances).max() < 0.1  # where the net says nothing the variance is 1
    model.set_weights([30.0 * w - 30.0 for w in model.get_weights()])
    _, log_variances = model.decoder(tf.zeros([6, 3]))
    assert np.exp(np.min(log_variances)) == pytest.approx(rounding, rel=1e-3)
    logs = train(model, black)
    assert logs["reconstruction"] <= -16 * 0.5 * math.log(2 * math.pi * rounding)


def test_pictures_there_and_back():
    for likelihood in ("bernoulli", "gaussian"):
        model = compiled(likelihood=likelihood)
        means, log_variances = model.encode(IMAGES)
        assert means.shape == log_variances.shape == (6, 3)
        images = model(model.prior.sample(5, (0, 1)))
        assert images.shape == (5, *SHAPE) and images.dtype == tf.float32
        assert np.abs(images).max() <= 1.0
        np.testing.assert_array_equal(model.decode(means), model(means))
        np.testing.assert_array_equal(model.reconstruct(IMAGES), model(means))
        outputs = model.decoder(means)
        levels = tf.sigmoid(outputs) if likelihood == "bernoulli" else outputs[0]
        np.testing.assert_allclose((model(means) + 1) / 2, levels, atol=1e-6)


def test_it_finds_the_likelihood_of_two_pictures():
    """Black and white, each in half of the cases: no bound is above -log 2, and a Gaussian is no
    half of one, so none comes near it; a model that knows nothing has -16 log 2.
    """
    images = np.concatenate([np.ones((16, *SHAPE)), -np.ones((16, *SHAPE))]).astype("float32")
    model = VAE(SHAPE, latent_dim=1, width=16, depth=2, examples=None)
    model.compile(Adam(0.02))
    batches = tf.data.Dataset.from_tensors(images).repeat()
    model.fit(batches, steps_per_epoch=300, shuffle=False, verbose=0)
    history = model.fit(batches, steps_per_epoch=50, shuffle=False, verbose=0).history
    assert -1.6 < history["elbo"][0] < -math.log(2) + 0.01


def test_convolutional_nets_of_both_kinds():
    for likelihood in ("bernoulli", "gaussian"):
        model = VAE(
            (8, 12, 3),
            likelihood,
            encoder=vae_conv_encoder((8, 12, 3), 4, filters=2),
            decoder=vae_conv_decoder((8, 12, 3), 4, likelihood, filters=2),
        )
        model.compile("adam")
        before = arrays(model)
        images = tf.random.stateless_uniform([3, 8, 12, 3], (0, 0), -1, 1)
        logs = model.train_step(images)
        assert math.isfinite(float(logs["elbo"])) and model.prior.size == 4
        assert model.reconstruct(images).shape == (3, 8, 12, 3)
        assert all(np.any(a != b) for a, b in zip(before, arrays(model), strict=True))
    with pytest.raises(ValueError, match="sides that 4 divides; got 8x10"):
        vae_conv_decoder((8, 10, 1), 4)


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_a_saved_model_trains_on_as_it_would_have(tmp_path, likelihood):
    encoder = vae_conv_encoder(SHAPE, 2, filters=1)
    model = compiled(Adam(0.01), likelihood=likelihood, encoder=encoder, latent_dim=2, seed=7)
    train(model)
    model.save(tmp_path / "vae.keras")
    again = keras.saving.load_model(tmp_path / "vae.keras")
    model.reset_metrics()
    assert train(again) == train(model)
    for first, second in zip(arrays(model), arrays(again), strict=True):
        np.testing.assert_array_equal(first, second)


def test_half_precision_trains():
    keras.mixed_precision.set_dtype_policy("mixed_float16")
    try:
        model = compiled(Adam(1e-3))
    finally:
        keras.mixed_precision.set_dtype_policy("float32")
    model.optimizers["autoencoder"].dynamic_scale.assign(256.0)
    logs = model.train_step({"images": tf.constant(IMAGES)})
    assert int(logs["skipped"]) == 0 and logs["elbo"].dtype == tf.float32
    assert model(tf.zeros([2, 3])).dtype == tf.float32


def test_what_it_cannot_be_is_refused():
    with pytest.raises(ValueError, match="bernoulli or gaussian; got 'laplace'"):
        VAE(SHAPE, "laplace")
    with pytest.raises(ValueError, match="gives logits, or means and log-variances"):
        VAE(SHAPE, "gaussian", decoder=vae_conv_decoder(SHAPE, 2, "bernoulli", filters=1))
