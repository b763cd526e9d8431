"""DRAGAN: which places are penalised, a whole step by hand, and the nets."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.models.unconditional.dragan import (
    DRAGAN,
    gaussian_neighbours,
    uniform_neighbours,
)
from tfgan_zoo.networks import points as point_nets
from tfgan_zoo.optimizers.adam import Adam

SEED = (3, 4)
POINTS = np.random.default_rng(0).normal([3.0, -1.0], [0.2, 4.0], (64, 2)).astype(np.float32)


def compiled(*arguments, rate=1e-3, **settings):
    model = DRAGAN(*arguments, **settings)
    generator, discriminator = (Adam(rate, beta_1=0.5, beta_2=0.9) for _ in range(2))
    model.compile(generator=generator, discriminator=discriminator)
    return model


def uniform(shape, seed):
    return tf.random.stateless_uniform(shape, seed, alg="philox").numpy()


def test_the_codes_noise_is_one_sided_and_scaled_by_one_deviation_of_the_whole_batch():
    moves = uniform_neighbours(tf.constant(POINTS), SEED).numpy() - POINTS
    alpha = uniform([64, 1], tf.random.fold_in(SEED, 1, alg="philox"))
    expected = alpha * 0.5 * POINTS.std() * uniform([64, 2], SEED)
    np.testing.assert_allclose(moves, expected, atol=1e-5)
    assert moves.min() >= -1e-6 and np.ptp(alpha) > 0.9
    # Neither coordinate's own deviation, of 0.2 and 4: both move alike.
    assert moves[:, 0].mean() == pytest.approx(moves[:, 1].mean(), rel=0.3)


def test_the_code_noises_distribution():
    """alpha U of two uniform numbers: mean 1/4, second moment 1/9; alpha is an example's own."""
    real = tf.concat([tf.zeros([2000, 3, 2]), tf.fill([2000, 3, 2], 2.0)], 0)  # deviation 1
    moves = (uniform_neighbours(real, SEED) - real).numpy() / 0.5
    assert moves.min() >= 0.0 and 0.97 < moves.max() < 1.0
    np.testing.assert_allclose([moves.mean(), (moves**2).mean()], [1 / 4, 1 / 9], atol=0.01)
    flat = moves.reshape(4000, 6)
    assert np.corrcoef(flat[:, 0], flat[:, 5])[0, 1] == pytest.approx(3 / 7, abs=0.06)


def test_the_papers_noise_is_normal_and_two_sided():
    real = tf.concat([tf.zeros([2000, 6]), tf.fill([2000, 6], 2.0)], 0)
    moves = (gaussian_neighbours(real, SEED, 0.25) - real).numpy()
    np.testing.assert_allclose([moves.mean(), moves.std()], [0.0, 0.25], atol=0.01)
    assert abs(np.corrcoef(moves[:, 0], moves[:, 5])[0, 1]) < 0.06
    noise = tf.random.stateless_normal([4000, 6], SEED, alg="philox").numpy()
    np.testing.assert_allclose(moves, 0.25 * noise, atol=1e-5)


@pytest.mark.parametrize("noise", ["uniform", "gaussian"])
@pytest.mark.parametrize("scale, expected", [(0.2, 0.25), (0.4, 0.0), (1.0, 2.25)])
def test_a_linear_discriminator_costs_its_slope_wherever_it_is(noise, scale, expected):
    """D(x) = w x with |w| = 2.5 scale: (|w| - 1)^2, lambda times in the loss."""
    model = compiled((2,), latent_dim=3, width=4, noise=noise, rate=0.0)
    one_layer = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, use_bias=False)])
    one_layer.layers[0].kernel.assign(scale * np.array([[1.5], [2.0]]))
    model.discriminator = one_layer
    model.compile(generator=Adam(0.0), discriminator=Adam(0.0))
    logs = model.train_step({"images": tf.constant(POINTS)})
    assert float(logs["penalty"]) == pytest.approx(expected, abs=1e-5)
    assert float(logs["input_gradient_norm"]) == pytest.approx(2.5 * scale, rel=1e-5)
    without = compiled((2,), latent_dim=3, width=4, noise=noise, penalty=0.0)
    without.generator, without.discriminator = model.generator, one_layer
    without.compile(generator=Adam(0.0), discriminator=Adam(0.0))
    plain = without.train_step({"images": tf.constant(POINTS)})
    difference = float(logs["discriminator_loss"]) - float(plain["discriminator_loss"])
    # The second model makes its first step, as the first one did: equal latents.
    assert difference == pytest.approx(10.0 * expected, abs=1e-3)


