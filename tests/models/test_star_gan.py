"""StarGAN: one training step by hand, the order of wanted attributes, masks, and its nets."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.models.translation import star_gan
from tfgan_zoo.models.translation.star_gan import StarGAN, in_another_order

SIZE = (16, 16)
SMALL = {
    "image_size": SIZE,
    "generator_filters": 2,
    "critic_filters": 4,
    "blocks": 1,
    "critic_layers": 3,
    "critic_steps": 2,
}


def tiny(rate=0.05, **settings):
    keras.utils.set_random_seed(3)
    model = StarGAN(**{**SMALL, "attributes": (3,), **settings})
    model.compile(**{player: keras.optimizers.SGD(rate) for player in model.players})
    return model


def batch(count=8, attributes=3, sets=None):
    chance = np.random.default_rng(0)
    images = chance.uniform(-1, 1, (count, *SIZE, 3)).astype(np.float32)
    drawn = chance.integers(0, 2, (count, attributes)).astype(np.float32)
    own = {"images": tf.constant(images), "attributes": tf.constant(drawn)}
    return own if sets is None else own | {"sets": tf.constant(sets, tf.int32)}


def logistic(logits, attributes):
    p = tf.sigmoid(logits)
    return -tf.reduce_mean(
        tf.reduce_sum(attributes * tf.math.log(p) + (1 - attributes) * tf.math.log(1 - p), 1)
    )


def test_a_step_equals_the_updates_written_by_hand(monkeypatch):
    """Two critic steps on the halves of the batch, each with wanted attributes of its own half;
    then the generator on the last half, there and back.
    """
    rate = 0.05
    model = tiny(rate, class_weight=2.0, reconstruction_weight=3.0, penalty=4.0)
    generator, critic = (keras.models.clone_model(n) for n in (model.generator, model.critic))
    generator.set_weights(model.generator.get_weights())
    critic.set_weights(model.critic.get_weights())
    # The places of the penalty, and the order of attributes, are those of the step's seeds.
    alphas, orders = [], []

    def penalty(score, real, fake, seed):
        alphas.append(tf.random.stateless_uniform([len(real), 1, 1, 1], seed, alg="philox"))
        return original(score, real, fake, seed)

    def order(attributes, sets, seed):
        orders.append(in_another_order(attributes, sets, seed))
        return orders[-1]

    original = star_gan.gradient_penalty
    monkeypatch.setattr(star_gan, "gradient_penalty", penalty)
    monkeypatch.setattr(star_gan, "in_another_order", order)
    data = batch()
    logs = model.train_step(data)

    def update(tape, loss, net):
        gradients = tape.gradient(loss, net.trainable_variables)
        for variable, gradient in zip(net.trainable_variables, gradients, strict=True):
            variable.assign_sub(rate * gradient)

    halves = [(data["images"][i : i + 4], data["attributes"][i : i + 4]) for i in (0, 4)]
    assert len(orders) == len(alphas) == 2
    for (real, attributes), wanted, alpha in zip(halves, orders, alphas, strict=True):
        assert sorted(map(tuple, wanted.numpy())) == sorted(map(tuple, attributes.numpy()))
        fake = generator([real, wanted], training=True)
        with tf.GradientTape() as tape:
            scores, logits = critic(real, training=True)
            between = real + alpha * (fake - real)
            with tf.GradientTape() as inner:
                inner.watch(between)
                total = tf.reduce_sum(critic(between, training=True)[0])
            slopes = tf.norm(tf.reshape(inner.gradient(total, between), [4, -1]), axis=1)
            loss = (
                tf.reduce_mean(critic(fake, training=True)[0])
                - tf.reduce_mean(scores)
                + 2.0 * logistic(logits, attributes)
                + 4.0 * tf.reduce_mean((slopes - 1.0) ** 2)
            )
        update(tape, loss, critic)
    assert float(logs["critic_loss"]) == pytest.approx(float(loss), rel=1e-4)
    with tf.GradientTape() as tape:
        fake = generator([real, wanted], training=True)
        again = generator([fake, attributes], training=True)
        scores, logits = critic(fake, training=True)
        loss = (
            2.0 * logistic(logits, wanted)
            - tf.reduce_mean(scores)
            + 3.0 * tf.reduce_mean(tf.abs(real - again))
        )
    update(tape, loss, generator)
    assert float(logs["generator_loss"]) == pytest.approx(float(loss), rel=1e-4)
    for own, other in ((model.generator, generator), (model.critic, critic)):
        for found, expected in zip(own.get_weights(), other.get_weights(), strict=True):
            np.testing.assert_allclose(found, expected, atol=2e-5)


def test_wanted_attributes_are_those_of_the_batch_within_each_data_set():
    sets = tf.constant([0, 1, 1, 0, 1, 0, 0, 1] * 4)
    rows = tf.stack([tf.range(32), sets], 1)
    found = [in_another_order(rows, sets, tf.constant([7, n])).numpy() for n in range(2)]
    for wanted in found:
        assert sorted(wanted[:, 0]) == list(range(32))
        np.testing.assert_array_equal(wanted[:, 1], sets)
    assert (found[0] != found[1]).any() and (found[0][:, 0] != np.arange(32)).sum() > 16
    again = in_another_order(rows, sets, tf.constant([7, 0]))
    np.testing.assert_array_equal(again, found[0])


def test_the_generator_is_told_what_is_known_and_a_mask():
    model = tiny(attributes=(2, 3), exclusive=(False, True))
    told = model.told(tf.ones([2, 5]), tf.constant([1, 0])).numpy()
    np.testing.assert_array_equal(told, [[0, 0, 1, 1, 1, 0, 1], [1, 1, 0, 0, 0, 1, 0]])
    assert model.generator.input_shape[1] == (None, 7)
    assert tiny().generator.input_shape[1] == (None, 3)
    # What a picture's data set does not know does not reach the picture.
    images, sets = batch()["images"][:2], tf.constant([0, 0])
    one = model(images, tf.constant([[1.0, 0, 0, 0, 0]] * 2), sets)
    other = model(images, tf.constant([[1.0, 0, 1, 0, 0]] * 2), sets)
    np.testing.assert_array_equal(one, other)
    assert np.abs(one - model(images, tf.constant([[0.0, 1, 0, 0, 0]] * 2), sets)).max() > 1e-4


def test_the_critic_learns_no_attribute_that_a_picture_does_not_know():
    """With all pictures of the first set, the class head's columns of the second stay."""
    model = tiny(attributes=(2, 3), exclusive=(False, True))
    before = model.critic.get_layer("class").kernel.numpy()
    model.train_step(batch(attributes=5, sets=[0] * 8))
    moved = np.abs(model.critic.get_layer("class").kernel.numpy() - before).max((0, 1, 2))
    assert (moved[:2] > 0).all() and not moved[2:].any()


