"""VAE-GAN: what each player learns from, when it stands still, and its nets."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.models.inference.vae_gan import (
    VAEGAN,
    vae_gan_decoder,
    vae_gan_discriminator,
    vae_gan_encoder,
)

SHAPE = (8, 8, 1)
IMAGES = np.random.default_rng(0).uniform(-1, 1, (4, *SHAPE)).astype("float32")
SMALL = {"latent_dim": 3, "width": 0.02}
RATE = 0.1


def built(objective="vae_gan", **settings):
    keras.utils.set_random_seed(0)
    model = VAEGAN(SHAPE, objective, **(SMALL | {"margin": None} | settings))
    model.compile(**{player: keras.optimizers.SGD(RATE) for player in model.players})
    return model


def weights(model, player):
    return [v.numpy() for v in model.trained_variables(player)]


def moves(model):
    """What a step adds to each player's weights, as arrays."""
    before = {player: weights(model, player) for player in model.players}
    logs = model.train_step({"images": tf.constant(IMAGES)})
    assert int(logs["skipped"]) == 0
    return logs, {
        player: [new - old for old, new in zip(values, weights(model, player), strict=True)]
        for player, values in before.items()
    }


def by_hand(model, flipped=False):
    """KL, reconstruction, costs of real pictures and of both kinds of fakes, and the tape.

    `flipped`: what the fakes would cost if they were real.
    """
    seeds = [model.begin_step().seed(stream) for stream in (0, 1)]
    noise = tf.random.stateless_normal([4, 3], seeds[0], alg="philox")
    drawn = tf.random.stateless_normal([4, 3], seeds[1], alg="philox")
    with tf.GradientTape(persistent=True) as tape:
        means, log_variances = model.encoder(IMAGES, training=True)
        kl = 0.5 * (means**2 + tf.exp(log_variances) - 1 - log_variances)
        kl = tf.reduce_mean(tf.reduce_sum(kl, 1))
        latents = means + tf.sqrt(tf.exp(log_variances)) * noise
        if model.objective == "vae":
            error = tf.reduce_sum((model.decoder(latents, training=True) - IMAGES) ** 2, [1, 2, 3])
            return tape, kl, tf.reduce_mean(error) / 2
        fake = model.decoder(tf.concat([latents, drawn], 0), training=True)
        logits, features = model.discriminator(tf.concat([IMAGES, fake], 0), training=True)
        target = tf.constant(features[:4].numpy())
        error = tf.reduce_sum((features[4:8] - target) ** 2, [1, 2, 3])
        reconstruction = tf.reduce_mean(error) / 2
        judged = tf.sigmoid(logits[:, 0])
        if flipped:
            costs = tf.math.softplus(-logits[4:, 0])  # -log D, however small that is
            again, sampled = tf.reduce_mean(costs[:4]), tf.reduce_mean(costs[4:])
            return tape, kl, reconstruction, None, again, sampled
        real = -tf.reduce_mean(tf.math.log(judged[:4] + 1e-3))
        again = -tf.reduce_mean(tf.math.log(1 - judged[4:8] + 1e-3))
        sampled = -tf.reduce_mean(tf.math.log(1 - judged[8:] + 1e-3))
    return tape, kl, reconstruction, real, again, sampled


def assert_moved(found, gradients):
    """Downhill by these gradients, which are there to be seen."""
    assert max(np.abs(gradient).max() for gradient in gradients) > 1e-5
    for move, gradient in zip(found, gradients, strict=True):
        np.testing.assert_allclose(move, -RATE * gradient, atol=1e-6 + 2e-4 * np.abs(move).max())


def gradients(tape, loss, model, player):
    found = tape.gradient(
        loss,
        [v.value for v in model.trained_variables(player)],
        unconnected_gradients=tf.UnconnectedGradients.ZERO,
    )
    return [tf.convert_to_tensor(value).numpy() for value in found]


