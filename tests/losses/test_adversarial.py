"""Adversarial losses against their formulas in NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.losses import adversarial

REAL = np.array([[-3.0, -0.5], [0.0, 2.0], [7.0, 30.0]])
FAKE = np.array([[-40.0, -1.5], [0.25, 1.0], [3.0, 80.0]])


def log_sigmoid(x):
    return -np.logaddexp(0.0, -x)


def logits(values):
    return tf.constant(values, tf.float32)


@pytest.mark.parametrize("shape", [(6,), (6, 1), (1, 2, 3, 1)])
def test_losses_are_the_formulas_on_logits_of_any_shape(shape):
    real, fake = REAL.reshape(shape), FAKE.reshape(shape)
    d_real, d_fake = logits(real), logits(fake)
    expected = {
        "nonsaturating_discriminator_loss": -log_sigmoid(real).mean() - log_sigmoid(-fake).mean(),
        "nonsaturating_generator_loss": -log_sigmoid(fake).mean(),
        "minimax_generator_loss": log_sigmoid(-fake).mean(),
        "least_squares_discriminator_loss": ((real - 1) ** 2).mean() + (fake**2).mean(),
        "least_squares_generator_loss": ((fake - 1) ** 2).mean(),
    }
    for name, value in expected.items():
        scores = (d_real, d_fake) if "discriminator" in name else (d_fake,)
        loss = getattr(adversarial, name)(*scores)
        assert loss.shape == () and loss.dtype == tf.float32
        np.testing.assert_allclose(loss, value, rtol=1e-6)


def test_real_and_fake_batches_count_alike_whatever_their_sizes():
    loss = adversarial.nonsaturating_discriminator_loss(logits([1.0]), logits([0.0, 0.0, 0.0]))
    np.testing.assert_allclose(loss, -log_sigmoid(1.0) + np.log(2.0), rtol=1e-6)


def test_the_cross_entropy_against_labels_of_each_example():
    real_labels = np.array([[0.7, 1.2], [1.0, 0.0], [0.9, 1.1]])
    fake_labels = np.array([[0.0, 0.3], [1.0, 0.1], [0.2, 0.0]])

    def cross_entropy(x, t):
        return -(t * log_sigmoid(x) + (1 - t) * log_sigmoid(-x)).mean()

    loss = adversarial.nonsaturating_discriminator_loss(
        logits(REAL), logits(FAKE), real_labels, fake_labels
    )
    expected = cross_entropy(REAL, real_labels) + cross_entropy(FAKE, fake_labels)
    np.testing.assert_allclose(loss, expected, rtol=1e-6)


def noisy(**options):
    real, fake = adversarial.noisy_labels([100_000, 1], (1, 2), **options)
    assert real.shape == fake.shape == (100_000, 1)
    return real.numpy(), fake.numpy()


def test_labels_without_noise_are_ones_and_zeros():
    real, fake = noisy()
    assert np.all(real == 1.0) and np.all(fake == 0.0)


def test_soft_labels_are_uniform_on_their_intervals():
    for labels, low, high in zip(noisy(soft=True), (0.7, 0.0), (1.2, 0.3), strict=True):
        assert low <= labels.min() < low + 1e-3 and high - 1e-3 < labels.max() <= high
        np.testing.assert_allclose(labels.mean(), (low + high) / 2, atol=2e-3)
        np.testing.assert_allclose(labels.std(), (high - low) / np.sqrt(12), rtol=0.01)


@pytest.mark.parametrize("soft", [False, True])
def test_the_stated_share_of_labels_is_turned_round(soft):
    real, fake = noisy(soft=soft, flipped=0.1)
    for turned in (real < 0.5, fake > 0.5):
        assert turned.mean() == pytest.approx(0.1, abs=0.004)
    # Each by a coin of its own, and to what the other kind has.
    assert ((real < 0.5) & (fake > 0.5)).mean() == pytest.approx(0.01, abs=0.002)
    assert real.min() >= 0.0 and real[real < 0.5].max() <= 0.3 and fake[fake > 0.5].min() >= 0.7


def test_generator_gradient_does_not_saturate_where_the_discriminator_is_sure():
    scores = logits([-50.0, -5.0, 0.0, 5.0, 50.0])
    with tf.GradientTape() as tape:
        tape.watch(scores)
        loss = adversarial.nonsaturating_generator_loss(scores)
    sigmoid = 1.0 / (1.0 + np.exp(-np.array(scores, np.float64)))
    np.testing.assert_allclose(tape.gradient(loss, scores), (sigmoid - 1.0) / 5, atol=1e-7)


def test_the_minimax_gradient_saturates_where_the_discriminator_is_sure():
    scores = logits([-50.0, np.log(0.01 / 0.99), 0.0, 50.0])
    gradients = []
    for stem in ("minimax", "nonsaturating"):
        with tf.GradientTape() as tape:
            tape.watch(scores)
            loss = getattr(adversarial, f"{stem}_generator_loss")(scores)
        gradients.append(4 * tape.gradient(loss, scores).numpy())
    np.testing.assert_allclose(gradients[0], [0.0, -0.01, -0.5, -1.0], atol=1e-6)
    np.testing.assert_allclose(gradients[1] - gradients[0], [-1.0, -0.98, 0.0, 1.0], atol=1e-6)
    assert gradients[1][1] / gradients[0][1] == pytest.approx(99.0, rel=1e-4)


@pytest.mark.parametrize("a, b, c", [(0.0, 1.0, 1.0), (-1.0, 1.0, 0.0)])
def test_least_squares_take_any_labels(a, b, c):
    d_loss = adversarial.least_squares_discriminator_loss(logits(REAL), logits(FAKE), a, b)
    g_loss = adversarial.least_squares_generator_loss(logits(FAKE), c)
    np.testing.assert_allclose(
        d_loss, ((REAL - b) ** 2).mean() + ((FAKE - a) ** 2).mean(), rtol=1e-6
    )
    np.testing.assert_allclose(g_loss, ((FAKE - c) ** 2).mean(), rtol=1e-6)


def test_half_precision_logits_are_averaged_in_full_precision():
    many = tf.fill([100_000], tf.constant(3.0, tf.float16))
    for loss, expected in (
        (adversarial.least_squares_generator_loss(many), 4.0),
        (adversarial.nonsaturating_generator_loss(many), -log_sigmoid(3.0)),
    ):
        assert loss.dtype == tf.float32
        np.testing.assert_allclose(loss, expected, rtol=1e-4)


def test_wasserstein_losses_are_differences_of_means_of_unequal_batches_too():
    real, fake = REAL.ravel(), FAKE.ravel()[:4]
    loss = adversarial.wasserstein_critic_loss(logits(real), logits(fake))
    assert loss.shape == () and loss.dtype == tf.float32
    np.testing.assert_allclose(loss, fake.mean() - real.mean(), rtol=1e-6)
    loss = adversarial.wasserstein_generator_loss(logits(fake)[:, None])
    np.testing.assert_allclose(loss, -fake.mean(), rtol=1e-6)


def test_the_hinge_loss_is_its_formula_and_past_the_margin_nothing_pulls():
    real, fake = logits([-2.0, 0.5, 1.5, 9.0]), logits([[-3.0], [-0.5], [2.0]])
    with tf.GradientTape() as tape:
        tape.watch([real, fake])
        loss = adversarial.hinge_discriminator_loss(real, fake)
    assert loss.shape == () and loss.dtype == tf.float32
    np.testing.assert_allclose(loss, (3.0 + 0.5) / 4 + (0.5 + 3.0) / 3, rtol=1e-6)
    to_real, to_fake = tape.gradient(loss, [real, fake])
    np.testing.assert_allclose(to_real, [-0.25, -0.25, 0.0, 0.0])
    np.testing.assert_allclose(to_fake[:, 0], [0.0, 1 / 3, 1 / 3], rtol=1e-6)
    np.testing.assert_allclose(adversarial.hinge_generator_loss(fake), 0.5, rtol=1e-6)


def test_the_hinge_losses_of_half_precision_are_full_ones():
    many = tf.fill([100_000], tf.constant(-3.0, tf.float16))
    np.testing.assert_allclose(adversarial.hinge_discriminator_loss(many, -many), 8.0)
    assert adversarial.hinge_generator_loss(many).dtype == tf.float32
