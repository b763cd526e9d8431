"""f-GAN: its nets, whole steps by hand, and what it fits."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import special

from tfgan_zoo.losses.f_divergences import DIVERGENCES
from tfgan_zoo.models.unconditional.fgan import FGAN
from tfgan_zoo.networks import points as point_nets
from tfgan_zoo.optimizers.adam import Adam

RNG = np.random.default_rng(0)
POINTS = RNG.normal(size=(16, 2)).astype("float32")
IMAGES = RNG.uniform(-1, 1, (8, 4, 4, 1)).astype("float32")


def descent():
    return {name: keras.optimizers.SGD(0.1) for name in ("generator", "discriminator")}


def of_points(optimizers=None, **settings):
    nets = point_nets.fgan(2, 3, width=5)
    model = FGAN((2,), latent_dim=3, prior="normal", **nets, **settings)
    model.compile(**(optimizers or descent()))
    return model


def jeffrey(t):
    """Its conjugate with the slope that it has: W and its derivative by SciPy."""

    @tf.custom_gradient
    def conjugate(t):
        w = special.lambertw(np.exp(1 - t.numpy())).real.astype("float32")
        return w + 1 / w + t - 2, lambda upstream: upstream / w

    return conjugate(t)


# g_f and f*, one after the other, as the paper's tables give them.
TABLES = {
    "kl": (lambda v: v, lambda t: tf.exp(t - 1)),
    "reverse_kl": (lambda v: -tf.exp(-v), lambda t: -1 - tf.math.log(-t)),
    "pearson": (lambda v: v, lambda t: t**2 / 4 + t),
    "neyman": (lambda v: 1 - tf.exp(-v), lambda t: 2 - 2 * tf.sqrt(1 - t)),
    "hellinger": (lambda v: 1 - tf.exp(-v), lambda t: t / (1 - t)),
    "jeffrey": (lambda v: v, jeffrey),
    "jensen_shannon": (
        lambda v: np.log(2) - tf.math.log(1 + tf.exp(-v)),
        lambda t: -tf.math.log(2 - tf.exp(t)),
    ),
    "gan": (lambda v: -tf.math.log(1 + tf.exp(-v)), lambda t: -tf.math.log(1 - tf.exp(t))),
    "total_variation": (lambda v: 0.5 * tf.tanh(v), lambda t: t),
}


@pytest.mark.parametrize("loss", ["variational", "practical"])
@pytest.mark.parametrize("divergence", DIVERGENCES)
def test_a_step_equals_that_written_by_hand(divergence, loss):
    """Algorithm 1: both gradients at the same weights, then both players move."""
    model = of_points(divergence=divergence, generator_loss=loss)
    activation, conjugate = TABLES[divergence]
    nets = (model.discriminator, model.generator)
    latents = model.prior.sample(16, model.begin_step().seed())
    with tf.GradientTape(persistent=True) as tape:
        t_real = activation(model.discriminator(POINTS))
        t_fake = activation(model.discriminator(model.generator(latents)))
        objective = tf.reduce_mean(t_real) - tf.reduce_mean(conjugate(t_fake))
        by_player = {
            "variational": -tf.reduce_mean(conjugate(t_fake)),
            "practical": -tf.reduce_mean(t_fake),
        }
        losses = (-objective, by_player[loss])
    gradients = [
        tape.gradient(loss, net.trainable_variables) for loss, net in zip(losses, nets, strict=True)
    ]
    before = [net.get_weights() for net in nets]
    logs = model.train_step({"images": POINTS})
    assert float(logs["variational_loss"]) == pytest.approx(float(losses[0]), abs=1e-5)
    assert float(logs["generator_loss"]) == pytest.approx(float(losses[1]), abs=1e-5)
    threshold = DIVERGENCES[divergence].threshold
    assert float(logs["real_accepted"]) == pytest.approx(np.mean(t_real > threshold))
    assert float(logs["fake_accepted"]) == pytest.approx(np.mean(t_fake > threshold))
    for net, old, pulls in zip(nets, before, gradients, strict=True):
        assert any(np.abs(pull).max() > 1e-3 for pull in pulls)
        for weight, start, pull in zip(net.get_weights(), old, pulls, strict=True):
            np.testing.assert_allclose(weight, start - 0.1 * pull, atol=1e-5)


def test_nets_of_the_digits():
    model = FGAN()
    for net, units, deviation in (
        (model.generator, [(100, 1200), (1200, 1200), (1200, 784)], 0.05),
        (model.discriminator, [(784, 240), (240, 240), (240, 1)], 0.005),
    ):
        dense = [layer for layer in net.layers if isinstance(layer, keras.layers.Dense)]
        assert [tuple(layer.kernel.shape) for layer in dense] == units
        for layer in dense:
            assert layer.kernel.numpy().std() == pytest.approx(deviation, rel=0.15)
    kinds = [type(layer).__name__ for layer in model.generator.layers]
    assert kinds.count("BatchNormalization") == kinds.count("ReLU") == 2
    names = [layer.activation.__name__ for layer in dense]
    assert names == ["elu", "elu", "linear"]
    drawn = np.array(model.prior.sample(2000, (1, 2)))
    assert -1.0 <= drawn.min() < -0.999 and 0.999 < drawn.max() < 1.0
    images = np.array(model(drawn[:50]))
    assert images.shape == (50, 28, 28, 1) and np.abs(images).max() <= 1.0


def test_nets_of_points():
    model = FGAN((1,), latent_dim=1, **point_nets.fgan(1, 1, depth=0))
    assert [tuple(w.shape) for w in model.generator.get_weights()] == [(1, 1), (1,)]
    shapes = [tuple(w.shape) for w in model.discriminator.get_weights()[::2]]
    assert shapes == [(1, 64), (64, 64), (64, 1)]
    names = [layer.activation.__name__ for layer in model.discriminator.layers[1:]]
    assert names == ["tanh", "tanh", "linear"]
    assert [tuple(w.shape) for w in point_nets.fgan(2, 100)["generator"].get_weights()[::2]] == [
        *((100, 64), (64, 64), (64, 2))
    ]


def test_pictures_train():
    model = FGAN((4, 4, 1), latent_dim=3, width=0.01, generator_loss="practical")
    model.compile(generator=Adam(1e-3), discriminator=Adam(1e-3))
    before = [net.get_weights() for net in (model.generator, model.discriminator)]
    logs = model.train_step({"images": IMAGES})
    assert np.isfinite(float(logs["generator_loss"])) and int(logs["skipped"]) == 0
    for net, old in zip((model.generator, model.discriminator), before, strict=True):
        assert all(np.any(a != b) for a, b in zip(net.get_weights()[:1], old[:1], strict=True))


@pytest.mark.parametrize("divergence", ["kl", "reverse_kl"])
def test_a_run_survives_scores_beyond_float32(divergence):
    """V = 300 on fakes and -300 on data, whose exponentials float32 does not hold: with a bound on
    the gradient's norm the discriminator comes back, step by step, and no step is left out.
    """
    discriminator = keras.optimizers.SGD(1.0, global_clipnorm=10.0)
    model = of_points({"generator": keras.optimizers.SGD(0.0), "discriminator": discriminator},
                      divergence=divergence)  # fmt: skip
    output = model.discriminator.layers[-1]
    output.bias.assign([-300.0 if divergence == "reverse_kl" else 300.0])
    step = tf.function(model.train_step)
    for _ in range(30):
        logs = step({"images": tf.constant(POINTS)})
    assert int(logs["skipped"]) == 0
    assert np.abs(model.discriminator(POINTS)).max() < 150


def test_an_affine_generator_fits_a_gaussian():
    keras.utils.set_random_seed(3)
    nets = point_nets.fgan(1, 1, width=16, depth=0)
    model = FGAN((1,), divergence="reverse_kl", latent_dim=1, prior="normal", **nets)
    model.compile(generator=Adam(1e-2, beta_1=0.5), discriminator=Adam(1e-2, beta_1=0.5))
    step = tf.function(model.train_step)
    data = np.random.default_rng(1).normal(1.0, 0.5, (700, 128, 1)).astype("float32")
    tail = []
    for number, points in enumerate(data):
        step({"images": tf.constant(points)})
        if number >= 500:
            tail.append(np.concatenate([w.ravel() for w in model.generator.get_weights()]))
    scale, centre = np.mean(tail, 0)
    assert centre == pytest.approx(1.0, abs=0.1) and abs(scale) == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("settings", [{"divergence": "wasserstein"}, {"generator_loss": "hinge"}])
def test_wrong_settings_are_refused(settings):
    with pytest.raises(ValueError, match="is one of"):
        FGAN((2,), **settings)
