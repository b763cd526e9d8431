"""Scores during training: of the same numbers as the scoring command, and what they refuse."""

import numpy as np
import pytest

from tfgan_zoo.data.request import Request
from tfgan_zoo.data.sources import open_images
from tfgan_zoo.evaluate.monitor import Monitor, extractor_for, training
from tfgan_zoo.metrics import extractors, suite

NAMES = ("fid", "prdc", "1nn")


@pytest.fixture(scope="module")
def digits():
    """40 + 40 pictures, uint8."""
    table = open_images("digits", "train", Request(image_size=(16, 16), channels=1))
    pictures = table.fetch(np.arange(80))["images"]
    return pictures[:40], pictures[40:]


def monitor(real, names=NAMES, num_samples=40):
    return Monitor(names, extractors.pixels(), [real], num_samples, suite.Settings())


def floats(pictures):
    return pictures.astype(np.float32) / 127.5 - 1


def test_scores_are_those_of_the_suite(digits):
    real, fake = digits
    scores = monitor(real)(iter([floats(fake[:25]), floats(fake[25:])]))
    needs, pixels = suite.needs_of(NAMES), extractors.pixels()
    sides = [suite.collect([pictures], pixels, needs) for pictures in (real, fake)]
    expected = suite.compute(NAMES, *sides, "pixels", suite.Settings())
    assert scores == pytest.approx({score.key: score.value for score in expected})
    assert {"frechet_distance", "precision", "coverage", "one_nn"} <= set(scores)


def test_the_real_side_is_read_once(digits):
    real, fake = digits
    watched = iter([real])
    scores = Monitor(NAMES, extractors.pixels(), watched, 40, suite.Settings())
    assert next(watched, None) is None
    assert scores([floats(fake)]) == scores([floats(fake)])


def test_what_cannot_work_is_one_sentence(digits):
    real, fake = digits
    with pytest.raises(ValueError, match="memorisation is not for a running training"):
        monitor(real, names=("memorisation",))
    with pytest.raises(ValueError, match="paired is not for a running training"):
        monitor(real, names=("paired",))
    with pytest.raises(ValueError, match="needs class probabilities"):
        monitor(real, names=("is",))
    with pytest.raises(ValueError, match="as many generated as real"):
        monitor(real, num_samples=39)
    with pytest.raises(ValueError, match="not finite"):
        monitor(real)([floats(fake) * np.nan])


def test_the_extractor_suits_the_pictures():
    assert extractor_for("pixels", (64, 64, 3)).name == "pixels"
    assert extractor_for("auto", (28, 28, 1)).name == "mnist_cnn"
    with pytest.raises(ValueError, match="1 channel"):
        extractor_for("mnist_cnn", (28, 28, 3))


def test_evaluator_scores_pictures_from_fixed_inputs():
    table = open_images("digits", "train", Request(image_size=(16, 16), channels=1)).subset(
        range(60)
    )
    seeds = []

    def inputs(count, seed):
        seeds.append(tuple(seed))
        return {"latents": np.arange(count)}

    def served(latents):
        return {"images": floats(table.fetch(latents % 60)["images"])}

    found = training(("fid",), "pixels", inputs, table, num_samples=100)
    assert found.training and not seeds
    assert found.better() == {"frechet_distance": "lower"}
    assert found.measure(served) == found.measure(served)
    assert set(found.measure(served)) == {"frechet_distance"} and set(seeds) == {(0, 2)}
