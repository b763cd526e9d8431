"""CGAN: its paths, its latents, a whole step by hand, and what labels that lie do to it."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.losses.adversarial import nonsaturating_discriminator_loss
from tfgan_zoo.models.conditional.cgan import CGAN
from tfgan_zoo.optimizers.adam import Adam
from tfgan_zoo.optimizers.momentum import Momentum


def tiny(optimizer=lambda: Momentum(0.1), **settings):
    settings = {"image_size": (6, 5), "classes": 3, "latent_dim": 4, "width": 0.1, **settings}
    model = CGAN(**settings)
    model.compile(generator=optimizer(), discriminator=optimizer())
    return model


def batch(seed=0, count=6):
    rng = np.random.default_rng(seed)
    images = rng.uniform(-1, 1, (count, 6, 5, 1))
    labels = rng.integers(0, 3, count)
    return {"images": tf.constant(images, tf.float32), "labels": tf.constant(labels, tf.int32)}


def test_the_widths_are_the_papers():
    model = CGAN()
    kernels = [
        weight.shape for weight in model.generator.trainable_weights if len(weight.shape) > 1
    ]
    assert kernels == [(100, 200), (10, 1000), (1200, 1200), (1200, 784)]
    kernels = [w.shape for w in model.discriminator.trainable_weights if len(w.shape) > 1]
    assert kernels == [(784, 240 * 5), (10, 50 * 5), (290, 240 * 4), (240, 1)]


@pytest.mark.parametrize(("width", "latents"), [(1.0, 2500), (0.5, 1300)])
def test_the_call_takes_z_the_masks_and_the_label(width, latents):
    model = CGAN(width=width)
    assert model.prior.size == latents
    assert model.condition(model.prior.sample(2, (1, 2)), [0, 9]).shape == (2, latents + 10)
    assert model.paper["code"] is None, "that of the first GAN is not theirs"


def test_the_output_starts_at_the_marginals():
    means = np.random.default_rng(0).uniform(0.1, 0.9, (6, 5, 1))
    model = tiny(pixel_means=means)
    kernel, _ = model.generator.layers[-4].get_weights()
    model.generator.layers[-4].kernel.assign(np.zeros_like(kernel))
    inputs = model.condition(model.prior.sample(2, (1, 2)), [0, 1])
    np.testing.assert_allclose((model(inputs)[0] + 1) / 2, means, rtol=1e-5)


def test_latents_are_uniform_on_the_hypercube_and_follow_the_seed():
    model = tiny()
    drawn = np.array(model.prior.sample(20_000, (1, 2)))
    assert 0.0 <= drawn.min() < 0.001 and 0.999 < drawn.max() < 1.0
    np.testing.assert_allclose(drawn.mean(0), 0.5, atol=0.01)
    np.testing.assert_array_equal(model.prior.sample(20_000, (1, 2)), drawn)


def test_a_picture_follows_its_latent_and_its_label_alone():
    model = tiny()
    latents = model.prior.sample(3, (1, 2))
    images = np.array(model(model.condition(latents, [0, 1, 2])))
    assert images.shape == (3, 6, 5, 1) and np.abs(images).max() < 1.0
    again = np.array(model(model.condition(latents[1:2], [1])))
    np.testing.assert_allclose(again[0], images[1], atol=1e-6)
    other = np.array(model(model.condition(latents[1:2], [2])))
    assert np.abs(other[0] - images[1]).max() > 1e-4


def test_the_generators_masks_are_part_of_its_latent():
    """NumPy, unit by unit, from the same weights; in training and when served."""
    model = tiny(generator_dropout=0.3)
    assert model.prior.size == 4 + 20 + 100 + 120
    latents, labels = np.array(model.prior.sample(5, (1, 2))), np.array([0, 1, 2, 0, 1])
    weights = model.generator.get_weights()
    z, *masks = np.split(latents, [4, 24, 124], axis=1)

    def hidden(features, kernel, bias, uniforms):
        return np.maximum(features @ kernel + bias, 0) * (uniforms >= 0.3) / 0.7

    pairs = list(zip(weights[::2], weights[1::2], strict=True))
    by_inputs = {len(kernel): (kernel, bias) for kernel, bias in pairs if kernel.shape[1] < 120}
    z_layer, y_layer = by_inputs[4], by_inputs[3]
    paths = [hidden(z, *z_layer, masks[0]), hidden(np.eye(3)[labels], *y_layer, masks[1])]
    (joint_kernel, joint_bias), (kernel, bias) = (pair for pair in pairs if len(pair[0]) == 120)
    joint = hidden(np.concatenate(paths, 1), joint_kernel, joint_bias, masks[2])
    expected = 2 / (1 + np.exp(-(joint @ kernel + bias))) - 1
    for training in (False, True):
        drawn = model.generator([tf.constant(latents), tf.one_hot(labels, 3)], training=training)
        np.testing.assert_allclose(np.reshape(drawn, (5, -1)), expected, atol=1e-5)


def test_without_dropout_a_latent_is_z_alone():
    assert tiny(generator_dropout=0.0).prior.size == 4


def test_three_steps_equal_those_written_by_hand():
    """Two passes, two tapes, Keras' momentum; the same labels for real and fake."""
    model = tiny()
    other = tiny()
    nets = generator, discriminator = other.generator, other.discriminator
    for net, original in zip(nets, (model.generator, model.discriminator), strict=True):
        net.set_weights(original.get_weights())
    optimizers = [keras.optimizers.SGD(0.1, momentum=0.7) for _ in range(2)]
    bce = keras.losses.BinaryCrossentropy(from_logits=True)

    for k in range(3):
        data, step = batch(seed=k), model.begin_step()
        latents = model.prior.sample(6, step.seed(0))
        y = tf.one_hot(data["labels"], 3)
        with tf.GradientTape(persistent=True) as tape:
            fake = generator([latents, y], training=True)
            real_logits = discriminator([data["images"], y, step.seed(1)], training=True)
            fake_logits = discriminator([fake, y, step.seed(2)], training=True)
            ones, zeros = tf.ones_like(real_logits), tf.zeros_like(fake_logits)
            discriminator_loss = (bce(ones, real_logits) + bce(zeros, fake_logits)) / 2
            generator_loss = bce(ones, fake_logits)
        gradients = [
            tape.gradient(loss, net.trainable_variables)
            for loss, net in zip((generator_loss, discriminator_loss), nets, strict=True)
        ]
        model.reset_metrics()
        logs = model.train_step(data)
        assert float(logs["generator_loss"]) == pytest.approx(float(generator_loss), rel=1e-5)
        assert float(logs["discriminator_loss"]) == pytest.approx(
            float(discriminator_loss), rel=1e-5
        )
        for optimizer, net, values in zip(optimizers, nets, gradients, strict=True):
            optimizer.apply(values, net.trainable_variables)

    for mine, by_hand in ((model.generator, generator), (model.discriminator, discriminator)):
        for weight, expected in zip(mine.get_weights(), by_hand.get_weights(), strict=True):
            np.testing.assert_allclose(weight, expected, atol=1e-6)