@pytest.mark.parametrize("weight", [0.0, 0.3, 1.0])
def test_each_player_learns_from_what_is_its_own(weight):
    model, twin = built(reconstruction_weight=weight), built(reconstruction_weight=weight)
    tape, kl, reconstruction, real, again, sampled = by_hand(twin)
    with tape:
        decoder_loss = weight * reconstruction - (1 - weight) * (again + sampled)
        # Real to fake 1:1: each kind of fake counts half of the real ones.
        discriminator_loss = real / 2 + again / 4 + sampled / 4
        encoder_loss = kl + reconstruction
    logs, found = moves(model)
    for player, loss in (
        ("encoder", encoder_loss),
        ("decoder", decoder_loss),
        ("discriminator", discriminator_loss),
    ):
        assert_moved(found[player], gradients(tape, loss, twin, player))
    for name, value in (
        ("kl", kl),
        ("reconstruction", reconstruction),
        ("real_cost", real),
        ("fake_cost", (again + sampled) / 2),
    ):
        assert float(logs[name]) == pytest.approx(float(value), rel=1e-4)


@pytest.mark.parametrize("bias", [0.0, -14.0])
def test_a_decoder_that_does_not_saturate_climbs_the_flipped_loss(bias):
    """Also where all fakes are judged quite fake."""
    settings = {"generator_loss": "nonsaturating", "reconstruction_weight": 0.3}
    model, twin = built(**settings), built(**settings)
    for each in (model, twin):
        each.discriminator.trainable_variables[-1].assign([bias])
    tape, _, reconstruction, _, again, sampled = by_hand(twin, flipped=True)
    with tape:
        decoder_loss = 0.3 * reconstruction + 0.7 * (again + sampled)
        game = again + sampled
    assert max(np.abs(g).max() for g in gradients(tape, game, twin, "decoder")) > 1e-3
    _, found = moves(model)
    assert_moved(found["decoder"], gradients(tape, decoder_loss, twin, "decoder"))
    # The others' game is the same.
    tape, kl, reconstruction, real, again, sampled = by_hand(twin)
    with tape:
        game, encoder_loss = real / 2 + (again + sampled) / 4, kl + reconstruction
    assert_moved(found["discriminator"], gradients(tape, game, twin, "discriminator"))
    assert_moved(found["encoder"], gradients(tape, encoder_loss, twin, "encoder"))
    with pytest.raises(ValueError, match="generator_loss is minimax or nonsaturating"):
        built(generator_loss="hinge")


def test_no_gradient_of_the_gan_reaches_the_encoder():
    """What lies behind the compared layer decides the game, and the encoder takes no notice."""
    model, twin = built(), built()
    for variable in twin.discriminator.trainable_variables[-4:]:
        variable.assign(variable + 1.0)
    (first, found), (second, other) = moves(model), moves(twin)
    assert abs(float(first["fake_cost"]) - float(second["fake_cost"])) > 0.01
    for one, two in zip(found["encoder"], other["encoder"], strict=True):
        np.testing.assert_allclose(one, two, atol=1e-6)
    assert any(
        np.abs(one - two).max() > 1e-4
        for one, two in zip(found["decoder"], other["decoder"], strict=True)
    )


def test_the_reconstruction_does_not_train_the_discriminator():
    """There it has a gradient, which no weight of the compared layers follows."""
    model, twin = built(), built()
    tape, _, reconstruction, real, again, sampled = by_hand(twin)
    own = gradients(tape, reconstruction, twin, "discriminator")
    assert max(np.abs(value).max() for value in own) > 1e-3
    with tape:
        game = real / 2 + (again + sampled) / 4
    _, found = moves(model)
    assert_moved(found["discriminator"], gradients(tape, game, twin, "discriminator"))


def test_the_divergence_is_the_encoders_alone():
    model = built()
    tape, kl, *_ = by_hand(model)
    assert max(np.abs(g).max() for g in gradients(tape, kl, model, "encoder")) > 1e-3
    for player in ("decoder", "discriminator"):
        assert all(np.all(g == 0) for g in gradients(tape, kl, model, player))


