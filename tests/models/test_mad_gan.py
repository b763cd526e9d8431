"""MAD-GAN: which latent goes to which generator, what is shared, and whole steps by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.losses.generators import cosine_hinge
from tfgan_zoo.models.unconditional.mad_gan import MADGAN
from tfgan_zoo.networks import points as point_nets
from tfgan_zoo.optimizers.adam import Adam

POINTS = np.random.default_rng(0).normal(1.0, 2.0, (6, 2)).astype(np.float32)
IMAGES = tf.random.stateless_uniform([4, 8, 12, 1], (0, 0), -1, 1)


def compiled(shape=(2,), rate=1e-3, **settings):
    settings = {"generators": 3, "noise_dim": 5, "filters": 2, **settings}
    if len(shape) == 1:
        similar = settings.get("similarity") is not None
        settings |= point_nets.mad_gan(*shape, 5, 3, units=7, similarity=similar)
    model = MADGAN(shape, **settings)
    model.compile(generator=Adam(rate, beta_1=0.5), discriminator=Adam(rate, beta_1=0.5))
    return model


@pytest.mark.parametrize("shape", [(2,), (8, 12, 1)])
def test_the_one_hot_names_the_generator(shape):
    model = compiled(shape)
    noise = model.noise.sample(4, (0, 1))
    drawn = tf.reshape(model.draw_all(4, (0, 1)), [3, 4, *shape])
    for index, head in enumerate(model.heads):
        named = tf.repeat(tf.one_hot([index], 3), 4, axis=0)
        examples = model(tf.concat([noise, named], 1))
        assert examples.shape == (4, *shape) and examples.dtype == tf.float32
        np.testing.assert_allclose(examples, head(model.trunk(noise)), atol=1e-6)
        np.testing.assert_allclose(examples, drawn[index], atol=1e-6)
    # Heads of their own: the examples of one noise differ.
    assert np.abs(drawn[0] - drawn[1]).max() > 1e-3 < np.abs(drawn[1] - drawn[2]).max()
    # Each row of a batch goes its own way.
    mixed = model(tf.concat([noise, tf.one_hot([2, 0, 1, 2], 3)], 1))
    expected = [drawn[generator, row] for row, generator in enumerate([2, 0, 1, 2])]
    np.testing.assert_allclose(mixed, expected, atol=1e-6)


@pytest.mark.parametrize("similarity", [None, 0.5])
def test_a_generators_loss_reaches_its_own_head_and_the_trunk(similarity):
    """In MAD-GAN-Sim as well, where rivals stand in its loss."""
    model = compiled(similarity=similarity)
    with tf.GradientTape(persistent=True) as tape:
        fake = model.draw_all(6, (0, 1))
        found = model.discriminator(fake)
        if similarity is None:
            losses = tf.reshape(-tf.nn.log_softmax(found)[:, 0], [3, 6])
            losses = tf.unstack(tf.reduce_mean(losses, 1))
        else:
            scores, features = found
            # With the others' scores far below, their hinges are off, and what is left is 1's.
            scores -= tf.reshape(tf.repeat([3.0, 0.0, 0.0], 6), [18, 1])
            losses = [cosine_hinge(scores, features, 3)]
    for index, loss in enumerate(losses):
        assert np.abs(tape.gradient(loss, model.trunk.trainable_variables)[0]).max() > 0
        for other, head in enumerate(model.heads):
            pulls = tape.gradient(loss, head.trainable_variables, unconnected_gradients="zero")
            if similarity is None or other == 0:
                assert (np.abs(pulls[0]).max() > 0) == (other == index), (index, other)


@pytest.mark.parametrize("shape", [(2,), (8, 12, 1)])
def test_all_layers_but_the_last_are_shared(shape):
    model = compiled(shape)
    owned = [{id(v) for v in net.weights} for net in (model.trunk, *model.heads)]
    assert sum(map(len, owned)) == len(set.union(*owned)) == len(model.generator.weights)
    assert [len(own) for own in owned[1:]] == [2, 2, 2]
    assert len(owned[0]) == 4
    # All generators move when a shared weight does, one when its own does.
    noise = tf.repeat(model.noise.sample(1, (0, 1)), 3, axis=0)
    latents = tf.concat([noise, tf.eye(3)], 1)

    def moved_by(weight):
        before = model(latents).numpy()
        weight.assign_add(0.5 + tf.zeros_like(weight))
        moves = np.reshape(np.abs(model(latents) - before), (3, -1))
        return list(moves.max(1) > 1e-6)

    assert moved_by(model.heads[1].trainable_variables[-1]) == [False, True, False]
    assert moved_by(model.trunk.trainable_variables[0]) == [True, True, True]


@pytest.mark.parametrize("similarity", [None, 0.3])
def test_a_step_equals_that_written_by_hand(similarity):
    model = compiled(similarity=similarity)
    trunk, discriminator, *heads = (
        keras.models.clone_model(net) for net in (model.trunk, model.discriminator, *model.heads)
    )
    mine = (model.trunk, model.discriminator, *model.heads)
    for net, copy in zip(mine, (trunk, discriminator, *heads), strict=True):
        copy.set_weights(net.get_weights())
    adams = [keras.optimizers.Adam(1e-3, beta_1=0.5, epsilon=1e-7) for _ in range(2)]
    step = model.begin_step()

    def drawn(stream):
        noise = tf.random.stateless_uniform([6, 5], step.seed(stream), -1, 1, alg="philox")
        return [head(trunk(noise)) for head in heads]

    fakes = drawn(0)
    with tf.GradientTape() as tape:
        if similarity is None:
            real = tf.nn.softmax(discriminator(POINTS))[:, 0]
            right = [tf.nn.softmax(discriminator(f))[:, 1 + i] for i, f in enumerate(fakes)]
            discriminator_loss = -tf.reduce_mean(tf.math.log(tf.stack([real, *right])))
        else:
            real = tf.sigmoid(discriminator(POINTS)[0])
            wrong = tf.stack([tf.sigmoid(discriminator(f)[0]) for f in fakes])
            discriminator_loss = -tf.reduce_mean(tf.math.log(real))
            discriminator_loss -= tf.reduce_mean(tf.math.log(1 - wrong))
    weights = discriminator.trainable_variables
    adams[0].apply(tape.gradient(discriminator_loss, weights), weights)
    weights = [*trunk.trainable_variables, *(v for h in heads for v in h.trainable_variables)]
    with tf.GradientTape() as tape:
        found = [discriminator(f) for f in drawn(1)]
        if similarity is None:
            losses = [-tf.math.log(tf.nn.softmax(logits)[:, 0]) for logits in found]
            generator_loss = tf.reduce_mean(losses)
        else:
            scores = [tf.sigmoid(logits)[:, 0] for logits, _ in found]
            units = [f / tf.norm(f, axis=1, keepdims=True) for _, f in found]
            generator_loss = -tf.reduce_mean(tf.math.log(tf.stack(scores)))
            for i in range(3):
                for j in {0, 1, 2} - {i}:
                    cosines = tf.reduce_sum(units[i] * tf.stop_gradient(units[j]), 1)
                    hinges = tf.stop_gradient(scores[j]) - scores[i] + cosines
                    generator_loss += similarity * tf.reduce_mean(tf.nn.relu(hinges)) / 3
    adams[1].apply(tape.gradient(generator_loss, weights), weights)

    logs = model.train_step({"images": tf.constant(POINTS)})
    assert float(logs["discriminator_loss"]) == pytest.approx(float(discriminator_loss), rel=1e-4)
    assert float(logs["generator_loss"]) == pytest.approx(float(generator_loss), rel=1e-4)
    for net, copy in zip(mine, (trunk, discriminator, *heads), strict=True):
        for weight, expected in zip(net.get_weights(), copy.get_weights(), strict=True):
            np.testing.assert_allclose(weight, expected, atol=1e-5)


def test_latents_are_noise_then_a_generator():
    model = compiled()
    drawn = model.prior.sample(6000, (1, 2)).numpy()
    noise, named = drawn[:, :5], drawn[:, 5:]
    assert model.prior.size == 8 and -1.0 <= noise.min() < -0.99 and 0.99 < noise.max() <= 1.0
    assert set(np.unique(named)) == {0.0, 1.0} and np.all(named.sum(1) == 1)
    np.testing.assert_allclose(named.mean(0), 1 / 3, atol=0.02)
    assert np.abs(np.corrcoef(drawn.T)[:5, 5:]).max() < 0.05


def test_realness_is_one_number_of_which_one_generator_makes_the_usual_logit():
    model = compiled()
    shares = tf.nn.softmax(model.discriminator(POINTS)).numpy()[:, :1]
    assert shares.shape == (6, 1)
    np.testing.assert_allclose(tf.sigmoid(model.realness(POINTS)), shares, rtol=1e-5)
    similar = compiled(similarity=1e-3)
    np.testing.assert_array_equal(similar.realness(POINTS), similar.discriminator(POINTS)[0])


def test_nets_for_mnist_are_the_authors():
    model = MADGAN()
    shapes = [tuple(weight.shape) for weight in model.generator.get_weights()[::2]]
    assert shapes == [(64, 3136), (5, 5, 32, 64), *[(5, 5, 1, 32)] * 4]
    shapes = [tuple(weight.shape) for weight in model.discriminator.get_weights()[::2]]
    assert shapes == [(5, 5, 1, 32), (5, 5, 32, 64), (3136, 5)]
    first = model.trunk.get_weights()[2]  # deviation 1 / sqrt(5 * 5 * 32)
    assert first.std() == pytest.approx(800**-0.5, rel=0.02)
    on_a_line = point_nets.mad_gan(1, 64, 4)
    shapes = [tuple(weight.shape) for weight in on_a_line["trunk"].get_weights()[::2]]
    assert shapes == [(64, 128), (128, 128)]  # and a layer of its own for each generator
    assert [head.count_params() for head in on_a_line["heads"]] == [129] * 4
    shapes = [tuple(weight.shape) for weight in on_a_line["discriminator"].get_weights()[::2]]
    assert shapes == [(1, 128), (128, 128), (128, 128), (128, 5)]
    images = model(model.prior.sample(5, (0, 1))).numpy()
    assert images.shape == (5, 28, 28, 1) and np.abs(images).max() <= 1.0
    with pytest.raises(ValueError, match="multiples of 4"):
        MADGAN((30, 28, 1))
    with pytest.raises(ValueError, match="4 generators need as many heads, not 3"):
        MADGAN((2,), **point_nets.mad_gan(2, 64, generators=3))


@pytest.mark.parametrize("similarity", [None, 1e-3])
def test_other_nets_take_the_place_of_the_authors(similarity):
    """With batch normalisation, and heads that all have one name."""

    def trunk():
        noise = keras.Input((5,))
        features = keras.layers.BatchNormalization()(keras.layers.Dense(6, "relu")(noise))
        return keras.Model(noise, features)

    def head():
        features = keras.Input((6,))
        pixels = keras.layers.Dense(96, "tanh")(features)
        images = keras.layers.Reshape((8, 12, 1))(pixels)
        return keras.Model(features, images, name="head")

    heads = [head() for _ in range(3)]

    images = keras.Input((8, 12, 1))
    features = keras.layers.Dense(4, "relu")(keras.layers.Flatten()(images))
    outputs = 4 if similarity is None else 1
    logits = keras.layers.Dense(outputs)(features)
    found = logits if similarity is None else [logits, features]
    given = {"trunk": trunk(), "heads": heads, "discriminator": keras.Model(images, found)}
    model = compiled((8, 12, 1), similarity=similarity, **given)
    statistics = model.trunk.layers[-1].moving_mean.numpy()
    before = [np.array(weight) for weight in model.trainable_variables]
    logs = model.train_step({"images": IMAGES})
    assert int(logs["skipped"]) == 0
    for weight, old in zip(model.trainable_variables, before, strict=True):
        assert np.any(np.array(weight) != old), weight.path
    assert np.any(model.trunk.layers[-1].moving_mean.numpy() != statistics)
    assert model(model.prior.sample(2, (0, 1))).shape == (2, 8, 12, 1)


@pytest.mark.parametrize("similarity", [None, 1e-3])
def test_half_precision_trains(similarity):
    keras.mixed_precision.set_dtype_policy("mixed_float16")
    try:
        model = compiled((8, 12, 1), similarity=similarity)
    finally:
        keras.mixed_precision.set_dtype_policy("float32")
    for optimizer in model.optimizers.values():
        optimizer.dynamic_scale.assign(256.0)
    before = [np.array(weight) for weight in model.trainable_variables]
    assert int(model.train_step({"images": IMAGES})["skipped"]) == 0
    weights = zip(model.trainable_variables, before, strict=True)
    assert np.mean([np.any(np.array(weight) != old) for weight, old in weights]) > 0.8