def test_generated_examples_have_no_part_in_the_penalty():
    model = compiled((2,), latent_dim=3, width=8, rate=0.0)
    first = float(model.train_step({"images": tf.constant(POINTS)})["penalty"])
    again = compiled((2,), latent_dim=3, width=8, rate=0.0)
    again.set_weights(model.get_weights())
    for weight in again.generator.trainable_variables:
        weight.assign(30.0 * weight + 1.0)
    second = again.train_step({"images": tf.constant(POINTS)})
    assert float(second["penalty"]) == first
    elsewhere = compiled((2,), latent_dim=3, width=8, rate=0.0)
    elsewhere.set_weights(model.get_weights())
    third = elsewhere.train_step({"images": tf.constant(-2.0 * POINTS)})
    assert float(third["penalty"]) != first


@pytest.mark.parametrize("noise", ["uniform", "gaussian"])
def test_a_step_equals_that_written_by_hand(noise):
    nets = point_nets.dragan(2, 3, 6, depth=2)
    model = compiled((2,), latent_dim=3, width=6, depth=2, noise=noise, **nets)
    generator, discriminator = (
        keras.models.clone_model(net) for net in (model.generator, model.discriminator)
    )
    generator.set_weights(model.generator.get_weights())
    discriminator.set_weights(model.discriminator.get_weights())
    adams = [keras.optimizers.Adam(1e-3, beta_1=0.5, beta_2=0.9) for _ in range(2)]
    step = model.begin_step()

    def latents(stream):
        return tf.random.stateless_uniform([64, 3], step.seed(stream), -1, 1, alg="philox")

    if noise == "uniform":
        end = POINTS + 0.5 * POINTS.std() * uniform([64, 2], step.seed(1))
        alpha = uniform([64, 1], tf.random.fold_in(step.seed(1), 1, alg="philox"))
        near = POINTS + alpha * (end - POINTS)
    else:
        delta = tf.random.stateless_normal([64, 2], step.seed(1), alg="philox").numpy()
        near = POINTS + 0.5 * POINTS.std() * delta
    fake = generator(latents(0)).numpy()
    near = tf.constant(near)
    with tf.GradientTape() as tape:
        with tf.GradientTape() as inner:
            inner.watch(near)
            logits = discriminator(near)
        slopes = tf.norm(inner.gradient(logits, near), axis=1)
        penalty = tf.reduce_mean((slopes - 1.0) ** 2)
        real, drawn = tf.sigmoid(discriminator(POINTS)), tf.sigmoid(discriminator(fake))
        discriminator_loss = -tf.reduce_mean(tf.math.log(real))
        discriminator_loss -= tf.reduce_mean(tf.math.log(1.0 - drawn))
        discriminator_loss += 10.0 * penalty
    pull = tape.gradient(discriminator_loss, discriminator.trainable_variables)
    adams[0].apply([tf.convert_to_tensor(part) for part in pull], discriminator.trainable_variables)
    noise = latents(2)
    with tf.GradientTape() as tape:
        generator_loss = -tf.reduce_mean(tf.math.log(tf.sigmoid(discriminator(generator(noise)))))
    pull = tape.gradient(generator_loss, generator.trainable_variables)
    adams[1].apply(pull, generator.trainable_variables)

    logs = model.train_step({"images": tf.constant(POINTS)})
    for name, expected in (
        ("discriminator_loss", discriminator_loss),
        ("generator_loss", generator_loss),
        ("penalty", penalty),
        ("input_gradient_norm", tf.reduce_mean(slopes)),
    ):
        assert float(logs[name]) == pytest.approx(float(expected), rel=1e-4), name
    for mine, by_hand in ((model.generator, generator), (model.discriminator, discriminator)):
        for weight, expected in zip(mine.get_weights(), by_hand.get_weights(), strict=True):
            np.testing.assert_allclose(weight, expected, atol=1e-5)


