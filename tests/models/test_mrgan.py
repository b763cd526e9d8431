"""MRGAN: the sign, who learns from what, a whole step of either algorithm by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.data.worlds import ring
from tfgan_zoo.models.unconditional.mrgan import MDGAN, MRGAN
from tfgan_zoo.networks import points as point_nets
from tfgan_zoo.optimizers.adam import Adam

POINTS = np.random.default_rng(0).normal([1.0, -1.0], [0.3, 1.0], (16, 2)).astype(np.float32)
BOTH = [MRGAN, MDGAN]
SMALL = {
    "latent_dim": 3,
    "generator_width": 6,
    "generator_depth": 1,
    "discriminator_width": 5,
    "discriminator_depth": 1,
}


def compiled(variant=MRGAN, shape=(2,), optimizer=Adam, rates=None, **settings):
    """With a rate of 1e-3, or of 0 for who is not in `rates`."""
    settings = SMALL | settings
    if len(shape) == 1:
        width = settings["generator_width"]
        settings |= point_nets.mrgan(*shape, settings["latent_dim"], width, depth=1)
    model = variant(shape, **settings)
    rates = dict.fromkeys(variant.players, 1e-3) if rates is None else rates
    model.compile(**{player: optimizer(rates.get(player, 0.0)) for player in variant.players})
    return model


def twin(model, *arguments, **settings):
    """A model of equal weights, at its first step."""
    other = compiled(*arguments, **settings)
    other.set_weights(model.get_weights())
    return other


def arrays(network):
    return [np.array(weight) for weight in network.trainable_variables]


def train(model, points=POINTS):
    logs = model.train_step({"images": tf.constant(points)})
    assert int(logs["skipped"]) == 0
    return {name: float(value) for name, value in logs.items()}


def same(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("variant", BOTH)
@pytest.mark.parametrize("player", ["generator", "encoder"])
def test_a_step_of_generator_or_encoder_raises_what_d_says_of_reconstructions(variant, player):
    """With a plus before lambda_2 it would fall."""
    model = compiled(
        variant,
        optimizer=keras.optimizers.SGD,
        rates={player: 1e-3},
        distance_weight=0.0,
        adversarial_weight=100.0,
    )

    def belief():
        reconstructions = model.generator(model.encoder(POINTS))
        return float(tf.reduce_mean(tf.math.log_sigmoid(model.discriminator(reconstructions))))

    before = belief()
    train(model)
    assert belief() > before + 1e-3


@pytest.mark.parametrize("variant", BOTH)
def test_without_its_two_terms_the_encoder_stays_and_with_either_it_moves(variant):
    for weights, moves in (((0.0, 0.0), False), ((1.0, 0.0), True), ((0.0, 1.0), True)):
        model = compiled(variant, distance_weight=weights[0], adversarial_weight=weights[1])
        before = arrays(model.encoder)
        train(model)
        assert same(before, arrays(model.encoder)) != moves, weights


@pytest.mark.parametrize("variant", BOTH)
def test_no_other_term_reaches_the_encoder(variant):
    """Whatever judges G(z): Reg-GAN's latents, MDGAN's second discriminator."""
    model = compiled(variant, rates={"encoder": 1e-3, "generator": 1e-3})
    other = twin(model, variant, rates={"encoder": 1e-3, "generator": 1e-3}, seed=7)
    if variant is MDGAN:
        for weight in other.diffusion_discriminator.trainable_variables:
            weight.assign(-3.0 * weight)
    for each in (model, other):
        train(each)
    assert same(arrays(model.encoder), arrays(other.encoder))
    assert not same(arrays(model.generator), arrays(other.generator))


def test_reconstructions_never_enter_the_loss_of_reg_gans_discriminator():
    model = compiled(rates={"discriminator": 1e-3})
    other = twin(model, rates={"discriminator": 1e-3})
    for weight in other.encoder.trainable_variables:
        weight.assign(-3.0 * weight)
    first, second = train(model), train(other)
    assert same(arrays(model.discriminator), arrays(other.discriminator))
    assert first["discriminator_loss"] == second["discriminator_loss"]
    assert first["mode_loss"] != second["mode_loss"]


class Spy(keras.Model):
    """A net that remembers what it is shown."""

    def __init__(self, network):
        super().__init__()
        self.network, self.seen = network, []
        self.built = True

    def call(self, examples, training=False):
        self.seen.append(np.array(examples))
        return self.network(examples, training=training)


def test_data_never_enter_the_diffusion_discriminator():
    model = compiled(MDGAN)
    spies = [Spy(net) for net in (model.discriminator, model.diffusion_discriminator)]
    model.discriminator, model.diffusion_discriminator = spies
    model.compile(**{player: Adam(1e-3) for player in MDGAN.players})
    latents = model.prior.sample(16, model.begin_step().seed())
    old = keras.models.clone_model(model.generator)
    old.set_weights(model.generator.get_weights())
    train(model)
    manifold, diffusion = (spy.seen for spy in spies)
    assert [len(manifold), len(diffusion)] == [3, 3]
    np.testing.assert_array_equal(manifold[0], POINTS)
    assert not any(np.isin(POINTS, batch).any() for batch in diffusion)
    # What it calls real is G(E(x)) after the manifold step, which moved both.
    assert not np.allclose(manifold[1], diffusion[0])
    old_latents = old(latents).numpy()
    assert not np.allclose(old_latents, diffusion[1])
    np.testing.assert_array_equal(diffusion[1], diffusion[2])
    assert np.abs(diffusion[1] - old_latents).max() < 0.02


def clones(model):
    nets = {}
    for player in model.players:
        nets[player] = keras.models.clone_model(getattr(model, player))
        nets[player].set_weights(getattr(model, player).get_weights())
    return nets


def log_loss(real_logits, fake_logits):
    real, fake = tf.sigmoid(real_logits), tf.sigmoid(fake_logits)
    return -tf.reduce_mean(tf.math.log(real)) - tf.reduce_mean(tf.math.log(1.0 - fake))


def belief_loss(logits):
    return -tf.reduce_mean(tf.math.log(tf.sigmoid(logits)))


@pytest.mark.parametrize("distance", ["mean", "sum"])
def test_a_step_of_reg_gan_equals_that_written_by_hand(distance):
    model = compiled(distance=distance)
    nets = clones(model)
    g, e, d = nets.values()
    adams = {player: keras.optimizers.Adam(1e-3) for player in nets}
    step = model.begin_step()
    first, second = (
        tf.random.stateless_normal([16, 3], step.seed(stream), alg="philox") for stream in (0, 1)
    )
    with tf.GradientTape() as tape:
        discriminator_loss = log_loss(d(POINTS), d(g(first)))
    own = d.trainable_variables
    adams["discriminator"].apply(tape.gradient(discriminator_loss, own), own)
    with tf.GradientTape(persistent=True) as tape:
        off = tf.reduce_sum((POINTS - g(e(POINTS))) ** 2, 1) / (1 if distance == "sum" else 2)
        encoder_loss = 0.2 * tf.reduce_mean(off) + 0.4 * belief_loss(d(g(e(POINTS))))
        generator_loss = belief_loss(d(g(second))) + encoder_loss
    pulls = {
        "encoder": tape.gradient(encoder_loss, e.trainable_variables),
        "generator": tape.gradient(generator_loss, g.trainable_variables),
    }
    for player, pull in pulls.items():
        adams[player].apply(pull, nets[player].trainable_variables)

    logs = train(model)
    for name, expected in (
        ("discriminator_loss", discriminator_loss),
        ("generator_loss", generator_loss),
        ("encoder_loss", encoder_loss),
        ("distance", tf.reduce_mean(off)),
    ):
        assert logs[name] == pytest.approx(float(expected), rel=1e-4), name
    for player, net in nets.items():
        for weight, expected in zip(arrays(getattr(model, player)), arrays(net), strict=True):
            np.testing.assert_allclose(weight, expected, atol=1e-5, err_msg=player)


def test_a_step_of_mdgan_equals_that_written_by_hand():
    model = compiled(MDGAN)
    nets = clones(model)
    g, e, d, diffusion = nets.values()
    adams = {player: keras.optimizers.Adam(1e-3) for player in nets}
    latents = tf.random.stateless_normal([16, 3], model.begin_step().seed(), alg="philox")

    def update(tape, **losses):
        pulls = {p: tape.gradient(v, nets[p].trainable_variables) for p, v in losses.items()}
        for player, pull in pulls.items():
            adams[player].apply(pull, nets[player].trainable_variables)

    with tf.GradientTape() as tape:
        discriminator_loss = log_loss(d(POINTS), d(g(e(POINTS))))
    update(tape, discriminator=discriminator_loss)
    with tf.GradientTape(persistent=True) as tape:
        distance = tf.reduce_mean((POINTS - g(e(POINTS))) ** 2)
        encoder_loss = distance + 0.01 * belief_loss(d(g(e(POINTS))))
    update(tape, generator=encoder_loss, encoder=encoder_loss)
    with tf.GradientTape() as tape:
        diffusion_loss = log_loss(diffusion(g(e(POINTS))), diffusion(g(latents)))
    update(tape, diffusion_discriminator=diffusion_loss)
    with tf.GradientTape() as tape:
        generator_loss = belief_loss(diffusion(g(latents)))
    update(tape, generator=generator_loss)

    logs = train(model)
    for name, expected in (
        ("discriminator_loss", discriminator_loss),
        ("diffusion_discriminator_loss", diffusion_loss),
        ("generator_loss", generator_loss),
        ("encoder_loss", encoder_loss),
        ("distance", distance),
    ):
        assert logs[name] == pytest.approx(float(expected), rel=1e-4), name
    for player, net in nets.items():
        for weight, expected in zip(arrays(getattr(model, player)), arrays(net), strict=True):
            np.testing.assert_allclose(weight, expected, atol=1e-5, err_msg=player)


@pytest.mark.parametrize("variant", BOTH)
def test_in_a_short_run_reconstructions_come_near_the_data(variant):
    """d(x, G(E(x))) of a ring falls to a tenth."""
    model = compiled(variant, generator_width=32, discriminator_width=32, latent_dim=2)
    model.compile(**{player: Adam(3e-3, beta_1=0.5) for player in variant.players})
    points = ring().sample(64, np.random.default_rng(0))

    def distance():
        off = points - model.generator(model.encoder(points)).numpy()
        return float(np.mean(np.square(off)))

    before = distance()
    step = tf.function(model.train_step)
    for _ in range(200):
        step({"images": tf.constant(points)})
    assert distance() < 0.1 * before


def test_nets_and_weights_that_are_the_defaults():
    model = MRGAN()
    assert (model.distance_weight, model.adversarial_weight) == (0.2, 0.4)
    assert not hasattr(model, "diffusion_discriminator")
    images = model(model.prior.sample(3, (0, 1))).numpy()
    assert images.shape == (3, 28, 28, 1) and np.abs(images).max() <= 1.0
    assert model.encoder(images).shape == (3, 100) and model.discriminator(images).shape == (3, 1)
    nets = point_nets.mrgan(2, 3, 6, 1)
    other = MDGAN((2,), adversarial_weight=0.0, **SMALL, **nets)
    assert (other.distance_weight, other.adversarial_weight) == (1.0, 0.0)
    other.generator.layers[-1].bias.assign([30.0, -40.0])
    points = other(other.prior.sample(4, (0, 0))).numpy()  # not squashed
    assert points[:, 0].min() > 20 and points[:, 1].max() < -20
    latents = model.prior.sample(5000, (0, 1)).numpy()
    np.testing.assert_allclose([latents.mean(), latents.std()], [0.0, 1.0], atol=0.01)


def net(inputs, outputs):
    shape = (64,) if outputs == (8, 8, 1) else outputs
    layers = [keras.layers.Flatten(), keras.layers.Dense(6), keras.layers.BatchNormalization()]
    layers += [keras.layers.Dense(*shape), keras.layers.Reshape(outputs)]
    return keras.Sequential([keras.Input(inputs), *layers])


@pytest.mark.parametrize("variant", BOTH)
def test_nets_of_ones_own_take_the_place_of_these(variant):
    picture = (8, 8, 1)
    shapes = {"generator": ((7,), picture), "encoder": (picture, (7,))}
    nets = {player: net(*shapes.get(player, (picture, (1,)))) for player in variant.players}
    model = variant(picture, **nets)
    assert model.prior.size == 7
    assert all(getattr(model, player) is own for player, own in nets.items())
    model.compile(**{player: Adam(1e-3) for player in nets})
    before = {player: arrays(own) for player, own in nets.items()}
    images = tf.random.stateless_uniform([4, *picture], (0, 0), -1, 1)
    assert int(model.train_step({"images": images})["skipped"]) == 0
    assert not any(same(before[player], arrays(own)) for player, own in nets.items())


@pytest.mark.parametrize("variant", BOTH)
def test_half_precision_trains(variant):
    keras.mixed_precision.set_dtype_policy("mixed_float16")
    try:
        model = compiled(variant, (8, 8, 1))
    finally:
        keras.mixed_precision.set_dtype_policy("float32")
    for optimizer in model.optimizers.values():
        optimizer.dynamic_scale.assign(256.0)
    logs = model.train_step({"images": tf.random.stateless_normal([4, 8, 8, 1], (0, 0))})
    assert int(logs["skipped"]) == 0


@pytest.mark.parametrize("variant", BOTH)
def test_an_unknown_distance_is_refused(variant):
    with pytest.raises(ValueError, match="mean or sum, not 'max'"):
        variant((2,), distance="max", **SMALL)
