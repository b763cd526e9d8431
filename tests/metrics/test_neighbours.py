"""1-NN, precision, recall, density and coverage: reference packages, closed forms and ties."""

import contextlib
import io
import itertools
import pathlib

import numpy as np
import prdc as reference
import pytest
from scipy import stats
from sklearn.neighbors import KNeighborsClassifier

from tfgan_zoo.metrics import neighbours

GOLDEN = pathlib.Path(__file__).parents[1] / "golden" / "metric_golden.npz"


def normal(count, width=8, *, seed=0, mean=0.0, scale=1.0):
    return np.random.default_rng(seed).normal(mean, scale, (count, width))


def reference_prdc(real, fake, k):
    with contextlib.redirect_stdout(io.StringIO()):  # it prints
        return reference.compute_prdc(real, fake, k)


def by_definition(real, fake, k, boundary):
    """All four from the full matrix of squared distances, exact on small whole numbers."""

    def squared(a, b):
        return np.square(a[:, None] - b[None]).sum(-1)

    def radii(points):
        return np.sort(squared(points, points), axis=1)[:, k][:, None]  # the 0th is itself

    def inside(distances, radius):
        return distances < radius if boundary == "<" else distances <= radius

    in_real = inside(squared(real, fake), radii(real))
    in_fake = inside(squared(fake, real), radii(fake))
    return {
        "precision": in_real.any(0).mean(),
        "recall": in_fake.any(0).mean(),
        "density": in_real.sum(0).mean() / k,
        "coverage": in_real.any(1).mean(),
    }


# 1-NN


@pytest.mark.parametrize(("mean", "scale"), [(0, 1), (0.3, 1), (0, 0.7), (5, 1)])
def test_nn_accuracy_equals_scikit_learn(mean, scale):
    real, fake = normal(300, seed=1), normal(300, seed=2, mean=mean, scale=scale)
    points, is_real = np.concatenate([real, fake]), np.repeat([True, False], 300)
    nearest = KNeighborsClassifier(1).fit(points, is_real).kneighbors(return_distance=False)
    right = is_real[nearest[:, 0]] == is_real
    expected = {"total": right.mean(), "real": right[:300].mean(), "fake": right[300:].mean()}
    assert neighbours.nearest_neighbour_accuracy(real, fake) == pytest.approx(expected, abs=1e-12)


def test_nn_accuracy_of_one_distribution_is_a_half():
    accuracy = neighbours.nearest_neighbour_accuracy(normal(2000, seed=1), normal(2000, seed=2))
    # Twice the binomial error: mutual neighbours make the 4,000 trials dependent.
    assert accuracy["total"] == pytest.approx(0.5, abs=3 * 2 * np.sqrt(0.25 / 4000))


def test_nn_accuracy_of_sets_far_apart_is_one():
    accuracy = neighbours.nearest_neighbour_accuracy(normal(100), normal(100, seed=1, mean=20))
    assert accuracy == {"total": 1, "real": 1, "fake": 1}


@pytest.mark.parametrize("offset", [0, 1e4])  # far from zero the product cancels most
def test_nn_accuracy_of_copies_is_zero(offset):
    real = normal(300) + offset
    fake = real[np.random.default_rng(1).permutation(300)]
    assert neighbours.nearest_neighbour_accuracy(real, fake) == {"total": 0, "real": 0, "fake": 0}


def test_nn_accuracy_sees_that_half_the_samples_are_copies():
    real, fake = normal(400, seed=1), normal(400, seed=2)
    fake[:200] = real[:200]
    accuracy = neighbours.nearest_neighbour_accuracy(real, fake)
    assert accuracy["total"] < 0.35 and accuracy["real"] < 0.35 and accuracy["fake"] < 0.35


