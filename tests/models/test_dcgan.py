"""DCGAN: its losses, its latents, whole steps by hand, the class-conditional arm and the tricks."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.losses.adversarial import noisy_labels
from tfgan_zoo.models.unconditional.dcgan import DCGAN
from tfgan_zoo.optimizers.adam import Adam
from tfgan_zoo.training.checkpoints import Checkpointer


def tiny(**settings):
    model = DCGAN(
        (16, 16), 1, latent_dim=5, generator_filters=2, discriminator_filters=2, **settings
    )
    model.compile(generator=Adam(2e-4, beta_1=0.5), discriminator=Adam(2e-4, beta_1=0.5))
    return model


def batch(seed=0):
    images = np.random.default_rng(seed).uniform(-1, 1, (4, 16, 16, 1))
    return {"images": tf.constant(images, tf.float32), "labels": tf.zeros([4], tf.int32)}


def test_latents_are_uniform_and_follow_the_seed():
    model = tiny()
    drawn = np.array(model.prior.sample(20_000, (1, 2)))
    assert drawn.shape == (20_000, 5)
    assert -1.0 <= drawn.min() < -0.999 and 0.999 < drawn.max() < 1.0
    np.testing.assert_allclose(drawn.std(0), 1 / np.sqrt(3), rtol=0.02)
    np.testing.assert_array_equal(model.prior.sample(20_000, (1, 2)), drawn)
    assert np.mean(model.prior.sample(20_000, (1, 3)) == drawn) < 1e-3


def test_pictures_at_inference_do_not_depend_on_the_rest_of_the_batch():
    model = tiny()
    latents = model.prior.sample(3, (1, 2))
    images = np.array(model(latents))
    assert images.shape == (3, 16, 16, 1) and np.all(np.abs(images) < 1.0)
    np.testing.assert_allclose(model(latents[:1])[0], images[0], atol=1e-6)


def test_three_steps_equal_those_written_by_hand():
    """Against the plain way: two passes, two tapes, Keras' Adam; real and fake are two batches to
    the discriminator.
    """
    model = tiny()
    nets = [keras.models.clone_model(net) for net in (model.generator, model.discriminator)]
    for net, original in zip(nets, (model.generator, model.discriminator), strict=True):
        net.set_weights(original.get_weights())
    generator, discriminator = nets
    adams = [keras.optimizers.Adam(2e-4, beta_1=0.5) for _ in range(2)]
    bce = keras.losses.BinaryCrossentropy(from_logits=True)

    for k in range(3):
        data = batch(seed=k)
        latents = model.prior.sample(4, model.begin_step().seed())
        with tf.GradientTape(persistent=True) as tape:
            fake = generator(latents, training=True)
            real_logits = discriminator(data["images"], training=True)
            fake_logits = discriminator(fake, training=True)
            ones, zeros = tf.ones_like(real_logits), tf.zeros_like(fake_logits)
            discriminator_loss = bce(ones, real_logits) + bce(zeros, fake_logits)
            generator_loss = bce(ones, fake_logits)
        gradients = [
            tape.gradient(loss, net.trainable_variables)
            for loss, net in zip((generator_loss, discriminator_loss), nets, strict=True)
        ]
        model.reset_metrics()
        logs = model.train_step(data)
        assert float(logs["generator_loss"]) == pytest.approx(float(generator_loss), rel=1e-4)
        assert float(logs["discriminator_loss"]) == pytest.approx(
            float(discriminator_loss), rel=1e-4
        )
        for adam, net, values in zip(adams, nets, gradients, strict=True):
            adam.apply(values, net.trainable_variables)

    for mine, by_hand in ((model.generator, generator), (model.discriminator, discriminator)):
        for weight, expected in zip(mine.get_weights(), by_hand.get_weights(), strict=True):
            np.testing.assert_allclose(weight, expected, atol=5e-6)


def test_fit_trains_both_players():
    model = tiny()
    before = [np.array(weight) for weight in model.trainable_weights]
    history = model.fit(
        tf.data.Dataset.from_tensors(batch()).repeat(), steps_per_epoch=3, shuffle=False, verbose=0
    ).history
    assert all(np.isfinite(values[0]) for values in history.values())
    assert history["skipped"] == [0] and int(model.step) == 3
    for weight, start in zip(model.trainable_weights, before, strict=True):
        assert np.any(np.array(weight) != start)


# The class-conditional arm


def conditional(**settings):
    return tiny(classes=3, **settings)


def labelled(seed=0, count=8):
    data = batch(seed)
    images = tf.tile(data["images"], [count // 4, 1, 1, 1])
    return {"images": images, "labels": tf.range(count) % 3}


def test_a_conditional_step_equals_that_of_the_authors():
    """The generator learns from the first minibatch, then the discriminator from the second; both
    gradients carry the weights' decay into Adam.
    """
    model = conditional()
    nets = [keras.models.clone_model(net) for net in (model.generator, model.discriminator)]
    for net, original in zip(nets, (model.generator, model.discriminator), strict=True):
        # Larger than at their start, so that the decay is seen beside the gradients.
        original.set_weights([50.0 * weight for weight in original.get_weights()])
        net.set_weights(original.get_weights())
    generator, discriminator = nets
    adams = [keras.optimizers.Adam(2e-4, beta_1=0.5) for _ in range(2)]
    bce = keras.losses.BinaryCrossentropy(from_logits=True)

    def apply(adam, net, tape, loss):
        gradients = tape.gradient(loss, net.trainable_variables)
        decayed = [
            gradient + 2.5e-5 * weight
            for gradient, weight in zip(gradients, net.trainable_variables, strict=True)
        ]
        adam.apply(decayed, net.trainable_variables)

    for k in range(2):
        data, step = labelled(seed=k), model.begin_step()
        first, second = tf.split(tf.one_hot(data["labels"], 3), 2)
        real = data["images"][4:]
        with tf.GradientTape() as tape:
            latents = model.prior.sample(4, step.seed(1))
            fake = generator(tf.concat([latents, first], 1), training=True)
            fake_logits = discriminator([fake, first], training=True)
            generator_loss = bce(tf.ones([4, 1]), fake_logits)
        apply(adams[0], generator, tape, generator_loss)
        with tf.GradientTape() as tape:
            latents = model.prior.sample(4, step.seed(0))
            fake = generator(tf.concat([latents, second], 1), training=True)
            real_logits = discriminator([real, second], training=True)
            fake_logits = discriminator([fake, second], training=True)
            discriminator_loss = bce(tf.ones([4, 1]), real_logits) + bce(
                tf.zeros([4, 1]), fake_logits
            )
        apply(adams[1], discriminator, tape, discriminator_loss)

        model.reset_metrics()
        logs = model.train_step(data)
        assert float(logs["generator_loss"]) == pytest.approx(float(generator_loss), rel=1e-4)
        assert float(logs["discriminator_loss"]) == pytest.approx(
            float(discriminator_loss), rel=1e-4
        )
    for mine, by_hand in ((model.generator, generator), (model.discriminator, discriminator)):
        for weight, expected in zip(mine.get_weights(), by_hand.get_weights(), strict=True):
            np.testing.assert_allclose(weight, expected, atol=2e-5)


def test_the_widths_are_the_authors():
    def kernels(net):
        return [tuple(w.shape) for w in net.trainable_weights if len(w.shape) > 1]

    model = DCGAN((28, 28), 1, classes=10)  # their run on MNIST
    assert kernels(model.generator) == [
        (110, 1024),
        (1034, 7 * 7 * 128),
        (5, 5, 64, 138),
        (5, 5, 1, 74),
    ]
    assert kernels(model.discriminator) == [
        (5, 5, 11, 64),
        (5, 5, 74, 128),
        (7 * 7 * 128 + 10, 1024),
        (1034, 1),
    ]
    model = DCGAN()  # their run on faces
    assert kernels(model.generator) == [
        (100, 4 * 4 * 1024),
        *((5, 5, width // 2, width) for width in (1024, 512, 256)),
        (5, 5, 3, 128),
    ]
    assert kernels(model.discriminator)[0] == (5, 5, 3, 128)


@pytest.mark.parametrize("channels", [1, 2])
def test_a_hidden_layer_as_wide_as_the_picture_is_normalised_too(channels):
    model = DCGAN((8, 8), channels, generator_filters=channels, classes=3)
    layers = [type(layer).__name__ for layer in model.generator.layers]
    assert layers.count("BatchNormalization") == layers.count("ReLU") == 3


def test_turns_and_decay_come_with_classes_and_on_request():
    assert (conditional().alternate, conditional().weight_decay) == (True, 2.5e-5)
    assert (tiny().alternate, tiny().weight_decay) == (False, 0.0)
    model = conditional(alternate=False, weight_decay=0.0)
    assert (model.alternate, model.weight_decay) == (False, 0.0)
    assert np.isfinite(float(model.train_step(labelled())["generator_loss"]))
    model = tiny(alternate=True)
    assert np.isfinite(float(model.train_step(batch())["generator_loss"]))


def test_the_generator_does_not_see_what_is_real_in_its_minibatch():
    """Of the first half of the batch the labels count, the pictures do not."""
    weights = []
    for pictures in (labelled(0)["images"], -labelled(0)["images"]):
        keras.utils.set_random_seed(1)
        model = conditional()
        images = tf.concat([pictures[:4], labelled(0)["images"][4:]], 0)
        model.train_step({"images": images, "labels": tf.range(8) % 3})
        weights.append(model.get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_picture_follows_its_latent_and_its_label_alone():
    model = conditional()
    for _ in range(2):  # statistics that are not those of the start
        model.train_step(labelled())
    latents = model.prior.sample(2, (1, 2))
    images = np.array(model(model.condition(tf.repeat(latents, 3, 0), [0, 1, 2, 0, 1, 2])))
    alone = np.array(model(model.condition(latents[1:], [2])))
    np.testing.assert_allclose(alone[0], images[5], atol=1e-6)
    assert all(np.abs(images[5] - images[k]).max() > 1e-5 for k in range(5))


# The tricks


def test_normal_latents_have_no_favoured_direction():
    drawn = np.array(tiny(spherical=True).prior.sample(40_000, (1, 2)), np.float64)
    # Chi-squared of five degrees: a cube's corners would show in the fourth moment along an axis
    # against that along a diagonal.
    np.testing.assert_allclose((drawn**2).sum(1).mean(), 5.0, rtol=0.02)
    for direction in (np.eye(5)[0], np.full(5, 5**-0.5)):
        along = drawn @ direction
        np.testing.assert_allclose([along.std(), (along**4).mean()], [1.0, 3.0], rtol=0.05)
    cube = np.array(tiny().prior.sample(40_000, (1, 2)), np.float64)
    assert (cube[:, 0] ** 4).mean() / cube[:, 0].var() ** 2 == pytest.approx(1.8, rel=0.02)


def test_the_discriminator_learns_from_soft_and_turned_labels():
    model = tiny(soft_labels=True, flipped_labels=0.25)
    data, step = batch(), model.begin_step()
    fake = model.generator(model.prior.sample(4, step.seed(0)), training=True)
    losses = []
    labels = noisy_labels([4, 1], step.seed(6), soft=True, flipped=0.25)
    for images, targets in zip((data["images"], fake), labels, strict=True):
        logits = np.array(model.discriminator(images, training=True))
        targets = targets.numpy()
        losses.append(np.mean(np.logaddexp(0.0, logits) - targets * logits))
    assert float(model.train_step(data)["discriminator_loss"]) == pytest.approx(
        sum(losses), rel=1e-4
    )


def test_input_noise_blurs_what_the_discriminator_sees_until_it_is_gone():
    noisy = tiny(input_noise=0.5, input_noise_steps=3)
    images, nothing = batch()["images"], tf.zeros([4, 0])
    plain = np.array(noisy.discriminator(images, training=True))
    distances = []
    for _ in range(4):
        judged = [np.array(noisy.judge(images, nothing, (0, k))) for k in range(20)]
        distances.append(np.mean([np.abs(logits - plain).mean() for logits in judged]))
        noisy.step.assign_add(1)
    assert distances[0] > distances[1] > distances[2] > 0.0
    assert distances[3] == 0.0


def test_replay_shows_old_pictures_with_their_labels_half_of_the_time():
    model = tiny(classes=3, replay=6)
    counter, old = 0, []
    for step in range(60):
        numbers = np.arange(counter, counter + 4)
        images = np.broadcast_to(numbers[:, None, None, None], (4, 16, 16, 1)).astype("float32")
        conditions = tf.one_hot(numbers % 3, 3)
        shown, labels = model.exchange(tf.constant(images), conditions, tf.constant([7, step]))
        assert shown.shape == (4, 16, 16, 1)
        drawn = np.array(shown)[:, 0, 0, 0]
        np.testing.assert_array_equal(
            shown, np.broadcast_to(drawn[:, None, None, None], shown.shape)
        )
        np.testing.assert_array_equal(np.argmax(labels, 1), drawn % 3)
        if step >= 2:
            old += list(drawn != numbers)
        counter += 4
    assert np.mean(old) == pytest.approx(0.5, abs=0.1)


def test_under_replay_the_generator_learns_from_its_newest_pictures():
    """Its step is the one without a pool; the discriminator's is another."""
    models = []
    for replay in (0, 3):
        keras.utils.set_random_seed(1)
        models.append(tiny(replay=replay))
    for model in models:
        for net in (model.generator, model.discriminator):
            net.set_weights([10.0 * weight for weight in net.get_weights()])
    plain, replayed = models
    for weight in replayed.pool.weights:  # full of something else
        weight.assign(tf.fill(weight.shape, 3.0))
    logs = [model.train_step(batch()) for model in models]
    for name, same in (("generator", True), ("discriminator", False)):
        pairs = zip(
            getattr(plain, name).trainable_variables,
            getattr(replayed, name).trainable_variables,
            strict=True,
        )
        assert all(np.allclose(a, b, atol=1e-7) for a, b in pairs) == same
    assert float(logs[0]["generator_loss"]) == pytest.approx(float(logs[1]["generator_loss"]))


