"""Rank-1 and mAP against Market-1501's loop written plainly, scikit-learn, and cases by hand."""

import numpy as np
import pytest

from tfgan_zoo.metrics.reidentification import JUNK, Pictures, ranking


def plain(query, gallery):
    """Market-1501's evaluation, a picture at a time: (rank-1, mAP)."""
    firsts, areas = [], []
    for feature, person, camera in zip(query.features, query.persons, query.cameras, strict=True):
        order = sorted(
            range(len(gallery.persons)), key=lambda i: np.linalg.norm(feature - gallery.features[i])
        )
        good = [i for i in order if gallery.persons[i] == person and gallery.cameras[i] != camera]
        if not good:
            continue
        area, recall, precision, hits, seen = 0.0, 0.0, 1.0, 0, 0
        first = None
        for i in order:
            same = gallery.persons[i] == person and gallery.cameras[i] == camera
            if gallery.persons[i] == JUNK or same:
                continue
            hits += i in good
            first = i in good if first is None else first
            area += (hits / len(good) - recall) * (precision + hits / (seen + 1)) / 2
            recall, precision, seen = hits / len(good), hits / (seen + 1), seen + 1
        firsts.append(first)
        areas.append(area)
    return np.mean(firsts), np.mean(areas)


def drawn(count, seed, junk=False, people=6, cameras=3):
    chance = np.random.default_rng(seed)
    return Pictures(
        chance.normal(size=(count, 4)),
        chance.integers(JUNK if junk else 0, people, count),
        chance.integers(0, cameras, count),
    )


@pytest.mark.parametrize("seed", range(4))
def test_equals_the_authors_loop(seed):
    query, gallery = drawn(12, seed), drawn(40, seed + 100, junk=True)
    found = ranking(query, gallery)
    rank_1, area = plain(query, gallery)
    assert found.rank_1 == pytest.approx(rank_1)
    assert found.mean_average_precision == pytest.approx(area)


def test_steps_equal_scikit_learn():
    from sklearn.metrics import average_precision_score

    query, gallery = drawn(9, 1), drawn(50, 2, junk=True)
    found, expected = ranking(query, gallery, area="steps"), []
    for feature, person, camera in zip(query.features, query.persons, query.cameras, strict=True):
        kept = (gallery.persons != JUNK) & ~(
            (gallery.persons == person) & (gallery.cameras == camera)
        )
        near = -np.linalg.norm(gallery.features[kept] - feature, axis=1)
        expected.append(average_precision_score(gallery.persons[kept] == person, near))
    np.testing.assert_allclose(found.average_precisions, expected)


def row(places, persons, cameras):
    return Pictures(np.array(places, float)[:, None], persons, cameras)


def test_by_hand():
    query = row([0.0], [7], [0])
    # From near to far: the same camera, junk, a stranger, right, another stranger, right.
    gallery = row([1, 2, 3, 4, 5, 6], [7, JUNK, 3, 7, 4, 7], [0, 1, 0, 1, 1, 2])
    found = ranking(query, gallery, ranks=4)
    np.testing.assert_array_equal(found.matches, [0, 1, 1, 1])
    # Right in the places 2 and 4: precision 1/2 after 0/1, and 2/4 after 1/3.
    assert found.mean_average_precision == pytest.approx(
        ((0 + 1 / 2) / 2 + (1 / 3 + 2 / 4) / 2) / 2
    )
    assert ranking(query, gallery, area="steps").mean_average_precision == pytest.approx(0.5)


def test_a_perfect_order_and_chance():
    people = np.repeat(np.arange(20), 6)
    cameras = np.tile([0, 1, 2], 40)
    exact = Pictures(np.eye(20)[people], people, cameras)
    assert ranking(exact, exact).rank_1 == ranking(exact, exact).mean_average_precision == 1.0
    noise = Pictures(np.random.default_rng(0).normal(size=(120, 8)), people, cameras)
    assert ranking(noise, noise).rank_1 < 0.2


def test_only_the_cross_camera_pictures_count():
    """A feature of the camera alone finds the same camera first, which does not help."""
    people, cameras = np.repeat(np.arange(10), 2), np.tile([0, 1], 10)
    found = ranking(*2 * [Pictures(np.eye(2)[cameras], people, cameras)])
    assert found.rank_1 == 0.0  # the nearest that count are strangers by the query's own camera


def test_queries_without_a_right_picture_do_not_count():
    query = row([0.0, 0.0], [1, 2], [0, 0])
    found = ranking(query, row([1.0, 2.0], [1, 2], [1, 0]))
    assert (found.left_out, found.rank_1, len(found.average_precisions)) == (1, 1.0, 1)
    with pytest.raises(ValueError, match="No query has a picture of the same person by another"):
        ranking(query, row([1.0, 2.0], [3, 2], [1, 0]))


def test_wrong_arguments_are_named():
    query = drawn(3, 0)
    with pytest.raises(ValueError, match="4 features and the gallery 2"):
        ranking(query, Pictures(np.zeros((2, 2)), [0, 1], [0, 1]))
    with pytest.raises(ValueError, match="not finite"):
        ranking(query, Pictures(np.full((2, 4), np.nan), [0, 1], [0, 1]))
    with pytest.raises(ValueError, match="No area 'boxes'"):
        ranking(query, query, area="boxes")
    with pytest.raises(ValueError, match=r"not \(3, 4\), \(2,\) and \(3,\)"):
        Pictures(np.zeros((3, 4)), [0, 1], [0, 1, 2])
