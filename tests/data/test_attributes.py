"""Attributes from the names of classes, and several data sets in one table."""

import numpy as np
import pytest

from tfgan_zoo.data import attributes
from tfgan_zoo.data.errors import DataError
from tfgan_zoo.data.examples import Examples
from tfgan_zoo.kinds.class_ import Class
from tfgan_zoo.kinds.image import Image


def table(name, labels, names, side=4):
    labels = np.array(labels, np.int32)
    pixels = np.ones((1, side, side, 3), np.uint8) * (10 * labels[:, None, None, None] + 10)
    arrays = {"images": pixels.astype(np.uint8), "labels": labels}
    kinds = {"images": Image((side, side, 3)), "labels": Class(tuple(names))}
    rows = [f"{name}-{i}" for i in range(len(labels))]
    info = {"name": name, "label_names": list(names), "split": "train", "licence": "none"}
    info |= {"description": name, "source": name, "split_rule": "all", "skipped": 1}
    info["contents"] = lambda: {"a.png": name}
    return Examples.from_arrays(arrays, kinds, rows, info)


def test_joined_words_are_attributes_and_other_names_exclude_one_another():
    found = attributes.known(["brick", "brick+night", "stone", "stone+night+snow"])
    assert found.words == ("brick", "night", "stone", "snow") and not found.exclusive
    np.testing.assert_array_equal(
        found.table, [[1, 0, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 1, 1, 1]]
    )
    found = attributes.known(["happy", "sad", "angry"])
    assert found.words == ("happy", "sad", "angry") and found.exclusive
    np.testing.assert_array_equal(found.table, np.eye(3))


def test_data_sets_are_joined_with_their_labels_counted_on_and_equal_shares():
    first = table("faces", [0, 1, 0, 1, 1], ["young", "young+glad"])
    second = table("moods", [2, 0], ["calm", "cross", "gay"])
    joined = attributes.joined([first, second])
    assert len(joined) == 10 and joined.fields["labels"].count == 5
    np.testing.assert_array_equal(
        joined.fetch(np.arange(10))["labels"], [0, 1, 0, 1, 1, 4, 2, 4, 2, 4]
    )
    some = joined.fetch([7, 1, 5])
    np.testing.assert_array_equal(some["images"][:, 0, 0, 0], [30, 20, 30])
    assert joined.names[7] == "moods moods-0"
    assert joined.info["name"] == "faces, moods" and joined.info["licence"] == "none"
    assert joined.info["skipped"] == 2
    assert joined.info["contents"]() == {"A/a.png": "faces", "B/a.png": "moods"}
    found = attributes.of(joined)
    assert found.names == ("young", "young+glad", "calm", "cross", "gay")
    assert found.sizes == (2, 3) and found.exclusive == (False, True)
    np.testing.assert_array_equal(found.set_of_label, [0, 0, 1, 1, 1])
    np.testing.assert_array_equal(found.table[[1, 3]], [[1, 1, 0, 0, 0], [0, 0, 0, 1, 0]])
    assert attributes.of(attributes.joined([first])).sizes == (2,)


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ([table("one", [0, 0], ["only"])], "one has no attributes to choose from"),
        ([table("a", [0, 1], ["x", "y"]), table("b", [0], ["y", "z"])], "have the class 'y'"),
        ([table("a", [0], ["x", "y"]), table("b", [0], ["v", "w"], side=8)], "differ in shape"),
    ],
)
def test_what_cannot_be_learnt_from_is_said(tables, words):
    with pytest.raises(DataError, match=words):
        attributes.joined(tables)
