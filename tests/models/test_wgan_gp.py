"""WGAN-GP: a whole step by hand, the class-conditional arm, and the nets."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.models.unconditional.wgan_gp import WGANGP
from tfgan_zoo.networks import points as point_nets
from tfgan_zoo.optimizers.adam import Adam
from tfgan_zoo.regularizers.instance_noise import dequantise


def adam():
    return Adam(1e-3, beta_1=0.5, beta_2=0.9)


def compiled(*arguments, **settings):
    model = WGANGP(*arguments, **settings)
    model.compile(generator=adam(), critic=adam())
    return model


def labelled(classes, count, side=16):
    chance = np.random.default_rng(0)
    images = chance.integers(0, 256, (count, side, side, 1)) / 127.5 - 1.0
    return {
        "images": tf.constant(images, tf.float32),
        "labels": tf.constant(np.arange(count) % classes, tf.int32),
    }


def test_a_step_equals_that_written_by_hand():
    nets = point_nets.wgan_gp(2, 3, 4)
    model = compiled((2,), latent_dim=3, critic_steps=2, penalty=0.1, dequantised=False, **nets)
    generator, critic = (keras.models.clone_model(net) for net in (model.generator, model.critic))
    generator.set_weights(model.generator.get_weights())
    critic.set_weights(model.critic.get_weights())
    adams = [keras.optimizers.Adam(1e-3, beta_1=0.5, beta_2=0.9) for _ in range(2)]
    points = np.random.default_rng(0).normal(size=(8, 2)).astype(np.float32)
    step = model.begin_step()

    for number, real in enumerate(np.split(points, 2), 1):
        noise = tf.random.stateless_normal([4, 3], step.seed(2 * number), alg="philox")
        fake = generator(noise).numpy()
        alpha = tf.random.stateless_uniform([4, 1], step.seed(2 * number + 1), alg="philox")
        between = tf.constant(real + alpha.numpy() * (fake - real))
        with tf.GradientTape() as tape:
            with tf.GradientTape() as inner:
                inner.watch(between)
                scores = critic(between)
            norms = tf.norm(inner.gradient(scores, between), axis=1)
            penalty = tf.reduce_mean((norms - 1.0) ** 2)
            wasserstein_loss = tf.reduce_mean(critic(fake)) - tf.reduce_mean(critic(real))
            critic_loss = wasserstein_loss + 0.1 * penalty
        gradients = tape.gradient(critic_loss, critic.trainable_variables)
        adams[0].apply(
            [
                tf.zeros_like(v) if g is None else g
                for g, v in zip(gradients, critic.weights, strict=True)
            ],
            critic.trainable_variables,
        )
    latents = model.prior.sample(8, step.seed(1))  # twice the critic's batch
    with tf.GradientTape() as tape:
        generator_loss = -tf.reduce_mean(critic(generator(latents)))
    gradients = tape.gradient(generator_loss, generator.trainable_variables)
    adams[1].apply(gradients, generator.trainable_variables)

    logs = model.train_step({"images": tf.constant(points)})
    for name, expected in (
        ("critic_loss", critic_loss),
        ("generator_loss", generator_loss),
        ("wasserstein_loss", wasserstein_loss),
        ("input_gradient_norm", tf.reduce_mean(norms)),
    ):
        assert float(logs[name]) == pytest.approx(float(expected), rel=1e-4), name
    for mine, by_hand in ((model.generator, generator), (model.critic, critic)):
        for weight, expected in zip(mine.get_weights(), by_hand.get_weights(), strict=True):
            np.testing.assert_allclose(weight, expected, atol=1e-5)


def test_levels_are_spread_over_bins_of_their_own():
    levels = np.arange(256)
    images = np.tile(levels / 127.5 - 1.0, (200, 1)).astype(np.float32)
    spread = dequantise(tf.constant(images), (1, 2)).numpy()
    inside = (spread + 1.0) * 128 - levels
    assert inside.min() > -1e-4 and inside.max() < 1.0 + 1e-4
    np.testing.assert_allclose([inside.mean(), inside.std()], [0.5, 12**-0.5], atol=0.01)


@pytest.mark.parametrize("networks, side", [("conv", 28), ("conv", 16), ("resnet", 16)])
def test_critics_keep_examples_apart(networks, side):
    """Batch normalisation in the critic would make the penalty one of the batch."""
    model = WGANGP((side, side, 1), networks, latent_dim=4, filters=2)
    images = tf.random.stateless_normal([3, side, side, 1], (0, 0))
    together = model.critic(images, training=True)
    apart = tf.concat([model.critic(images[i : i + 1], training=True) for i in range(3)], 0)
    np.testing.assert_allclose(together, apart, atol=1e-5)
    assert model.critic.count_params() == sum(
        np.prod(v.shape) for v in model.critic.trainable_variables
    )


def test_nets_for_mnist_have_the_authors_widths():
    model = WGANGP((28, 28, 1), "conv", filters=64)
    shapes = [
        layer.output.shape[1:]
        for layer in (*model.generator.layers, *model.critic.layers)
        if isinstance(
            layer, (keras.layers.Reshape, keras.layers.Conv2DTranspose, keras.layers.Conv2D)
        )
    ]
    assert shapes == [
        *((4, 4, 256), (8, 8, 128), (14, 14, 64), (28, 28, 1)),
        *((14, 14, 64), (7, 7, 128), (4, 4, 256)),
    ]
    kernel = model.critic.layers[3].kernel.numpy()  # 64 -> 128, stride 2
    np.testing.assert_allclose(kernel.std(), (4 / (25 * (64 + 128 / 4))) ** 0.5, rtol=0.02)
    kernel = model.generator.layers[3].kernel.numpy()  # 256 -> 128, upwards
    np.testing.assert_allclose(kernel.std(), (4 / (25 * (256 / 4 + 128))) ** 0.5, rtol=0.02)


@pytest.mark.parametrize("networks", ["conv", "resnet"])
def test_the_class_conditional_arm(networks):
    """The classifier learns from real pictures with weight 1, the generator follows it with 0.1."""

    def arm(**weights):
        model = WGANGP(
            (16, 16, 1), networks, 4, filters=2, critic_steps=1, classes=3, **weights
        )  # fmt: skip
        model.compile(generator=Adam(0.0), critic=Adam(0.0))
        return model

    with_classes, without = arm(), arm(critic_class_weight=0.0, generator_class_weight=0.0)
    without.set_weights(with_classes.get_weights())
    data = labelled(classes=3, count=6)
    step = with_classes.begin_step()
    real = dequantise(data["images"], step.seed(0))
    latents = with_classes.prior.sample(12, step.seed(1))
    fake = with_classes.generator(latents, training=True)
    wanted = tf.argmax(latents[:, 4:], 1)
    logs, plain = (model.train_step(data) for model in (with_classes, without))
    for name, images, labels, weight in (
        ("critic_loss", real, data["labels"], 1.0),
        ("generator_loss", fake, wanted, 0.1),
    ):
        logits = with_classes.critic(images)[:, 1:]
        entropy = keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)
        difference = float(logs[name]) - float(plain[name])
        assert difference == pytest.approx(weight * np.mean(entropy), rel=1e-3), name
    assert float(logs["wasserstein_loss"]) == pytest.approx(float(plain["wasserstein_loss"]))


def test_latents_end_in_a_class_and_fakes_of_the_critic_take_the_real_ones():
    model = WGANGP((16, 16, 1), "conv", latent_dim=4, filters=2, classes=3)
    latents = model.prior.sample(900, (0, 1)).numpy()
    assert latents.shape == (900, 7) and model.prior.size == 7
    np.testing.assert_array_equal(np.sort(latents[:, 4:], 1), np.tile([0.0, 0.0, 1.0], (900, 1)))
    np.testing.assert_allclose(latents[:, 4:].mean(0), 1 / 3, atol=0.06)
    np.testing.assert_allclose([latents[:, :4].mean(), latents[:, :4].std()], [0, 1], atol=0.06)
    drawn = model.draw_latents(tf.constant([2, 0]), (0, 1)).numpy()
    np.testing.assert_array_equal(drawn[:, 4:], [[0, 0, 1], [1, 0, 0]])


@pytest.mark.parametrize(
    "shape, networks, classes, said",
    [
        ((2,), "conv", 0, r"nets are for pictures.*\(2,\).*nets of your own"),
        ((32, 32, 1), "mlp", 0, "resnet or conv, not 'mlp'"),
        ((2,), "resnet", 3, "nets are for pictures"),
        ((24, 24, 1), "conv", 0, "squares of 28.*24x24"),
        ((28, 28, 1), "resnet", 0, "16, 32, 64.*28x28"),
    ],
)
def test_what_the_networks_cannot_take_is_refused(shape, networks, classes, said):
    with pytest.raises(ValueError, match=said):
        WGANGP(shape, networks, filters=2, classes=classes)
