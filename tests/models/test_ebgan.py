"""EBGAN: whom the margin and the pulling-away term pull, a whole step by hand, and the nets."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.models.unconditional.ebgan import EBGAN
from tfgan_zoo.networks import points as point_nets
from tfgan_zoo.networks.mlp import mlp
from tfgan_zoo.optimizers.adam import Adam

POINTS = np.random.default_rng(0).normal([3.0, -1.0], [0.2, 4.0], (16, 2)).astype(np.float32)
SMALL = {
    "latent_dim": 3,
    "generator_width": 6,
    "generator_depth": 1,
    "encoder_width": 5,
}


def compiled(shape=(2,), rate=1e-3, **settings):
    settings = SMALL | settings
    nets = (
        point_nets.ebgan(*shape, **{name: settings[name] for name in SMALL})
        if len(shape) == 1
        else {}
    )
    model = EBGAN(shape, **nets, **settings)
    model.compile(generator=Adam(rate), discriminator=Adam(rate))
    return model


def twin(model, **settings):
    """A model of equal weights and other settings, at its first step."""
    other = compiled(**settings)
    other.set_weights(model.get_weights())
    return other


def arrays(network):
    return [np.array(weight) for weight in network.trainable_variables]


def train(model, points=POINTS):
    """One step; the history's row, and how far each weight of either player moved."""
    before = {player: arrays(getattr(model, player)) for player in model.optimizers}
    logs = model.train_step({"images": tf.constant(points)})
    assert int(logs["skipped"]) == 0
    moves = {
        player: [new - old for new, old in zip(arrays(getattr(model, player)), olds, strict=True)]
        for player, olds in before.items()
    }
    return {name: float(value) for name, value in logs.items()}, moves