@pytest.mark.parametrize("classes", [0, 3])
def test_generator_noise_is_one_of_training(classes):
    model = tiny(classes=classes, generator_noise=0.5)
    conditions, seed = tf.one_hot([0, 1], classes), tf.constant([1, 2])
    latents = tf.concat([model.prior.sample(2, (3, 4)), conditions], -1)
    nets = [model.generator([latents, tf.constant([1, k])], training=True) for k in (2, 2, 3)]
    np.testing.assert_array_equal(nets[0], nets[1])
    assert np.abs(nets[0] - nets[2]).max() > 1e-4
    assert np.abs(model.draw(conditions, seed) - model.draw(conditions, seed + 1)).max() > 1e-4
    np.testing.assert_array_equal(model(latents, seed=(1, 2)), model(latents, seed=(1, 3)))
    assert not model.noisy


@pytest.mark.parametrize("classes", [0, 3])
def test_dropout_stays_on_after_training(classes):
    model = tiny(classes=classes, generator_dropout=0.5)
    model.generator.set_weights([20.0 * weight for weight in model.generator.get_weights()])
    latents = tf.concat([model.prior.sample(2, (3, 4)), tf.one_hot([0, 1], classes)], -1)
    first, again, other = (np.array(model(latents, seed=(1, k))) for k in (2, 2, 3))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-3
    np.testing.assert_allclose(model(latents[:1], seed=(1, 2))[0], first[0], atol=1e-6)
    assert model.noisy
    # Behind each hidden layer, and not on the picture.
    kinds = [type(layer).__name__ for layer in model.generator.layers]
    assert kinds.count("SeededDropout") == kinds.count("ReLU") == (3 if classes else 2)