def test_the_nets_are_those_of_the_authors():
    model = StarGAN()
    assert model.generator.count_params() == 8_430_528
    assert model.critic.count_params() == 44_762_048
    assert [tuple(shape) for shape in model.critic.output_shape] == [(None, 2, 2, 1), (None, 5)]
    kinds = keras.layers.Conv2D, keras.layers.Conv2DTranspose
    for layer in model.generator.layers:
        assert not isinstance(layer, kinds) or not layer.use_bias, layer.name
    for layer in model.critic.layers:
        assert "norm" not in type(layer).__name__.lower()
        if isinstance(layer, keras.layers.LeakyReLU):
            assert layer.negative_slope == pytest.approx(0.01)
        if isinstance(layer, kinds):
            assert layer.use_bias == (layer.name not in ("source", "class"))
    assert model.critic.get_layer("class").kernel_size == (2, 2)
    assert model.updates_in("critic", 10) == 50 and model.updates_in("generator", 10) == 10


def test_a_picture_does_not_depend_on_others_of_its_batch():
    model, data = tiny(), batch(4)
    whole = model.generator([data["images"], data["attributes"]], training=True)
    alone = model(data["images"][:1], data["attributes"][:1])
    np.testing.assert_allclose(whole[:1], alone, atol=1e-5)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"image_size": (18, 16)}, "multiples of 4"),
        ({"image_size": (20, 16)}, "multiples of 8"),
        ({"attributes": (2, 3)}, "2 data sets"),
    ],
)
def test_what_cannot_be_built_is_said(settings, words):
    with pytest.raises(ValueError, match=words):
        tiny(**settings)


def test_rectangles_and_grey_pictures_are_learnt():
    model = tiny(image_size=(16, 24), channels=1)
    assert model.critic.get_layer("class").kernel_size == (2, 3)
    images = tf.zeros([4, 16, 24, 1])
    model.train_step({"images": images, "attributes": tf.ones([4, 3])})
    assert model(images, tf.ones([4, 3])).shape == (4, 16, 24, 1)