def same(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def far(margin):
    """Of a generator whose points are 15 away: their energy is past a margin of ten, but not so far
    that a soft hinge would be zero as well.
    """
    model = compiled(margin=margin)
    model.generator.layers[-1].bias.assign([9.0, -12.0])
    model.discriminator.decoder.layers[-1].kernel.assign(tf.zeros([5, 2]))  # says 0 to all
    return model


def test_past_the_margin_the_discriminator_learns_from_data_alone():
    """To the last bit: a hinge that is almost zero would move Adam's first step in full."""
    model = far(10.0)
    elsewhere = twin(model)
    elsewhere.generator.layers[-1].bias.assign([-12.0, 9.0])
    logs, moves = train(model)
    other_logs, others = train(elsewhere)
    assert logs["past_margin"] == other_logs["past_margin"] == 1.0
    assert 12.0 < logs["fake_energy"] != other_logs["fake_energy"] < 18.0
    assert logs["discriminator_loss"] == logs["real_energy"] == other_logs["real_energy"]
    assert same(moves["discriminator"], others["discriminator"])
    # The generator has no margin: its gradient is that of the energy.
    assert logs["generator_gradient_norm"] > 0.1 and any(
        np.any(move) for move in moves["generator"]
    )
    # And before it, the discriminator feels them.
    near = far(1000.0)
    near.set_weights(model.get_weights())
    far_logs, _ = train(near)
    assert far_logs["past_margin"] == 0.0
    assert far_logs["discriminator_loss"] == pytest.approx(
        far_logs["real_energy"] + 1000.0 - far_logs["fake_energy"], rel=1e-5
    )


def test_the_pulling_away_term_moves_the_generator_and_no_other():
    model = compiled(pulling_away=0.0)
    weighted = twin(model, pulling_away=5.0)
    logs, moves = train(model)
    other_logs, others = train(weighted)
    assert same(moves["discriminator"], others["discriminator"])
    assert not same(moves["generator"], others["generator"])
    assert logs["discriminator_loss"] == other_logs["discriminator_loss"]
    assert logs["squared_cosine"] == other_logs["squared_cosine"] > 0.0
    assert logs["generator_loss"] == logs["fake_energy"]
    assert other_logs["generator_loss"] == pytest.approx(
        logs["fake_energy"] + 5.0 * logs["squared_cosine"], rel=1e-5
    )


def test_the_term_alone_turns_the_generated_codes_away_from_each_other():
    model = compiled((3,), pulling_away=1e4, generator_width=32, rate=1e-2)
    model.compile(generator=Adam(1e-2), discriminator=Adam(0.0))
    points = np.random.default_rng(1).normal(size=(16, 3)).astype(np.float32)
    first = train(model, points)[0]
    for _ in range(8):
        model.reset_metrics()
        last = model.train_step({"images": tf.constant(points)})
    assert float(last["squared_cosine"]) < 0.9 * first["squared_cosine"]
    # The data's own codes are those of the encoder, which did not move.
    assert float(last["real_squared_cosine"]) == pytest.approx(first["real_squared_cosine"])


@pytest.mark.parametrize("energy, margin", [("norm", 0.3), ("mean", 0.03)])
def test_a_step_equals_that_written_by_hand(energy, margin):
    model = compiled(energy=energy, margin=margin, pulling_away=0.3)
    generator, encoder, decoder = (
        keras.models.clone_model(net)
        for net in (model.generator, model.discriminator.encoder, model.discriminator.decoder)
    )
    generator.set_weights(model.generator.get_weights())
    encoder.set_weights(model.discriminator.encoder.get_weights())
    decoder.set_weights(model.discriminator.decoder.get_weights())
    latents = tf.random.stateless_normal([16, 3], model.begin_step().seed(), alg="philox")

    def energies(points):
        squares = tf.square(points - decoder(encoder(points)))
        if energy == "mean":
            return tf.reduce_mean(squares, 1)
        return tf.sqrt(tf.reduce_sum(squares, 1))

    with tf.GradientTape(persistent=True) as tape:
        fake = generator(latents)
        codes = encoder(fake)
        units = codes / tf.maximum(tf.norm(codes, axis=1, keepdims=True), 1e-9)
        cosines = tf.tensordot(units, units, [[1], [1]])
        term = (tf.reduce_sum(cosines**2) - tf.reduce_sum(tf.linalg.diag_part(cosines) ** 2)) / 240
        fake_energies = energies(fake)
        hinge = tf.maximum(0.0, margin - fake_energies)
        discriminator_loss = tf.reduce_mean(energies(POINTS)) + tf.reduce_mean(hinge)
        generator_loss = tf.reduce_mean(fake_energies) + 0.3 * term
    weights = encoder.trainable_variables + decoder.trainable_variables
    pulls = [
        tape.gradient(discriminator_loss, weights),
        tape.gradient(generator_loss, generator.trainable_variables),
    ]
    for pull, own in zip(pulls, (weights, generator.trainable_variables), strict=True):
        keras.optimizers.Adam(1e-3).apply(pull, own)

    logs, _ = train(model)
    for name, expected in (
        ("discriminator_loss", discriminator_loss),
        ("generator_loss", generator_loss),
        ("squared_cosine", term),
        ("past_margin", np.mean(fake_energies >= margin)),
    ):
        assert logs[name] == pytest.approx(float(expected), rel=1e-4, abs=1e-6), name
    assert np.any(hinge > 0) and np.any(hinge == 0)  # both sides of the margin
    for mine, by_hand in ((model.discriminator, weights), (model.generator, generator.weights)):
        for weight, expected in zip(mine.trainable_variables, by_hand, strict=True):
            np.testing.assert_allclose(weight, expected, atol=1e-5)


def test_the_discriminator_is_one_net_to_energies():
    model = compiled()
    energies = model.discriminator(POINTS, training=False)
    assert energies.shape == (16, 1) and energies.dtype == tf.float32
    off = POINTS - model.discriminator.decoder(model.discriminator.encoder(POINTS)).numpy()
    np.testing.assert_allclose(energies[:, 0], np.linalg.norm(off, axis=1), rtol=1e-5)
    measured, codes = model.discriminator.measure(POINTS)
    np.testing.assert_array_equal(measured, energies[:, 0])
    assert codes.shape == (16, 5)
    assert len(model.trainable_variables) == 4 + 4  # none is counted twice


def test_nets_for_mnist_are_of_the_papers_sizes():
    model = EBGAN()
    assert model.margin == 10.0 and model.pulling_away == 0.1
    widths = [w.shape for w in model.generator.trainable_variables if len(w.shape) == 2]
    assert widths == [(100, 1600), (1600, 1600), (1600, 1600), (1600, 1600), (1600, 784)]
    widths = [w.shape for w in model.discriminator.trainable_variables]
    assert widths == [(784, 1024), (1024,), (1024, 784), (784,)]
    assert np.std(model.discriminator.trainable_variables[0]) == pytest.approx(0.002, rel=0.02)
    images = model(model.prior.sample(3, (0, 1))).numpy()
    assert images.shape == (3, 28, 28, 1) and images.dtype == np.float32
    assert np.abs(images).max() <= 1.0
    latents = model.prior.sample(5000, (0, 1)).numpy()
    np.testing.assert_allclose([latents.mean(), latents.std()], [0.0, 1.0], atol=0.01)


def test_nets_of_ones_own_take_the_place_of_the_papers():
    def normalised(name):
        layers = [keras.layers.Conv2D(2, 3, 2, "same"), keras.layers.BatchNormalization()]
        return keras.Sequential([keras.Input((8, 8, 1)), *layers], name=name)

    generator = keras.Sequential(
        [keras.Input((7,)), keras.layers.Dense(64), keras.layers.Reshape((8, 8, 1))]
    )
    encoder = normalised("encoder")
    model = EBGAN((8, 8, 1), generator=generator, encoder=encoder)
    assert model.generator is generator and model.discriminator.encoder is encoder
    assert model.prior.size == 7
    model.compile(generator=Adam(1e-3), discriminator=Adam(1e-3))
    before = arrays(model.discriminator)
    images = tf.random.stateless_uniform([4, 8, 8, 1], (0, 0), -1, 1)
    logs = model.train_step({"images": images})
    assert int(logs["skipped"]) == 0
    assert not any(
        np.array_equal(a, b) for a, b in zip(before, arrays(model.discriminator), strict=True)
    )
    decoder = mlp(5, 2, 4, 1)
    assert EBGAN((2,), **SMALL, decoder=decoder).discriminator.decoder is decoder


def test_half_precision_trains():
    keras.mixed_precision.set_dtype_policy("mixed_float16")
    try:
        model = compiled((8, 8, 1))
    finally:
        keras.mixed_precision.set_dtype_policy("float32")
    for optimizer in model.optimizers.values():
        optimizer.dynamic_scale.assign(256.0)
    logs = model.train_step({"images": tf.random.stateless_normal([4, 8, 8, 1], (0, 0))})
    assert int(logs["skipped"]) == 0 and logs["squared_cosine"].dtype == tf.float32


@pytest.mark.parametrize(
    "settings, said", [({"energy": "max"}, "norm, sum or mean"), ({"margin": 0.0}, "above zero")]
)
def test_what_it_cannot_be_is_refused(settings, said):
    with pytest.raises(ValueError, match=said):
        EBGAN((2,), **(SMALL | settings))