TRICKS = {
    **{"spherical": True, "soft_labels": True, "flipped_labels": 0.2, "replay": 5},
    **{"input_noise": 0.3, "input_noise_steps": 4, "generator_noise": 0.1},
    "generator_dropout": 0.5,
}


@pytest.mark.parametrize("classes", [0, 3])
def test_a_run_with_all_tricks_resumes_exactly(tmp_path, classes):
    def build():
        return tiny(classes=classes, **TRICKS)

    def train(model, first, last):
        step = tf.function(model.train_step)
        for k in range(first, last):
            step(labelled(seed=k))

    keras.utils.set_random_seed(2)
    model = build()
    train(model, 0, 3)
    Checkpointer(tmp_path, model).save()
    assert float(model.pool.count) == 5 and np.any(model.pool.images)
    train(model, 3, 6)

    again = build()
    assert Checkpointer(tmp_path, again).restore() == 3
    train(again, 3, 6)
    assert {v.path for v in again.variables} >= {"pool/images", "pool/count"}
    for one, other in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_without_tricks_the_model_has_no_more_weights_than_its_nets():
    """A checkpoint from before the tricks holds them all."""
    model = tiny()
    nets = [*model.generator.variables, *model.discriminator.variables]
    assert [v.path for v in model.variables] == [v.path for v in nets]
    assert len(model.generator.inputs) == len(model.discriminator.inputs) == 1
