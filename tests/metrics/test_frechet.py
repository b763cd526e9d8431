"""The Fréchet distance against closed forms, scipy, torch-fidelity and clean-fid."""

import pathlib

import numpy as np
import pytest
from scipy.linalg import sqrtm

from tfgan_zoo.metrics.frechet import GaussianStatistics, frechet_distance, rank_caveat


@pytest.fixture(scope="module")
def golden():
    with np.load(pathlib.Path(__file__).parents[1] / "golden/metric_golden.npz") as file:
        return dict(file)


def gaussian(mean, covariance, count=10_000):
    return GaussianStatistics.from_arrays({"count": count, "mean": mean, "covariance": covariance})


def seen(*batches):
    statistics = GaussianStatistics()
    for batch in batches:
        statistics.update(batch)
    return statistics


@pytest.mark.parametrize("scale", [0.3, 1.0, 1.7])
def test_a_shifted_and_scaled_gaussian(scale):
    width = 24
    shift = np.linspace(-1, 2, width)
    real = gaussian(np.zeros(width), np.eye(width))
    fake = gaussian(shift, scale**2 * np.eye(width))
    expected = (shift**2).sum() + width * (1 - scale) ** 2
    assert frechet_distance(real, fake) == pytest.approx(expected, rel=1e-12)


def test_diagonal_covariances_with_zeros():
    real, fake = np.array([0.0, 4, 1e-6, 0, 9]), np.array([1.0, 0, 4, 0, 16])
    zeros = np.zeros(5)
    expected = ((np.sqrt(real) - np.sqrt(fake)) ** 2).sum()
    distance = frechet_distance(gaussian(zeros, np.diag(real)), gaussian(zeros, np.diag(fake)))
    assert distance == pytest.approx(expected, rel=1e-12)


def test_covariances_that_do_not_commute_against_scipy():
    random = np.random.default_rng(0)
    for width in (2, 7, 30):
        roots = random.standard_normal((2, width, width))
        first, second = roots @ roots.swapaxes(1, 2)
        means = random.standard_normal((2, width))
        cross = np.trace(sqrtm(first @ second))
        assert abs(cross.imag) < 1e-9
        expected = np.square(means[0] - means[1]).sum() + np.trace(first + second) - 2 * cross.real
        distance = frechet_distance(gaussian(means[0], first), gaussian(means[1], second))
        assert distance == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("mark", ["", "_wide"])
def test_the_references_give_the_same(golden, mark):
    names = ("wide_real", "wide_fake") if mark else ("real_features", "fake_features")
    real, fake = (seen(golden[name]) for name in names)
    distance = frechet_distance(real, fake)
    assert distance == pytest.approx(golden[f"fid{mark}"], rel=1e-6)
    assert distance == pytest.approx(golden[f"clean_fid{mark}"], rel=1e-7)
    assert frechet_distance(fake, real) == pytest.approx(distance, rel=1e-12)


def test_identical_statistics_are_at_zero(golden):
    for name in ("real_features", "wide_real"):
        statistics = seen(golden[name])
        assert 0 <= frechet_distance(statistics, statistics) < 1e-12
    random = np.random.default_rng(6)
    for width in range(1, 30):  # in some of these, rounding alone would be negative
        statistics = seen(random.standard_normal((40, width)))
        assert 0 <= frechet_distance(statistics, statistics) < 1e-12


def test_a_deficient_rank_is_exact():
    """Samples in a plane: the distance is the one within the plane."""
    random = np.random.default_rng(1)
    basis, _ = np.linalg.qr(random.standard_normal((40, 2)))
    real, fake = random.standard_normal((2, 500, 2)) * [[[1, 2]], [[3, 0.5]]]
    within = frechet_distance(seen(real), seen(fake))
    embedded = frechet_distance(seen(real @ basis.T), seen(fake @ basis.T))
    assert embedded == pytest.approx(within, rel=1e-10)
    few = frechet_distance(seen(real[:2] @ basis.T), seen(fake[:2] @ basis.T))
    assert few == pytest.approx(frechet_distance(seen(real[:2]), seen(fake[:2])), rel=1e-10)


