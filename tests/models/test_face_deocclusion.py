"""Face de-occlusion: what the network is told, its three phases, and a whole step by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.models.test_completion import moved, weights
from tfgan_zoo.models.restoration.face_deocclusion import (
    FaceDeocclusion,
    convolutional_autoencoder,
    lstm_autoencoder,
)
from tfgan_zoo.networks.frozen_features import random_features
from tfgan_zoo.optimizers.adam import Adam

TINY = {"patch_size": 8, "units": 3, "steps": 2, "filters": 2, "discriminator_filters": 2}
METHODS = ("reconstruction_step", "removal_step", "train_step")


def tiny(**settings):
    keras.utils.set_random_seed(1)
    model = FaceDeocclusion((16, 16), **TINY | {"features": random_features((2, 2))} | settings)
    model.compile(autoencoder=Adam(1e-3), discriminator=Adam(1e-3))
    return model


def pictures(count=3, channels=1):
    values = np.random.default_rng(0).uniform(-1, 1, (count, 16, 16, channels))
    return tf.constant(values, tf.float32)


def test_the_lstms_are_the_authors():
    """data/lstm_ae_2layer_face_occ128_spatial_mr.pbtxt, with both scales in one kernel."""
    network = lstm_autoencoder((128, 128), 1, units=8)
    shapes = {
        name: [tuple(w.shape) for w in network.get_layer(name).weights]
        for name in ("encoder_0", "encoder_1", "face_0", "face_1", "map_0", "map_1")
    }
    spatial = [(8, 40), (8, 40), (5, 8), (40,)]
    own = [(8, 32), (3, 8), (32,)]
    assert shapes == {
        "encoder_0": [(2 * 32 * 32, 40), *spatial],
        "encoder_1": [(8, 40), *spatial],
        "face_0": own,
        "face_1": [(8, 32), *own],
        "map_0": [(8, 32), *own],
        "map_1": [(8, 32), *own],
    }
    assert network.get_layer("patches").output.shape[1:3] == (4, 4)
    assert network.get_layer("face_1").output.shape[1] == 8


@pytest.mark.parametrize("autoencoder", ["lstm", "convolutional"])
def test_the_network_gets_the_covered_picture_alone_and_finds_by_itself(autoencoder):
    model, images = tiny(autoencoder=autoencoder), pictures()
    assert [tuple(i.shape[1:])[-1] for i in model.autoencoder.inputs] == [1]
    covered, _ = model.occlude(tf.constant([0, 0]), images)
    faces, maps = model.autoencoder(covered, training=False)
    np.testing.assert_allclose(model(covered), maps * faces + (1 - maps) * covered, atol=1e-6)
    np.testing.assert_array_equal(model.find(covered), maps)
    assert np.ptp(maps) > 0 and np.min(maps) >= 0 and np.max(maps) <= 1
    assert np.abs(model(covered)).max() <= 1


def test_what_is_far_from_the_corner_reaches_the_picture_through_the_state():
    """A change of any patch is seen by both channels."""
    network, images = lstm_autoencoder((16, 16), 1, 8, 3, 2, 2), pictures(1).numpy()
    for layer in network.layers:
        chance = np.random.default_rng(3)
        layer.set_weights([chance.normal(0, 0.5, w.shape) for w in layer.get_weights()])
    for row in (0, 12):
        for column in (0, 12):
            other = images.copy()
            other[:, row, column] = 1.0 if images[0, row, column] < 0 else -1.0
            for before, after in zip(network(images), network(other), strict=True):
                assert (np.asarray(before) != np.asarray(after)).any()


def test_each_phase_moves_who_it_should_and_draws_anew():
    model, images = tiny(), pictures()
    expected = ({"autoencoder"}, {"autoencoder"}, {"autoencoder", "discriminator"})
    seeds = [model.begin_step().seed(0).numpy().tolist()]
    for method, players in zip(METHODS, expected, strict=True):
        before = weights(model)
        getattr(model, method)(images)
        assert moved(before, weights(model)) == players
        seeds.append(model.begin_step().seed(0).numpy().tolist())
    assert len(set(map(tuple, seeds))) == 4


def test_the_first_phase_leaves_the_map_alone():
    model, images = tiny(), pictures()
    names = ("map_0", "map_1", "maps_pixels")
    before = [model.autoencoder.get_layer(n).get_weights() for n in names]
    covered, _ = model.occlude(model.begin_step().seed(0), images)
    faces, _ = model.autoencoder(covered, training=True)
    error = np.sum(((faces - images).numpy() / 2) ** 2) / len(images) / 2
    found = model.reconstruction_step(images)["reconstruction_loss"]
    assert float(found) == pytest.approx(error, rel=1e-5)
    for name, old in zip(names, before, strict=True):
        for a, b in zip(old, model.autoencoder.get_layer(name).get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_whole_step_by_hand():
    """The losses of the last phase, and the moves that follow from them: both players against
    weights from before the step, the frozen network stands still.
    """
    model, images = tiny(adversarial_weight=0.3, identity_weight=7.0), pictures()
    autoencoder, discriminator = (
        keras.models.clone_model(net) for net in (model.autoencoder, model.discriminator)
    )
    autoencoder.set_weights(model.autoencoder.get_weights())
    discriminator.set_weights(model.discriminator.get_weights())
    frozen = [w.copy() for w in model.features.get_weights()]
    covered, _ = model.occlude(model.begin_step().seed(0), images)

    with tf.GradientTape(persistent=True) as tape:
        faces, maps = autoencoder(covered, training=True)
        restored = covered + maps * (faces - covered)
        real_logits = discriminator(images, training=True)
        fake_logits = discriminator(restored, training=True)
        error = tf.reduce_sum((restored - images) ** 2) / 4 / 3 / 2
        maps_of = [
            tf.reshape(model.features(tf.concat(3 * [p], -1))[-1], [3, -1])
            for p in (images, restored)
        ]
        lengths = [tf.norm(m, axis=1) for m in maps_of]
        cosines = tf.reduce_sum(maps_of[0] * maps_of[1], 1) / lengths[0] / lengths[1]
        identity = tf.reduce_mean(1 - cosines)
        fooled = tf.reduce_mean(tf.nn.softplus(-fake_logits))
        total = error + 7.0 * identity + 0.3 * fooled
        judged = tf.reduce_mean(tf.nn.softplus(-real_logits))
        judged += tf.reduce_mean(tf.nn.softplus(fake_logits))
    for net, loss in ((autoencoder, total), (discriminator, judged)):
        adam = keras.optimizers.Adam(1e-3, epsilon=1e-7)
        adam.apply(tape.gradient(loss, net.trainable_variables), net.trainable_variables)

    logs = {name: float(value) for name, value in model.train_step(images).items()}
    assert logs["autoencoder_loss"] == pytest.approx(float(total), rel=1e-5)
    assert logs["identity_loss"] == pytest.approx(float(identity), rel=1e-4)
    assert logs["discriminator_loss"] == pytest.approx(float(judged), rel=1e-5)
    for mine, by_hand in ((model.autoencoder, autoencoder), (model.discriminator, discriminator)):
        for weight, expected in zip(mine.get_weights(), by_hand.get_weights(), strict=True):
            np.testing.assert_allclose(weight, expected, atol=5e-5)
    for weight, expected in zip(model.features.get_weights(), frozen, strict=True):
        np.testing.assert_array_equal(weight, expected)


def test_the_convolutional_arm_takes_colours_any_size_and_all_phases():
    network = convolutional_autoencoder(3, 2)
    faces, maps = network(tf.zeros([1, 12, 20, 3]))
    assert faces.shape == (1, 12, 20, 3) and maps.shape == (1, 12, 20, 1)
    model, images = tiny(autoencoder="convolutional", channels=3), pictures(channels=3)
    for method in METHODS:
        assert all(np.isfinite(value) for value in getattr(model, method)(images).values())


def test_the_map_is_learnt_without_being_told():
    """Light faces that all are alike, under things of any colour: the map alone says where."""
    model = tiny(autoencoder="convolutional", filters=8)
    model.compile(autoencoder=Adam(0.01), discriminator=Adam(1e-3))
    images = tf.fill([8, 16, 16, 1], 0.9)
    model.take_steps_by("removal_step")
    model.fit(
        tf.data.Dataset.from_tensors(images).repeat(), epochs=1, steps_per_epoch=60, verbose=0
    )
    covered, masks = model.occlude(tf.constant([5, 5]), images)
    found, there = model.find(covered).numpy(), masks.numpy() > 0.5
    assert found[there].mean() > found[~there].mean() + 0.3


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"autoencoder": "unet"}, "No autoencoder 'unet'; choose lstm or convolutional"),
        ({"channels": 4}, "give 1 or 3 channels, not 4"),
        ({"patch_size": 5}, "16x16 cannot be read in patches of 5: give an even number"),
        ({"patch_size": 16}, "at most half of the shorter one"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        tiny(**settings)
    with pytest.raises(ValueError, match="squares with a side of 16, 32, 64"):
        FaceDeocclusion((24, 24), **TINY)
