"""Exact likelihoods: of a model whose every probability is known."""

import math

import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.data.examples import Examples
from tfgan_zoo.evaluate import autoregressive
from tfgan_zoo.kinds.class_ import Class
from tfgan_zoo.kinds.image import Image
from tfgan_zoo.losses.pixels import Bernoulli, Categorical

SHAPE = (2, 3, 1)


class Known:
    """Independent pixels, white with a probability of 0.9 under label 1 and 0.2 under label 0."""

    classes, shape, distribution = 2, SHAPE, Bernoulli(1)

    def log_prob(self, pixels, labels=None):
        white = tf.where(labels == 1, 0.9, 0.2)[:, None, None, None]
        each = tf.where(pixels > 0, white, 1.0 - white)
        return tf.reduce_sum(tf.math.log(each), [1, 2, 3])


def table(count, split):
    random = np.random.default_rng(len(split))
    labels = np.arange(count) % 2
    white = np.where(labels == 1, 0.9, 0.2)[:, None, None, None]
    images = np.uint8(255 * (random.random((count, *SHAPE)) < white))
    fields = {"images": Image(SHAPE), "labels": Class(names=("0", "1"))}
    info = {"name": "known", "split": split}
    return Examples(
        fields, [""] * count, info, lambda rows: {"images": images[rows], "labels": labels[rows]}
    )


def test_the_likelihood_of_a_known_model_with_and_without_its_label():
    model, test, train = Known(), table(400, "test"), table(600, "train")
    evaluator = autoregressive.export(model, test, train, marginal=300)
    found = evaluator.measure(None)
    own = test.fetch(np.arange(400))
    white = (own["images"] > 0).sum((1, 2, 3))

    def nats(p):
        return -(white * math.log(p) + (6 - white) * math.log(1 - p))

    both = np.stack([nats(0.2), nats(0.9)], axis=1)
    true = both[np.arange(400), own["labels"]]
    total = -np.logaddexp(*-both.T) + math.log(2)
    assert found["nats"] == pytest.approx(true.mean(), rel=1e-5)
    assert found["bits per dimension"] == pytest.approx(true.mean() / 6 / math.log(2), rel=1e-5)
    assert found["nats of 300"] == pytest.approx(true[:300].mean(), rel=1e-5)
    assert found["nats of 300, all classes"] == pytest.approx(total[:300].mean(), rel=1e-5)
    likeliest = np.mean(both[:300].argmin(1) == own["labels"][:300])
    assert found["likeliest class"] == pytest.approx(likeliest) and likeliest > 0.9
    independent = evaluator.baselines()["independent pixels"]
    share = white.mean() / 6
    expected = 6 * -(share * math.log(share) + (1 - share) * math.log(1 - share))
    assert independent["nats"] == pytest.approx(expected, rel=0.02)
    assert "over all classes at equal shares" in evaluator.protocol
    during = autoregressive.training(model, test, limit=100)
    assert during.measure(None)["nats"] == pytest.approx(true[:100].mean(), rel=1e-5)
    assert set(during.better()) == set(during.measure(None))


def test_independent_pixels_count_the_levels_of_each_place():
    train = np.array([[0.0, 1.0], [0.0, -1.0], [1.0, -1.0]]).reshape(3, 1, 2, 1)
    test = np.array([[0.0, 1.0], [-1.0, -1.0]]).reshape(2, 1, 2, 1)
    found = autoregressive.independent(train, test, 3)
    expected = [math.log(3 / 6) + math.log(2 / 6), math.log(1 / 6) + math.log(3 / 6)]
    np.testing.assert_allclose(found, expected)


def test_pictures_become_what_the_model_knows():
    grey = np.random.default_rng(5).uniform(-1, 1, (50, 4, 4, 1)).astype("float32")
    found = autoregressive.pixels_of(grey, Bernoulli(1))
    np.testing.assert_array_equal(found, autoregressive.pixels_of(grey, Bernoulli(1)))
    assert set(np.unique(found)) == {-1.0, 1.0}
    assert np.corrcoef(found.ravel(), grey.ravel())[0, 1] > 0.4
    rounded = autoregressive.pixels_of(grey, Categorical(1, 3))
    assert np.abs(rounded - grey).max() <= 0.5 and set(np.unique(rounded)) == {-1.0, 0.0, 1.0}
