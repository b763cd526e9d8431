"""WGAN: the order of a step, its schedule, and what stays in the cube."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import commands
from tfgan_zoo.models.unconditional.wgan import WGAN
from tfgan_zoo.networks import points as point_nets
from tfgan_zoo.optimizers.rmsprop import RMSProp

RATE = 1e-3


def rmsprop():
    return RMSProp(RATE)


def tiny(critic_steps=2, long_critic_steps=0, **settings):
    model = WGAN(
        (2,), 3, critic_steps=critic_steps, long_critic_steps=long_critic_steps,
        **point_nets.wgan(2, 3, 4), **settings,
    )  # fmt: skip
    model.compile(generator=rmsprop(), critic=rmsprop())
    return model


def points(seed=0, count=8):
    values = np.random.default_rng(seed).normal(2.0, 1.0, (count, 2))
    return {"images": tf.constant(values, tf.float32)}


def test_two_steps_equal_those_written_by_hand():
    """The critic is clipped before each of its steps, not after: the generator sees what the last
    one left.
    """
    model = tiny(clip=0.1)
    generator, critic = (keras.models.clone_model(net) for net in (model.generator, model.critic))
    generator.set_weights(model.generator.get_weights())
    critic.set_weights(model.critic.get_weights())
    optimizers = rmsprop(), rmsprop()
    beyond = []
    for k in range(2):
        data = points(k)
        step = model.begin_step()
        for number, real in enumerate(np.split(data["images"].numpy(), 2)):
            critic.set_weights([np.clip(w, -0.1, 0.1) for w in critic.get_weights()])
            fake = generator(model.prior.sample(4, step.seed(number + 3)))
            with tf.GradientTape() as tape:
                critic_loss = tf.reduce_mean(critic(fake)) - tf.reduce_mean(critic(real))
            gradients = tape.gradient(critic_loss, critic.trainable_variables)
            optimizers[0].apply(gradients, critic.trainable_variables)
        beyond.append(max(np.abs(w).max() for w in critic.get_weights()))
        with tf.GradientTape() as tape:
            fake = generator(model.prior.sample(4, step.seed(0)))
            generator_loss = -tf.reduce_mean(critic(fake))
        gradients = tape.gradient(generator_loss, generator.trainable_variables)
        optimizers[1].apply(gradients, generator.trainable_variables)

        model.reset_metrics()
        logs = model.train_step(data)
        assert float(logs["critic_loss"]) == pytest.approx(float(critic_loss), rel=1e-4)
        assert float(logs["generator_loss"]) == pytest.approx(float(generator_loss), rel=1e-4)

    assert 0.1 < max(beyond) <= 0.1 + 10 * RATE + 1e-6
    for mine, by_hand in ((model.generator, generator), (model.critic, critic)):
        for weight, expected in zip(mine.get_weights(), by_hand.get_weights(), strict=True):
            np.testing.assert_allclose(weight, expected, atol=1e-5)


def test_schedule_of_the_authors():
    model = WGAN((2,), **point_nets.wgan(2, 100, 2))
    steps = np.arange(1502)
    further = model.further_critic_steps(tf.constant(steps)).numpy()
    long = (steps < 25) | (steps == 500) | (steps == 1000) | (steps == 1500)
    np.testing.assert_array_equal(further, np.where(long, 95, 0))
    assert model.updates_in("critic", 1501) == 1501 * 5 + 28 * 95


@pytest.mark.parametrize("eager", [True, False])
def test_long_steps_train_the_critic_longer_and_on_other_minibatches(eager):
    model = tiny(long_critic_steps=7, long_steps=1, long_every=2)
    step = model.train_step if eager else tf.function(model.train_step)
    for expected in (7, 9, 16, 18):
        step(points())
        assert int(model.optimizers["critic"].iterations) == expected
    assert int(model.optimizers["generator"].iterations) == 4 and int(model.skipped) == 0


def test_further_minibatches_are_drawn_anew_from_the_batch(monkeypatch):
    model = tiny(long_critic_steps=82, long_steps=1)
    drawn, gather = [], tf.gather

    def watch(values, rows):
        drawn.append(rows.numpy())
        return gather(values, rows)

    monkeypatch.setattr(tf, "gather", watch)
    model.train_step(points())
    drawn = np.array(drawn)
    assert drawn.shape == (80, 4)  # minibatches of four of the eight points
    counts = np.bincount(drawn.ravel(), minlength=8)
    np.testing.assert_allclose(counts, 40, atol=25)
    assert len(np.unique(drawn, axis=0)) > 70


def test_a_step_that_breaks_in_the_long_part_leaves_the_players_as_they_are():
    model = tiny(critic_steps=1, long_critic_steps=6, long_steps=9)
    step = tf.function(model.train_step)
    step(points())
    before = [np.array(w) for w in model.generator.trainable_variables]
    logs = step({"images": tf.fill([8, 2], np.float32("inf"))})
    assert int(model.skipped) == 1 and float(logs["skipped_in_a_row"]) == 1
    for weight, start in zip(model.generator.trainable_variables, before, strict=True):
        np.testing.assert_array_equal(weight, start)
    assert int(model.optimizers["critic"].iterations) == 6


def test_share_at_the_clip_grows_with_training():
    model = tiny(clip=0.01)
    step = tf.function(model.train_step)
    for _ in range(30):
        share = float(step(points())["share_at_clip"])
        model.reset_metrics()
    assert share > 0.5
    assert max(np.abs(w).max() for w in model.critic.get_weights()) <= 0.01 + 10 * RATE


def test_pictures():
    model = WGAN((16, 16, 1), 5, filters=2, long_critic_steps=3, long_steps=1)
    model.compile(generator=rmsprop(), critic=rmsprop())
    images = np.random.default_rng(0).uniform(-1, 1, (10, 16, 16, 1))
    batches = tf.data.Dataset.from_tensors({"images": tf.constant(images, tf.float32)}).repeat()
    history = model.fit(batches, steps_per_epoch=2, shuffle=False, verbose=0).history
    assert all(np.isfinite(values[0]) for values in history.values())
    scores = [layer for layer in model.critic.layers if hasattr(layer, "activation")][-1]
    assert scores.activation is keras.activations.linear
    latents = model.prior.sample(4000, (1, 2)).numpy()
    np.testing.assert_allclose([latents.mean(), latents.std()], [0.0, 1.0], atol=0.02)
    assert model(latents[:3]).shape == (3, 16, 16, 1)


def test_two_replicas_share_clipped_weights_and_take_no_long_steps():
    done = commands.run("-c", TWO_REPLICAS)
    assert done.returncode == 0, done.stderr


TWO_REPLICAS = """
import keras, numpy as np, pytest, tensorflow as tf
from tfgan_zoo.models.unconditional.wgan import WGAN
from tfgan_zoo.networks import points as point_nets

(device,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(device, [tf.config.LogicalDeviceConfiguration()] * 2)
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
with strategy.scope():
    with pytest.raises(ValueError, match="100 critic steps work on one device only"):
        WGAN((2,), **point_nets.wgan(2, 100, 2))
    model = WGAN((2,), 3, clip=0.1, long_critic_steps=0, **point_nets.wgan(2, 3, 4))
    model.compile(**{p: keras.optimizers.RMSprop(1e-3) for p in ("generator", "critic")})
points = {"images": tf.ones([5, 2])}
strategy.run(tf.function(model.train_step), (points,))
for weight in model.critic.trainable_variables:
    first, second = strategy.experimental_local_results(weight.value)
    np.testing.assert_array_equal(first, second)
    assert np.abs(first).max() <= 0.1 + 10 * 1e-3
assert model.skipped.numpy() == 0
"""