def test_nn_accuracy_of_one_copied_picture_repeated():
    """Ties count by their share: a collapse is told apart from `real`, even onto a real one."""
    real = normal(200)
    accuracy = neighbours.nearest_neighbour_accuracy(real, np.repeat(real[:1], 200, axis=0))
    # A generated one has 199 others of its kind and one real one at distance zero.
    assert accuracy["fake"] == pytest.approx(199 / 200)
    assert accuracy["real"] > 0.9


def test_nn_accuracy_counts_ties_by_share():
    # 0 lies between a real one and two generated ones, all at distance 1.
    real = [[0.0, 0], [1, 0]]
    fake = [[-1.0, 0], [-1, 0]]
    accuracy = neighbours.nearest_neighbour_accuracy(real, fake)
    # The real ones: 1/3 and 1 right. The generated ones have each other at distance 0.
    assert accuracy == pytest.approx({"total": 5 / 6, "real": 2 / 3, "fake": 1})


@pytest.mark.parametrize("offset", [0.0, 1e3])
def test_classification_error_equals_scikit_learn(offset, monkeypatch):
    monkeypatch.setattr(neighbours, "BLOCK_BYTES", 8 * 200 * 7)  # blocks of seven points
    samples, points = normal(200, seed=1) + offset, normal(150, seed=2, mean=0.2) + offset
    chance = np.random.default_rng(3)
    labels = (samples[:, 0] > offset) * 2 + chance.integers(0, 2, 200)
    truth = (points[:, 0] > offset) * 2 + chance.integers(0, 2, 150)
    expected = 1 - KNeighborsClassifier(1).fit(samples, labels).score(points, truth)
    assert 0.3 < expected < 0.9
    error = neighbours.classification_error(samples, labels, points, truth)
    assert error == pytest.approx(expected, abs=1e-12)
    # The classifier on its own examples makes none.
    assert neighbours.classification_error(samples, labels, samples, labels) == 0.0


def test_classification_error_counts_ties_by_share():
    samples = np.array([[0.0], [2.0], [2.0], [9.0]])
    # 1 lies as near to one sample of class 0 as to two of class 1; 8 is the last one's.
    for truth, expected in (([0, 7], 2 / 3), ([1, 7], 1 / 3), ([1, 1], 1 / 3 + 1), ([5, 5], 2)):
        error = neighbours.classification_error(samples, [0, 1, 1, 7], [[1.0], [8.0]], truth)
        assert error == pytest.approx(expected / 2)


def test_classification_error_needs_a_label_for_each():
    with pytest.raises(ValueError, match=r"Each sample has one label.*\[3\], not \[2\]"):
        neighbours.classification_error(normal(3), [0, 1], normal(2), [0, 1])
    with pytest.raises(ValueError, match=r"Each point has one label.*\[2\], not \[2, 1\]"):
        neighbours.classification_error(normal(3), [0, 1, 1], normal(2), [[0], [1]])


def test_nn_accuracy_does_not_depend_on_order_or_sides():
    chance = np.random.default_rng(0)
    real, fake = chance.integers(0, 3, (2, 200, 4)) / 7  # full of ties, none a binary fraction
    accuracy = neighbours.nearest_neighbour_accuracy(real, fake)
    shuffled = neighbours.nearest_neighbour_accuracy(chance.permutation(real), fake[::-1])
    assert shuffled == pytest.approx(accuracy, abs=1e-12)
    swapped = neighbours.nearest_neighbour_accuracy(fake, real)
    assert (swapped["real"], swapped["fake"]) == pytest.approx(
        (accuracy["fake"], accuracy["real"]), abs=1e-12
    )


# Precision, recall, density and coverage


@pytest.mark.parametrize("k", [1, 3, 5])
@pytest.mark.parametrize(("width", "scale"), [(2, 1), (16, 0.8), (64, 1.2)])
def test_prdc_equals_the_package(k, width, scale):
    real, fake = normal(700, width, seed=1), normal(500, width, seed=2, mean=0.2, scale=scale)
    expected = pytest.approx(reference_prdc(real, fake, k), rel=1e-12)
    assert neighbours.prdc(real, fake, k=k) == expected
    pair = neighbours.precision_recall(real, fake, k=k, boundary="<")
    assert pair | neighbours.density_coverage(real, fake, k=k) == expected