def test_batches_merge_into_the_whole():
    random = np.random.default_rng(2)
    features = (random.standard_normal((501, 9)) @ random.standard_normal((9, 9)) + 1e4).astype(
        np.float32
    )
    whole = features.astype(np.float64)
    streamed = seen(features[:1], features[1:8], features[8:300], features[300:])
    merged = GaussianStatistics()
    for part in (features[:200], features[200:]):
        merged.merge(seen(part))
    merged.merge(GaussianStatistics())
    for statistics in (streamed, merged):
        assert statistics.count == 501
        np.testing.assert_allclose(statistics.mean, whole.mean(0), rtol=1e-14)
        np.testing.assert_allclose(
            statistics.covariance, np.cov(whole, rowvar=False), rtol=1e-10, atol=1e-10
        )


def test_updates_leave_the_features_and_other_statistics_alone():
    features = np.random.default_rng(3).standard_normal((6, 3))
    kept = features.copy()
    first, total = seen(features), GaussianStatistics()
    total.merge(first)
    total.update(features + 5)
    np.testing.assert_array_equal(features, kept)
    np.testing.assert_allclose(first.mean, kept.mean(0))
    first.mean[:] = 99
    np.testing.assert_allclose(first.mean, kept.mean(0))


def test_a_cache_holds_the_statistics(tmp_path):
    random = np.random.default_rng(4)
    real, fake = seen(random.standard_normal((50, 6))), seen(random.standard_normal((60, 6)))
    np.savez(tmp_path / "real.npz", **real.arrays())
    with np.load(tmp_path / "real.npz") as file:
        restored = GaussianStatistics.from_arrays(file)
    assert restored.count == 50
    assert frechet_distance(restored, fake) == pytest.approx(frechet_distance(real, fake))
    restored.update(random.standard_normal((3, 6)))
    assert restored.count == 53


def test_the_caveat_names_rank_and_numbers():
    features = np.random.default_rng(5).standard_normal((9, 8))
    assert rank_caveat(seen(features)) is None
    assert "8 samples in 8 dimensions" in rank_caveat(seen(features[:8]))
    assert "rank at most 4" in rank_caveat(seen(features[:5]))


@pytest.mark.parametrize(
    ("features", "sentence"),
    [
        (np.zeros(4), r"must be \[N, D\]"),
        (np.zeros((0, 4)), "hold 0 samples"),
        (np.array([[0, np.nan, 1, 2]]), "not finite"),
        (np.array([[0, np.inf, 1, 2]]), "not finite"),
        (np.zeros((3, 5)), "5 columns and earlier ones 4"),
    ],
)
def test_bad_features(features, sentence):
    statistics = seen(np.ones((3, 4)))
    with pytest.raises(ValueError, match=sentence):
        statistics.update(features)
    assert statistics.count == 3


def test_bad_pairs():
    usual = seen(np.eye(4))
    with pytest.raises(ValueError, match="4 columns and generated ones 3"):
        frechet_distance(usual, seen(np.eye(3)))
    with pytest.raises(ValueError, match="seen 0 samples"):
        frechet_distance(usual, GaussianStatistics())
    with pytest.raises(ValueError, match="seen 1 samples; at least 2"):
        frechet_distance(seen(np.ones((1, 4))), usual)


@pytest.mark.parametrize(
    "covariance", [np.diag([1.0, 1, -1e-3]), np.array([[1, 2, 0], [2, 1, 0], [0, 0, 1.0]])]
)
def test_negative_eigenvalues_are_an_error(covariance):
    usual = gaussian(np.zeros(3), np.eye(3))
    with pytest.raises(ValueError, match="negative eigenvalues"):
        frechet_distance(usual, gaussian(np.zeros(3), covariance))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"count": 1}, "count of at least 2"),
        ({"mean": np.zeros((1, 3))}, "a mean"),
        ({"covariance": np.eye(4)}, "a covariance"),
        ({"mean": np.array([0, np.nan, 0])}, "not finite"),
        ({"covariance": np.triu(np.ones((3, 3)))}, "not symmetric"),
    ],
)
def test_bad_stored_statistics(change, sentence):
    arrays = {"count": 5, "mean": np.zeros(3), "covariance": np.eye(3)}
    with pytest.raises(ValueError, match=sentence):
        GaussianStatistics.from_arrays(arrays | change)
    with pytest.raises(ValueError, match="lack covariance, mean"):
        GaussianStatistics.from_arrays({"count": 5})
