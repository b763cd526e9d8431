"""The scores of what comes back from latents that were learnt, beside principal components."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from tests.evaluate.test_encoding import table
from tfgan_zoo.evaluate.learnt import reconstruction, training
from tfgan_zoo.networks.learnt import Learnt
from tfgan_zoo.networks.priors import Normal

PICTURES = np.random.default_rng(0).integers(0, 256, (150, 3, 3, 1), np.uint8)
TRUTH = (PICTURES / 127.5 - 1).astype("float32")


def psnr(again, truth):
    return np.mean(10 * np.log10(4 / np.mean((again - truth) ** 2, axis=(1, 2, 3))))


def faint(latents):
    assert len(latents) <= 100
    return 0.5 * np.reshape(latents, (-1, 3, 3, 1))


LEARNT = Learnt(
    Normal(2),
    decode=faint,
    encode=lambda images: images,
    training=lambda images: np.reshape(1.5 * images, (len(images), -1)),
)


def test_held_out_pictures_are_encoded_and_training_pictures_known():
    evaluator = reconstruction(LEARNT, table(PICTURES), table(PICTURES[::-1]), 120)
    scores = evaluator.measure(None)
    held_out, known = TRUTH[::-1][:120], TRUTH[:120]
    assert scores["psnr"] == pytest.approx(psnr(0.5 * held_out, held_out), rel=1e-4)
    assert scores["l1"] == pytest.approx(0.5 * np.abs(held_out).mean(), rel=1e-4)
    assert scores["psnr, training"] == pytest.approx(psnr(0.75 * known, known), rel=1e-4)
    assert "120 pictures of the split 'test'" in evaluator.protocol
    found = training(lambda: LEARNT, table(PICTURES), table(PICTURES[::-1]), 120).measure(None)
    assert found == {"psnr": scores["psnr"], "psnr_training": scores["psnr, training"]}


def test_the_components_are_those_of_scikit_learn():
    scores = reconstruction(LEARNT, table(PICTURES), table(PICTURES[::-1]), 120).baselines()
    components = PCA(2).fit(TRUTH.reshape(150, 9))
    held_out = TRUTH[::-1][:120]
    again = components.inverse_transform(components.transform(held_out.reshape(120, 9)))
    again = again.clip(-1, 1).reshape(held_out.shape)
    found = scores["2 principal components"]
    assert found["psnr"] == pytest.approx(psnr(again, held_out), rel=1e-4)
    assert found["l1"] == pytest.approx(np.abs(again - held_out).mean(), rel=1e-4)
    mean = np.broadcast_to(TRUTH.mean(0), held_out.shape)
    assert scores["mean training picture"]["psnr"] == pytest.approx(psnr(mean, held_out), rel=1e-4)