def discriminator_loss_on_pairs(labels_are_true):
    """Loss after training the discriminator alone on dark pictures called 0 and bright ones called
    1, or called at random; the fakes are such pictures under a label drawn anew.
    """
    keras.utils.set_random_seed(0)
    model = tiny(lambda: Adam(1e-2, beta_1=0.5), image_size=(4, 4), classes=2)
    rng = np.random.default_rng(0)

    def pictures():
        truth = rng.integers(0, 2, 50)
        shades = (truth[:, None, None, None] - 0.5) * rng.uniform(0.8, 1.2, (50, 4, 4, 1))
        return tf.constant(shades, tf.float32), truth

    @tf.function
    def learn(real, real_labels, fake, fake_labels, seed):
        with tf.GradientTape() as tape:
            logits = [
                model.discriminator([images, tf.one_hot(labels, 2), seed], training=True)
                for images, labels in ((real, real_labels), (fake, fake_labels))
            ]
            loss = nonsaturating_discriminator_loss(*logits)
        weights = model.discriminator.trainable_variables
        model.optimizers["discriminator"].apply(tape.gradient(loss, weights), weights)
        return loss

    losses = []
    for k in range(200):
        real, truth = pictures()
        fake, _ = pictures()
        labels = truth if labels_are_true else rng.permutation(truth)
        drawn = rng.integers(0, 2, 50)
        losses.append(
            float(learn(real, tf.constant(labels), fake, tf.constant(drawn), tf.constant([0, k])))
        )
    return np.mean(losses[-50:])


def test_labels_that_lie_break_the_discriminator():
    # Half of the fakes have the right label by chance, so that even the best discriminator, with
    # 2/3 at right pairs and 0 at wrong ones, has a loss of -log(2/3) - log(1/3) / 2 = 0.95; dropout
    # costs the rest. Without a link there is nothing to learn: 2 log 2 = 1.39.
    assert 0.95 < discriminator_loss_on_pairs(True) < 1.2
    assert discriminator_loss_on_pairs(False) == pytest.approx(2 * np.log(2), abs=0.05)


def test_fit_trains_both_players():
    model = tiny()
    before = [np.array(weight) for weight in model.trainable_weights]
    history = model.fit(
        tf.data.Dataset.from_tensors(batch()).repeat(), steps_per_epoch=3, shuffle=False, verbose=0
    ).history
    assert all(np.isfinite(values[0]) for values in history.values())
    assert history["skipped"] == [0] and int(model.step) == 3
    for player in (model.generator, model.discriminator):
        assert len(player.trainable_weights) == 8
    for weight, start in zip(model.trainable_weights, before, strict=True):
        assert np.any(np.array(weight) != start)
