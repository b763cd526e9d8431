"""Improved GAN: steps by hand, nets, first batch, and what each of its switches does."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import commands
from tfgan_zoo.losses.semi_supervised import unlabelled_minimax_loss
from tfgan_zoo.models.unconditional.improved_gan import ImprovedGAN
from tfgan_zoo.networks import points as point_nets
from tfgan_zoo.optimizers.adam import Adam

RNG = np.random.default_rng(0)
SHAPE = (6, 6, 1)


def pictures(count=10):
    return tf.constant(RNG.uniform(-1, 1, (count, *SHAPE)).astype("float32"))


BATCH = {
    "images": pictures(),
    "other_images": pictures(),
    "labelled_images": pictures(8),
    "labels": tf.constant([0, 1, 2, 0, 1, 2, 0, 1]),
}
POINTS = {"images": tf.constant(RNG.normal(size=(10, 2)).astype("float32"))}


def compiled(shape=SHAPE, rate=1e-3, **settings):
    settings = {"latent_dim": 4, "width": 0.02, **settings}
    if len(shape) == 1:
        settings = {"prior": "normal", **point_nets.improved_gan(*shape, 4, 0.02), **settings}
    model = ImprovedGAN(shape, **settings)
    model.initialise(BATCH["images"] if len(shape) == 3 else POINTS["images"])
    generator, discriminator = (Adam(rate, beta_1=0.5, epsilon=1e-4) for _ in range(2))
    model.compile(generator=generator, discriminator=discriminator)
    return model


def values(net):
    return [np.array(weight) for weight in net.trainable_variables]


@pytest.fixture(scope="module")
def stepped():
    """(model after one semi-supervised step, its nets before it, what the step reported)."""
    model = compiled(classes=3)
    before = values(model.generator), values(model.discriminator)
    twin = compiled(classes=3)
    twin.set_weights(model.get_weights())
    return model, twin, before, model.train_step(BATCH)


def test_a_semi_supervised_step_equals_that_written_by_hand(stepped):
    model, twin, _, logs = stepped
    step = twin.begin_step()
    adams = [keras.optimizers.Adam(1e-3, beta_1=0.5, epsilon=1e-4) for _ in range(2)]
    net = twin.discriminator

    def latents(stream):
        return tf.random.stateless_uniform([10, 4], step.seed(stream), -1, 1, alg="philox")

    def features(images, stream):
        """The noisy layers, one after the other."""
        hidden = (tf.reshape(images, [-1, 36]) + 1.0) / 2.0
        for number, layer in enumerate(net.features.hidden):
            seed = tf.random.fold_in(step.seed(stream), number, alg="philox")
            noise = tf.random.stateless_normal(tf.shape(hidden), seed, alg="philox")
            hidden += (0.5 if number else 0.3) * noise
            kernel = layer.kernel * layer.scale / tf.norm(layer.kernel.value, axis=0)
            hidden = tf.nn.relu(tf.matmul(hidden, kernel) + layer.bias)
        return hidden

    def logits(images, stream):
        hidden = features(images, stream)
        seed = tf.random.fold_in(step.seed(stream), 5, alg="philox")
        hidden += 0.5 * tf.random.stateless_normal(tf.shape(hidden), seed, alg="philox")
        layer = net.linear
        kernel = layer.kernel * layer.scale / tf.norm(layer.kernel.value, axis=0)
        return tf.matmul(hidden, kernel) + layer.bias

    fake = twin.generator(latents(0), training=True)
    with tf.GradientTape() as tape:
        joint = tf.pad(logits(BATCH["images"], 1), [[0, 0], [0, 1]])  # 'generated' is 0
        real = 1.0 - tf.nn.softmax(joint)[:, 3]
        joint = tf.pad(logits(fake, 2), [[0, 0], [0, 1]])
        generated = tf.nn.softmax(joint)[:, 3]
        unlabelled = -tf.reduce_mean(tf.math.log(real)) - tf.reduce_mean(tf.math.log(generated))
        right = tf.gather(
            tf.nn.softmax(logits(BATCH["labelled_images"], 3)), BATCH["labels"], batch_dims=1
        )
        labelled = -tf.reduce_mean(tf.math.log(right))
        discriminator_loss = labelled + 0.5 * unlabelled
    pull = tape.gradient(discriminator_loss, net.trainable_variables)
    adams[0].apply(pull, net.trainable_variables)
    with tf.GradientTape() as tape:
        fake = twin.generator(latents(4), training=True)
        drawn = tf.reduce_mean(features(fake, 5), axis=0)
        wanted = tf.reduce_mean(features(BATCH["other_images"], 6), axis=0)
        generator_loss = tf.reduce_mean((drawn - wanted) ** 2)
    pull = tape.gradient(generator_loss, twin.generator.trainable_variables)
    adams[1].apply(pull, twin.generator.trainable_variables)

    for name, expected in (
        ("discriminator_loss", discriminator_loss),
        ("labelled_loss", labelled),
        ("unlabelled_loss", 0.5 * unlabelled),
        ("generator_loss", generator_loss),
    ):
        assert float(logs[name]) == pytest.approx(float(expected), rel=1e-4), name
    for mine, by_hand in ((model.generator, twin.generator), (model.discriminator, net)):
        for found, expected in zip(values(mine), values(by_hand), strict=True):
            np.testing.assert_allclose(found, expected, atol=2e-5)


def test_only_the_last_scale_is_learnt(stepped):
    model, *_ = stepped
    trained = {id(weight) for weight in model.discriminator.trainable_variables}
    hidden = model.discriminator.features.hidden
    assert not any(id(layer.scale) in trained for layer in hidden)
    assert id(model.discriminator.linear.scale) in trained
    assert np.ptp([np.array(layer.scale).mean() for layer in hidden]) > 0  # by the first batch


def test_the_first_batch_sets_every_layer():
    model = ImprovedGAN(SHAPE, classes=3, latent_dim=4, width=0.1)
    images = pictures(300)
    model.initialise(images)
    seed = tf.constant([0, 2**31 - 1])
    logits = model.discriminator(images, seed=seed, training=True).numpy()
    np.testing.assert_allclose(logits.mean(0), 0.0, atol=1e-4)
    np.testing.assert_allclose(logits.std(0), 1.0, rtol=1e-3)


def test_the_first_training_batch_sets_what_nothing_has_set():
    def made():
        model = ImprovedGAN(SHAPE, latent_dim=4, width=0.02, minibatch_kernels=3)
        model.compile(generator=Adam(0.0), discriminator=Adam(0.0))
        return model

    model, told = made(), made()
    told.set_weights(model.get_weights())
    told.initialise(BATCH["images"])
    for _ in range(2):  # once, not at each step
        model.fit(BATCH["images"], batch_size=10, shuffle=False, verbose=0)
    assert float(model.discriminator.initialised) == 1.0
    for found, expected in zip(
        values(model.discriminator), values(told.discriminator), strict=True
    ):
        np.testing.assert_allclose(found, expected, atol=1e-5)
    before = values(model.discriminator)
    model.train_step(pictures())
    for found, expected in zip(values(model.discriminator), before, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_a_first_batch_that_is_not_finite_sets_nothing():
    model = ImprovedGAN(SHAPE, latent_dim=4, width=0.02, minibatch_kernels=3)
    model.compile(generator=Adam(1e-3), discriminator=Adam(1e-3))
    assert int(model.train_step(tf.fill([10, *SHAPE], np.nan))["skipped"]) == 1
    assert float(model.discriminator.initialised) == 0.0
    assert int(model.train_step(pictures())["skipped"]) == 1
    assert float(model.discriminator.initialised) == 1.0


def test_replicas_agree_on_what_the_first_batch_sets():
    """A process of its own, since TensorFlow takes its devices once."""
    done = commands.run("-c", TWO_REPLICAS)
    assert done.returncode == 0, done.stderr


TWO_REPLICAS = """
import numpy as np, tensorflow as tf
from tfgan_zoo.models.unconditional.improved_gan import ImprovedGAN
from tfgan_zoo.optimizers.adam import Adam

