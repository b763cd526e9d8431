"""SPGAN: its losses, who moves whom, the order of the players, and the embedding."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import contract
from tfgan_zoo.models.translation.spgan import SPGAN, embedding_network
from tfgan_zoo.optimizers.adam import Adam

SIZE = (16, 16)


def tiny(rates=(0.01, 0.01, 0.01), **settings):
    keras.utils.set_random_seed(3)
    options = {
        **{"generator_filters": 2, "discriminator_filters": 2, "embedding_filters": 4},
        **{"blocks": 1, "patch": 16, "embedding_dropout": 0.0, "pool_size": 0},
    }
    model = SPGAN(SIZE, **{**options, **settings})
    adams = zip(model.players, rates, strict=True)
    model.compile(**{player: Adam(rate, beta_1=0.5) for player, rate in adams})
    return model


def batch(seed=0, count=2):
    a, b = np.random.default_rng(seed).uniform(-1, 1, (2, count, *SIZE, 3))
    return {"images_a": tf.constant(a, tf.float32), "images_b": tf.constant(b, tf.float32)}


def features(model, images):
    return model.embedding([images, tf.zeros([2], tf.int32)], training=True).numpy()


def l1(first, second):
    return float(np.abs(np.array(first) - np.array(second)).mean())


@pytest.mark.parametrize("negatives", ["real", "translated"])
def test_losses_of_the_paper(negatives):
    model, data = tiny(negatives=negatives), batch()
    a, b = data["images_a"], data["images_b"]
    as_b, as_a = model.generator_ab(a), model.generator_ba(b)
    f, g, h, i = (features(model, images) for images in (a, as_b, b, as_a))

    def apart(first, second):
        return np.linalg.norm(first - second, axis=1)

    pulled = (apart(f, g) ** 2 + apart(h, i) ** 2).mean()
    pairs = ((f, h), (f, h)) if negatives == "real" else ((g, h), (i, f))
    pushed = sum(((2.0 - apart(*pair)) ** 2).mean() for pair in pairs)
    similarity = (pulled + pushed) / 4

    adversarial = sum(
        float(((np.array(judge(fake)) - 1) ** 2).mean())
        for judge, fake in ((model.discriminator_b, as_b), (model.discriminator_a, as_a))
    )
    cycle = l1(a, model.generator_ba(as_b)) + l1(b, model.generator_ab(as_a))
    identity = l1(a, model.generator_ba(a)) + l1(b, model.generator_ab(b))
    logs = {name: float(value) for name, value in model.train_step(data).items()}
    assert logs["similarity_loss"] == pytest.approx(similarity, rel=1e-3)
    assert logs["embedding_loss"] == pytest.approx(similarity, rel=1e-3)
    total = adversarial + 10 * cycle + 5 * identity + 2 * similarity
    assert logs["generator_loss"] == pytest.approx(total, rel=1e-4)


def test_the_embedding_learns_last_from_what_was_drawn_before_the_translators_moved():
    """Its gradient is that of the first pictures, although the translators have moved since."""
    moving, still = tiny(), tiny(rates=(1e-12, 0.01, 0.01))
    for model in (moving, still):
        model.train_step(batch())
    moved = [model.generator_ab.get_weights() for model in (moving, still)]
    assert contract.moved(*moved)
    for value, other in zip(
        moving.embedding.get_weights(), still.embedding.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(value, other)


def test_the_term_holds_the_translators_and_real_negatives_do_not():
    def gradient(part):
        model, data = tiny(), batch()
        a, b = data["images_a"], data["images_b"]
        with tf.GradientTape() as tape:
            loss = part(model, a, model.generator_ab(a), b, model.generator_ba(b))
        found = tape.gradient(loss, model.generator_ab.trainable_variables[0])
        return 0.0 if found is None else float(tf.norm(found))

    def whole(model, *images):
        return model.similarity_loss(*images, tf.zeros([2], tf.int32))

    def margin_alone(model, a, as_b, b, as_a):
        model.margin = 0.0
        return whole(model, a, as_b, b, as_a)

    assert gradient(whole) > 0
    assert gradient(whole) == pytest.approx(gradient(margin_alone), rel=1e-5)


def test_features_have_length_one_and_dropout_is_each_pictures_own():
    network = embedding_network((64, 32), 3, filters=4, dropout=0.5)
    images = tf.random.stateless_normal([3, 64, 32, 3], [0, 1])
    same = tf.repeat(images[:1], 3, 0)
    found = network([same, tf.constant([1, 2])], training=True).numpy()
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1.0, rtol=1e-5)
    assert np.abs(found[0] - found[1]).max() > 1e-3
    calm = network([same, tf.constant([1, 2])], training=False).numpy()
    np.testing.assert_allclose(calm[0], calm[1], atol=1e-6)


@pytest.mark.parametrize(("size", "blocks"), [((256, 256), 4), ((64, 32), 2), ((16, 16), 2)])
def test_the_embedding_fits_the_size(size, blocks):
    network = embedding_network(size, 3, filters=1)
    assert sum(isinstance(layer, keras.layers.Conv2D) for layer in network.layers) == blocks


def test_settings_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="No negatives 'both'; choose one of real, translated"):
        tiny(negatives="both")
    with pytest.raises(ValueError, match="64x32 allow 1 to 2, not 3"):
        embedding_network((64, 32), 3, blocks=3)
