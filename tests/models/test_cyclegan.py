"""CycleGAN: its losses, its history, four steps by hand, and a resume that loses nothing."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.models.translation.cyclegan import CycleGAN
from tfgan_zoo.optimizers.adam import Adam
from tfgan_zoo.training.checkpoints import Checkpointer

SIZE = (12, 12)


def tiny(**settings):
    keras.utils.set_random_seed(3)
    options = {"generator_filters": 2, "discriminator_filters": 2, "blocks": 1, "patch": 16}
    model = CycleGAN(SIZE, **{**options, **settings})
    model.compile(generator=Adam(2e-4, beta_1=0.5), discriminator=Adam(2e-4, beta_1=0.5))
    return model


def batch(seed=0, count=1, channels=3):
    a, b = np.random.default_rng(seed).uniform(-1, 1, (2, count, *SIZE, channels))
    return {"images_a": tf.constant(a, tf.float32), "images_b": tf.constant(b, tf.float32)}


def l1(first, second):
    return float(np.abs(np.array(first) - np.array(second)).mean())


def squares(logits, label):
    return float(((np.array(logits) - label) ** 2).mean())


@pytest.mark.parametrize("identity_weight", [0.5, 0.0])
def test_losses_of_the_paper(identity_weight):
    model, data = tiny(identity_weight=identity_weight, cycle_weight=7.0), batch(count=2)
    a, b = data["images_a"], data["images_b"]
    ab, ba = model.generator_ab, model.generator_ba
    fake_b, fake_a = ab(a), ba(b)
    adversarial = squares(model.discriminator_b(fake_b), 1.0)
    adversarial += squares(model.discriminator_a(fake_a), 1.0)
    cycle = l1(a, ba(fake_b)) + l1(b, ab(fake_a))
    identity = l1(a, ba(a)) + l1(b, ab(b)) if identity_weight else 0.0
    # The history is empty, so that it returns what comes.
    judged = sum(
        0.5 * (squares(judge(real), 1.0) + squares(judge(fake), 0.0))
        for judge, real, fake in (
            (model.discriminator_a, a, fake_a),
            (model.discriminator_b, b, fake_b),
        )
    )
    logs = {name: float(value) for name, value in model.train_step(data).items()}
    assert logs["adversarial_loss"] == pytest.approx(adversarial, rel=1e-4)
    assert logs["cycle_loss"] == pytest.approx(cycle, rel=1e-4)
    assert logs["identity_loss"] == pytest.approx(identity, rel=1e-4)
    total = adversarial + 7.0 * cycle + 7.0 * identity_weight * identity
    assert logs["generator_loss"] == pytest.approx(total, rel=1e-4)
    assert logs["discriminator_loss"] == pytest.approx(judged, rel=1e-4)


def test_four_steps_equal_those_written_by_hand():
    """Four networks, two Keras Adams over two networks each, and the authors' history in Python."""
    model = tiny(pool_size=1)
    names = ("generator_ab", "generator_ba", "discriminator_a", "discriminator_b")
    ab, ba, judge_a, judge_b = nets = [
        keras.models.clone_model(getattr(model, name)) for name in names
    ]
    for net, name in zip(nets, names, strict=True):
        net.set_weights(getattr(model, name).get_weights())
    adams = [keras.optimizers.Adam(2e-4, beta_1=0.5) for _ in range(2)]
    history = {"a": [], "b": []}

    def query(side, image, seed):
        coin = tf.random.stateless_uniform([1], seed, alg="philox")[0] > 0.5
        if not history[side]:
            history[side].append(image)
            return image
        if not coin:
            return image
        old, history[side][0] = history[side][0], image
        return old

    def mse(logits, label):
        return tf.reduce_mean((logits - label) ** 2)

    def mae(first, second):
        return tf.reduce_mean(tf.abs(first - second))

    exchanged = 0
    for k in range(4):
        data, step = batch(seed=k), model.begin_step()
        a, b = data["images_a"], data["images_b"]
        with tf.GradientTape() as tape:
            fake_b, fake_a = ab(a), ba(b)
            loss = mse(judge_b(fake_b), 1.0) + 10.0 * mae(ba(fake_b), a) + 5.0 * mae(ab(b), b)
            loss += mse(judge_a(fake_a), 1.0) + 10.0 * mae(ab(fake_a), b) + 5.0 * mae(ba(a), a)
        both = ab.trainable_variables + ba.trainable_variables
        adams[0].apply(tape.gradient(loss, both), both)
        shown_a, shown_b = query("a", fake_a, step.seed(0)), query("b", fake_b, step.seed(1))
        exchanged += shown_a is not fake_a
        with tf.GradientTape() as tape:
            loss = (mse(judge_a(a), 1.0) + mse(judge_a(shown_a), 0.0)) / 2.0
            loss += (mse(judge_b(b), 1.0) + mse(judge_b(shown_b), 0.0)) / 2.0
        both = judge_a.trainable_variables + judge_b.trainable_variables
        adams[1].apply(tape.gradient(loss, both), both)
        model.train_step(data)

    assert exchanged
    for net, name in zip(nets, names, strict=True):
        for weight, expected in zip(
            getattr(model, name).get_weights(), net.get_weights(), strict=True
        ):
            np.testing.assert_allclose(weight, expected, atol=2e-6)


