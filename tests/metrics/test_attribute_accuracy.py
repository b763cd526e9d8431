"""Scores of attributes against counting by hand, and the classifier that reads them."""

import math

import numpy as np
import pytest

from tfgan_zoo.metrics.attribute_accuracy import attribute_scores, fit_reader


def test_attributes_that_hold_each_for_itself_are_counted_one_by_one():
    wanted = [[1, 0, 1], [0, 0, 1], [1, 1, 0], [0, 1, 1]]
    found = [[1, 0, 1], [0, 1, 1], [0, 1, 0], [0, 1, 1]]
    before = [[0, 0, 1], [0, 1, 1], [0, 1, 1], [0, 1, 1]]
    # 12 attributes, 2 wrong. To change: (0,0) done, (1,1) not, (2,0) not, (2,2) done.
    assert attribute_scores(found, wanted, before, False) == {
        "attribute_accuracy": pytest.approx(10 / 12),
        "worst_attribute_accuracy": pytest.approx(3 / 4),
        "all_right": pytest.approx(2 / 4),
        "flip_accuracy": pytest.approx(2 / 4),
    }


def test_exclusive_attributes_are_counted_by_picture():
    eye = np.eye(3, dtype=bool)
    wanted, found, before = eye[[0, 0, 1, 2, 2]], eye[[0, 1, 1, 2, 0]], eye[[1, 0, 1, 0, 1]]
    assert attribute_scores(found, wanted, before, True) == {
        "attribute_accuracy": pytest.approx(3 / 5),
        "worst_attribute_accuracy": pytest.approx(1 / 2),
        "all_right": pytest.approx(3 / 5),
        "flip_accuracy": pytest.approx(2 / 3),
    }


def test_without_a_change_there_is_no_flip_accuracy():
    same = np.ones((2, 3), bool)
    assert math.isnan(attribute_scores(same, same, same, False)["flip_accuracy"])


def test_other_shapes_are_refused():
    with pytest.raises(ValueError, match="of one shape"):
        attribute_scores(np.ones((2, 3)), np.ones((2, 2)), np.ones((2, 3)), False)
    with pytest.raises(ValueError, match="3 pictures have 2 rows"):
        fit_reader(np.zeros((3, 8, 8, 1)), np.zeros((2, 1)), False)


@pytest.mark.parametrize("exclusive", [True, False])
def test_a_reader_learns_colours_and_sees_where_they_are_not(exclusive):
    chance = np.random.default_rng(0)
    attributes = np.eye(3)[np.arange(120) % 3]
    if not exclusive:
        attributes = chance.integers(0, 2, (120, 3))
    pictures = np.where(attributes[:, None, None] > 0, 0.7, -0.7)
    pictures = pictures + chance.normal(0, 0.2, (120, 16, 16, 3))
    read = fit_reader(pictures[:80], attributes[:80], exclusive)
    np.testing.assert_array_equal(read(pictures[80:]), attributes[80:] > 0)
    again = fit_reader(pictures[:80], attributes[:80], exclusive)
    noise = chance.uniform(-1, 1, (40, 16, 16, 3))
    np.testing.assert_array_equal(again(noise), read(noise))
    if exclusive:
        assert (read(noise).sum(1) == 1).all()
