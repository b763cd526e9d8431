"""pix2pix: its losses, its conditional discriminator, its noise, and a whole step by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.models.translation.pix2pix import Pix2Pix
from tfgan_zoo.optimizers.adam import Adam

SIZE = (8, 8)


def tiny(**settings):
    model = Pix2Pix(SIZE, generator_filters=2, discriminator_filters=2, patch=16, **settings)
    model.compile(generator=Adam(2e-4, beta_1=0.5), discriminator=Adam(2e-4, beta_1=0.5))
    return model


def batch(size=2, seed=0):
    source, target = np.random.default_rng(seed).uniform(-1, 1, (2, size, *SIZE, 3))
    return {"source": tf.constant(source, tf.float32), "target": tf.constant(target, tf.float32)}


def log_sigmoid(x):
    return -np.logaddexp(0.0, -np.array(x, np.float64))


def played(model, data):
    """Fake and logits of the model's next training step."""
    seed = model.begin_step().seed()
    fake = model.generator([data["source"], seed], training=True)
    real_logits, fake_logits = (
        model.discriminator(tf.concat([data["source"], x], -1), training=True)
        for x in (data["target"], fake)
    )
    return np.array(fake), real_logits, fake_logits


def test_losses_of_the_paper():
    model, data = tiny(), batch()
    fake, real_logits, fake_logits = played(model, data)
    logs = {name: float(value) for name, value in model.train_step(data).items()}
    l1 = np.abs(np.array(data["target"]) - fake).mean()
    adversarial = -log_sigmoid(fake_logits).mean()
    judged = -log_sigmoid(real_logits).mean() - log_sigmoid(-np.array(fake_logits)).mean()
    assert logs["l1_loss"] == pytest.approx(l1, rel=1e-5)
    assert logs["adversarial_loss"] == pytest.approx(adversarial, rel=1e-5)
    assert logs["generator_loss"] == pytest.approx(adversarial + 100.0 * l1, rel=1e-5)
    assert logs["discriminator_loss"] == pytest.approx(judged / 2, rel=1e-5)


@pytest.mark.parametrize("size", [1, 2, 5])
def test_what_is_trained_is_what_is_exported(size):
    """But for the noise, of which in training each picture has its own."""
    model, data = tiny(dropout=0.0), batch(size)
    seed = model.begin_step().seed()
    trained = model.generator([data["source"], seed], training=True)
    np.testing.assert_allclose(trained, model(data["source"], seed), atol=1e-4)


def test_losses_of_least_squares_and_another_weight():
    model, data = tiny(objective="least_squares", l1_weight=10.0), batch()
    fake, real_logits, fake_logits = map(np.array, played(model, data))
    logs = {name: float(value) for name, value in model.train_step(data).items()}
    adversarial = ((fake_logits - 1) ** 2).mean()
    l1 = np.abs(np.array(data["target"]) - fake).mean()
    judged = ((real_logits - 1) ** 2).mean() + (fake_logits**2).mean()
    assert logs["generator_loss"] == pytest.approx(adversarial + 10.0 * l1, rel=1e-5)
    assert logs["discriminator_loss"] == pytest.approx(judged / 2, rel=1e-5)


def test_three_steps_equal_those_written_by_hand():
    """Against the plain way: two passes, two tapes, Keras' Adam."""
    model = tiny()
    generator = keras.models.clone_model(model.generator)
    discriminator = keras.models.clone_model(model.discriminator)
    generator.set_weights(model.generator.get_weights())
    discriminator.set_weights(model.discriminator.get_weights())
    adams = [keras.optimizers.Adam(2e-4, beta_1=0.5) for _ in range(2)]
    bce = keras.losses.BinaryCrossentropy(from_logits=True)

    for k in range(3):
        data, seed = batch(seed=k), model.begin_step().seed()
        source, target = data["source"], data["target"]
        with tf.GradientTape() as tape:
            fake = generator([source, seed], training=True)
            logits = discriminator(tf.concat([source, fake], -1), training=True)
            loss = bce(tf.ones_like(logits), logits)
            loss += 100.0 * tf.reduce_mean(tf.abs(target - fake))
        generator_gradients = tape.gradient(loss, generator.trainable_variables)
        with tf.GradientTape() as tape:
            real = discriminator(tf.concat([source, target], -1), training=True)
            logits = discriminator(tf.concat([source, fake], -1), training=True)
            loss = (bce(tf.ones_like(real), real) + bce(tf.zeros_like(logits), logits)) / 2.0
        discriminator_gradients = tape.gradient(loss, discriminator.trainable_variables)
        adams[0].apply(generator_gradients, generator.trainable_variables)
        adams[1].apply(discriminator_gradients, discriminator.trainable_variables)
        model.train_step(data)

    for mine, by_hand in ((model.generator, generator), (model.discriminator, discriminator)):
        for weight, expected in zip(mine.get_weights(), by_hand.get_weights(), strict=True):
            np.testing.assert_allclose(weight, expected, atol=2e-6)


def test_discriminator_judges_the_pair():
    model, data = tiny(), batch()
    source, target = data["source"], data["target"]
    right = model.discriminator(tf.concat([source, target], -1), training=False)
    swapped = model.discriminator(tf.concat([source[::-1], target], -1), training=False)
    assert np.abs(right - swapped).min() > 0.0


def test_seed_is_the_noise_at_test():
    model, source = tiny(), batch(1)["source"]
    same, again, other = (np.array(model(source, seed=s)) for s in ((0, 1), (0, 1), (0, 2)))
    np.testing.assert_array_equal(same, again)
    assert np.abs(same - other).max() > 0.0
    np.testing.assert_array_equal(model(source), model(source, seed=(0, 0)))


@pytest.mark.parametrize("precision", ["float32", "mixed_float16"])
def test_fit_learns_a_pair(precision):
    keras.mixed_precision.set_dtype_policy(precision)
    try:
        model = Pix2Pix(
            SIZE, 1, 2, generator_filters=4, discriminator_filters=2, patch=16, dropout=0.0
        )
        model.compile(generator=Adam(0.01, beta_1=0.5), discriminator=Adam(1e-3, beta_1=0.5))
        ramp = tf.reshape(tf.linspace(-0.9, 0.9, 64), [1, *SIZE, 1])
        one = {"source": ramp, "target": tf.concat([ramp, -ramp], -1)}
        history = model.fit(
            tf.data.Dataset.from_tensors(one).repeat(),
            epochs=2,
            steps_per_epoch=30,
            shuffle=False,
            verbose=0,
        ).history
    finally:
        keras.mixed_precision.set_dtype_policy("float32")
    assert history["l1_loss"][1] < 0.5 * history["l1_loss"][0]
    assert history["skipped_in_a_row"][-1] == 0


def test_unknown_objective_is_refused():
    with pytest.raises(ValueError, match="'hinge'; choose one of bce, least_squares"):
        Pix2Pix(SIZE, objective="hinge")