def test_players_are_both_generators_and_both_discriminators():
    model = tiny()
    for player, parts in (
        (model.generator, (model.generator_ab, model.generator_ba)),
        (model.discriminator, (model.discriminator_a, model.discriminator_b)),
    ):
        expected = [v for part in parts for v in part.trainable_variables]
        assert [id(v) for v in player.trainable_variables] == [id(v) for v in expected]
    # No weight is counted twice, and the histories are weights.
    assert len({id(v) for v in model.variables}) == len(model.variables)
    assert {v.path for v in model.variables} >= {"pool_a/images", "pool_b/count"}


def test_a_checkpoint_holds_the_history(tmp_path):
    def trained(model, first, last):
        for k in range(first, last):
            model.train_step(batch(seed=k))
        return [np.array(v) for v in model.variables]

    model = tiny(pool_size=3)
    trained(model, 0, 6)
    Checkpointer(tmp_path, model).save()
    expected = trained(model, 6, 10)

    again = tiny(pool_size=3)
    assert Checkpointer(tmp_path, again).restore() == 6
    for value, other in zip(trained(again, 6, 10), expected, strict=True):
        np.testing.assert_array_equal(value, other)


def test_a_step_that_is_not_finite_leaves_the_history(tmp_path):
    model = tiny()
    model.train_step(batch())
    before = [np.array(w) for w in model.pool_a.weights]
    broken = batch(seed=1)
    broken["images_b"] = broken["images_b"] * np.nan
    logs = model.train_step(broken)
    assert int(logs["skipped"]) == 1
    for weight, value in zip(model.pool_a.weights, before, strict=True):
        np.testing.assert_array_equal(weight, value)


def test_the_two_directions():
    model, data = tiny(channels=(1, 3), identity_weight=0.0), batch(channels=1)
    assert list(model.directions) == ["a_to_b", "b_to_a"]
    fake = model(data["images_a"])
    assert fake.shape == (1, *SIZE, 3)
    np.testing.assert_array_equal(fake, model.directions["a_to_b"](data["images_a"]))
    assert model.directions["b_to_a"](fake).shape == (1, *SIZE, 1)


def test_a_picture_does_not_depend_on_its_batch():
    model, data = tiny(), batch(count=3)
    for direction, images in zip(model.directions.values(), data.values(), strict=True):
        alone = np.concatenate([direction(images[i : i + 1]) for i in range(3)])
        np.testing.assert_allclose(direction(images), alone, atol=1e-5)


def test_blocks_follow_the_size():
    def blocks(size, **options):
        model = CycleGAN(size, generator_filters=1, discriminator_filters=1, **options)
        return sum(isinstance(x, keras.layers.Add) for x in model.generator_ab.layers)

    assert blocks((128, 128)) == 6
    assert blocks((256, 256)) == 9
    assert blocks((128, 128), blocks=2) == 2


def test_settings_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="equal channels on both sides, not 1 and 3"):
        CycleGAN(SIZE, channels=(1, 3), patch=16)
    with pytest.raises(ValueError, match="multiples of 4, at least 8, not 18x18"):
        CycleGAN((18, 18), patch=16)


def test_fit_learns_to_return_in_mixed_precision():
    keras.mixed_precision.set_dtype_policy("mixed_float16")
    try:
        model = tiny(generator_filters=4)
        for optimizer in model.optimizers.values():
            optimizer.inner_optimizer.learning_rate = 5e-3
        history = model.fit(
            tf.data.Dataset.from_tensors(batch()).repeat(),
            epochs=2,
            steps_per_epoch=40,
            shuffle=False,
            verbose=0,
        ).history
    finally:
        keras.mixed_precision.set_dtype_policy("float32")
    assert history["cycle_loss"][1] < 0.9 * history["cycle_loss"][0]
    assert history["skipped_in_a_row"][-1] == 0
