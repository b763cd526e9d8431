"""AC-GAN: its nets, who gains from the class of which pictures, and a whole step by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.models.conditional.ac_gan import ACGAN
from tfgan_zoo.optimizers.adam import Adam


def tiny(rate=1e-3, **settings):
    widths = {"generator_width": 0.02, "discriminator_width": 0.1}
    own = {"image_size": (16, 8), "channels": 1, "classes": 3, "latent_dim": 5, **widths}
    model = ACGAN(**{**own, **settings})
    model.compile(**{player: Adam(rate, beta_1=0.5) for player in model.players})
    return model


def batch(seed=0, count=6):
    random = np.random.default_rng(seed)
    images = random.uniform(-1, 1, (count, 16, 8, 1))
    labels = random.integers(0, 3, count)
    return {"images": tf.constant(images, tf.float32), "labels": tf.constant(labels, tf.int32)}


def kernels(net):
    return [tuple(w.shape) for w in net.trainable_weights if len(w.shape) > 1]


def test_the_nets_are_the_papers():
    """Table 1 of the paper: ImageNet at 128x128."""
    model = ACGAN(generator_width=1.0)
    assert kernels(model.generator) == [
        (110, 8 * 8 * 768),
        *((5, 5, 384, 768), (5, 5, 256, 384), (5, 5, 192, 256), (5, 5, 3, 192)),
    ]
    maps = (3, 16, 32, 64, 128, 256, 512)
    convolutions = [(3, 3, *pair) for pair in zip(maps[:-1], maps[1:], strict=True)]
    assert kernels(model.discriminator) == [*convolutions, (16 * 16 * 512, 11)]
    strides = [layer.strides[0] for layer in model.discriminator.layers if "conv2d" in layer.name]
    assert strides == [2, 1, 2, 1, 2, 1]
    normalised = [
        sum(isinstance(layer, keras.layers.BatchNormalization) for layer in net.layers)
        for net in (model.generator, model.discriminator)
    ]
    assert normalised == [3, 5], "not the first and last of either"


@pytest.mark.parametrize(
    ("size", "start", "stride"),
    [((32, 32), (4, 4), 2), ((28, 28), (3, 3), 1), ((24, 40), (3, 5), 2), ((20, 28), (1, 3), 1)],
)
def test_small_pictures_have_three_transposed_convolutions(size, start, stride):
    model = ACGAN(size, 1, generator_width=0.02, discriminator_width=0.1)
    first, *rest = (layer for layer in model.generator.layers if "transpose" in layer.name)
    assert first.input.shape[1:3] == start and first.strides == (stride, stride)
    assert len(rest) == 2 and model.generator.output.shape[1:] == (*size, 1)


@pytest.mark.parametrize("size", [(30, 28), (16, 20), (70, 70)])
def test_other_sides_are_refused(size):
    with pytest.raises(ValueError, match=f"multiples of .* got {size[0]}x{size[1]}"):
        ACGAN(size)


def test_another_loss_is_refused():
    with pytest.raises(ValueError, match="nonsaturating, minimax, not 'hinge'"):
        ACGAN((32, 32), generator_loss="hinge")


def in_training(network, inputs):
    """Its outputs in training; its moving statistics stay."""
    kept = [(variable, variable.numpy()) for variable in network.non_trainable_variables]
    outputs = network(inputs, training=True)
    for variable, value in kept:
        variable.assign(value)
    return outputs


@pytest.mark.parametrize(
    ("arm", "weights", "targets"),
    [
        ({}, (1.0, 1.0), (1.0, 0.0)),
        (
            {
                "real_class_weight": 2.0,
                "fake_class_weight": 0.0,
                "real_label": 0.9,
                "fake_label": 0.1,
            },
            (2.0, 0.0),
            (0.9, 0.1),
        ),
    ],
)
def test_steps_equal_those_written_by_hand(arm, weights, targets):
    """The discriminator first, on L_S + L_C of both sources; then new latents and classes for the
    generator, on L_C - L_S, against the moved discriminator.
    """
    model = tiny(**arm)
    nets = generator, discriminator = [
        keras.models.clone_model(net) for net in (model.generator, model.discriminator)
    ]
    for net, original in zip(nets, (model.generator, model.discriminator), strict=True):
        net.set_weights(original.get_weights())
    adams = [keras.optimizers.Adam(1e-3, beta_1=0.5, epsilon=1e-7) for _ in range(2)]
    bce = keras.losses.BinaryCrossentropy(from_logits=True)
    cce = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    for k in range(2):
        data, step = batch(seed=k), model.begin_step()
        seeds = [step.seed(stream) for stream in range(7)]

        def drawn(latent_seed, label_seed):
            labels = model.sample_labels(6, label_seed)
            latents = model.prior.sample(6, latent_seed)
            inputs = tf.concat([latents, tf.one_hot(labels, 3)], 1)
            return labels, generator(inputs, training=True)

        labels, fake = drawn(*seeds[:2])
        with tf.GradientTape() as tape:
            real_source, real_class = discriminator([data["images"], seeds[2]], training=True)
            fake_source, fake_class = in_training(discriminator, [fake, seeds[3]])
            source = bce(tf.fill([6, 1], targets[0]), real_source)
            source += bce(tf.fill([6, 1], targets[1]), fake_source)
            of_real, of_fake = cce(data["labels"], real_class), cce(labels, fake_class)
            discriminator_loss = source + weights[0] * of_real + weights[1] * of_fake
        own = discriminator.trainable_variables
        adams[1].apply(tape.gradient(discriminator_loss, own), own)
        with tf.GradientTape() as tape:
            labels, fake = drawn(*seeds[4:6])
            fake_source, fake_class = in_training(discriminator, [fake, seeds[6]])
            generator_class = cce(labels, fake_class)
            generator_loss = bce(tf.ones([6, 1]), fake_source) + generator_class
        own = generator.trainable_variables
        adams[0].apply(tape.gradient(generator_loss, own), own)

        model.reset_metrics()
        logs = model.train_step(data)
        for name, expected in (
            ("discriminator_loss", discriminator_loss),
            ("generator_loss", generator_loss),
            ("source_loss", source),
            ("real_class_loss", of_real),
            ("fake_class_loss", of_fake),
            ("generator_class_loss", generator_class),
        ):
            assert float(logs[name]) == pytest.approx(float(expected), rel=1e-4), name

    for mine, by_hand in zip((model.generator, model.discriminator), nets, strict=True):
        for weight, expected in zip(mine.get_weights(), by_hand.get_weights(), strict=True):
            np.testing.assert_allclose(weight, expected, atol=1e-5)


def test_the_minimax_loss_is_the_other_sign_of_the_source():
    losses = []
    for name in ("minimax", "nonsaturating"):
        model = tiny(rate=1e-9, dropout=0.0, activation_noise=0.0, generator_loss=name)
        (answers,) = (
            layer for layer in model.discriminator.layers if isinstance(layer, keras.layers.Dense)
        )
        answers.set_weights([np.zeros_like(weight) for weight in answers.get_weights()])
        logs = model.train_step(batch())
        losses.append(float(logs["generator_loss"] - logs["generator_class_loss"]))
    # A discriminator of zeros says one half: log(1 - 1/2) and -log(1/2).
    np.testing.assert_allclose(losses, [-np.log(2), np.log(2)], rtol=1e-5)


def test_classes_of_generated_pictures_are_drawn_and_equally_likely():
    model = tiny()
    labels = np.array(model.sample_labels(30_000, (1, 2)))
    np.testing.assert_allclose(np.bincount(labels) / 30_000, 1 / 3, atol=0.01)
    np.testing.assert_array_equal(labels, model.sample_labels(30_000, (1, 2)))
    inputs = np.array(model.condition(model.prior.sample(2, (1, 2)), [2, 0]))
    np.testing.assert_array_equal(inputs[:, 5:], [[0, 0, 1], [1, 0, 0]])


def test_noise_and_dropout_end_with_training():
    model, images = tiny(), batch()["images"]
    first, other = (
        in_training(model.discriminator, [images, tf.constant([0, k])])[1] for k in (1, 2)
    )
    assert np.abs(np.array(first) - other).max() > 1e-4
    read = np.array(model.classify(images))
    assert read.shape == (6, 3)
    np.testing.assert_allclose(model.classify(images[:1])[0], read[0], atol=1e-6)
    plain = tiny(dropout=0.0, activation_noise=0.0)
    names = {type(layer).__name__ for layer in plain.discriminator.layers}
    assert not names & {"TrainingNoise", "TrainingDropout"}


def test_real_pictures_alone_leave_their_statistics():
    """The auxiliary classifier reads real pictures by them."""
    model, data = tiny(dropout=0.0, activation_noise=0.0), batch()
    norm = next(
        layer
        for layer in model.discriminator.layers
        if isinstance(layer, keras.layers.BatchNormalization)
    )
    before = keras.Model(model.discriminator.input, norm.input)
    seen = np.array(before([data["images"], tf.zeros([2], tf.int32)]))
    model.train_step(data)
    np.testing.assert_allclose(norm.moving_mean, 0.1 * seen.mean((0, 1, 2)), atol=1e-6)
    np.testing.assert_allclose(norm.moving_variance, 0.9 + 0.1 * seen.var((0, 1, 2)), rtol=1e-4)


def class_losses(weight, steps=60):
    """(of real, of generated) pictures under the discriminator after it learnt from three shades,
    each a class, while the generator stood still and drew noise.
    """
    keras.utils.set_random_seed(0)
    model = tiny(
        5e-3,
        image_size=(8, 8),
        discriminator_width=0.2,
        dropout=0.0,
        activation_noise=0.0,
        fake_class_weight=weight,
    )
    model.optimizers["generator"].learning_rate.assign(0.0)
    # Let the class show in what it draws, as a shade that no real picture of the class has.
    kernel, bias = model.generator.layers[1].get_weights()
    model.generator.layers[1].set_weights([kernel * 30, bias])
    step = tf.function(model.train_step)
    random = np.random.default_rng(0)
    for _ in range(steps):
        labels = random.integers(0, 3, 24)
        shades = (labels - 1)[:, None, None, None] * random.uniform(0.5, 0.9, (24, 8, 8, 1))
        model.reset_metrics()
        logs = step(
            {"images": tf.constant(shades, tf.float32), "labels": tf.constant(labels, tf.int32)}
        )
    return float(logs["real_class_loss"]), float(logs["fake_class_loss"])


def test_only_the_arm_that_asks_for_it_reads_generated_pictures():
    both, real_alone = class_losses(1.0), class_losses(0.0)
    assert both[0] < 0.5 and real_alone[0] < 0.5, "real pictures are read in both arms"
    assert both[1] < 0.9 < np.log(3) < real_alone[1]