@pytest.mark.parametrize(
    ("real_cost", "fake_cost", "decoder", "discriminator"),
    [
        (0.68, 0.68, True, True),
        (0.2, 0.68, True, False),  # the discriminator is too far ahead
        (0.68, 0.2, True, False),
        (1.2, 0.68, False, True),  # the decoder is too far behind
        (0.68, 1.2, False, True),
        (0.2, 1.2, True, True),  # both would stand still
        (0.34, 1.02, True, True),  # within the margin
    ],
)
def test_a_player_outside_the_margin_stands_still(real_cost, fake_cost, decoder, discriminator):
    model = built(margin=0.35)
    found = model.moving(tf.constant(real_cost), tf.constant(fake_cost))
    assert {name: bool(value) for name, value in found.items()} == {
        "decoder": decoder,
        "discriminator": discriminator,
    }


@pytest.mark.parametrize("equilibrium", [0.2, 5.0])
def test_who_stands_still_in_a_step(equilibrium):
    """Under 0.2 both costs are too high for the decoder, under 5 too low for the discriminator."""
    logs, found = moves(built(margin=0.1, equilibrium=equilibrium))
    still, moving = ("decoder", "discriminator")[:: 1 if equilibrium < 1 else -1]
    assert all(np.all(move == 0) for move in found[still])
    assert any(np.any(move) for move in found[moving])
    assert any(np.any(move) for move in found["encoder"])
    assert float(logs[f"{still}_moved"]) == 0 and float(logs[f"{moving}_moved"]) == 1


def test_the_plain_autoencoder_compares_pixels():
    model, twin = built("vae"), built("vae")
    assert model.players == ("encoder", "decoder")
    tape, kl, reconstruction = by_hand(twin)
    with tape:
        encoder_loss = kl + reconstruction
    logs, found = moves(model)
    assert_moved(found["encoder"], gradients(tape, encoder_loss, twin, "encoder"))
    assert_moved(found["decoder"], gradients(tape, reconstruction, twin, "decoder"))
    assert float(logs["reconstruction"]) == pytest.approx(float(reconstruction), rel=1e-4)


def test_sizes_of_the_authors_nets_and_the_layer_that_is_compared():
    nets = vae_gan_encoder((64, 64, 3)), vae_gan_decoder((64, 64, 3))
    judge = vae_gan_discriminator((64, 64, 3))

    def kernels(net):
        return [tuple(v.shape) for v in net.trainable_variables if v.path.endswith("kernel")]

    assert kernels(nets[0]) == [
        *((5, 5, 3, 64), (5, 5, 64, 128), (5, 5, 128, 256), (16384, 1024)),
        *((1024, 128), (1024, 128)),
    ]
    assert kernels(nets[1]) == [
        *((128, 16384), (5, 5, 256, 256), (5, 5, 128, 256), (5, 5, 32, 128), (5, 5, 32, 3)),
    ]
    assert kernels(judge) == [
        *((5, 5, 3, 32), (5, 5, 32, 128), (5, 5, 128, 256), (5, 5, 256, 256)),
        *((16384, 512), (512, 1)),
    ]
    small = vae_gan_discriminator(SHAPE, 0.02)
    assert small.output_shape == [(None, 1), (None, 1, 1, 5)]
    # Not rectified: negative values are there.
    assert np.min(small(IMAGES)[1]) < 0


def test_codes_are_means_and_come_back():
    model = built()
    found = model.encode(IMAGES)
    assert list(found) == ["latents", "log_variances"] and model.codes == dict.fromkeys(found, 3)
    means, log_variances = model.encoder(IMAGES, training=False)
    np.testing.assert_array_equal(found["latents"], means)
    np.testing.assert_array_equal(found["log_variances"], log_variances)
    again = model.reconstruct(IMAGES)
    np.testing.assert_array_equal(again, model.decode(means))
    assert again.shape == IMAGES.shape and np.abs(again).max() <= 1


def test_what_it_cannot_be_is_refused():
    with pytest.raises(ValueError, match="objective is one of vae_gan, vae; got 'gan'"):
        VAEGAN(SHAPE, "gan", **SMALL)
    with pytest.raises(ValueError, match="sides that 8 divides; got 12x8"):
        VAEGAN((12, 8, 1), **SMALL)