(device,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(device, [tf.config.LogicalDeviceConfiguration()] * 2)
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
with strategy.scope():
    model = ImprovedGAN((4, 4, 1), latent_dim=3, width=0.01, minibatch_kernels=2)
    model.compile(generator=Adam(1e-3), discriminator=Adam(1e-3))
images = np.random.default_rng(0).uniform(-1, 1, (8, 4, 4, 1)).astype("float32")
data = tf.data.Dataset.from_tensors(images).repeat()
model.fit(strategy.experimental_distribute_dataset(data), steps_per_epoch=2, verbose=0)
for weight in model.discriminator.weights:
    first, second = (v.numpy() for v in strategy.experimental_local_results(weight.value))
    np.testing.assert_array_equal(first, second, err_msg=weight.path)
assert strategy.experimental_local_results(model.discriminator.initialised.value)[0].numpy() == 1
scale = model.discriminator.features.hidden[0].scale.value
assert not np.any(strategy.experimental_local_results(scale)[0].numpy() == 1.0)
assert model.skipped.numpy() == 0
"""


def test_averages_are_saved_with_the_model(stepped):
    model, *_ = stepped
    saved = {id(variable) for variable in model.variables}
    assert model.average.weights and all(id(weight) in saved for weight in model.average.weights)


def test_the_average_is_the_classifier_that_is_measured(stepped):
    model, _, (_, before), _ = stepped
    after = values(model.discriminator)
    model.train_step(BATCH)
    last = values(model.discriminator)
    rate = 1e-4
    with model.averaged_classifier():
        # Of the weights after each step; those before the first have no part in it.
        for found, first, second in zip(values(model.discriminator), after, last, strict=True):
            expected = (first * (1 - rate) + second) / (2 - rate)
            np.testing.assert_allclose(found, expected, atol=1e-6)
        assert any(np.any(a != b) for a, b in zip(values(model.discriminator), before, strict=True))
    for found, expected in zip(values(model.discriminator), last, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_without_the_unlabelled_part_only_labels_teach():
    first, second = (compiled(classes=3, unlabelled_weight=0.0) for _ in range(2))
    second.set_weights(first.get_weights())
    first.train_step(BATCH)
    second.train_step({**BATCH, "images": pictures()})
    for found, expected in zip(
        values(first.discriminator), values(second.discriminator), strict=True
    ):
        np.testing.assert_array_equal(found, expected)
    assert any(np.any(a != 0) for a in values(first.discriminator))


def test_a_step_without_labels_is_the_smoothed_gan():
    model = compiled((2,), rate=0.0, minibatch_kernels=4)
    net, step = model.discriminator, model.begin_step()
    fakes = [
        model.generator(tf.random.stateless_normal([10, 4], step.seed(stream), alg="philox"))
        for stream in (0, 4)
    ]
    real, fake, other = (
        net(points, training=True).numpy()[:, 0] for points in (POINTS["images"], *fakes)
    )
    logs = model.train_step(POINTS)
    cost = np.log1p(np.exp(-real)) + 0.1 * real  # the cross-entropy against 0.9
    expected = (cost.mean() + np.log1p(np.exp(fake)).mean()) / 2
    assert float(logs["discriminator_loss"]) == pytest.approx(expected, rel=1e-4)
    expected = -np.log1p(np.exp(other)).mean()  # log(1 - D), as in the authors' code
    assert float(logs["generator_loss"]) == pytest.approx(expected, rel=1e-4)
    assert "labelled_loss" not in logs


def test_historical_averaging_is_of_both_players():
    plain, held = (compiled((2,), historical_weight=w) for w in (0.0, 5.0))
    held.generator.set_weights(plain.generator.get_weights())
    held.discriminator.set_weights(plain.discriminator.get_weights())
    first = plain.train_step(POINTS), held.train_step(POINTS)
    for name in ("generator_loss", "discriminator_loss"):  # it has no past but where it stands
        assert float(first[0][name]) == pytest.approx(float(first[1][name]), rel=1e-6)
    held.compile(generator=Adam(0.0), discriminator=Adam(0.0))
    plain.compile(generator=Adam(0.0), discriminator=Adam(0.0))
    for model in (plain, held):
        for tracker in model.trackers.values():
            tracker.reset_state()
    second = plain.train_step(POINTS), held.train_step(POINTS)
    for player in ("generator", "discriminator"):
        # The mean of two is half of the way back.
        moved = [
            a - np.array(b)
            for a, b in zip(values(getattr(held, player)), held.pasts[player].averages, strict=True)
        ]
        expected = 5.0 * sum((m**2).sum() for m in moved)
        found = float(second[1][f"{player}_loss"]) - float(second[0][f"{player}_loss"])
        assert expected > 0 and found == pytest.approx(expected, rel=1e-2, abs=1e-6), player


def test_virtual_batches_draw_each_picture_alone():
    model = compiled(classes=3, reference=5)
    latents = model.prior.sample(6, (0, 1))
    together = model.generator(latents, training=True)
    np.testing.assert_allclose(together[2:3], model(latents[2:3]), atol=1e-5)
    assert not [w for w in model.generator.weights if "moving" in w.path]
    model.train_step(BATCH)
    usual = compiled(classes=3)
    assert [w for w in usual.generator.weights if "moving" in w.path]


def test_nets_of_ones_own():
    latents, points = keras.Input((4,)), keras.Input((2,))
    generator = keras.Model(latents, keras.layers.Dense(2)(latents))
    hidden = keras.layers.BatchNormalization()(keras.layers.Dense(5)(points))
    features = keras.Model(points, hidden)
    model = compiled((2,), generator=generator, features=features, minibatch_kernels=3)
    assert model.generator is generator and model.discriminator.features is features
    before = values(features)
    logs = model.train_step(POINTS)
    assert int(logs["skipped"]) == 0 and np.isfinite(float(logs["discriminator_loss"]))
    assert all(np.any(a != b) for a, b in zip(values(features)[:1], before[:1], strict=True))
    assert tuple(model.discriminator(POINTS["images"], training=False).shape) == (10, 1)
    assert tuple(model.discriminator.linear.kernel.shape) == (8, 1)


def test_nets_for_mnist_are_the_authors():
    model = ImprovedGAN(classes=10)
    kernels = [w.shape for w in model.discriminator.trainable_variables if len(w.shape) == 2]
    assert kernels == [(784, 1000), (1000, 500), (500, 250), (250, 250), (250, 250), (250, 10)]
    kernels = [w.shape for w in model.generator.trainable_variables if len(w.shape) == 2]
    assert kernels == [(100, 500), (500, 500), (500, 784)]
    assert not [w for w in model.generator.weights if "gamma" in w.path]
    assert np.array(model.discriminator.features.hidden[0].kernel).std() == pytest.approx(
        0.1, rel=0.01
    )
    assert model.discriminator.minibatch is None and model.adversarial_loss is None
    images = model(model.prior.sample(5, (0, 1))).numpy()
    assert images.shape == (5, 28, 28, 1) and np.abs(images).max() <= 1.0 and images.std() > 0.1
    without = ImprovedGAN()
    assert without.discriminator.minibatch.kernels == 100
    assert without.adversarial_loss is unlabelled_minimax_loss
    assert (without.real_label, model.real_label) == (0.9, 1.0)


def test_half_precision_trains():
    keras.mixed_precision.set_dtype_policy("mixed_float16")
    try:
        model = compiled(classes=3, minibatch_kernels=3)
    finally:
        keras.mixed_precision.set_dtype_policy("float32")
    for optimizer in model.optimizers.values():
        optimizer.dynamic_scale.assign(256.0)
    before = values(model)
    logs = model.train_step(BATCH)
    assert int(logs["skipped"]) == 0
    assert np.mean([np.any(a != b) for a, b in zip(values(model), before, strict=True)]) > 0.8


def test_an_unknown_loss_is_refused():
    with pytest.raises(ValueError, match="minimax, nonsaturating, not 'wasserstein'"):
        ImprovedGAN((2,), generator_loss="wasserstein")
