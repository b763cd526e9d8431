"""Scores of translation where the truth is known, both ways between label maps and pictures."""

import numpy as np
import pytest

from tfgan_zoo.data.examples import Examples
from tfgan_zoo.evaluate import pairs as evaluators
from tfgan_zoo.kinds.image import Image, to_uint8
from tfgan_zoo.kinds.label_map import LabelMap

COLOURS = np.array([[0, 0, 170], [255, 0, 0], [0, 170, 0]], np.uint8)
PAINT = np.array([[90, 100, 110], [200, 180, 160], [30, 60, 20]], np.uint8)
RECOVERED = ("pixel_accuracy", "class_accuracy", "class_iou")


def pairs(kinds, swap=False):
    """Label maps in COLOURS and their pictures in PAINT."""
    numbers = np.random.default_rng(0).integers(0, 3, (6, 4, 4)).repeat(4, 1).repeat(4, 2)
    sides = [COLOURS[numbers], PAINT[numbers]]
    source, target = sides[::-1] if swap else sides
    names = [str(i) for i in range(6)]
    kinds = [LabelMap((16, 16, 3)) if kind == "labels" else Image((16, 16, 3)) for kind in kinds]
    return Examples.from_arrays(
        {"source": source, "target": target},
        dict(zip(("source", "target"), kinds, strict=True)),
        names,
        {"split": "test"},
    )


def repaint(palette, paint):
    """What a perfect generator does."""

    def served(images):
        numbers = evaluators.nearest_colour(to_uint8(images) / 127.5 - 1, palette)
        return paint[numbers].astype(np.float32) / 127.5 - 1

    return served


def scored_by(paint, table):
    """(the evaluator of an exported translator, the scores of one that paints)."""
    evaluator = evaluators.export(table, table)
    return evaluator, evaluator.measure(lambda images: {"images": paint(images)})


def test_a_validation_takes_the_means_alone():
    table = pairs(("labels", "image"))
    evaluator = evaluators.training(table)
    assert evaluator.training
    scores = evaluator.measure(lambda images: {"images": repaint(COLOURS, PAINT)(images)})
    assert set(scores) == {"l1", "psnr", "ssim"} and scores["l1"] < 1e-6


def test_perfect_pictures_from_label_maps():
    table = pairs(("labels", "image"))
    evaluator, scores = scored_by(repaint(COLOURS, PAINT), table)
    baselines = evaluator.baselines()
    assert scores["l1"] == pytest.approx(0.0, abs=1e-6) and scores["pixel_accuracy"] > 0.95
    # Each label has one colour here, so that the baseline is as good.
    painted = baselines["one colour per label"]
    assert [painted[name] for name in RECOVERED] == [scores[name] for name in RECOVERED]
    assert baselines["the input itself"]["l1"] > 0.2
    assert set(baselines["the true pictures"]) == set(RECOVERED)
    assert "segmenter" in evaluator.protocol


def test_perfect_label_maps_from_pictures():
    table = pairs(("image", "labels"), swap=True)
    evaluator, scores = scored_by(repaint(PAINT, COLOURS), table)
    baselines = evaluator.baselines()
    assert scores["l1"] == pytest.approx(0.0, abs=1e-6)
    assert [scores[name] for name in RECOVERED] == [1.0, 1.0, 1.0]
    assert set(baselines) == {"mean training picture", "the input itself"}
    assert baselines["mean training picture"]["pixel_accuracy"] < 0.9
    assert "nearest to what was drawn" in evaluator.protocol


def test_pictures_on_both_sides_have_no_labels_to_find():
    table = pairs(("image", "image"))
    evaluator, scores = scored_by(lambda images: images, table)
    assert set(scores) == {"l1", "psnr", "ssim"}
    assert "pixel_accuracy" not in evaluator.protocol