def test_prdc_in_many_blocks(monkeypatch):
    real, fake = normal(203, seed=1), normal(117, seed=2)
    whole = neighbours.prdc(real, fake)
    accuracy = neighbours.nearest_neighbour_accuracy(real[:117], fake)
    monkeypatch.setattr(neighbours, "BLOCK_BYTES", 8 * 203 * 10)
    assert neighbours.prdc(real, fake) == whole
    assert neighbours.nearest_neighbour_accuracy(real[:117], fake) == accuracy


def lattice():
    """Whole numbers, where distances tie with radii everywhere."""
    return np.random.default_rng(3).integers(0, 4, (2, 150, 3)).astype(np.float64)


@pytest.mark.parametrize("boundary", ["<", "<="])
@pytest.mark.parametrize("unit", [1, 1 / 127.5])  # of pixels: no longer exact in binary
def test_a_tie_with_the_radius_follows_the_boundary(boundary, unit):
    real, fake = lattice()
    expected = pytest.approx(by_definition(real, fake, 3, boundary), abs=1e-12)
    assert neighbours.prdc(real * unit, fake * unit, k=3, boundary=boundary) == expected


def test_the_references_disagree_on_ties():
    """torch-fidelity and the authors of precision and recall take "<=", the package prdc "<"."""
    real, fake = lattice()
    strict = neighbours.precision_recall(real, fake, boundary="<")
    of_package = reference_prdc(real, fake, 3)
    assert strict == pytest.approx({name: of_package[name] for name in strict}, abs=1e-12)
    default = neighbours.precision_recall(real, fake)
    assert default == neighbours.precision_recall(real, fake, boundary="<=")
    assert default["precision"] > strict["precision"] + 0.05
    assert default["recall"] > strict["recall"] + 0.05


@pytest.mark.parametrize(
    ("real", "fake", "precision", "recall"),
    [
        ("real_features", "fake_features", "precision", "recall"),
        ("lattice_real", "lattice_fake", "lattice_precision", "lattice_recall"),  # ties
    ],
)
def test_precision_and_recall_equal_torch_fidelity(real, fake, precision, recall):
    with np.load(GOLDEN) as golden:
        scores = neighbours.precision_recall(golden[real], golden[fake], k=int(golden["prc_k"]))
        expected = {"precision": golden[precision], "recall": golden[recall]}
    assert scores == pytest.approx({name: float(x) for name, x in expected.items()}, rel=1e-6)


@pytest.mark.parametrize("boundary", ["<", "<="])
def test_swapping_the_sets_swaps_precision_and_recall(boundary):
    real, fake = normal(300, 4), normal(200, 4, seed=1, scale=0.5)
    there = neighbours.precision_recall(real, fake, boundary=boundary)
    back = neighbours.precision_recall(fake, real, boundary=boundary)
    assert there == {"precision": back["recall"], "recall": back["precision"]}
    # Narrow samples are precise and miss the tails; without this a swapped pair would pass.
    assert there["precision"] > 0.95 > 0.7 > there["recall"]


def test_density_and_coverage_of_one_distribution():
    k, count = 5, 3000
    scores = neighbours.density_coverage(normal(count, 16, seed=1), normal(count, 16, seed=2), k=k)
    # A ball is empty if the k nearest of the other 2 N - 1 are all real: near 2^-k = 0.031.
    floor = stats.hypergeom(2 * count - 1, count, k).pmf(0)
    assert floor == pytest.approx(2**-k, rel=0.01)
    # Three times the binomial error: neighbouring balls share their samples.
    assert scores["coverage"] == pytest.approx(1 - floor, abs=3 * 2 * np.sqrt(floor / count))
    assert scores["density"] == pytest.approx(1, abs=0.05)


