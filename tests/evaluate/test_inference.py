"""The scores of inferred codes."""

import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.data.examples import Examples
from tfgan_zoo.evaluate import evaluator
from tfgan_zoo.evaluate.inference import labels, there_and_back, training
from tfgan_zoo.kinds.image import Image
from tfgan_zoo.networks.priors import Uniform

RANDOM = np.random.default_rng(0)


def table(count, labelled=True):
    """Grey pictures of 2x2 whose label is told by the first pixel alone."""
    images = RANDOM.integers(0, 256, (count, 2, 2, 1), np.uint8)
    classes = RANDOM.integers(0, 2, count).astype(np.int32)
    images[:, 0, 0, 0] = 110 + 35 * classes
    fields = {"images": Image((2, 2, 1)), **({"labels": None} if labelled else {})}

    def fetch(rows):
        found = {"images": images[rows], "labels": classes[rows]}
        return {name: found[name] for name in fields}

    return Examples(fields, [str(i) for i in range(count)], {"split": "test"}, fetch)


def served(images):
    flat = np.asarray(images).reshape(len(images), -1)
    return {"latents": flat[:, 1:3], "features": flat[:, :1]}


def test_the_nearest_code_tells_the_label_where_the_code_holds_it():
    found = labels(table(300), table(200), Uniform(2), ("latents", "features"), 150, 250)
    scores = found.measure(served)
    assert scores["1-NN of features"] == 1.0
    assert 0.3 < scores["1-NN of latents"] < 0.7
    # The pixels that are taken for latents are uniform on [-1, 1], as the prior is.
    assert scores["spread"] == pytest.approx(1.0, abs=0.1)
    pixels = found.baselines()["raw pixels"]
    assert 0.5 < pixels["1-NN of latents"] == pixels["1-NN of features"] < 1.0
    assert "150 pictures" in found.protocol and "250 training pictures" in found.protocol


@pytest.mark.parametrize(("labelled", "neighbours"), [(False, 250), (True, 0)])
def test_without_labels_or_neighbours_the_spread_is_left(labelled, neighbours):
    tables = table(300, labelled), table(200, labelled)
    found = labels(*tables, Uniform(2), ("latents", "features"), 150, neighbours)
    assert set(found.measure(served)) == {"spread"}
    assert found.baselines() == {} and "nearest" not in found.protocol


def test_what_comes_back_is_compared_with_itself_and_with_another():
    test = table(700, labelled=False)
    truth = test.fetch(np.arange(600))["images"] / 127.5 - 1
    scores = there_and_back(test, table(50), 600).measure(lambda images: {"images": 0.5 * images})
    own = np.sqrt(np.sum((0.25 * truth) ** 2, axis=(1, 2, 3))).mean()
    other = np.roll(truth, -1, axis=0) - 0.5 * truth
    other = 0.5 * np.sqrt(np.sum(other**2, axis=(1, 2, 3))).mean()
    assert scores["l1"] == pytest.approx(0.5 * np.abs(truth).mean(), rel=1e-4)
    assert scores["distance"] == pytest.approx(own, rel=1e-4)
    assert scores["distance to another"] == pytest.approx(other, rel=1e-4)
    assert scores["ratio"] == pytest.approx(own / other, rel=1e-4)
    mean = there_and_back(test, table(50), 600).baselines()["mean training picture"]
    assert mean["ratio"] == pytest.approx(1.0, abs=0.05)


def test_pictures_that_come_back_as_they_are_score_without_what_is_infinite():
    model, _, protocol = evaluator.taken(
        [there_and_back(table(20), table(20), 20)], lambda images: {"images": images}
    )
    assert model["distance"] == model["ratio"] == 0 and "psnr" not in model
    assert "Not scored, since a picture is equal" in protocol


@pytest.mark.parametrize("labelled", [True, False])
def test_a_validation_asks_the_model_itself(labelled):
    class Model:
        codes = {"latents": 2, "features": 1}

        def encode(self, images):
            flat = tf.reshape(images, [-1, 4])
            return {"latents": flat[:, 1:3], "features": flat[:, :1]}

        def reconstruct(self, images):
            return 0.9 * tf.roll(images, -1, 0) + 0.1 * images

    found = training(Model(), table(300, labelled), table(200, labelled))
    scores = found.measure(None)
    assert set(scores) == set(found.better())
    assert scores.get("1nn_features") == (1.0 if labelled else None)
    # Each comes back much as the one after it, and the distance from that is the small one.
    assert scores["distance_ratio"] == pytest.approx(9, rel=1e-4)
