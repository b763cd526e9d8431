"""Image completion: its three phases, what stays as it is, and a whole step by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.layers import holes
from tfgan_zoo.models.restoration.completion import Completion
from tfgan_zoo.optimizers.adam import Adam

SIZE = (16, 20)
NETS = {"generator_filters": 2, "discriminator_filters": 2, "features": 3, "dilations": (2,)}


def tiny(**settings):
    model = Completion(SIZE, 2, **{"hole_size": (5, 8), "patch_size": 8, **NETS, **settings})
    model.compile(generator=Adam(1e-3), discriminator=Adam(1e-3))
    return model


def pictures(count=3, seed=0, size=SIZE):
    values = np.random.default_rng(seed).uniform(-1, 1, (count, *size, 2))
    return tf.constant(values, tf.float32)


def log_sigmoid(x):
    return -np.logaddexp(0.0, -np.array(x, np.float64))


def weights(model):
    return {
        player: [v.numpy() for v in model.trained_variables(player)] for player in model.players
    }


def moved(before, after):
    return {
        player
        for player, values in before.items()
        if any((a != b).any() for a, b in zip(values, after[player], strict=True))
    }


def holes_of(model, images, stream=0):
    return model.draw_holes(images, model.begin_step().seed(stream))


def test_what_is_known_stays_bit_by_bit():
    model, images = tiny(), pictures()
    masks = holes_of(model, images)
    found = model(images, masks).numpy()
    hole = np.broadcast_to(masks.numpy() > 0.5, found.shape)
    np.testing.assert_array_equal(found[~hole].view(np.int32), images.numpy()[~hole].view(np.int32))
    drawn = model.generator([images, masks], training=False).numpy()
    np.testing.assert_array_equal(found[hole], drawn[hole])


def test_what_is_missing_is_not_looked_at_and_masks_are_either_or():
    model, images = tiny(), pictures()
    masks = holes_of(model, images)
    other = tf.where(masks > 0.5, 0.7, images)
    np.testing.assert_array_equal(model(images, masks), model(other, masks))
    np.testing.assert_array_equal(model(images, masks), model(images, 0.51 * masks))
    np.testing.assert_array_equal(model(images, 0.5 * masks), images)


def test_an_answer_does_not_depend_on_the_rest_of_a_request():
    model, images = tiny(), pictures()
    masks = holes_of(model, images)
    model.completion_step(images)  # with moving averages of its own
    together = model(images, masks)
    np.testing.assert_allclose(model(images[1:2], masks[1:2])[0], together[1], atol=1e-6)


def test_holes_are_drawn_anew_in_each_step_and_again_by_the_same_seed():
    model, images = tiny(), pictures()
    first = holes_of(model, images).numpy()
    np.testing.assert_array_equal(first, holes_of(tiny(), images))
    assert (first != holes_of(model, images, 1).numpy()).any()
    model.completion_step(images)
    assert (first != holes_of(model, images).numpy()).any()


def test_each_phase_moves_who_it_should():
    model, images = tiny(), pictures()
    for method, players in (
        ("completion_step", {"generator"}),
        ("discriminator_step", {"discriminator"}),
        ("train_step", {"generator", "discriminator"}),
    ):
        before = weights(model)
        getattr(model, method)(images)
        assert moved(before, weights(model)) == players


def test_the_first_phase_is_the_squared_error_in_the_hole():
    """Colours in [0, 1], a mean over all pixels; the net's own drawing of known pixels is free."""
    model, images = tiny(), pictures()
    masks = holes_of(model, images)
    drawn = model.generator([images, masks], training=True).numpy()
    expected = np.mean((masks.numpy() * (drawn - images.numpy()) / 2) ** 2)
    assert float(model.completion_step(images)["reconstruction_loss"]) == pytest.approx(expected)


