"""The losses with a fixed logit against a softmax over K + 1 classes."""

import numpy as np
import pytest
import tensorflow as tf
from scipy.special import log_softmax

from tfgan_zoo.losses.adversarial import nonsaturating_discriminator_loss
from tfgan_zoo.losses.semi_supervised import (
    feature_matching_loss,
    labelled_loss,
    source_logits,
    unlabelled_generator_loss,
    unlabelled_loss,
    unlabelled_minimax_loss,
)

RNG = np.random.default_rng(0)
REAL, FAKE = RNG.normal(0.0, 3.0, (2, 6, 4)).astype("float32")
LABELS = np.array([0, 1, 2, 3, 1, 0])


def log_probabilities(logits):
    """log p of K + 1 classes `[B, K + 1]`, the last of them 'generated', its logit 0."""
    return log_softmax(np.concatenate([logits, np.zeros((len(logits), 1))], axis=1), axis=1)


def log_real(logits):
    return np.log(np.exp(log_probabilities(logits))[:, :-1].sum(1))


def test_labelled_is_the_class_given_that_the_example_is_real():
    joint = log_probabilities(REAL)
    given_real = joint[np.arange(6), LABELS] - log_real(REAL)
    assert float(labelled_loss(REAL, LABELS)) == pytest.approx(-given_real.mean(), rel=1e-5)


def test_unlabelled_is_half_of_both_sides():
    generated = log_probabilities(FAKE)[:, -1]
    expected = -(log_real(REAL).mean() + generated.mean()) / 2
    assert float(unlabelled_loss(REAL, FAKE)) == pytest.approx(expected, rel=1e-5)
    # The code's way to write it.
    z_real, z_fake = (np.log(np.exp(logits).sum(1)) for logits in (REAL, FAKE))
    written = -0.5 * z_real + 0.5 * np.log1p(np.exp(z_real)) + 0.5 * np.log1p(np.exp(z_fake))
    assert float(unlabelled_loss(REAL, FAKE)) == pytest.approx(written.mean(), rel=1e-5)


def test_smoothing_is_of_the_real_side_alone():
    real_side = -0.9 * log_real(REAL) - 0.1 * log_probabilities(REAL)[:, -1]
    expected = (real_side.mean() - log_probabilities(FAKE)[:, -1].mean()) / 2
    assert float(unlabelled_loss(REAL, FAKE, 0.9)) == pytest.approx(expected, rel=1e-5)


def test_the_generators_side():
    expected = -log_real(FAKE).mean()
    assert float(unlabelled_generator_loss(FAKE)) == pytest.approx(expected, rel=1e-5)
    expected = np.log1p(-np.exp(log_real(FAKE))).mean()
    assert float(unlabelled_minimax_loss(FAKE)) == pytest.approx(expected, rel=1e-5)


def test_one_logit_is_an_ordinary_discriminator():
    real, fake = REAL[:, :1], FAKE[:, :1]
    np.testing.assert_allclose(source_logits(real), real[:, 0], rtol=1e-6)
    plain = nonsaturating_discriminator_loss(real, fake, 0.9) / 2
    assert float(unlabelled_loss(real, fake, 0.9)) == pytest.approx(float(plain), rel=1e-6)


def test_logits_of_any_size_are_finite():
    huge = 1e4 * np.ones((3, 4), "float32")
    for real, fake in ((huge, -huge), (-huge, huge)):
        assert np.isfinite(float(unlabelled_loss(real, fake)))
        assert np.isfinite(float(unlabelled_generator_loss(fake)))


def test_feature_matching_compares_means_over_the_batch():
    real, fake = tf.constant(REAL), tf.constant(FAKE)
    with tf.GradientTape() as tape:
        tape.watch(fake)
        loss = feature_matching_loss(real, fake)
    difference = REAL.mean(0) - FAKE.mean(0)
    assert float(loss) == pytest.approx((difference**2).mean(), rel=1e-5)
    # Every example of the batch is pulled alike.
    expected = np.broadcast_to(-2 * difference / (4 * 6), (6, 4))
    np.testing.assert_allclose(tape.gradient(loss, fake), expected, rtol=1e-4, atol=1e-7)
    assert float(feature_matching_loss(real, REAL[::-1])) == pytest.approx(0.0, abs=1e-12)
