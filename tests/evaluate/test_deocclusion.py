"""Scores of restored pictures, against NumPy and answers that are known."""

import numpy as np
import pytest

from tests.evaluate.test_completion import table, truth
from tfgan_zoo.evaluate import deocclusion
from tfgan_zoo.layers.occluders import occlude
from tfgan_zoo.metrics.perceptual import cosine
from tfgan_zoo.metrics.reconstruction import masked_psnr, psnr

COUNT = 70


def half(pictures):
    return pictures[:, ::2]


def parts(real):
    """Covered pictures and masks of a table, as the scores draw them."""
    both = [
        occlude(np.array([0, number], np.int32), real[first : first + deocclusion.BATCH])
        for number, first in enumerate(range(0, len(real), deocclusion.BATCH))
    ]
    return (np.concatenate(part) for part in zip(*both, strict=True))


def test_a_masked_psnr_is_that_of_the_pixels_alone():
    chance = np.random.default_rng(0)
    real, other = (chance.uniform(-1, 1, (2, 8, 8, 3)) for _ in range(2))
    masks = np.zeros((2, 8, 8, 1))
    masks[0, 2:5, 3:] = masks[1, :, :] = 1
    found = masked_psnr(other, real, masks)
    error = np.mean((other - real)[0, 2:5, 3:] ** 2)
    np.testing.assert_allclose(found, [10 * np.log10(4 / error), psnr(other, real)[1]])
    with pytest.raises(ValueError, match="A mask without a pixel"):
        masked_psnr(other, real, 0 * masks)


def test_cosines_are_numpys():
    chance = np.random.default_rng(0)
    a, b = chance.normal(size=(2, 4, 3, 2))
    a[3] = 0
    flat = zip(a.reshape(4, -1), b.reshape(4, -1), strict=True)
    expected = [x @ y / max(np.linalg.norm(x) * np.linalg.norm(y), 1e-9) for x, y in flat]
    np.testing.assert_allclose(cosine(a, b), expected, atol=1e-6)


def test_scores_are_of_the_covered_pixels_those_beside_them_and_of_features():
    test = table(COUNT)
    real = truth(test)
    covered, masks = parts(real)
    noise = np.random.default_rng(2).uniform(-0.1, 0.1, real.shape).astype(np.float32)
    seen = []

    def answer(given, told):
        first = sum(len(g) for g, _ in seen)
        seen.append((given, told))
        return 0.9 * real[first : first + len(given)] + noise[first : first + len(given)]

    restored = 0.9 * real + noise
    scores = deocclusion.scores_of(answer, test, occlude, networks={"half": half})
    np.testing.assert_array_equal(np.concatenate([g for g, _ in seen]), covered)
    np.testing.assert_array_equal(np.concatenate([m for _, m in seen]), masks)
    assert scores["covered_psnr"] == pytest.approx(masked_psnr(restored, real, masks).mean())
    visible = [
        np.abs(restored - real)[i : i + 50][np.broadcast_to(masks < 0.5, real.shape)[i : i + 50]]
        for i in (0, 50)
    ]
    means = [part.mean(dtype=np.float64) for part in visible]
    assert scores["visible_l1"] == pytest.approx((50 * means[0] + 20 * means[1]) / 70)
    mean = half(real).mean(0)
    expected = cosine(half(restored) - mean, half(real) - mean).mean()
    assert scores["cosine_half"] == pytest.approx(expected, rel=1e-4)


def test_a_map_is_scored_against_the_masks_and_the_answer_is_not_told_them():
    test, train = table(COUNT), table(30, seed=1)
    covered, masks = parts(truth(test))
    wrong = masks.copy()
    wrong[:, 0] = 1.0
    maps = iter(np.split(wrong, [50]))
    judge = deocclusion.export(test, train, occlude, lambda images: next(maps), {"half": half})

    def served(images):
        return {"images": images}

    scores = judge.measure(served)
    expected = (masks * wrong).sum() / np.maximum(masks, wrong).sum()
    assert scores["map_iou"] == pytest.approx(expected)
    assert scores["visible_l1"] == 0
    baselines = judge.baselines()
    copied = baselines["the covered picture"]
    assert copied["covered_psnr"] == pytest.approx(scores["covered_psnr"])
    assert "map_iou" not in copied and "cosine_half" in copied
    assert baselines["the mean picture where it is covered"]["visible_l1"] == 0
    assert set(deocclusion.training(test, occlude, None).better()) <= set(scores)
