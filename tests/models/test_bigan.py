"""BiGAN: a whole step by hand under each objective, who learns from what, and its nets."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.models.inference.bigan import (
    OBJECTIVES,
    BiGAN,
    bigan_conv_discriminator,
    bigan_conv_encoder,
    bigan_conv_generator,
    bigan_discriminator,
    bigan_encoder,
    bigan_generator,
)

SHAPE = (4, 4, 1)
IMAGES = np.random.default_rng(0).uniform(-1, 1, (6, *SHAPE)).astype("float32")
RATE = 0.1


def built(objective="bigan", **settings):
    """A small one whose last layers are not at zero, so that each gradient is there to be seen."""
    keras.utils.set_random_seed(0)
    model = BiGAN(SHAPE, objective, latent_dim=3, width=5, **settings)
    for variable in model.trainable_variables:
        variable.assign(tf.random.stateless_normal(variable.shape, (1, variable.shape[0])) * 0.5)
    model.compile(generator=keras.optimizers.SGD(RATE), discriminator=keras.optimizers.SGD(RATE))
    return model


def copies(model):
    nets = (model.encoder, model.generator, model.discriminator)
    made = [keras.models.clone_model(net) for net in nets]
    for copy, net in zip(made, nets, strict=True):
        copy.set_weights(net.get_weights())
    return made


def log_likelihood(logits, real):
    """Mean log-probability that all of these are real, or that none is."""
    p = tf.sigmoid(logits)
    return tf.reduce_mean(tf.math.log(p if real else 1 - p))


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_a_step_equals_that_written_by_hand(objective):
    model = built(objective, weight_decay=0.01, regressor_weight=0.25)
    encoder, generator, discriminator = copies(model)
    latents = tf.random.stateless_uniform([6, 3], model.begin_step().seed(), -1, 1, alg="philox")
    of_generator = generator.trainable_variables + encoder.trainable_variables
    of_discriminator = discriminator.trainable_variables

    def decay(variables):
        return 0.005 * sum(tf.reduce_sum(v**2) for v in variables)

    with tf.GradientTape() as tape:
        fake = generator(latents, training=True)
        if objective == "bigan":
            inferred = tf.tanh(encoder(IMAGES, training=True)[0] / 2)
            real_logits = discriminator([tf.constant(IMAGES), inferred], training=True)
            fake_logits = discriminator([fake, latents], training=True)
            loss = -(log_likelihood(real_logits, False) + log_likelihood(fake_logits, True)) / 2
        else:
            fake_logits = discriminator(fake, training=True)
            weight = 1.0 if objective == "latent_regressor" else 0.25
            seen = tf.constant(fake.numpy()) if weight == 1.0 else fake
            q = tf.sigmoid(encoder(seen, training=True)[0])
            p = (latents + 1) / 2
            regression = -tf.reduce_mean(p * tf.math.log(q) + (1 - p) * tf.math.log(1 - q))
            loss = weight * regression - log_likelihood(fake_logits, True)
        total = loss + decay(of_generator)
    expected = tape.gradient(total, of_generator)
    encoder, generator, discriminator = copies(model)
    of_discriminator = discriminator.trainable_variables
    with tf.GradientTape() as tape:
        fake = generator(latents, training=True)
        pair = (IMAGES, fake)
        if objective == "bigan":
            inferred = tf.tanh(encoder(IMAGES, training=True)[0] / 2)
            pair = ([tf.constant(IMAGES), inferred], [fake, latents])
        real, judged = (discriminator(one, training=True) for one in pair)
        discriminator_loss = -(log_likelihood(real, True) + log_likelihood(judged, False)) / 2
        total = discriminator_loss + decay(of_discriminator)
    expected_of_discriminator = tape.gradient(total, of_discriminator)

    before = {p: [v.numpy() for v in model.trained_variables(p)] for p in model.players}
    logs = model.train_step({"images": tf.constant(IMAGES)})
    assert float(logs["generator_loss"]) == pytest.approx(float(loss), rel=1e-4)
    assert float(logs["discriminator_loss"]) == pytest.approx(float(discriminator_loss), rel=1e-4)
    assert ("regression" in logs) == (objective != "bigan")
    for player, gradients in (
        ("generator", expected),
        ("discriminator", expected_of_discriminator),
    ):
        for old, gradient, new in zip(
            before[player], gradients, model.trained_variables(player), strict=True
        ):
            np.testing.assert_allclose(new, old - RATE * gradient, atol=2e-5)
            assert np.abs(gradient).max() > 1e-3


def test_the_joint_losses_start_at_log_2_and_the_regressors_at_zero_latents():
    model = BiGAN(SHAPE, latent_dim=3, width=5)
    model.compile(generator="adam", discriminator="adam")
    logs = model.train_step(tf.constant(IMAGES))
    for name in ("generator_loss", "discriminator_loss"):
        assert float(logs[name]) == pytest.approx(np.log(2), rel=1e-6)
    assert np.abs(model.encode(IMAGES)["latents"]).max() > 0
    regressor = BiGAN(SHAPE, "latent_regressor", latent_dim=3, width=5)
    assert np.abs(regressor.encode(IMAGES)["latents"]).max() == 0


def test_sizes_of_the_authors_nets():
    model = BiGAN()
    shapes = [
        [tuple(v.shape) for v in net.trainable_variables]
        for net in (model.encoder, model.generator, model.discriminator)
    ]
    assert shapes[0] == [(784, 1024), (1024, 1024), (1024, 50)]
    assert sorted(shapes[1]) == [(50, 1024), (50, 1024), (1024, 784), (1024, 1024)]
    assert sorted(shapes[2]) == [(50, 1024), (784, 1024), (1024, 1), (1024, 1024)]
    assert model.prior.describe() == [{"kind": "uniform", "size": 50, "low": -1, "high": 1}]
    assert model.codes == {"latents": 50, "features": 1024}
    norms = [
        layer
        for net in (model.encoder, model.generator, model.discriminator)
        for layer in net.layers
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    assert len(norms) == 1 + 2 + 1 and not any(norm.center or norm.scale for norm in norms)
    for variable in model.encoder.trainable_variables:
        assert np.std(variable) == pytest.approx(0.02, rel=0.1)


def test_the_latent_enters_behind_the_discriminators_first_layer_and_twice_in_the_generator():
    net = bigan_discriminator(SHAPE, 3, 5)
    first = next(layer for layer in net.layers if isinstance(layer, keras.layers.Dense))
    inputs, latents = net.inputs
    assert keras.Model(inputs, first.output)(IMAGES).shape == (6, 5)  # of pictures alone
    net.trainable_variables[-1].assign(np.ones((5, 1)))
    pair = [np.tile(IMAGES[:1], (6, 1, 1, 1)), np.random.default_rng(1).uniform(-1, 1, (6, 3))]
    assert np.ptp(net(pair).numpy()) > 1e-3
    assert latents.shape == (None, 3)
    generator = bigan_generator(SHAPE, 3, 5)
    entered = [v for v in generator.trainable_variables if v.shape == (3, 5)]
    assert len(entered) == 2
    before = generator(pair[1]).numpy()
    entered[1].assign(-3 * entered[1])
    assert np.abs(generator(pair[1]) - before).max() > 1e-5


def test_codes_lie_in_the_priors_range_and_come_back():
    model = built()
    for variable in model.encoder.trainable_variables:
        variable.assign(20 * variable)
    found = model.encode(IMAGES)
    assert found["latents"].shape == (6, 3) and found["features"].shape == (6, 5)
    assert 0.9 < np.abs(found["latents"]).max() <= 1.0
    logits, features = model.encoder(IMAGES, training=False)
    np.testing.assert_allclose(found["latents"], np.tanh(logits / 2), atol=1e-6)
    np.testing.assert_array_equal(found["features"], features)
    again = model.reconstruct(IMAGES)
    np.testing.assert_array_equal(again, model.decode(found["latents"]))
    assert again.shape == IMAGES.shape and np.abs(again).max() <= 1.0


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_convolutional_nets_play_the_same_game(objective):
    shape = (8, 12, 2)
    images = np.random.default_rng(0).uniform(-1, 1, (6, *shape)).astype("float32")
    model = BiGAN(
        shape,
        objective,
        encoder=bigan_conv_encoder(shape, 3, 2),
        generator=bigan_conv_generator(shape, 3, 2),
        discriminator=bigan_conv_discriminator(shape, 3 if objective == "bigan" else 0, 2),
    )
    model.compile(generator="adam", discriminator="adam")
    before = [np.array(v) for v in model.trainable_variables]
    for _ in range(2):  # the last layer of the discriminator begins at zero
        logs = model.train_step(tf.constant(images))
    assert np.isfinite(float(logs["generator_loss"])) and int(logs["skipped"]) == 0
    for old, variable in zip(before, model.trainable_variables, strict=True):
        assert np.abs(old - variable).max() > 0, variable.path
    assert model.codes == {"latents": 3, "features": 16}
    assert model.reconstruct(images).shape == images.shape
    with pytest.raises(ValueError, match="sides that 4 divides; got 10x12"):
        bigan_conv_generator((10, 12, 1), 3, 2)


def test_the_convolutional_discriminator_knows_grey_from_black():
    """Batch normalisation would hide a contrast that all layers before it scale with."""
    shape = (8, 8, 1)
    images = np.random.default_rng(0).uniform(-1, 1, (6, *shape)).astype("float32")
    model = bigan_conv_discriminator(shape, 3, 2)
    for variable in model.trainable_variables:
        variable.assign(tf.random.stateless_normal(variable.shape, (1, variable.shape[0])))
    latents = np.zeros((6, 3), "float32")
    logits = [np.array(model([share * images, latents], training=True)) for share in (1.0, 0.5)]
    assert np.abs(logits[0] - logits[1]).max() > 0.1


def test_own_nets_and_an_unknown_objective():
    nets = {
        "encoder": bigan_encoder(SHAPE, 2, 4),
        "generator": bigan_generator(SHAPE, 2, 7),
        "discriminator": bigan_discriminator(SHAPE, 2, 6),
    }
    model = BiGAN(SHAPE, **nets)
    assert model.prior.size == 2 and model.codes == {"latents": 2, "features": 4}
    with pytest.raises(ValueError, match="objective is one of bigan, .*; got 'ali'"):
        BiGAN(SHAPE, "ali")
