"""The matched error against matchings that are known."""

import itertools

import numpy as np
import pytest

from tfgan_zoo.metrics.clustering import matched_error


def test_renamed_labels_have_no_error():
    labels = np.arange(100) % 5
    names = np.array([3, 0, 4, 2, 1])  # label of each cluster
    error, found = matched_error(np.argsort(names)[labels], labels, 5)
    assert error == 0
    np.testing.assert_array_equal(found, names)


def test_two_clusters_cannot_share_a_label():
    # A majority vote would forgive that label 0 was split and labels 1 and 2 were merged.
    labels = np.repeat([0, 1, 2], 10)
    clusters = np.concatenate([np.repeat([0, 1], 5), np.full(20, 2)])
    error, _ = matched_error(clusters, labels, 3)
    assert error == pytest.approx(15 / 30)


def test_is_the_best_of_all_matchings():
    rng = np.random.default_rng(0)
    clusters, labels = rng.integers(0, 5, (2, 300))
    best = max(
        np.mean(np.array(names)[clusters] == labels) for names in itertools.permutations(range(5))
    )
    assert matched_error(clusters, labels, 5)[0] == pytest.approx(1 - best)


@pytest.mark.parametrize(
    ("clusters", "labels"),
    [([0, 1], [0]), ([], []), ([0, 3], [0, 1]), ([0, -1], [0, 1]), ([0.0, 1.0], [0, 1])],
)
def test_what_does_not_fit_is_refused(clusters, labels):
    with pytest.raises(ValueError, match="must be"):
        matched_error(np.array(clusters), np.array(labels), 3)
