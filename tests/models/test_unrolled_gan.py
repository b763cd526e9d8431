"""Unrolled GAN against GANs written by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.models.unconditional.unrolled_gan import UnrolledGAN
from tfgan_zoo.networks import points as point_nets
from tfgan_zoo.optimizers.adam import Adam

POINTS = tf.random.stateless_normal([32, 2], (1, 2)).numpy()


def compiled(rates=(1e-3, 1e-3), optimizer=Adam, **settings):
    settings = {"shape": (2,), "latent_dim": 3, **settings}
    if settings["shape"] == (2,):
        settings = {**point_nets.unrolled_gan(2, 3, width=6), **settings}
    model = UnrolledGAN(**settings)
    generator, discriminator = (optimizer(rate) for rate in rates)
    model.compile(generator=generator, discriminator=discriminator)
    return model


def copies(model):
    nets = [keras.models.clone_model(net) for net in (model.generator, model.discriminator)]
    for mine, net in zip(nets, (model.generator, model.discriminator), strict=True):
        mine.set_weights(net.get_weights())
    return nets


def line(weight):
    """The map x -> weight x of one number to one number."""
    inputs = keras.Input((1,))
    net = keras.Model(inputs, keras.layers.Dense(1, use_bias=False)(inputs))
    net.set_weights([np.array([[weight]], np.float32)])
    return net


@pytest.mark.parametrize("game", ["minimax", "nonsaturating"])
def test_without_unrolling_it_is_the_plain_gan(game):
    model = compiled(unrolling_steps=0, generator_loss=game)
    generator, discriminator = copies(model)
    latents = model.prior.sample(32, model.begin_step().seed())
    with tf.GradientTape(persistent=True) as tape:
        fake = tf.sigmoid(discriminator(generator(latents)))
        real = tf.sigmoid(discriminator(POINTS))
        rejected = tf.reduce_mean(tf.math.log(1.0 - fake))
        discriminator_loss = -tf.reduce_mean(tf.math.log(real)) - rejected
        by_game = {"minimax": rejected, "nonsaturating": -tf.reduce_mean(tf.math.log(fake))}
        generator_loss = by_game[game]
    for net, loss in ((generator, generator_loss), (discriminator, discriminator_loss)):
        pulls = tape.gradient(loss, net.trainable_variables)
        Adam(1e-3).apply(pulls, net.trainable_variables)
    logs = model.train_step({"images": tf.constant(POINTS)})
    for mine, by_hand in ((model.generator, generator), (model.discriminator, discriminator)):
        for weight, expected in zip(mine.get_weights(), by_hand.get_weights(), strict=True):
            np.testing.assert_allclose(weight, expected, atol=1e-6)
    assert float(logs["unrolling_gain"]) == 0.0
    assert float(logs["discriminator_loss"]) == pytest.approx(float(discriminator_loss), rel=1e-5)


@pytest.mark.parametrize("differentiate", [True, False])
def test_one_step_ahead_of_two_weights_is_as_derived(differentiate):
    """G(z) = a z and D(x) = sigmoid(w x), plain descent of rate r. With p = sigmoid(w x) and
    q = sigmoid(w a z) the discriminator's loss has the slopes

        dL/dw = -mean((1 - p) x) + mean(q a z)    and one step leads to w' = w - r dL/dw,

    which moves with a: dw'/da = -r mean(q z + w a z q (1 - q) z). The generator's loss -L(a, w')
    has

        dL'/da = mean(q' w' z)  and  dL'/dw' as above, so its slope is -(dL'/da + dL'/dw' dw'/da),

    and the second term is absent where the gradient stops.
    """
    a, w, rate, ahead = 0.7, -0.4, 0.1, 0.5
    model = compiled(
        (rate, ahead),
        keras.optimizers.SGD,
        shape=(1,),
        latent_dim=1,
        unrolling_steps=1,
        differentiate=differentiate,
        generator=line(a),
        discriminator=line(w),
    )
    x = POINTS[:, :1].astype(np.float64)
    z = model.prior.sample(32, model.begin_step().seed()).numpy().astype(np.float64)

    def sigmoid(values):
        return 1.0 / (1.0 + np.exp(-values))

    def slope(w):
        return -np.mean((1.0 - sigmoid(w * x)) * x) + np.mean(sigmoid(w * a * z) * a * z)

    after = w - ahead * slope(w)
    q = sigmoid(w * a * z)
    answer = -ahead * np.mean(q * z + w * a * z * q * (1.0 - q) * z)
    pull = -np.mean(sigmoid(after * a * z) * after * z)
    if differentiate:
        pull -= slope(after) * answer
    model.train_step({"images": tf.constant(POINTS[:, :1])})
    assert model.generator.get_weights()[0].item() == pytest.approx(a - rate * pull, abs=1e-6)
    # The discriminator takes one ordinary step, from where it was.
    assert model.discriminator.get_weights()[0].item() == pytest.approx(after, abs=1e-6)


def test_stopping_the_gradient_makes_another_generator():
    start = compiled().get_weights()
    moved = []
    for settings in ({}, {"differentiate": False}, {"unrolling_steps": 0}):
        model = compiled(**{"unrolling_steps": 3, **settings})
        model.set_weights(start)
        for _ in range(3):
            model.train_step({"images": tf.constant(POINTS)})
        moved.append(model.generator.get_weights()[0])
    assert not np.allclose(moved[0], moved[1]) and not np.allclose(moved[1], moved[2])


def test_looking_ahead_changes_nothing_but_the_step():
    normalised = keras.Sequential(
        [keras.Input((2,)), keras.layers.BatchNormalization(), keras.layers.Dense(1)]
    )
    model = compiled((0.0, 0.0), discriminator=normalised, unrolling_steps=4)
    before = model.discriminator.trainable_variables[-2].numpy()
    model.train_step({"images": tf.constant(POINTS)})
    np.testing.assert_array_equal(model.discriminator.trainable_variables[-2].numpy(), before)
    # Two passes of the ordinary step, real and generated, and none of those ahead.
    momentum = 0.99
    generated = model.generator(model.prior.sample(32, model_seed(model)), training=True)
    expected = momentum * (1 - momentum) * POINTS.mean(0)
    expected = expected + (1 - momentum) * np.mean(generated, 0)
    moving = model.discriminator.layers[0].moving_mean.numpy()
    np.testing.assert_allclose(moving, expected, atol=1e-6)


def model_seed(model):
    """The seed of the step that was just made."""
    model.step.assign_sub(1)
    seed = model.begin_step().seed()
    model.step.assign_add(1)
    return seed


def test_pictures_have_the_nets_of_stacked_mnist():
    model = compiled(shape=(12, 12, 3), unrolling_steps=1, discriminator_share=0.5)
    logs = model.train_step({"images": tf.random.stateless_normal([4, 12, 12, 3], (0, 0))})
    assert int(logs["skipped"]) == 0 and np.isfinite(float(logs["unrolling_gain"]))
    assert model.discriminator.get_weights()[0].shape == (3, 3, 3, 4)
    assert model(model.prior.sample(2, (0, 0))).shape == (2, 12, 12, 3)


@pytest.mark.parametrize("normalised", [True, False])
def test_a_discriminator_without_normalisation_sees_each_picture_alone(normalised):
    model = compiled(shape=(12, 12, 3), unrolling_steps=1, discriminator_normalised=normalised)
    images = tf.random.stateless_normal([4, 12, 12, 3], (0, 0))
    alone = model.discriminator(images[:1], training=True).numpy()
    together = model.discriminator(images, training=True).numpy()[:1]
    assert np.allclose(alone, together, atol=1e-5) != normalised


@pytest.mark.parametrize(
    "settings, said",
    [({"generator_loss": "hinge"}, "minimax or nonsaturating"), ({"unrolling_steps": -1}, "-1")],
)
def test_what_it_cannot_be_is_refused(settings, said):
    with pytest.raises(ValueError, match=said):
        UnrolledGAN(**settings)


def test_an_optimizer_without_a_functional_step_is_refused():
    model = compiled(optimizer=keras.optimizers.RMSprop)
    with pytest.raises(ValueError, match="not through RMSprop"):
        model.train_step({"images": tf.constant(POINTS)})
