"""The scores of an encoder, and of what comes back."""

import numpy as np
import pytest

from tfgan_zoo.data.examples import Examples
from tfgan_zoo.evaluate.encoding import posterior, there_and_back
from tfgan_zoo.kinds.image import Image


def table(images):
    field = Image(images.shape[1:])
    names = [str(i) for i in range(len(images))]
    return Examples(
        {"images": field}, names, {"split": "test"}, lambda rows: {"images": images[rows]}
    )


PICTURES = np.random.default_rng(0).integers(0, 256, (600, 2, 2, 1), np.uint8)


def test_a_dimension_is_active_if_it_tells_pictures_apart():
    def served(images):
        assert len(images) <= 500
        brightness = images.mean(axis=(1, 2, 3))
        means = np.stack([brightness, 0.05 * brightness, np.full_like(brightness, 3)], axis=1)
        return {"means": means, "log_variances": np.zeros_like(means)}

    evaluator = posterior(table(PICTURES))
    scores = evaluator.measure(served)
    assert scores["active dimensions"] == 1
    brightness = (PICTURES / 127.5 - 1).mean(axis=(1, 2, 3))
    expected = 0.5 * (1.0025 * np.mean(brightness**2) + 9)
    assert scores["KL"] == pytest.approx(expected, rel=1e-4)
    assert "600 grey pictures of the split 'test'" in evaluator.protocol


def test_what_comes_back_is_compared_with_what_went_in_beside_the_mean():
    evaluator = there_and_back(table(PICTURES), table(PICTURES[:300]))
    scores = evaluator.measure(lambda images: {"images": 0.5 * images})
    truth = PICTURES / 127.5 - 1
    assert scores["l1"] == pytest.approx(0.5 * np.abs(truth).mean(), rel=1e-4)
    error = np.mean((0.5 * truth) ** 2, axis=(1, 2, 3))
    assert scores["psnr"] == pytest.approx(np.mean(10 * np.log10(4 / error)), rel=1e-4)
    mean = truth[:300].mean(axis=0)
    baseline = evaluator.baselines()["mean training picture"]
    assert baseline["l1"] == pytest.approx(np.abs(truth - mean).mean(), rel=1e-4)
