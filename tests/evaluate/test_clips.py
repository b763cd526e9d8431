"""Scores of clips: of true ones, of a model that copies, and of what is drawn frame by frame."""

import numpy as np
import pytest

from tfgan_zoo.data import clips as data
from tfgan_zoo.data.request import Request
from tfgan_zoo.evaluate import clips
from tfgan_zoo.evaluate.evaluator import taken
from tfgan_zoo.kinds.image import to_float

REQUEST = Request(image_size=(16, 16))


@pytest.fixture(scope="module")
def table():
    return data.open_clips("facade_walk", "validation", REQUEST, 4)


def served_by(answer, channels=2):
    """`served` that answers frame by frame, and counts the frames in its memory."""

    def served(images, memory):
        assert memory.shape == (*images.shape[:3], channels) and images.dtype == np.float32
        return {"images": answer(images, memory), "next_memory": memory + np.float32(1)}

    return served


def test_clips_are_drawn_frame_by_frame_from_the_memory():
    labels = np.random.default_rng(0).uniform(-1, 1, (3, 5, 4, 6, 3)).astype(np.float32)
    draw = clips.drawer(served_by(lambda images, memory: images + memory[..., :1]), 2)
    expected = labels + np.arange(5, dtype=np.float32)[None, :, None, None, None]
    np.testing.assert_allclose(draw(labels), expected, atol=1e-6)


def test_a_validation_scores_what_is_near_and_what_flickers(table):
    true = {
        labels.tobytes(): to_float(photo).numpy()
        for clip in range(len(table))
        for labels, photo in zip(
            to_float(table.fetch([clip])["source"][0]).numpy(),
            table.fetch([clip])["target"][0],
            strict=True,
        )
    }

    def copied(images, memory):
        return np.stack([true[image.tobytes()] for image in images])

    def blinking(images, memory):
        return np.clip(copied(images, memory) + 0.5 * (memory[..., :1] % 2) - 0.25, -1, 1)

    evaluator = clips.training(table, 2)
    copy, blink = (evaluator.measure(served_by(answer)) for answer in (copied, blinking))
    assert copy["l1"] == 0 and copy["ssim"] == 1 and set(copy) == set(evaluator.better())
    assert blink["warp_error"] > 3 * copy["warp_error"] and blink["l1"] > 0.2
    few = table.subset(range(4))
    assert copy["warp_error"] == pytest.approx(clips.scores_of(None, few)["warp_error"])


def test_an_export_is_scored_beside_true_clips_and_flat_colours(table):
    evaluator = clips.export(table, table, 2)
    grey = served_by(lambda images, memory: np.zeros_like(images))
    scores, baselines, protocol = taken([evaluator], grey)
    true, flat = baselines["the true clips"], baselines["one colour per label"]
    assert set(true) == {"warp_error", "pixel_accuracy", "class_accuracy", "class_iou"}
    assert scores["warp_error"] == 0 < true["warp_error"]
    assert scores["pixel_accuracy"] < flat["pixel_accuracy"] < true["pixel_accuracy"]
    assert 0 < flat["l1"] < scores["l1"]
    assert "all 6 clips of 4 frames" in protocol and "warp_error" in protocol


def test_frames_are_spread_over_all_clips(table):
    sources, targets = clips.some_frames(table)
    assert len(sources) == len(targets) == 24
    whole = table.fetch(np.arange(6))
    np.testing.assert_array_equal(sources, whole["source"].reshape(24, 16, 16, 3))
    np.testing.assert_array_equal(targets, whole["target"].reshape(24, 16, 16, 3))


def test_clips_of_pictures_have_no_labels_to_find(table):
    stored = table.fetch(np.arange(2))
    kinds = {**table.fields, "source": table.fields["target"]}
    plain = data.Examples.from_arrays(stored, kinds, ["a", "b"], table.info)
    evaluator = clips.export(plain, plain, 2)
    found = evaluator.measure(served_by(lambda images, memory: images))
    assert set(found) == {"l1", "psnr", "ssim", "warp_error"}
    assert "pixel_accuracy" not in evaluator.protocol
    assert list(evaluator.baselines()) == ["the true clips"]
