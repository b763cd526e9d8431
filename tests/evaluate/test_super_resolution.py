"""Scores of enlarged pictures: whole ones of any size, beside the bicubic filter."""

import dataclasses

import numpy as np
import pytest

from tfgan_zoo.data.cuttings import Pictures
from tfgan_zoo.data.resampling import resize
from tfgan_zoo.evaluate import evaluator, super_resolution
from tfgan_zoo.kinds.image import to_float, to_uint8
from tfgan_zoo.metrics.reconstruction import luma_psnr

SHAPES = [(50, 63, 3), (48, 48, 3)]


@pytest.fixture(scope="module")
def pictures():
    chance = np.random.default_rng(0)
    coarse = [chance.integers(0, 256, (h // 8 + 1, w // 8 + 1, 3), np.uint8) for h, w, _ in SHAPES]
    made = [resize(c, 8)[:h, :w] for c, (h, w, _) in zip(coarse, SHAPES, strict=True)]
    made = [np.clip(p + chance.normal(0, 20, p.shape), 0, 255).astype(np.uint8) for p in made]
    info = {"name": "drawn", "split": "test"}
    return Pictures(["a", "b"], SHAPES, info, lambda number: made[number])


def served_by(enlarge):
    def served(images):
        small = to_uint8(images)
        return {"images": np.stack([to_float(enlarge(p)).numpy() for p in small])}

    return served


def test_the_bicubic_filter_scores_as_the_baseline_of_that_name(pictures):
    maps = {"edges": lambda p: [np.diff(p, axis=1), np.diff(p, axis=2)]}
    judge = super_resolution.export({"": pictures, "other_": pictures.first(1)}, 4, maps)
    own, baselines, protocol = evaluator.taken([judge], served_by(lambda s: resize(s, 4)))
    assert own == baselines["bicubic"]
    names = ("luma_psnr", "luma_ssim", "perceptual_edges")
    assert list(own) == [*names, *(f"other_{name}" for name in names)]
    assert "all 2 pictures of drawn, split 'test'; over all 1 pictures of drawn" in protocol
    blurred = judge.measure(served_by(lambda s: resize(resize(s, 1 / 3), 12)))
    assert blurred["luma_psnr"] < own["luma_psnr"]
    assert blurred["perceptual_edges"] > own["perceptual_edges"]


def test_pictures_are_cut_to_whole_small_pixels_and_scored_by_the_luma_within(pictures):
    seen = []

    def enlarge(small):
        seen.append(small.shape)
        return resize(small, 4)

    found = super_resolution.training(pictures, 4).measure(served_by(enlarge))
    assert seen == [(12, 15, 3), (12, 12, 3)]
    expected = []
    for picture in pictures:
        truth = picture[: picture.shape[0] // 4 * 4, : picture.shape[1] // 4 * 4]
        drawn = resize(resize(truth, 1 / 4), 4)
        y = [p[4:-4, 4:-4] @ np.array([65.481, 128.553, 24.966]) / 255 for p in (drawn, truth)]
        expected.append(10 * np.log10(255**2 / np.mean((y[0] - y[1]) ** 2)))
    assert found["luma_psnr"] == pytest.approx(np.mean(expected), abs=1e-9)


def test_a_grey_file_is_scored_on_its_grey(pictures):
    grey = pictures[1][..., :1]
    same = Pictures(["g"], [(48, 48, 1)], {}, lambda number: grey.repeat(3, -1))
    found = super_resolution.scores(lambda s: resize(s, 4), same, 4)["luma_psnr"]
    drawn = resize(resize(grey, 1 / 4), 4)
    pair = (to_float(p)[None].numpy() for p in (drawn, grey))
    assert found == pytest.approx(luma_psnr(*pair, 4)[0], abs=1e-6)
    in_colour = dataclasses.replace(same, shapes=[(48, 48, 3)])
    other = super_resolution.scores(lambda s: resize(s, 4), in_colour, 4)["luma_psnr"]
    assert other - found == pytest.approx(20 * np.log10(255 / 219), abs=0.02)


def test_a_picture_that_is_drawn_as_it_was_has_no_ratio(pictures):
    truths = [super_resolution.whole(p, 4) for p in pictures]
    judge = super_resolution.export({"": pictures}, 4, {})
    own, _, protocol = evaluator.taken(
        [judge], lambda images: {"images": to_float(truths.pop(0))[None].numpy()}
    )
    assert own == {"luma_ssim": pytest.approx(1.0)} and "equal to the true one" in protocol
