"""Mode coverage and its floors: closed forms, Monte Carlo, and what they refuse."""

import numpy as np
import pytest
from scipy.special import erf
from scipy.stats import entropy

from tfgan_zoo.metrics.modes import mode_coverage, perfect_sampler, stacked_modes

STD = 0.02


def ring(modes=8, radius=2.0):
    angles = np.linspace(0, 2 * np.pi, modes, endpoint=False)
    return radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def sample(centres, std, samples, weights=None, seed=0):
    rng = np.random.default_rng(seed)
    rows = rng.choice(len(centres), samples, p=weights)
    spread = np.broadcast_to(std, len(centres))[rows, None]
    return centres[rows] + spread * rng.normal(size=(samples, centres.shape[1]))


def one_hots(labels):
    """[N, 3, 10] of stacked digits numbered 0 to 999."""
    return np.eye(10)[np.stack([labels // 100, labels // 10 % 10, labels % 10], axis=1)]


def test_a_perfect_sampler_scores_what_it_should_and_is_not_called_shrunken():
    score = mode_coverage(sample(ring(), STD, 2500), ring(), STD)
    assert score["modes"] == score["perfect_modes"] == 8
    assert score["perfect_high_quality"] == pytest.approx(0.98889, abs=1e-5)
    assert score["perfect_high_quality_std"] == pytest.approx(0.0021, abs=1e-5)
    assert abs(score["high_quality"] - score["perfect_high_quality"]) < 0.0063
    assert score["perfect_kl"] == pytest.approx(0.0014, abs=1e-5)
    assert 0 < score["kl"] < 0.005
    assert score["relative_std"] == pytest.approx(score["perfect_relative_std"], abs=0.03)
    assert score["separated"] is True and score["shrunken_variance"] is False


def test_shrunken_variance_is_reported_from_99_5_percent_on():
    """At 2,500 samples: 12 outside (99.52 %) are too few, 13 (99.48 %) are not."""
    centres = ring()
    points = np.repeat(centres, 313, 0)[:2500]
    for outside, expected in ((0, True), (12, True), (13, False), (28, False)):
        moved = points.copy()
        moved[:outside] += 4 * STD
        score = mode_coverage(moved, centres, STD)
        assert score["high_quality"] == 1 - outside / 2500
        assert score["shrunken_variance"] is expected
    shrunken = mode_coverage(sample(centres, 0.8 * STD, 2500), centres, STD)
    assert shrunken["shrunken_variance"] is True
    assert shrunken["relative_std"] < shrunken["perfect_relative_std"] - 0.1
    # Of 100 samples a perfect one often has none outside: no evidence, no report.
    assert mode_coverage(points[:100], centres, STD)["shrunken_variance"] is False


def test_dropped_modes_blur_and_imbalance_each_move_their_own_figure():
    centres = ring()
    good = mode_coverage(sample(centres, STD, 2000), centres, STD)
    dropped = mode_coverage(sample(centres[:3], STD, 2000), centres, STD)
    assert dropped["modes"] == 3
    assert dropped["kl"] == pytest.approx(np.log(8 / 3), abs=0.01)
    assert dropped["high_quality"] == pytest.approx(good["high_quality"], abs=0.01)
    blurred = mode_coverage(sample(centres, 3 * STD, 2000), centres, STD)
    assert blurred["high_quality"] == pytest.approx(1 - np.exp(-0.5), abs=0.04)
    assert blurred["modes"] == 8 and blurred["kl"] < 0.01
    assert blurred["relative_std"] > good["relative_std"] + 0.2
    skewed = sample(centres, STD, 2000, weights=np.arange(1, 9) / 36)
    assert mode_coverage(skewed, centres, STD)["kl"] > 0.1
    assert mode_coverage(skewed, centres, STD, weights=np.arange(1, 9))["kl"] < 0.01


def test_every_figure_by_hand():
    centres = [[0.0, 0], [10, 0], [0, 10]]
    points = [[0, 0.5], [0, -1], [10, 2.9], [10, 3.1], [1, 10], [7, 0]]
    score = mode_coverage(points, centres, 1.0, weights=[2, 1, 1])
    assert score["modes"] == 3
    assert score["high_quality"] == pytest.approx(5 / 6)  # 3.1 is out; 3.0 exactly is in
    assert score["kl"] == pytest.approx(entropy([2 / 6, 3 / 6, 1 / 6], [0.5, 0.25, 0.25]))
    assert score["relative_std"] == pytest.approx(
        np.sqrt((0.25 + 1 + 2.9**2 + 1 + 9) / 5 / 2), rel=1e-9
    )
    assert mode_coverage(points, centres, 1.0, at_least=2)["modes"] == 2
    assert mode_coverage(points, centres, 1.0, high_quality_sigmas=1)["high_quality"] == 0.5
    # Each mode by its own width.
    assert mode_coverage(points, centres, [0.3, 2, 0.1])["high_quality"] == 4 / 6


def test_no_sample_of_high_quality_leaves_no_spread():
    score = mode_coverage(np.full((20, 2), 50.0), ring(), STD)
    assert score["modes"] == score["high_quality"] == 0
    assert np.isnan(score["relative_std"])
    assert not score["shrunken_variance"]


def test_modes_far_from_zero_are_told_apart():
    # |x|^2 + |c|^2 - 2 x c would lose these distances to cancellation.
    centres = ring(radius=1.0) + 1e6
    score = mode_coverage(sample(centres, 1e-3, 2000), centres, 1e-3)
    assert score["high_quality"] == pytest.approx(0.989, abs=0.01)


def test_one_dimension_and_many():
    line = np.array([[10.0], [40], [60], [80], [110]])
    stds = [3, 3, 2, 2, 1]
    score = mode_coverage(sample(line, stds, 4000), line, stds)
    assert score["perfect_high_quality"] == pytest.approx(erf(3 / np.sqrt(2)), rel=1e-12)
    assert score["high_quality"] == pytest.approx(0.9973, abs=0.0035)
    assert score["modes"] == 5 and score["separated"]
    cube = 20 * np.eye(7)
    score = mode_coverage(sample(cube, 1.0, 4000), cube, 1.0)
    difference = score["high_quality"] - score["perfect_high_quality"]
    assert abs(difference) < 4 * score["perfect_high_quality_std"]
    assert score["relative_std"] == pytest.approx(score["perfect_relative_std"], abs=0.02)


def test_overlapping_modes_are_named_and_prove_no_shrinking():
    line = np.array([[0.0], [4.0]])
    score = mode_coverage(np.repeat(line, 5000, 0), line, 1.0)
    assert score["separated"] is False and score["shrunken_variance"] is False
    assert mode_coverage(np.repeat(line, 5000, 0), line, 0.66)["shrunken_variance"] is True


@pytest.mark.parametrize("dimension", [1, 2, 5])
def test_the_floors_agree_with_simulation(dimension):
    rng = np.random.default_rng(dimension)
    weights, samples, runs = np.array([5, 2, 1, 0.5, 0.02]), 60, 4000
    floor = perfect_sampler(samples, weights, dimension, 1.5, at_least=2)
    shares = weights / weights.sum()
    radius = np.sqrt(np.square(rng.normal(size=(runs, samples, dimension))).sum(2))
    good = radius <= 1.5
    rows = rng.choice(5, (runs, samples), p=shares)
    counts = np.stack([(rows == k).sum(1) for k in range(5)], axis=1)
    hits = np.stack([((rows == k) & good).sum(1) for k in range(5)], axis=1)
    simulated = {
        "modes": (hits >= 2).sum(1),
        "kl": entropy(counts, np.tile(shares, (runs, 1)), axis=1),
        "high_quality": good.mean(1),
    }
    for name, values in simulated.items():
        assert abs(values.mean() - floor[name]) < 4 * values.std() / runs**0.5, name
    assert good.mean(1).std() == pytest.approx(floor["high_quality_std"], rel=0.05)
    spread = np.sqrt(np.square(radius[good]).mean() / dimension)
    assert spread == pytest.approx(floor["relative_std"], rel=0.01)


def test_the_floor_of_the_divergence_is_exact():
    # Two samples of a fair coin: alike (log 2) or one of each (0), half the time.
    floor = perfect_sampler(2, [1, 1], 2)
    assert floor["kl"] == pytest.approx(np.log(2) / 2, rel=1e-12)
    assert perfect_sampler(1, [0.2, 0.3, 0.5], 2)["kl"] == pytest.approx(
        entropy([0.2, 0.3, 0.5]), rel=1e-12
    )
    inside = 1 - np.exp(-4.5)
    assert floor["modes"] == pytest.approx(2 * (1 - (1 - inside / 2) ** 2), rel=1e-12)
    assert perfect_sampler(2500, np.ones(25), 2)["kl"] == pytest.approx(0.0048, abs=1e-5)
    # To second order (K - 1) / 2N + (sum of 1 / p - 1) / 12 N^2.
    expected = 999 / 2 / 1e7 + (1e6 - 1) / 12 / 1e14
    assert perfect_sampler(10**7, np.ones(1000), 1)["kl"] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("samples", "kl"), [(25_600, 0.019644), (26_000, 0.019340)])
def test_stacked_modes_of_uniform_draws_reach_their_floor(samples, kl):
    rng = np.random.default_rng(0)
    score = stacked_modes(one_hots(rng.integers(0, 1000, samples)))
    assert score["modes"] == 1000
    assert score["perfect_modes"] == pytest.approx(1000, abs=1e-7)
    assert score["perfect_kl"] == pytest.approx(kl, abs=1e-6)
    draws = rng.multinomial(samples, np.full(1000, 1e-3), size=300)
    kls = entropy(draws, np.full((300, 1000), 1e-3), axis=1)
    assert abs(kls.mean() - score["perfect_kl"]) < 4 * kls.std() / 300**0.5
    assert abs(score["kl"] - score["perfect_kl"]) < 4 * kls.std()


def test_stacked_modes_counts_triples():
    labels = np.array([0, 0, 999, 123, 321, 7])
    score = stacked_modes(one_hots(labels))
    assert score["modes"] == 5
    assert score["kl"] == pytest.approx(np.log(1000) - entropy([2, 1, 1, 1, 1]))
    assert score["perfect_modes"] == pytest.approx(1000 * (1 - 0.999**6))
    collapsed = stacked_modes(one_hots(np.full(50, 555)))
    assert collapsed["modes"] == 1 and collapsed["kl"] == pytest.approx(np.log(1000))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"points": np.full((9, 2), np.nan)}, "points hold values that are not finite"),
        ({"points": np.zeros(9)}, r"points must be \[N, D\]"),
        ({"points": np.zeros((0, 2))}, "points hold 0 samples"),
        ({"points": np.zeros((9, 3))}, "3 coordinates and centres 2"),
        ({"centres": 2 * ring()[[0, 1, 2, 0]]}, "Two centres coincide"),
        ({"std": 0}, "std must be above zero"),
        ({"std": [0.1, 0.2]}, "one for each of the 8 centres"),
        ({"weights": np.ones(7)}, r"weights must be \[8\]"),
        ({"weights": np.arange(8)}, "leave out modes that never occur"),
        ({"weights": np.full(8, np.nan)}, "weights must be finite"),
        ({"high_quality_sigmas": 0}, "sigmas above zero"),
        ({"at_least": 0}, "at_least of one or more"),
    ],
)
def test_wrong_input_is_named(change, message):
    arguments = {"points": np.zeros((9, 2)), "centres": ring(), "std": STD, **change}
    with pytest.raises(ValueError, match=message):
        mode_coverage(**arguments)


def test_perfect_sampler_and_stacked_modes_name_wrong_input():
    with pytest.raises(ValueError, match="one sample or more.* got 0, 2"):
        perfect_sampler(0, [1, 1], 2)
    with pytest.raises(ValueError, match="one a mode"):
        perfect_sampler(10, [], 2)
    for wrong in (np.zeros((5, 10)), np.zeros((0, 3, 10)), np.zeros((5, 10, 3))):
        with pytest.raises(ValueError, match=r"needs class probabilities \[N, 3, 10\]"):
            stacked_modes(wrong)
    with pytest.raises(ValueError, match="must be probabilities"):
        stacked_modes(np.ones((5, 3, 10)))
