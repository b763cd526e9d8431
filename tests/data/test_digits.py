"""The handwritten digits of scikit-learn through TFDS."""

import sys

import numpy as np
import pytest
import tensorflow_datasets as tfds
from sklearn.datasets import load_digits

from tfgan_zoo.data import digits


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    return str(tmp_path_factory.mktemp("tfds"))


@pytest.fixture(scope="module")
def splits(data_dir):
    return {s: digits.load(s, image_size=(32, 32), data_dir=data_dir) for s in digits.SPLITS}


def test_splits_hold_every_digit_once(splits):
    sizes = {s: len(arrays["labels"]) for s, (arrays, _, _) in splits.items()}
    assert sizes == {"train": 1442, "test": 355}
    both = np.concatenate([splits[s][0]["labels"] for s in digits.SPLITS])
    np.testing.assert_array_equal(np.bincount(both), np.bincount(load_digits().target))


def test_splits_are_stratified(splits):
    for arrays, _, _ in splits.values():
        share = np.bincount(arrays["labels"]) / len(arrays["labels"])
        assert np.abs(share - 0.1).max() < 0.005


def test_pictures_and_labels_keep_together(splits):
    arrays, names, info = splits["train"]
    assert arrays["images"].shape == (1442, 32, 32, 1) and arrays["images"].dtype == np.uint8
    assert arrays["labels"].dtype == np.int32 and len(set(names)) == 1442
    raw = load_digits()
    kept = np.ones(1797, bool)
    for digit in range(10):
        kept[np.flatnonzero(raw.target == digit)[4::5]] = False
    np.testing.assert_array_equal(arrays["labels"], raw.target[kept])
    originals = raw.images[kept]
    for index in (0, 1, 700, 1441):
        np.testing.assert_array_equal(
            arrays["images"][index], digits.enlarge(originals[index], (32, 32))
        )
    assert info["label_names"] == [str(d) for d in range(10)] and info["licence"]


def test_enlarging_keeps_the_range_and_smooths():
    greys = load_digits().images[0]
    large = digits.enlarge(greys, (64, 64))
    assert large.max() > 240 and large.min() == 0
    nearest = np.kron(greys * 255 / 16, np.ones((6, 6)))
    assert np.abs(np.diff(large[..., 0].astype(int), axis=1)).max() < 60
    assert np.abs(np.diff(nearest, axis=1)).max() > 150


def test_a_rectangle_shows_the_whole_digit_undistorted():
    greys = load_digits().images[1]
    wide = digits.enlarge(greys, (16, 40))
    assert wide.shape == (16, 40, 1)
    np.testing.assert_array_equal(wide[:, 12:28], digits.enlarge(greys, (16, 16)))
    assert not wide[:, :12].any() and not wide[:, 28:].any()


def test_the_smallest_size_is_the_original_in_its_margin(data_dir):
    arrays, _, info = digits.load("test", image_size=(10, 10), data_dir=data_dir)
    assert info["name"] == "zoo_digits/10x10"
    raw = np.rint(load_digits().images * 255 / 16).astype(np.uint8)
    images = arrays["images"][..., 0]
    assert {i[1:-1, 1:-1].tobytes() for i in images} <= {i.tobytes() for i in raw}
    edge = np.ones((10, 10), bool)
    edge[1:-1, 1:-1] = False
    assert not images[:, edge].any()


def test_tfds_load_finds_the_set(data_dir, splits):
    data = tfds.load("zoo_digits/32", data_dir=data_dir, split="test", as_supervised=True)
    image, label = next(iter(data.as_numpy_iterator()))
    np.testing.assert_array_equal(image, splits["test"][0]["images"][0])
    assert label == splits["test"][0]["labels"][0]


@pytest.mark.parametrize(
    ("split", "size", "message"),
    [("validation", (32, 32), "choose one of train, test"), ("train", (4, 32), "at least 10x10")],
)
def test_wrong_arguments_are_named(split, size, message):
    with pytest.raises(ValueError, match=message):
        digits.load(split, image_size=size)


def test_missing_scikit_learn_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ImportError, match="pip install scikit-learn"):
        digits.load("train", image_size=(11, 11), data_dir=str(tmp_path))
