"""Wasserstein distances against POT, scipy and closed forms."""

import numpy as np
import ot
import pytest
from scipy.stats import norm, wasserstein_distance

from tfgan_zoo.metrics.transport import random_directions, sliced_wasserstein, wasserstein


def samples(real, fake, width=6):
    random = np.random.default_rng(0)
    return (
        random.standard_normal((real, width)),
        1.3 * random.standard_normal((fake, width)) + 0.4,
    )


# Equal; a multiple; a small common multiple; and two that need the linear program.
SIZES = [(120, 120), (50, 150), (60, 80), (97, 101), (60, 73)]


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("cost", ["euclidean", "sqeuclidean"])
def test_pot_finds_the_same(sizes, cost):
    real, fake = samples(*sizes)
    costs = ot.dist(real, fake, metric=cost)
    expected = ot.emd2(ot.unif(len(real)), ot.unif(len(fake)), costs, numItermax=10**7)
    assert wasserstein(real, fake, cost=cost) == pytest.approx(expected, rel=1e-8)
    limited = max(sizes)  # where a common multiple is larger, by the linear program
    assert wasserstein(real, fake, cost=cost, max_samples=limited) == pytest.approx(
        expected, rel=1e-8
    )


@pytest.mark.parametrize("sizes", [(40, 40), (31, 40), (1, 7)])
def test_one_dimension_is_scipys(sizes):
    real, fake = samples(*sizes, width=1)
    expected = wasserstein_distance(real[:, 0], fake[:, 0])
    assert wasserstein(real, fake) == pytest.approx(expected, rel=1e-8)
    # Both directions of a line see the same distance.
    assert sliced_wasserstein(real, fake, order=1, projections=3) == pytest.approx(expected)


def test_a_shift_is_its_own_distance():
    """Of all maps between a set and its translate, the translation costs least."""
    real, _ = samples(90, 1)
    shift = np.array([0.5, -1, 0, 2, 0, 0.25])
    moved = np.random.default_rng(1).permutation(real + shift)
    length = np.linalg.norm(shift)
    assert wasserstein(real, moved) == pytest.approx(length)
    assert wasserstein(real, moved, cost="sqeuclidean") == pytest.approx(length**2)
    along = random_directions(6, 1000, seed=0) @ shift
    assert sliced_wasserstein(real, moved) == pytest.approx(np.sqrt((along**2).mean()))
    many = sliced_wasserstein(real, moved, projections=20_000)
    assert many == pytest.approx(length / np.sqrt(6), rel=0.02)


def test_quantiles_of_gaussians_in_closed_form():
    """W2^2 = shift^2 + (1 - scale)^2; evenly spaced quantiles lack only a bit of the tails."""
    real = norm.ppf((np.arange(500) + 0.5) / 500)[:, None]
    fake = np.random.default_rng(2).permutation(0.5 + 2 * real)
    assert wasserstein(real, fake, cost="sqeuclidean") == pytest.approx(1.25, rel=0.01)
    assert sliced_wasserstein(real, fake, projections=2) == pytest.approx(1.25**0.5, rel=0.01)


def test_identical_sets_are_at_zero():
    real, _ = samples(50, 1)
    shuffled = np.random.default_rng(3).permutation(real)
    assert wasserstein(real, shuffled) == 0
    assert wasserstein(real, np.concatenate([shuffled, real])) == 0
    assert sliced_wasserstein(real, shuffled) < 1e-12


@pytest.mark.parametrize("sizes", [(80, 80), (97, 60)])
@pytest.mark.parametrize("order", [1, 2, 3])
def test_pot_slices_the_same(sizes, order):
    real, fake = samples(*sizes)
    directions = random_directions(6, 40, seed=5)
    expected = ot.sliced_wasserstein_distance(real, fake, projections=directions.T, p=order)
    result = sliced_wasserstein(real, fake, projections=40, order=order, seed=5)
    assert result == pytest.approx(expected, rel=1e-9)
    assert result != sliced_wasserstein(real, fake, projections=40, order=order, seed=6)


def test_directions_in_parts_are_the_same_directions():
    """So many samples that the projections do not fit in one part."""
    real, fake = samples(30_000, 30_000, width=2)
    expected = ot.sliced_wasserstein_distance(
        real, fake, projections=random_directions(2, 90, seed=0).T
    )
    assert sliced_wasserstein(real, fake, projections=90) == pytest.approx(expected, rel=1e-9)


def test_directions_are_uniform_on_the_sphere():
    directions = random_directions(3, 20_000, seed=0)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1)
    np.testing.assert_allclose(directions.mean(0), 0, atol=0.02)
    np.testing.assert_allclose(directions.T @ directions / 20_000, np.eye(3) / 3, atol=0.02)


def test_too_many_are_refused():
    with pytest.raises(ValueError, match="2001 onto 9 samples is refused: time grows.*sliced"):
        wasserstein(np.zeros((2001, 2)), np.zeros((9, 2)))
    with pytest.raises(ValueError, match="at most 10 of each"):
        wasserstein(np.zeros((11, 2)), np.zeros((11, 2)), max_samples=10)
    with pytest.raises(ValueError, match="1999 onto 2000 samples.*Take equal numbers"):
        wasserstein(np.zeros((1999, 2)), np.zeros((2000, 2)))


@pytest.mark.parametrize("metric", [wasserstein, sliced_wasserstein])
@pytest.mark.parametrize(
    ("fake", "sentence"),
    [
        (np.zeros((4, 3)), "6 columns and generated ones 3"),
        (np.full((4, 6), np.inf), "generated features hold values that are not finite"),
        (np.zeros((2, 3, 6)), r"generated features must be \[N, D\]"),
        (np.zeros((0, 6)), "generated features hold 0 samples"),
    ],
)
def test_bad_features(metric, fake, sentence):
    with pytest.raises(ValueError, match=sentence):
        metric(samples(5, 5)[0], fake)


def test_bad_parameters():
    real, fake = samples(5, 5)
    with pytest.raises(ValueError, match="no cost 'cosine'"):
        wasserstein(real, fake, cost="cosine")
    for bad in ({"projections": 0}, {"order": 0.5}, {"order": np.inf}, {"order": np.nan}):
        with pytest.raises(ValueError, match="at least 1 projection and an order of at least 1"):
            sliced_wasserstein(real, fake, **bad)
