"""DualGAN: both games by hand, and the noise that stays."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfgan_zoo.models.translation.dual_gan import DualGAN
from tfgan_zoo.optimizers.rmsprop import RMSProp
from tfgan_zoo.training.run_directory import RunDirectory
from trainers.dual_gan import TRAINER

SIZE = (16, 16)
NAMES = ("generator_ab", "generator_ba", "discriminator_a", "discriminator_b")
PAPER = {
    "objective": "wasserstein",
    "discriminator_steps": 2,
    "generator_steps": 1,
    "clip": 0.05,
    "cycle_weights": (100.0, 200.0),
}


def tiny(**settings):
    keras.utils.set_random_seed(3)
    options = {"generator_filters": 2, "discriminator_filters": 2, "patch": 16}
    model = DualGAN(SIZE, **{**options, **settings})
    model.compile(generator=RMSProp(1e-3, rho=0.9), discriminator=RMSProp(1e-3, rho=0.9))
    return model


def batch(seed=0, count=2):
    a, b = np.random.default_rng(seed).uniform(-1, 1, (2, count, *SIZE, 3))
    return {"images_a": tf.constant(a, tf.float32), "images_b": tf.constant(b, tf.float32)}


def softplus(logits, sign):
    return tf.reduce_mean(tf.math.softplus(sign * logits))


# (loss of a discriminator, loss of a generator), as the papers write them.
GAMES = {
    "cross_entropy": (
        lambda real, fake: softplus(real, -1.0) + softplus(fake, 1.0),
        lambda fake: softplus(fake, -1.0),
    ),
    "wasserstein": (
        lambda real, fake: tf.reduce_mean(fake) - tf.reduce_mean(real),
        lambda fake: -tf.reduce_mean(fake),
    ),
}


@pytest.mark.parametrize("settings", [{}, PAPER], ids=["code", "paper"])
def test_a_step_equals_one_written_by_hand(settings):
    model, data = tiny(**settings), batch()
    critic_steps = settings.get("discriminator_steps", 1)
    clip, weights = settings.get("clip"), settings.get("cycle_weights", (20.0, 20.0))
    judged, deceived = GAMES[settings.get("objective", "cross_entropy")]
    nets = [keras.models.clone_model(getattr(model, name)) for name in NAMES]
    for net, name in zip(nets, NAMES, strict=True):
        net.set_weights(getattr(model, name).get_weights())
    ab, ba, judge_a, judge_b = nets
    squares = {}

    def update(tape, loss, players):
        """RMSProp of decay 0.9."""
        variables = [v for net in players for v in net.trainable_variables]
        for variable, gradient in zip(variables, tape.gradient(loss, variables), strict=True):
            old = squares.get(id(variable), 0.0)
            squares[id(variable)] = square = 0.9 * old + 0.1 * gradient**2
            variable.assign_sub(1e-3 * gradient / (tf.sqrt(square) + 1e-8))

    step, number = model.begin_step(), iter(range(100))

    def draw(generator, images):
        return generator([images, step.seed(next(number))], training=True)

    size = 2 // critic_steps
    for first in range(0, 2, size):
        a, b = (data[name][first : first + size] for name in ("images_a", "images_b"))
        fake_b, fake_a = draw(ab, a), draw(ba, b)
        with tf.GradientTape() as tape:
            loss = judged(judge_a(a, training=True), judge_a(fake_a, training=True))
            loss += judged(judge_b(b, training=True), judge_b(fake_b, training=True))
        update(tape, loss, (judge_a, judge_b))
        if clip:
            for variable in judge_a.trainable_variables + judge_b.trainable_variables:
                variable.assign(np.clip(variable, -clip, clip))
    for _ in range(settings.get("generator_steps", 2)):  # on the last pictures, with new masks
        with tf.GradientTape() as tape:
            fake_b, fake_a = draw(ab, a), draw(ba, b)
            again_a, again_b = draw(ba, fake_b), draw(ab, fake_a)
            loss = deceived(judge_b(fake_b, training=True))
            loss += deceived(judge_a(fake_a, training=True))
            loss += weights[0] * tf.reduce_mean(tf.abs(a - again_a))
            loss += weights[1] * tf.reduce_mean(tf.abs(b - again_b))
        update(tape, loss, (ab, ba))

    logs = model.train_step(data)
    assert float(logs["generator_loss"]) == pytest.approx(float(loss), rel=1e-4)
    for net, name in zip(nets, NAMES, strict=True):
        own = getattr(model, name).get_weights()
        for weight, expected in zip(own, net.get_weights(), strict=True):
            np.testing.assert_allclose(weight, expected, atol=2e-5)


def test_every_weight_of_the_critics_is_bounded_and_no_other():
    model = tiny(**PAPER)
    model.train_step(batch())
    critics = model.trained_variables("discriminator")
    assert max(float(tf.reduce_max(tf.abs(v))) for v in critics) <= np.float32(0.05)
    # The scales of normalisation, about one, are at the bound.
    assert any(np.all(v.numpy() == np.float32(0.05)) for v in critics)
    others = model.trained_variables("generator")
    assert max(float(tf.reduce_max(tf.abs(v))) for v in others) > 0.5


def test_how_often_each_player_moves():
    counts = [
        [model.updates_in(player, 5) for player in model.players]
        for model in (tiny(), tiny(**PAPER))
    ]
    assert counts == [[10, 5], [5, 10]]


def test_noise_stays_at_test_time_and_follows_its_seed():
    model, data = tiny(generator_filters=8), batch(count=3)
    a = data["images_a"]
    np.testing.assert_array_equal(model(a), model(a, seed=(0, 0)))
    assert np.abs(model(a, seed=(1, 0)) - model(a)).max() > 1e-4
    quiet = tiny(generator_filters=8, dropout=0.0)
    np.testing.assert_array_equal(quiet(a, seed=(1, 0)), quiet(a))
    # One seed is one draw of the noise, wherever a picture stands.
    alone = np.concatenate([model(a[i : i + 1], seed=(1, 0)) for i in range(3)])
    np.testing.assert_allclose(model(a, seed=(1, 0)), alone, atol=1e-5)


def test_what_is_exported_draws_anew_under_another_seed(tmp_path):
    for folder in ("trainA", "trainB", "testA", "testB"):
        (tmp_path / folder).mkdir()
        for index in range(6):
            pixels = np.random.default_rng(index).integers(0, 255, (18, 18, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / folder / f"{index}.png")
    words = ["--flagfile=trainers/flagfiles/dual_gan_tiny.flags", f"--data={tmp_path}"]
    values = TRAINER.parse([*words, f"--run_dir={tmp_path / 'run'}"])
    task = TRAINER.task(values)
    splits = task.open(RunDirectory(tmp_path / "run"))
    model = TRAINER.build(values, splits, 2)
    exports = task.exports(model, splits)
    assert [export.interface.part for export in exports] == ["a_to_b", "b_to_a"]
    for export, network in zip(exports, model.directions.values(), strict=True):
        images = export.examples["images"]
        answer = export.interface(images=images)["images"]
        expected = network([tf.constant(images), tf.constant([0, 0])])
        np.testing.assert_allclose(answer, expected, atol=1e-6)
        again = export.interface.draw(seed=tf.constant(0), images=images)["images"]
        np.testing.assert_allclose(again, expected, atol=1e-6)
        other = export.interface.draw(seed=tf.constant(7), images=images)["images"]
        assert np.abs(other - answer).max() > 1e-4


def test_settings_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="weights must be bounded: give clip"):
        tiny(objective="wasserstein")
    with pytest.raises(ValueError, match="choose one of cross_entropy, wasserstein"):
        tiny(objective="hinge")
