"""InfoGAN: its code, who learns what, and a whole step by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.losses.information import categorical_information, uniform_information
from tfgan_zoo.models.conditional.infogan import InfoGAN
from tfgan_zoo.optimizers.adam import Adam


def tiny(rates=(1e-3, 2e-4), **settings):
    settings = {"image_size": (8, 12), "noise_dim": 5, "categories": 3, "width": 0.04, **settings}
    model = InfoGAN(**settings)
    generator, discriminator = (Adam(rate, beta_1=0.5) for rate in rates)
    model.compile(generator=generator, discriminator=discriminator)
    return model


def batch(seed=0):
    images = np.random.default_rng(seed).uniform(-1, 1, (6, 8, 12, 1))
    return {"images": tf.constant(images, tf.float32), "labels": tf.zeros([6], tf.int32)}


def forgotten(network, inputs):
    """Its outputs in training; its moving statistics stay."""
    kept = [(variable, variable.numpy()) for variable in network.non_trainable_variables]
    outputs = network(inputs, training=True)
    for variable, value in kept:
        variable.assign(value)
    return outputs


def test_the_widths_are_the_authors():
    model = InfoGAN()

    def kernels(net):
        return [tuple(w.shape) for w in net.trainable_weights if len(w.shape) > 1]

    assert kernels(model.generator) == [
        (74, 1024),
        (1024, 7 * 7 * 128),
        (4, 4, 64, 128),
        (4, 4, 1, 64),
    ]
    trunk = [(4, 4, 1, 64), (4, 4, 64, 128), (7 * 7 * 128, 1024)]
    heads = [(1024, 128), (1024, 1), (128, 10), (128, 2)]
    found = kernels(model.discriminator)
    assert found[:3] == trunk and sorted(found[3:]) == sorted(heads)


def test_latents_are_noise_then_category_then_codes():
    model = tiny()
    drawn = np.array(model.prior.sample(20_000, (1, 2)))
    noise, category, codes = drawn[:, :5], drawn[:, 5:8], drawn[:, 8:]
    for uniform in (noise, codes):
        assert -1.0 <= uniform.min() < -0.999 and 0.999 < uniform.max() < 1.0
        np.testing.assert_allclose(uniform.std(0), 1 / np.sqrt(3), rtol=0.02)
    assert set(np.unique(category)) == {0.0, 1.0} and np.all(category.sum(1) == 1)
    np.testing.assert_allclose(category.mean(0), 1 / 3, atol=0.02)
    # Nothing tells one part from another.
    assert np.abs(np.corrcoef(drawn.T)[:5, 5:]).max() < 0.03
    np.testing.assert_array_equal(model.prior.sample(20_000, (1, 2)), drawn)
    joined = model.join(noise[:4], category[:4].argmax(1), codes[:4])
    np.testing.assert_array_equal(joined, drawn[:4])


def test_pictures_and_codes_at_inference_do_not_depend_on_the_rest_of_the_batch():
    model = tiny()
    latents = model.prior.sample(3, (1, 2))
    images = np.array(model(latents))
    assert images.shape == (3, 8, 12, 1) and np.all(np.abs(images) < 1.0)
    np.testing.assert_allclose(model(latents[:1])[0], images[0], atol=1e-6)
    probabilities, means = model.read_codes(images)
    assert probabilities.shape == (3, 3) and means.shape == (3, 2)
    np.testing.assert_allclose(np.sum(probabilities, 1), 1.0, rtol=1e-5)
    np.testing.assert_allclose(model.read_codes(images[:1])[0][0], probabilities[0], atol=1e-6)


def test_sides_are_multiples_of_four():
    with pytest.raises(ValueError, match="multiples of 4"):
        InfoGAN((30, 28))


def test_three_steps_equal_those_written_by_hand():
    """The discriminator first; then new latents for the generator against the moved one; the bound
    in both losses.
    """
    model = tiny()
    nets = [keras.models.clone_model(net) for net in (model.generator, model.discriminator)]
    for net, original in zip(nets, (model.generator, model.discriminator), strict=True):
        net.set_weights(original.get_weights())
    generator, discriminator = nets
    adams = [keras.optimizers.Adam(rate, beta_1=0.5, epsilon=1e-7) for rate in (1e-3, 2e-4)]
    bce = keras.losses.BinaryCrossentropy(from_logits=True)
    ones, zeros = tf.ones([6, 1]), tf.zeros([6, 1])

    def bound(latents, logits, means):
        category = categorical_information(latents[:, 5:8], logits)
        return category + uniform_information(latents[:, 8:], means)

    for k in range(3):
        data, step = batch(seed=k), model.begin_step()
        first, second = (model.prior.sample(6, step.seed(stream)) for stream in (0, 1))
        fake = generator(first, training=True)
        with tf.GradientTape() as tape:
            real_logits = discriminator(data["images"], training=True)[0]
            fake_logits, logits, means = forgotten(discriminator, fake)
            discriminator_loss = bce(ones, real_logits) + bce(zeros, fake_logits)
            objective = discriminator_loss - bound(first, logits, means)
        weights = discriminator.trainable_variables
        adams[1].apply(tape.gradient(objective, weights), weights)
        with tf.GradientTape() as tape:
            fake_logits, logits, means = forgotten(discriminator, generator(second, training=True))
            generator_loss = bce(ones, fake_logits)
            objective = generator_loss - bound(second, logits, means)
        weights = generator.trainable_variables
        adams[0].apply(tape.gradient(objective, weights), weights)

        model.reset_metrics()
        logs = model.train_step(data)
        # The game's own losses, without the bound: below 0 they would look like a game that is won.
        assert float(logs["generator_loss"]) == pytest.approx(float(generator_loss), rel=1e-4)
        assert float(logs["discriminator_loss"]) == pytest.approx(
            float(discriminator_loss), rel=1e-4
        )

    for mine, by_hand in ((model.generator, generator), (model.discriminator, discriminator)):
        for weight, expected in zip(mine.get_weights(), by_hand.get_weights(), strict=True):
            np.testing.assert_allclose(weight, expected, atol=1e-5)


def test_real_pictures_alone_leave_their_statistics():
    """Q reads real digits by them, though two of three batches that it is shown are generated."""
    model, data = tiny(), batch()
    norms = [
        layer
        for layer in model.discriminator.layers
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    first = keras.Model(model.discriminator.input, norms[0].input)
    seen = np.array(first(data["images"]))
    model.train_step(data)
    np.testing.assert_allclose(norms[0].moving_mean, 0.1 * seen.mean((0, 1, 2)), rtol=1e-4)
    expected = 0.9 + 0.1 * seen.var((0, 1, 2))
    np.testing.assert_allclose(norms[0].moving_variance, expected, rtol=1e-5)


def test_the_bound_alone_teaches_both_players_the_code():
    """Trunk, Q and generator learn to pass the category on; the head of D has no part in it."""
    keras.utils.set_random_seed(0)
    model = tiny(rates=(1e-2, 1e-2), information_weight=100.0)
    step = tf.function(model.train_step)
    before = [np.array(weight) for weight in model.trainable_weights]
    first = float(step(batch())["categorical_information"])
    for k in range(100):
        model.reset_metrics()
        last = float(step(batch(seed=k))["categorical_information"])
    assert first < 0.2
    assert last > 0.5
    for weight, start in zip(model.trainable_weights, before, strict=True):
        assert np.any(np.array(weight) != start)
