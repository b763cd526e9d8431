"""Clusters of styles: of each label, of large things where there are any."""

import numpy as np

from tfgan_zoo.evaluate.styles import LEAST, clusters


def test_each_label_has_the_centres_of_its_own_things():
    random = np.random.default_rng(0)
    places = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    features = np.concatenate([p + 0.01 * random.normal(size=(20, 2)) for p in places])
    labels = np.repeat([0, 0, 2], 20)
    found = clusters(features, labels, np.ones(60), 4, most=2)
    assert [len(own) for own in found] == [2, 0, 2, 0]
    np.testing.assert_allclose(sorted(found[0].tolist()), places[:2], atol=0.02)
    assert np.abs(found[2] - places[2]).max() < 0.05
    again = clusters(features, labels, np.ones(60), 4, most=2)
    np.testing.assert_array_equal(found[0], again[0])


def test_small_things_count_where_a_label_has_no_larger_ones():
    features = np.array([[1.0], [2.0], [3.0], [4.0]])
    shares = np.array([LEAST * 2, LEAST / 2, LEAST / 2, LEAST / 2])
    found = clusters(features, np.array([0, 0, 1, 1]), shares, 2, most=10)
    assert [own.ravel().tolist() for own in found] == [[1.0], [3.0, 4.0]]
