"""Linear accuracy of features, and k-means features, against scikit-learn and plain NumPy."""

import types

import numpy as np
import pytest
from sklearn.svm import LinearSVC

from tfgan_zoo.metrics import representation
from tfgan_zoo.metrics.representation import KMeansFeatures, Labelled


def blobs(count, seed, noise=1.0):
    """Three classes around three corners of five dimensions."""
    random = np.random.default_rng(seed)
    labels = np.arange(count) % 3
    return Labelled(np.eye(5)[labels] + noise * random.standard_normal((count, 5)), labels)


def test_labels_are_drawn_evenly():
    labels = np.repeat([4, 7, 9], [50, 20, 8])
    rows = representation.draw_labels(labels, 20, np.random.default_rng(0))
    assert len(set(rows)) == 20
    assert sorted(np.unique(labels[rows], return_counts=True)[1]) == [6, 7, 7]
    with pytest.raises(ValueError, match="10 of class 9, are more than the 8"):
        representation.draw_labels(labels, 30, np.random.default_rng(0))
    with pytest.raises(ValueError, match="2 labels are too few: there are 3 classes"):
        representation.draw_labels(labels, 2, np.random.default_rng(0))


def test_accuracy_is_that_of_scikit_learn_at_the_cost_that_held_out_pictures_choose():
    train, held_out, test = (blobs(count, seed, 0.5) for seed, count in enumerate((90, 60, 150)))
    all_labels, few = representation.accuracy_by_labels(
        train, held_out, test, [90, 9], draws=4, costs=(1e-3, 1e-1, 10.0)
    )
    by_cost = {
        cost: LinearSVC(C=cost, dual=True, tol=1e-6, max_iter=100_000, random_state=0).fit(
            train.features, train.labels
        )
        for cost in (1e-3, 1e-1, 10.0)
    }
    score = {c: svm.score(held_out.features, held_out.labels) for c, svm in by_cost.items()}
    chosen = by_cost[all_labels["cost"]]
    assert all_labels["held_out"] == pytest.approx(score[all_labels["cost"]], abs=0.02)
    assert all_labels["mean"] == pytest.approx(chosen.score(test.features, test.labels), abs=0.02)
    assert all_labels["labels"] == 90 and all_labels["converged"] and all_labels["mean"] > 0.8
    assert all_labels["std"] == 0 and len(few["accuracies"]) == 4
    assert few["mean"] == pytest.approx(np.mean(few["accuracies"]))
    assert few["std"] == pytest.approx(np.std(few["accuracies"], ddof=1))
    assert 0.5 < few["mean"] < all_labels["mean"]


def test_no_cost_is_tried_after_the_accuracy_fell(monkeypatch):
    tried = []
    scores = {1: 0.3, 2: 0.5, 3: 0.5, 4: 0.4, 5: 0.9}

    def fit(part, cost):
        tried.append(cost)
        return types.SimpleNamespace(cost=cost, n_iter_=7 if cost != 2 else 1000)

    monkeypatch.setattr(representation, "fit", fit)
    monkeypatch.setattr(representation, "accuracy", lambda svm, part: scores[svm.cost])
    data = blobs(9, 0)
    (point,) = representation.accuracy_by_labels(data, data, data, [9], costs=(1, 2, 3, 4, 5))
    assert tried == [1, 2, 3, 4] and point["cost"] == 2  # of equals the lowest
    assert point["converged"] is False


def test_the_same_labels_are_drawn_for_every_representation(monkeypatch):
    seen = []

    def fit(part, cost):
        seen.append(part.labels)
        return types.SimpleNamespace(n_iter_=7)

    monkeypatch.setattr(representation, "fit", fit)
    monkeypatch.setattr(representation, "accuracy", lambda svm, part: 0.5)
    data = blobs(30, 0)
    for features in (data.features, data.features[:, :2]):
        part = Labelled(features, data.labels)
        representation.accuracy_by_labels(part, part, part, [10], draws=2, costs=(1,))
    np.testing.assert_array_equal(seen[:2], seen[2:])


def test_more_labels_than_pictures_are_refused():
    data = blobs(9, 0)
    with pytest.raises(ValueError, match="10 labels, but 9 training pictures"):
        representation.accuracy_by_labels(data, data, data, [10])
    with pytest.raises(ValueError, match="as many labels"):
        Labelled(data.features, data.labels[:3])


def plainly(kmeans, picture):
    """The features of one picture, a patch at a time."""
    side, centroids = kmeans.side, kmeans._centroids.astype(np.float64)
    rows, columns = (length - side + 1 for length in picture.shape[:2])
    quadrants = np.zeros((2, 2, len(centroids)))
    for y in range(rows):
        for x in range(columns):
            patch = picture[y : y + side, x : x + side].astype(np.float64).ravel()
            patch = (patch - patch.mean()) / np.sqrt(patch.var() + 10)
            distances = np.linalg.norm((patch - kmeans._mean) @ kmeans._whiten - centroids, axis=1)
            near = np.maximum(0, distances.mean() - distances)
            quadrants[int(y >= (rows + 1) // 2), int(x >= (columns + 1) // 2)] += near
    return quadrants.ravel()


def test_kmeans_features_are_those_of_the_paper_written_plainly():
    random = np.random.default_rng(0)
    pictures = random.integers(0, 256, (6, 9, 8, 3), np.uint8)
    kmeans = KMeansFeatures(centroids=5, side=4, patches=200).fit(pictures)
    found = kmeans(pictures[:2])
    assert found.shape == (2, 20) and found.dtype == np.float32
    for row, picture in zip(found, pictures, strict=False):
        np.testing.assert_allclose(row, plainly(kmeans, picture), rtol=1e-3, atol=1e-3)
    again = KMeansFeatures(centroids=5, side=4, patches=200).fit(pictures)
    np.testing.assert_allclose(again(pictures[:2]), found, rtol=1e-5)


def test_the_dictionary_is_learnt_from_white_patches():
    pictures = np.random.default_rng(0).integers(0, 256, (50, 12, 12, 1), np.uint8)
    kmeans = KMeansFeatures(centroids=2, side=3, patches=5000).fit(pictures)
    windows = np.lib.stride_tricks.sliding_window_view(pictures[..., 0], (3, 3), (1, 2))
    white = (kmeans._normalised(windows.reshape(-1, 9)) - kmeans._mean) @ kmeans._whiten
    values = np.linalg.eigvalsh(np.cov(white, rowvar=False))
    # A patch less its mean has one direction without variance; the offset of 0.1 takes a tenth.
    assert values[0] < 1e-3
    np.testing.assert_allclose(values[1:], 1 / 1.1, atol=0.08)


def test_a_dictionary_that_cannot_be_learnt_is_one_sentence():
    pictures = np.zeros((3, 8, 8, 1), np.uint8)
    with pytest.raises(ValueError, match="3 patches cannot have 5 centroids"):
        KMeansFeatures(centroids=5, patches=3)
    with pytest.raises(ValueError, match="Patches of 8x8 need larger pictures"):
        KMeansFeatures(side=8).fit(pictures)


def test_standardised_as_in_the_paper():
    random = np.random.default_rng(0)
    like = 5 + 2 * random.standard_normal((200, 3))
    found = representation.standardised(like[:4], like)
    np.testing.assert_allclose(found, (like[:4] - like.mean(0)) / np.sqrt(like.var(0) + 0.01))
