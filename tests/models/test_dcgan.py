"""DCGAN: its losses, its latents, and a whole step by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.models.unconditional.dcgan import DCGAN
from tfgan_zoo.optimizers.adam import Adam


def tiny(**settings):
    model = DCGAN(
        (16, 16), 1, latent_dim=5, generator_filters=2, discriminator_filters=2, **settings
    )
    model.compile(generator=Adam(2e-4, beta_1=0.5), discriminator=Adam(2e-4, beta_1=0.5))
    return model


def batch(seed=0):
    images = np.random.default_rng(seed).uniform(-1, 1, (4, 16, 16, 1))
    return {"images": tf.constant(images, tf.float32), "labels": tf.zeros([4], tf.int32)}


def test_latents_are_uniform_and_follow_the_seed():
    model = tiny()
    drawn = np.array(model.sample_latents(20_000, (1, 2)))
    assert drawn.shape == (20_000, 5)
    assert -1.0 <= drawn.min() < -0.999 and 0.999 < drawn.max() < 1.0
    np.testing.assert_allclose(drawn.std(0), 1 / np.sqrt(3), rtol=0.02)
    np.testing.assert_array_equal(model.sample_latents(20_000, (1, 2)), drawn)
    assert np.mean(model.sample_latents(20_000, (1, 3)) == drawn) < 1e-3


def test_pictures_at_inference_do_not_depend_on_the_rest_of_the_batch():
    model = tiny()
    latents = model.sample_latents(3, (1, 2))
    images = np.array(model(latents))
    assert images.shape == (3, 16, 16, 1) and np.all(np.abs(images) < 1.0)
    np.testing.assert_allclose(model(latents[:1])[0], images[0], atol=1e-6)


def test_three_steps_equal_those_written_by_hand():
    """Against the plain way: two passes, two tapes, Keras' Adam; real and fake are two batches to
    the discriminator.
    """
    model = tiny()
    nets = [keras.models.clone_model(net) for net in (model.generator, model.discriminator)]
    for net, original in zip(nets, (model.generator, model.discriminator), strict=True):
        net.set_weights(original.get_weights())
    generator, discriminator = nets
    adams = [keras.optimizers.Adam(2e-4, beta_1=0.5) for _ in range(2)]
    bce = keras.losses.BinaryCrossentropy(from_logits=True)

    for k in range(3):
        data = batch(seed=k)
        latents = model.sample_latents(4, model.begin_step().seed())
        with tf.GradientTape(persistent=True) as tape:
            fake = generator(latents, training=True)
            real_logits = discriminator(data["images"], training=True)
            fake_logits = discriminator(fake, training=True)
            ones, zeros = tf.ones_like(real_logits), tf.zeros_like(fake_logits)
            discriminator_loss = bce(ones, real_logits) + bce(zeros, fake_logits)
            generator_loss = bce(ones, fake_logits)
        gradients = [
            tape.gradient(loss, net.trainable_variables)
            for loss, net in zip((generator_loss, discriminator_loss), nets, strict=True)
        ]
        model.reset_metrics()
        logs = model.train_step(data)
        assert float(logs["generator_loss"]) == pytest.approx(float(generator_loss), rel=1e-4)
        assert float(logs["discriminator_loss"]) == pytest.approx(
            float(discriminator_loss), rel=1e-4
        )
        for adam, net, values in zip(adams, nets, gradients, strict=True):
            adam.apply(values, net.trainable_variables)

    for mine, by_hand in ((model.generator, generator), (model.discriminator, discriminator)):
        for weight, expected in zip(mine.get_weights(), by_hand.get_weights(), strict=True):
            np.testing.assert_allclose(weight, expected, atol=5e-6)


def test_fit_trains_both_players():
    model = tiny()
    before = [np.array(weight) for weight in model.trainable_weights]
    history = model.fit(
        tf.data.Dataset.from_tensors(batch()).repeat(), steps_per_epoch=3, shuffle=False, verbose=0
    ).history
    assert all(np.isfinite(values[0]) for values in history.values())
    assert history["skipped"] == [0] and int(model.step) == 3
    for weight, start in zip(model.trainable_weights, before, strict=True):
        assert np.any(np.array(weight) != start)