def test_identical_sets():
    """Each ball holds its centre and k - 1 others inside, the k-th on the surface."""
    real = normal(200, 6)
    strict = neighbours.prdc(real, real.copy(), k=4)
    assert strict == pytest.approx({"precision": 1, "recall": 1, "density": 1, "coverage": 1})
    closed = neighbours.prdc(real, real.copy(), k=4, boundary="<=")
    assert closed["density"] == pytest.approx(5 / 4)


def test_balls_without_extent():
    """Where k others lie on a point itself, only "<=" lets copies of it in."""
    points = np.repeat(normal(5, 3, mean=100), 4, axis=0)
    for boundary, value in (("<", 0), ("<=", 1)):
        scores = neighbours.precision_recall(points, points.copy(), k=3, boundary=boundary)
        assert scores == {"precision": value, "recall": value}
        zeros = np.zeros((4, 3))  # nothing is rounded here
        assert neighbours.prdc(zeros, zeros, k=3, boundary=boundary)["coverage"] == value


def test_an_outlier_does_not_blur_the_others():
    real, fake = normal(300, seed=1), normal(300, seed=2)
    before = neighbours.prdc(real, fake)
    real = np.concatenate([real, np.full((1, 8), 1e6)])
    after = neighbours.prdc(real, fake, k=5)
    expected = reference_prdc(real, fake, 5)  # the ball of the outlier swallows everything
    assert after == pytest.approx(expected, rel=1e-12)
    assert after["recall"] == pytest.approx(before["recall"], abs=1 / 300)


def test_far_from_zero():
    real, fake = normal(300, seed=1), normal(300, seed=2)
    moved = neighbours.prdc(real + 1e6, fake + 1e6)
    assert moved == neighbours.prdc(real, fake)


def test_density_needs_one_generated_sample():
    scores = neighbours.density_coverage(normal(10), normal(1))
    assert 0 <= scores["coverage"] <= 1


# Bad input

METRICS = [
    neighbours.nearest_neighbour_accuracy,
    neighbours.precision_recall,
    neighbours.density_coverage,
    neighbours.prdc,
]


@pytest.mark.parametrize("metric", METRICS)
def test_results_are_floats(metric):
    scores = metric(normal(20).astype(np.float32), normal(20, seed=1))
    assert {type(score) for score in scores.values()} == {float}


@pytest.mark.parametrize("metric", METRICS)
def test_bad_features(metric):
    good, bad = normal(20), normal(20)
    bad[3, 2] = np.nan
    for sets in itertools.permutations([good, bad]):
        with pytest.raises(ValueError, match="hold values that are not finite"):
            metric(*sets)
    with pytest.raises(ValueError, match=r"must be \[N, D\]"):
        metric(good, good.reshape(20, 2, 4))
    with pytest.raises(ValueError, match="real features hold 1 samples; .* at least"):
        metric(good[:1], good)
    with pytest.raises(ValueError, match="Real features have 8 columns and generated ones 5"):
        metric(good, good[:, :5])


def test_nn_accuracy_needs_equal_sizes():
    with pytest.raises(ValueError, match="as many generated as real samples; got 20 .* and 19"):
        neighbours.nearest_neighbour_accuracy(normal(20), normal(19))


@pytest.mark.parametrize("metric", METRICS[1:])
def test_bad_k(metric):
    for k in (0, -1, 2.5, True):
        with pytest.raises(ValueError, match="k must be a whole number, at least 1"):
            metric(normal(20), normal(20), k=k)
    with pytest.raises(ValueError, match="real features hold 20 samples; .* at least 21"):
        metric(normal(20), normal(30), k=20)


@pytest.mark.parametrize("metric", [neighbours.precision_recall, neighbours.prdc])
def test_bad_balls(metric):
    with pytest.raises(ValueError, match="""must be "<" or "<="; got '>'"""):
        metric(normal(20), normal(20), boundary=">")
    with pytest.raises(ValueError, match="generated features hold 5 samples; .* at least 6"):
        metric(normal(20), normal(5), k=5)
