"""The closed-form segmenter: what it finds, in which order, and what it refuses."""

import numpy as np
import pytest
from PIL import Image, ImageFilter
from sklearn.metrics import jaccard_score, recall_score

from tfgan_zoo.data import facade_drawing
from tfgan_zoo.metrics import label_recovery

PALETTE = np.array([(0, 0, 0), (255, 0, 0), (0, 0, 255)], np.uint8)


def blocks(count, seed):
    """Label maps of 4 x 4 random blocks, and pictures with one flat colour per label."""
    rng = np.random.default_rng(seed)
    labels = np.kron(rng.integers(0, 3, (count, 4, 4)), np.ones((1, 8, 8), int))
    return labels, (PALETTE[labels] / 127.5 - 1).astype(np.float32)


def to_float(pictures):
    return pictures / np.float32(127.5) - 1


@pytest.fixture(scope="module")
def facades():
    """A segmenter fitted on drawn facades, and held-out pictures with their labels."""

    def drawn(split, count):
        pairs = [facade_drawing.draw(0, split, i, (64, 64)) for i in range(count)]
        labels, photos = map(np.stack, zip(*pairs, strict=True))
        return label_recovery.labels_to_index(labels, facade_drawing.PALETTE), photos

    labels, photos = drawn("train", 60)
    segmenter = label_recovery.fit_segmenter(
        to_float(photos), labels, 12, max_samples=30_000, hidden=384
    )
    return segmenter, *drawn("test", 12)


def test_trivial_colours_are_recovered():
    labels, pictures = blocks(10, 0)
    segmenter = label_recovery.fit_segmenter(pictures, labels, 3, hidden=64)
    labels, pictures = blocks(5, 1)
    predicted = segmenter(pictures)
    assert predicted.dtype == np.int32 and predicted.shape == labels.shape
    scores = label_recovery.recovery_scores(predicted, labels, 3)
    assert min(scores.values()) > 0.99


def test_pictures_of_other_labels_score_at_chance():
    segmenter = label_recovery.fit_segmenter(*blocks(10, 0)[::-1], 3, hidden=64)
    labels, _ = blocks(40, 1)
    _, pictures = blocks(40, 2)
    scores = label_recovery.recovery_scores(segmenter(pictures), labels, 3)
    assert scores["pixel_accuracy"] == pytest.approx(1 / 3, abs=0.06)


def test_real_beats_blurred_beats_noise(facades):
    segmenter, labels, photos = facades

    def accuracy(pictures):
        return label_recovery.recovery_scores(segmenter(pictures), labels, 12)

    real = accuracy(to_float(photos))
    blur = ImageFilter.GaussianBlur(2)
    blurred = np.stack([np.asarray(Image.fromarray(p).filter(blur)) for p in photos])
    blurred = accuracy(to_float(blurred))
    swapped = accuracy(to_float(np.roll(photos, 1, axis=0)))
    noise = accuracy(np.random.default_rng(0).uniform(-1, 1, photos.shape).astype(np.float32))
    assert real["pixel_accuracy"] > 0.8
    for key in real:
        assert real[key] > blurred[key] + 0.1
        assert blurred[key] > noise[key] + 0.1
        assert real[key] > swapped[key] + 0.3


def test_fitting_repeats_itself(facades):
    _, labels, photos = facades
    first, second = (
        label_recovery.fit_segmenter(to_float(photos), labels, 12, max_samples=2000, hidden=32)
        for _ in range(2)
    )
    np.testing.assert_array_equal(first(to_float(photos[:2])), second(to_float(photos[:2])))


def test_grey_and_rectangular_pictures():
    labels, pictures = blocks(8, 0)
    labels, pictures = labels[:, :24], pictures.mean(-1, keepdims=True)[:, :24]
    pictures = pictures + 0.3 * (labels == 1)[..., None].astype(np.float32)
    segmenter = label_recovery.fit_segmenter(pictures, labels, 3, hidden=64)
    assert (segmenter(pictures) == labels).mean() > 0.99


def test_scores_agree_with_scikit_learn():
    rng = np.random.default_rng(0)
    labels, predicted = rng.integers(0, 5, (2, 3, 16, 16))
    labels[labels == 4] = 0  # a class that the truth lacks
    predicted = np.where(rng.random(labels.shape) < 0.6, labels, predicted)
    scores = label_recovery.recovery_scores(predicted, labels, 6)
    true, found = labels.ravel(), predicted.ravel()
    assert scores["pixel_accuracy"] == pytest.approx((true == found).mean())
    recall = recall_score(true, found, labels=range(4), average="macro")
    assert scores["class_accuracy"] == pytest.approx(recall)
    assert scores["class_iou"] == pytest.approx(jaccard_score(true, found, average="macro"))


def test_box_mean_is_cut_at_the_border():
    planes = np.random.default_rng(0).random((7, 9, 2))
    for up, down, left, right in ((1, 1, 1, 1), (3, -1, 1, 1), (-1, 3, 0, 0), (0, 0, 12, 12)):
        result = label_recovery._box_mean(planes, up, down, left, right)
        for y in range(7):
            for x in range(9):
                rows = slice(max(0, y - up), min(7, y + down + 1))
                columns = slice(max(0, x - left), min(9, x + right + 1))
                part = planes[rows, columns]
                if part.size:  # outside, the nearest row or column stands in
                    np.testing.assert_allclose(result[y, x], part.mean((0, 1)), rtol=1e-5)
        assert np.isfinite(result).all()


def test_labels_to_index_inverts_the_palette():
    index = np.random.default_rng(0).integers(0, 12, (2, 5, 7))
    colours = facade_drawing.PALETTE[index]
    np.testing.assert_array_equal(
        label_recovery.labels_to_index(colours, facade_drawing.PALETTE), index
    )


def test_label_colours_are_those_that_occur():
    colours = np.random.default_rng(0).integers(0, 256, (2, 5, 7, 3), dtype=np.uint8)
    found = label_recovery.label_colours(np.concatenate([colours, colours]))
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, np.unique(colours.reshape(-1, 3), axis=0))


def test_a_colour_outside_the_palette_is_named():
    colours = PALETTE[np.zeros((4, 4), int)].copy()
    colours[0, 0] = (1, 2, 3)
    with pytest.raises(ValueError, match=r"1 pixels .* \(1, 2, 3\).* nearest"):
        label_recovery.labels_to_index(colours, PALETTE)
    with pytest.raises(ValueError, match="uint8"):
        label_recovery.labels_to_index(colours / 255, PALETTE)


def test_wrong_input_is_named():
    labels, pictures = blocks(2, 0)
    fit = label_recovery.fit_segmenter
    with pytest.raises(ValueError, match=r"labels are \(1, 32, 32\)"):
        fit(pictures, labels[:1], 3)
    with pytest.raises(ValueError, match=r"must lie in \[0, 2\)"):
        fit(pictures, labels, 2)
    with pytest.raises(ValueError, match="must be float"):
        fit(labels[..., None], labels, 3)
    segmenter = fit(pictures, labels, 3, hidden=8)
    with pytest.raises(ValueError, match="not finite"):
        segmenter(np.full_like(pictures, np.nan))
    with pytest.raises(ValueError, match="not fitted on 1 channels"):
        segmenter(pictures[..., :1])
    with pytest.raises(ValueError, match="Shapes differ"):
        label_recovery.recovery_scores(labels, labels[:1], 3)
    with pytest.raises(ValueError, match="must lie in"):
        label_recovery.recovery_scores(labels, labels, 1)