def test_nets_for_mnist_are_the_authors():
    model = DRAGAN()
    shapes = [w.shape for w in model.generator.get_weights()]
    assert shapes == [(100, 128), (128,), (128, 784), (784,)]
    shapes = [w.shape for w in model.discriminator.get_weights()]
    assert shapes == [(784, 128), (128,), (128, 1), (1,)]
    first = model.discriminator.get_weights()[0]
    assert first.std() == pytest.approx((2 / 784) ** 0.5, rel=0.02)
    assert np.abs(first).max() > 3.0 * first.std()  # not truncated at two deviations
    images = model(model.prior.sample(5, (0, 1))).numpy()
    assert images.shape == (5, 28, 28, 1) and images.dtype == np.float32
    assert np.abs(images).max() <= 1.0 and images.std() > 0.1
    latents = model.prior.sample(500, (0, 1)).numpy()
    assert -1.0 <= latents.min() < -0.99 and 0.99 < latents.max() <= 1.0


def test_points_are_not_squashed():
    model = compiled((2,), latent_dim=3, width=4, **point_nets.dragan(2, 3, 4))
    model.generator.layers[-1].bias.assign([30.0, -40.0])
    points = model(model.prior.sample(7, (0, 0))).numpy()
    assert points[:, 0].min() > 20 and points[:, 1].max() < -20


@pytest.mark.parametrize("networks", ["mlp", "dcgan"])
def test_discriminators_of_pictures_keep_examples_apart(networks):
    model = compiled((16, 16, 1), networks, latent_dim=4, width=3)
    images = tf.random.stateless_normal([3, 16, 16, 1], (0, 0))
    together = model.discriminator(images, training=True)
    apart = [model.discriminator(images[i : i + 1], training=True) for i in range(3)]
    np.testing.assert_allclose(together, tf.concat(apart, 0), atol=1e-5)
    logs = model.train_step({"images": images})
    assert np.isfinite(float(logs["discriminator_loss"])) and int(logs["skipped"]) == 0


@pytest.mark.parametrize("networks", ["mlp", "dcgan"])
def test_half_precision_trains(networks):
    keras.mixed_precision.set_dtype_policy("mixed_float16")
    try:
        model = compiled((16, 16, 1), networks, latent_dim=4, width=3)
    finally:
        keras.mixed_precision.set_dtype_policy("float32")
    for optimizer in model.optimizers.values():
        optimizer.dynamic_scale.assign(256.0)
    before = [np.array(weight) for weight in model.trainable_variables]
    logs = model.train_step({"images": tf.random.stateless_normal([3, 16, 16, 1], (0, 0))})
    assert int(logs["skipped"]) == 0
    weights = zip(model.trainable_variables, before, strict=True)
    assert np.mean([np.any(np.array(weight) != old) for weight, old in weights]) > 0.8


@pytest.mark.parametrize(
    "settings, said",
    [
        ({"shape": (2,), "networks": "dcgan"}, "nets are for pictures"),
        ({"networks": "resnet"}, "mlp or dcgan"),
        ({"noise": "normal"}, "uniform, gaussian"),
        ({"networks": "dcgan"}, "16, 32, 64.*28x28"),
    ],
)
def test_what_it_cannot_be_is_refused(settings, said):
    with pytest.raises(ValueError, match=said):
        DRAGAN(width=2, **settings)
