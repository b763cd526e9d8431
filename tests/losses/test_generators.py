"""Losses of several generators against loops over their definition."""

import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.losses.generators import (
    cosine_hinge,
    identification_discriminator_loss,
    identification_generator_loss,
    log_odds_of_real,
)

RANDOM = np.random.default_rng(0)
REAL, FAKE = RANDOM.normal(0, 3, (5, 4)), RANDOM.normal(0, 3, (15, 4))


def probabilities(logits):
    return np.exp(logits) / np.exp(logits).sum(1, keepdims=True)


def test_each_generators_examples_have_a_class_of_their_own_and_real_is_class_zero():
    expected = list(np.log(probabilities(REAL)[:, 0]))
    for generator in range(3):
        for example in range(5):
            row = probabilities(FAKE)[5 * generator + example]
            expected.append(np.log(row[1 + generator]))
    found = float(identification_discriminator_loss(tf.constant(REAL), tf.constant(FAKE)))
    # One mean over all 20: real examples have a quarter of the weight.
    assert found == pytest.approx(-np.mean(expected), rel=1e-5)


def test_generators_want_to_be_real_and_nothing_else():
    expected = -np.log(probabilities(FAKE)[:, 0]).mean()
    logits = tf.constant(FAKE)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = identification_generator_loss(logits)
    assert float(loss) == pytest.approx(expected, rel=1e-5)
    pulls = (probabilities(FAKE) - [1, 0, 0, 0]) / 15
    np.testing.assert_allclose(tape.gradient(loss, logits), pulls, atol=1e-6)


def test_log_odds():
    real = probabilities(FAKE)[:, :1]
    np.testing.assert_allclose(log_odds_of_real(FAKE), np.log(real / (1 - real)), atol=1e-4)
    sure = log_odds_of_real(tf.constant([[500.0, 0.0, 1.0], [-500.0, 0.0, 0.0]]))
    np.testing.assert_allclose(sure[:, 0], [500 - np.log1p(np.e), -500 - np.log(2)], rtol=1e-5)


def hinges_by_loop(scores, features):
    """(i, j, example) -> score of j less that of i, plus the cosine."""
    generators, examples, _ = features.shape
    return {
        (i, j, b): scores[j, b]
        - scores[i, b]
        + features[i, b]
        @ features[j, b]
        / np.linalg.norm(features[i, b])
        / np.linalg.norm(features[j, b])
        for i in range(generators)
        for j in range(generators)
        for b in range(examples)
        if i != j
    }


def test_the_cosine_hinge_and_its_gradient_are_those_of_a_loop():
    scores, features = RANDOM.uniform(0, 1, (3, 5)), RANDOM.normal(size=(3, 5, 2))
    flat = tf.constant(scores.reshape(15, 1)), tf.constant(features.reshape(15, 2))
    with tf.GradientTape() as tape:
        tape.watch(flat)
        found = cosine_hinge(*flat, generators=3)
    hinges = hinges_by_loop(scores, features)
    active = {place for place, value in hinges.items() if value > 0}
    assert 5 < len(active) < 25
    assert float(found) == pytest.approx(sum(hinges[place] for place in active) / 15, rel=1e-5)
    score_pull, feature_pull = np.zeros((3, 5)), np.zeros((3, 5, 2))
    for i, j, b in active:
        score_pull[i, b] -= 1 / 15
        own, rival = features[i, b], features[j, b]
        rival, length = rival / np.linalg.norm(rival), np.linalg.norm(own)
        feature_pull[i, b] += (rival - own * (own @ rival) / length**2) / length / 15
    pulls = tape.gradient(found, flat)
    np.testing.assert_allclose(pulls[0], score_pull.reshape(15, 1), atol=1e-6)
    np.testing.assert_allclose(pulls[1], feature_pull.reshape(15, 2), atol=1e-6)


def test_a_generator_without_rivals_has_no_hinge():
    assert float(cosine_hinge(tf.ones([4, 1]), tf.ones([4, 2]), 1)) == 0.0