@pytest.mark.parametrize("objective", ["minimax", "nonsaturating"])
def test_a_whole_step_by_hand(objective):
    """Discriminator first; the completion net plays against the updated one. Both see the pasted
    picture and the square around its hole; of real pictures around a hole drawn anew.
    """
    model, images = tiny(objective=objective, adversarial_weight=0.1), pictures()
    masks, others = holes_of(model, images), holes_of(model, images, 1)
    generator, discriminator = (
        keras.models.clone_model(net) for net in (model.generator, model.discriminator)
    )
    generator.set_weights(model.generator.get_weights())
    discriminator.set_weights(model.discriminator.get_weights())
    adams = {name: keras.optimizers.Adam(1e-3, epsilon=1e-7) for name in model.players}

    def judge(values, where):
        squares = holes.squares(values, holes.middles(where), 8)
        return discriminator([values, squares], training=True)

    with tf.GradientTape() as tape:
        drawn = generator([images, masks], training=True)
        fake = masks * drawn + (1 - masks) * images
        with tape.stop_recording():
            with tf.GradientTape() as own:
                real_logits, fake_logits = judge(images, others), judge(fake, masks)
                loss = tf.reduce_mean(tf.nn.softplus(-real_logits))
                loss += tf.reduce_mean(tf.nn.softplus(fake_logits))
            moves = own.gradient(loss, discriminator.trainable_variables)
            adams["discriminator"].apply(moves, discriminator.trainable_variables)
        against = judge(fake, masks)
        played = -tf.nn.softplus(against) if objective == "minimax" else tf.nn.softplus(-against)
        error = tf.reduce_mean((masks * (drawn - images) / 2) ** 2)
        total = error + 0.1 * tf.reduce_mean(played)
    moves = tape.gradient(total, generator.trainable_variables)
    adams["generator"].apply(moves, generator.trainable_variables)

    logs = {name: float(value) for name, value in model.train_step(images).items()}
    judged = -log_sigmoid(real_logits).mean() - log_sigmoid(-np.array(fake_logits)).mean()
    assert logs["discriminator_loss"] == pytest.approx(judged, rel=1e-5)
    assert logs["generator_loss"] == pytest.approx(float(total), rel=1e-5)
    assert logs["reconstruction_loss"] == pytest.approx(float(error), rel=1e-5)
    for mine, by_hand in ((model.generator, generator), (model.discriminator, discriminator)):
        for weight, expected in zip(mine.get_weights(), by_hand.get_weights(), strict=True):
            np.testing.assert_allclose(weight, expected, atol=2e-5)


def test_the_completion_net_gets_no_gradient_of_the_discriminators_loss_outside_the_hole():
    model, images = tiny(), pictures()
    masks = holes_of(model, images)
    drawn = tf.random.stateless_uniform(images.shape, [0, 0], -1.0, 1.0)
    with tf.GradientTape() as tape:
        tape.watch(drawn)
        fake = tf.where(masks > 0.5, drawn, images)
        loss = model.generator_objective(model.judge(fake, masks))
    gradient = tape.gradient(loss, drawn).numpy()
    hole = np.broadcast_to(masks.numpy() > 0.5, gradient.shape)
    assert (gradient[~hole] == 0).all() and (gradient[hole] != 0).mean() > 0.5


def test_any_size_that_is_a_multiple_of_four_is_completed():
    model, images = tiny(), pictures(size=(24, 12))
    masks = tf.cast(tf.abs(images[..., :1]) > 0.8, tf.float32)
    assert model(images, masks).shape == images.shape


def test_fit_learns_to_fill():
    model = tiny(generator_filters=4, hole_size=(4, 5))
    model.compile(generator=Adam(0.01), discriminator=Adam(1e-3))
    grey = tf.reshape(tf.linspace(-0.8, 0.8, 6), [6, 1, 1, 1]) * tf.ones([1, *SIZE, 2])
    model.take_steps_by("completion_step")
    history = model.fit(
        tf.data.Dataset.from_tensors(grey).repeat(), epochs=2, steps_per_epoch=40, verbose=0
    ).history["reconstruction_loss"]
    assert history[1] < 0.3 * history[0]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"image_size": (30, 64)}, "both sides must be multiples of 4; take 28x64"),
        ({"hole_size": (8, 65)}, "Holes of 8 to 65 pixels do not fit into pictures of 64x64"),
        ({"hole_size": (9, 8)}, "give the least side first"),
        ({"hole_size": (8,)}, "give two numbers of pixels, not 1"),
        ({"patch_size": 65}, "square of 65 pixels is larger than pictures of 64x64"),
        ({"holes": "stars"}, "No kind of holes 'stars'; choose one of rectangles, strokes, mixed"),
        ({"objective": "hinge"}, "No objective 'hinge'; choose one of minimax, nonsaturating"),
        (
            {"image_size": (256, 256), "hole_size": (96, 128), "dilations": (1,)},
            "with the dilations 1 it sees 31 pixels to each side; take smaller holes",
        ),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        Completion(**{"image_size": (64, 64), "hole_size": (8, 16), "patch_size": 16, **settings})
