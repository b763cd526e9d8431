"""GAN: its nets, its start, its games."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.layers.dropout import TrainingDropout
from tfgan_zoo.losses.adversarial import minimax_generator_loss, nonsaturating_generator_loss
from tfgan_zoo.models.unconditional.gan import GAN
from tfgan_zoo.networks import points as point_nets
from tfgan_zoo.optimizers.momentum import Momentum

RNG = np.random.default_rng(0)
IMAGES = RNG.uniform(-1, 1, (12, 4, 4, 1)).astype("float32")


def tiny(shape=(4, 4, 1), rate=0.1, **settings):
    settings = {"latent_dim": 5, "width": 0.01, **settings}
    model = GAN(shape, **settings)
    model.compile(generator=Momentum(rate), discriminator=Momentum(rate))
    return model


def louder(model):
    """The model with weights a hundred times larger, so that logits differ from zero."""
    for variable in model.discriminator.trainable_variables:
        variable.assign(100.0 * variable)
    return model


def test_widths_of_the_paper():
    model = GAN()
    shapes = [tuple(weight.shape) for weight in model.generator.get_weights()[::2]]
    assert shapes == [(100, 1200), (1200, 1200), (1200, 784)]
    shapes = [tuple(weight.shape) for weight in model.discriminator.get_weights()[::2]]
    assert shapes == [(784, 240 * 5), (240, 240 * 5), (240, 1)]
    for net, limit in ((model.generator, 0.05), (model.discriminator, 0.005)):
        for kernel in net.get_weights()[::2]:
            assert 0.9 * limit < np.abs(kernel).max() <= limit
    layers = [v for v in model.discriminator.layers if isinstance(v, TrainingDropout)]
    assert [(dropout.rate, dropout.stream) for dropout in layers] == [(0.2, 0), (0.5, 1), (0.5, 2)]


def test_latents_are_normal_and_follow_the_seed():
    model = tiny()
    drawn = np.array(model.prior.sample(20_000, (1, 2)))
    np.testing.assert_allclose(drawn.std(0), 1.0, rtol=0.03)
    assert np.abs(drawn).max() > 3
    np.testing.assert_array_equal(model.prior.sample(20_000, (1, 2)), drawn)


def test_the_first_samples_have_the_means_of_the_training_set():
    means = RNG.uniform(0.1, 0.9, (4, 4, 1))
    means[0, 0], means[0, 1] = 0.0, 1.0
    model = tiny(pixel_means=means)
    images = np.array(model(model.prior.sample(500, (0, 0))))
    assert images.shape == (500, 4, 4, 1) and np.abs(images).max() <= 1.0
    np.testing.assert_allclose((images.mean(0) + 1) / 2, means, atol=5e-3)


def test_the_discriminator_drops_by_its_seed_in_training_alone():
    judge = louder(tiny()).discriminator
    images = tf.repeat(IMAGES[:1], 400, 0)
    still = np.array(judge([images, tf.constant((1, 2))]))
    assert still.std() < 1e-6
    first, again, other = (
        np.array(judge([images, tf.constant(seed)], training=True))
        for seed in ((1, 2), (1, 2), (1, 3))
    )
    np.testing.assert_array_equal(first, again)
    assert first.std() > 0 and np.any(first != other)


def test_a_dropped_pixel_is_a_black_one():
    model = tiny(dropouts=(0.2, 0.0))
    black = tf.fill([5, 4, 4, 1], -1.0)
    kept = model.discriminator([black, tf.constant((1, 2))])
    dropped = model.discriminator([black, tf.constant((1, 2))], training=True)
    np.testing.assert_array_equal(kept, dropped)


@pytest.mark.parametrize("loss", ["nonsaturating", "minimax"])
def test_a_step_equals_that_written_by_hand(loss):
    """Both gradients from one forward pass before anyone moves, dropout on in both."""
    model = louder(tiny(generator_loss=loss))
    nets = (model.generator, model.discriminator)
    step = model.begin_step()
    latents = model.prior.sample(12, step.seed(0))
    with tf.GradientTape(persistent=True) as tape:
        fake = model.generator(latents)
        d_real = tf.sigmoid(model.discriminator([tf.constant(IMAGES), step.seed(1)], training=True))
        d_fake = tf.sigmoid(model.discriminator([fake, step.seed(2)], training=True))
        value = tf.reduce_mean(tf.math.log(d_real)) + tf.reduce_mean(tf.math.log(1 - d_fake))
        by_player = {
            "nonsaturating": -tf.reduce_mean(tf.math.log(d_fake)),
            "minimax": tf.reduce_mean(tf.math.log(1 - d_fake)),
        }
        losses = (by_player[loss], -value / 2)
    gradients = [
        tape.gradient(loss, net.trainable_variables) for loss, net in zip(losses, nets, strict=True)
    ]
    before = [net.get_weights() for net in nets]
    logs = model.train_step({"images": IMAGES})
    assert float(logs["generator_loss"]) == pytest.approx(float(losses[0]), rel=1e-4)
    assert float(logs["discriminator_loss"]) == pytest.approx(float(losses[1]), rel=1e-4)
    for net, old, pulls in zip(nets, before, gradients, strict=True):
        for weight, start, pull in zip(net.get_weights(), old, pulls, strict=True):
            np.testing.assert_allclose(weight, start - 0.1 * pull, rtol=1e-4, atol=1e-6)


def test_minimax_saturates_where_the_discriminator_is_sure():
    """At D(G(z)) = 0.01 the gradient that reaches the generator is 99 times smaller."""
    sizes = []
    for loss in (nonsaturating_generator_loss, minimax_generator_loss):
        logit = tf.constant([np.log(0.01 / 0.99)], tf.float32)
        with tf.GradientTape() as tape:
            tape.watch(logit)
            value = loss(logit)
        sizes.append(float(tape.gradient(value, logit)[0]))
    assert sizes[0] == pytest.approx(-0.99, rel=1e-4) and sizes[1] == pytest.approx(-0.01, rel=1e-4)
    assert sizes[0] / sizes[1] == pytest.approx(99.0, rel=1e-4)


def test_the_same_holds_for_the_whole_generator():
    """With D(G(z)) = 0.01 everywhere, every weight of G feels 99 times less."""
    norms = []
    for loss in ("nonsaturating", "minimax"):
        keras.utils.set_random_seed(1)
        model = louder(tiny(generator_loss=loss, dropouts=(0.0, 0.0)))
        output = model.discriminator.layers[-1]
        output.kernel.assign(1e-4 * output.kernel)
        output.bias.assign([np.log(0.01 / 0.99)])
        logs = model.train_step({"images": IMAGES})
        norms.append(float(logs["generator_gradient_norm"]))
    assert norms[0] / norms[1] == pytest.approx(99.0, rel=1e-2)


def test_k_minibatches_teach_the_discriminator_and_the_last_one_both():
    model = louder(tiny(discriminator_steps=3))
    optimizers = model.optimizers
    model.train_step({"images": IMAGES})
    assert int(optimizers["discriminator"].iterations) == 3
    assert int(optimizers["generator"].iterations) == 1
    assert (model.updates_in("discriminator", 7), model.updates_in("generator", 7)) == (21, 7)


def test_points_are_neither_squashed_nor_rescaled():
    model = tiny(shape=(2,), **point_nets.gan(2, 5, width=0.01))
    model.generator.layers[-1].bias.assign([30.0, -40.0])
    points = np.array(model(model.prior.sample(7, (0, 0))))
    assert points.shape == (7, 2) and points[:, 0].min() > 20 and points[:, 1].max() < -20
    logs = model.train_step({"images": tf.zeros([6, 2])})
    assert np.isfinite(float(logs["generator_loss"]))


@pytest.mark.parametrize("settings", [{"generator_loss": "hinge"}, {"discriminator_steps": 0}])
def test_wrong_settings_are_refused(settings):
    with pytest.raises(ValueError, match="nonsaturating, minimax"):
        tiny(**settings)
