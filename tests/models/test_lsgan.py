"""LSGAN: its arms, and whole steps by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.models.unconditional.lsgan import LSGAN
from tfgan_zoo.networks import points as point_nets
from tfgan_zoo.optimizers.adam import Adam

RNG = np.random.default_rng(0)
POINTS = RNG.normal(size=(16, 2)).astype("float32")
IMAGES = RNG.uniform(-1, 1, (4, 16, 16, 1)).astype("float32")


def optimizers():
    return {"generator": Adam(1e-3, beta_1=0.5), "discriminator": Adam(1e-4, beta_1=0.5)}


def of_points(**settings):
    nets = point_nets.lsgan(2, 5, width=7)
    model = LSGAN((2,), latent_dim=5, prior="normal", **nets, **settings)
    model.compile(**optimizers())
    return model


def of_images(**settings):
    model = LSGAN((16, 16, 1), latent_dim=5, width=2, **settings)
    model.compile(**optimizers())
    return model


def squares(a, b, c):
    def losses(real, fake):
        d = tf.reduce_mean(tf.square(real - b)) / 2 + tf.reduce_mean(tf.square(fake - a)) / 2
        return d, tf.reduce_mean(tf.square(fake - c)) / 2

    return losses


def entropies(real, fake):
    bce = keras.losses.BinaryCrossentropy(from_logits=True)
    ones, zeros = tf.ones_like(real), tf.zeros_like(fake)
    return bce(ones, real) + bce(zeros, fake), bce(ones, fake)


ARMS = [
    ({}, squares(0, 1, 1)),
    ({"labels": (-1.0, 1.0, 0.0)}, squares(-1, 1, 0)),
    ({"loss": "sigmoid"}, entropies),
]


def copies(model):
    """The nets once more, with the same weights and optimizers of their own."""
    nets = [keras.models.clone_model(net) for net in (model.discriminator, model.generator)]
    for net, original in zip(nets, (model.discriminator, model.generator), strict=True):
        net.set_weights(original.get_weights())
    discriminator, generator = nets
    adams = [keras.optimizers.Adam(rate, beta_1=0.5, epsilon=1e-8) for rate in (1e-4, 1e-3)]
    return discriminator, generator, adams


def same(model, discriminator, generator):
    for mine, by_hand in ((model.generator, generator), (model.discriminator, discriminator)):
        for weight, expected in zip(mine.get_weights(), by_hand.get_weights(), strict=True):
            np.testing.assert_allclose(weight, expected, atol=2e-5)


@pytest.mark.parametrize("settings, losses", ARMS)
def test_simultaneous_steps_equal_those_written_by_hand(settings, losses):
    model = of_points(simultaneous=True, **settings)
    discriminator, generator, (d_adam, g_adam) = copies(model)
    for _ in range(3):
        latents = model.prior.sample(16, model.begin_step().seed())
        with tf.GradientTape(persistent=True) as tape:
            d, g = losses(discriminator(POINTS), discriminator(generator(latents)))
        pulls = tape.gradient(d, discriminator.trainable_variables)
        pushes = tape.gradient(g, generator.trainable_variables)
        model.reset_metrics()
        logs = model.train_step({"images": POINTS})
        assert float(logs["discriminator_loss"]) == pytest.approx(float(d), rel=1e-4)
        assert float(logs["generator_loss"]) == pytest.approx(float(g), rel=1e-4)
        d_adam.apply(pulls, discriminator.trainable_variables)
        g_adam.apply(pushes, generator.trainable_variables)
    same(model, discriminator, generator)


@pytest.mark.parametrize("settings, losses", ARMS)
def test_alternating_steps_equal_those_written_by_hand(settings, losses):
    """The generator answers the discriminator that has moved, on the same latents."""
    model = of_points(simultaneous=False, **settings)
    discriminator, generator, (d_adam, g_adam) = copies(model)
    for _ in range(3):
        latents = model.prior.sample(16, model.begin_step().seed())
        with tf.GradientTape() as tape:
            d, _ = losses(discriminator(POINTS), discriminator(generator(latents)))
        pulls = tape.gradient(d, discriminator.trainable_variables)
        d_adam.apply(pulls, discriminator.trainable_variables)
        with tf.GradientTape() as tape:
            fake = discriminator(generator(latents))
            _, g = losses(fake, fake)
        pushes = tape.gradient(g, generator.trainable_variables)
        g_adam.apply(pushes, generator.trainable_variables)
        model.reset_metrics()
        logs = model.train_step({"images": POINTS})
        assert float(logs["discriminator_loss"]) == pytest.approx(float(d), rel=1e-4)
        assert float(logs["generator_loss"]) == pytest.approx(float(g), rel=1e-4)
    same(model, discriminator, generator)


@pytest.mark.parametrize(
    "arm, expected", [("both", (1, 1)), ("discriminator", (0, 1)), ("neither", (0, 0))]
)
def test_normalisation_stands_where_the_arm_says(arm, expected):
    model = of_images(normalised=arm)
    for net, wanted in zip((model.generator, model.discriminator), expected, strict=True):
        found = [x for x in net.layers if isinstance(x, keras.layers.BatchNormalization)]
        assert bool(found) == bool(wanted)
        for layer in net.layers:
            if not wanted and hasattr(layer, "kernel"):
                assert layer.use_bias
    logs = model.train_step({"images": IMAGES})
    assert np.isfinite(float(logs["generator_loss"]))


def test_the_discriminator_is_linear():
    for model, data in ((of_points(), 50 * POINTS), (of_images(), 50 * IMAGES)):
        last = model.discriminator.layers[-1]
        assert last.activation is keras.activations.linear
        last.kernel.assign(100.0 * last.kernel)
        assert np.abs(model.discriminator(data)).max() > 1.5


def test_nets_of_the_mixture():
    model = LSGAN((2,), latent_dim=256, prior="normal", **point_nets.lsgan(2, 256))
    for net, shapes in (
        (model.generator, [(256, 128), (128, 128), (128, 2)]),
        (model.discriminator, [(2, 128), (128, 128), (128, 1)]),
    ):
        dense = [layer for layer in net.layers if hasattr(layer, "kernel")]
        assert [tuple(layer.kernel.shape) for layer in dense] == shapes
        names = [layer.activation.__name__ for layer in dense]
        assert names == ["tanh", "tanh", "linear"]
        for layer in dense:  # orthonormal rows or columns, times 1.4
            np.testing.assert_allclose(
                np.linalg.svd(layer.kernel.numpy(), compute_uv=False), 1.4, rtol=1e-4
            )
    drawn = np.array(model.prior.sample(2000, (1, 2)))
    assert np.abs(drawn).max() > 3 and drawn.std() == pytest.approx(1.0, abs=0.01)


def test_latents_of_pictures_are_uniform():
    drawn = np.array(of_images().prior.sample(20_000, (1, 2)))
    assert -1.0 <= drawn.min() < -0.999 and 0.999 < drawn.max() < 1.0


@pytest.mark.parametrize(
    "settings", [{"loss": "hinge"}, {"normalised": "generator"}, {"prior": "cauchy"}]
)
def test_wrong_settings_are_refused(settings):
    with pytest.raises(ValueError, match="is one of"):
        of_images(**settings)
