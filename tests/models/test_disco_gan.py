"""DiscoGAN: one training step by hand, its arms, and the nets of the authors' code."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.models.translation import disco_gan
from tfgan_zoo.models.translation.disco_gan import DiscoGAN
from tfgan_zoo.optimizers.adam import Adam

SIZE = (16, 16)
NAMES = ("generator_ab", "generator_ba", "discriminator_a", "discriminator_b")


def tiny(rate=2e-3, **settings):
    keras.utils.set_random_seed(3)
    options = {"generator_filters": 2, "discriminator_filters": 2}
    model = DiscoGAN(SIZE, **{**options, **settings})
    model.compile(generator=Adam(rate, beta_1=0.5), discriminator=Adam(rate, beta_1=0.5))
    return model


def batch(seed=0, count=6):
    a, b = np.random.default_rng(seed).uniform(-1, 1, (2, count, *SIZE, 3))
    return {"images_a": tf.constant(a, tf.float32), "images_b": tf.constant(b, tf.float32)}


def weights(model):
    return {name: [w.copy() for w in getattr(model, name).get_weights()] for name in NAMES}


def changed(before, after):
    return {
        name
        for name in NAMES
        if any(not np.array_equal(a, b) for a, b in zip(before[name], after[name], strict=True))
    }


def test_a_step_equals_three_iterations_written_by_hand():
    """The discriminators on the first third of the batch, then the generators on the second, with a
    hundredth of the way back, and on the last, past the switch, with half; Torch's weight decay.
    """
    model, rate = tiny(curriculum=2, weight_decay=0.1), 0.1
    model.compile(**{player: keras.optimizers.SGD(rate) for player in model.players})
    nets = [keras.models.clone_model(getattr(model, name)) for name in NAMES]
    for net, name in zip(nets, NAMES, strict=True):
        net.set_weights(getattr(model, name).get_weights())
    ab, ba, judge_a, judge_b = nets
    data = batch(count=12)
    thirds = [(data["images_a"][i : i + 4], data["images_b"][i : i + 4]) for i in range(0, 12, 4)]

    def bce(logits, label):
        p = tf.sigmoid(logits)
        return -tf.reduce_mean(tf.math.log(p if label else 1.0 - p))

    def update(tape, loss, players):
        variables = [v for net in players for v in net.trainable_variables]
        for variable, gradient in zip(variables, tape.gradient(loss, variables), strict=True):
            variable.assign_sub(rate * (gradient + 0.1 * tf.convert_to_tensor(variable)))

    (a, b), *others = thirds
    fake_b, fake_a = ab(a, training=True), ba(b, training=True)
    with tf.GradientTape() as tape:
        loss = sum(
            0.5 * bce(judge(real, training=True)[0], 1)
            + 0.5 * bce(judge(fake, training=True)[0], 0)
            for judge, real, fake in ((judge_a, a, fake_a), (judge_b, b, fake_b))
        )
    update(tape, loss, (judge_a, judge_b))
    for share, (a, b) in zip((0.01, 0.5), others, strict=True):
        with tf.GradientTape() as tape:
            fake_b, fake_a = ab(a, training=True), ba(b, training=True)
            loss = 0.0
            for judge, real, fake in ((judge_b, b, fake_b), (judge_a, a, fake_a)):
                _, *real_features = judge(real, training=True)
                logits, *fake_features = judge(fake, training=True)
                matching = sum(
                    tf.reduce_mean((tf.reduce_mean(f, 0) - tf.reduce_mean(r, 0)) ** 2)
                    for r, f in zip(real_features, fake_features, strict=True)
                )
                loss += (1.0 - share) * (0.1 * bce(logits, 1) + 0.9 * matching)
            for real, again in ((a, ba(fake_b, training=True)), (b, ab(fake_a, training=True))):
                pixels = (real + 1.0) / 2.0, (again + 1.0) / 2.0  # in [0, 1], as the authors'
                loss += share * tf.reduce_mean((pixels[0] - pixels[1]) ** 2)
        update(tape, loss, (ab, ba))

    before = weights(model)
    model.train_step(data)
    assert changed(before, weights(model)) == set(NAMES)
    for net, name in zip(nets, NAMES, strict=True):
        trained = getattr(model, name).trainable_variables
        for weight, expected in zip(trained, net.trainable_variables, strict=True):
            np.testing.assert_allclose(weight, expected, atol=1e-6)


def test_the_way_back_leaves_no_trace_in_what_draws():
    """The moving averages are those of the three batches of real pictures."""
    model, data = tiny(rate=0.0), batch(count=6)
    expected = keras.models.clone_model(model.generator_ab)
    expected.set_weights(model.generator_ab.get_weights())
    model.train_step(data)
    for i in range(0, 6, 2):
        expected(data["images_a"][i : i + 2], training=True)
    found = model.generator_ab.get_weights()
    for weight, other in zip(found, expected.get_weights(), strict=True):
        np.testing.assert_allclose(weight, other, atol=1e-6)


def test_the_share_of_the_way_back_counts_iterations():
    """The switch at iteration 4: the first step has the iterations 0 to 2, the second 3 to 5."""
    model, shares = tiny(curriculum=4), []
    for number in range(2):
        model.reset_metrics()
        shares.append(float(model.train_step(batch(number))["reconstruction_share"]))
    np.testing.assert_allclose(shares, [0.01, 0.5])


def test_one_way_asks_nothing_of_b():
    model = tiny(both_ways=False, weight_decay=0.0)
    before = weights(model)
    logs = model.train_step(batch())
    # Who leads back learns to, but nobody judges what it would make of B.
    assert changed(before, weights(model)) == {"generator_ab", "generator_ba", "discriminator_b"}
    assert np.isfinite(float(logs["reconstruction_loss"]))


def test_a_gan_alone_leaves_the_way_back_alone():
    model = tiny(both_ways=False, weight_decay=0.0, reconstruction_shares=(0.0, 0.0))
    before = [v.numpy() for v in model.generator_ba.trainable_variables]
    model.train_step(batch())
    for value, other in zip(before, model.generator_ba.trainable_variables, strict=True):
        np.testing.assert_array_equal(value, other)


def test_how_often_each_player_moves():
    model = tiny(generator_steps=3)
    assert (model.updates_in("discriminator", 5), model.updates_in("generator", 5)) == (5, 15)
    with pytest.raises(ValueError, match="a multiple of 4, not 6"):
        model.train_step(batch())


def test_nets_have_the_weights_of_the_authors_code():
    model = DiscoGAN()

    def count(net):
        return sum(int(np.prod(v.shape)) for v in net.trainable_variables)

    halvings = 16 * (3 * 64 + 64 * 128 + 128 * 256 + 256 * 512)
    assert count(model.discriminator_a) == halvings + 16 * 512 + 2 * (128 + 256 + 512)
    normalised = 2 * (128 + 256 + 512 + 256 + 128 + 64)
    assert count(model.generator_ab) == 2 * halvings + normalised
    shapes = [tuple(output.shape[1:]) for output in model.discriminator_a.outputs]
    assert shapes == [(1,), (16, 16, 128), (8, 8, 256), (4, 4, 512)]
    longer = disco_gan.generator((64, 64), 3, 3, 64, 100, "longer")
    code = 2 * 16 * 512 * 100 + 2 * (100 + 512)
    assert count(longer) == count(model.generator_ab) + code
    assert longer.get_layer("code").output.shape[1:] == (1, 1, 100)


def test_a_picture_does_not_depend_on_its_batch():
    model, data = tiny(), batch(count=3)
    assert list(model.directions) == ["a_to_b", "b_to_a"]
    for direction, images in zip(model.directions.values(), data.values(), strict=True):
        alone = np.concatenate([direction(images[i : i + 1]) for i in range(3)])
        np.testing.assert_allclose(direction(images), alone, atol=1e-5)
        assert np.abs(alone).max() <= 1.0
    np.testing.assert_array_equal(
        model(data["images_a"]), model.directions["a_to_b"](data["images_a"])
    )


def test_sizes_that_cannot_be_halved_four_times_are_refused():
    with pytest.raises(ValueError, match="multiples of 16; got 24x32"):
        DiscoGAN((24, 32))
