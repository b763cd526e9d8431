"""Wasserstein distances between sets of features: exact, and along random lines."""

import math

import numpy as np
from scipy import optimize, sparse
from scipy.spatial.distance import cdist

from tfgan_zoo.metrics.checks import feature_matrix, same_width

COSTS = ("euclidean", "sqeuclidean")
_MAX_PAIRS = 1_000_000  # of the linear program: about 10 seconds and 1 GB
_ELEMENTS = 2_000_000  # of the projections at a time: 16 MB


def wasserstein(real, fake, *, cost="euclidean", max_samples=2000):
    """Least expected cost of moving one set onto the other, every sample of equal weight.

    Exact optimal transport; equals POT's `ot.emd2` on the same costs. Between finite samples of
    one distribution it is above 0, the more so the fewer they are and the more dimensions: compare
    only numbers of equal N, and with two sets of real samples.

    Equal numbers, and those whose least common multiple is at most `max_samples`, are an
    assignment problem: some seconds for 2000 and 2000. Others are a linear program, at most
    1,000,000 pairs: about 10 seconds for those.

    Args:
        real: `[N, D]`.
        fake: `[M, D]`.
        cost: "euclidean" for W1, in the features' units; "sqeuclidean" for W2 **squared**, the
            expected squared distance, in their square: no root is taken.
        max_samples: the most of either set.

    Returns:
        float.

    Raises:
        ValueError: for bad features, different widths, an unknown cost, or too many samples.
    """
    if cost not in COSTS:
        raise ValueError(f"There is no cost '{cost}': take one of {COSTS}.")
    real, fake = _features(real, fake)
    sizes = len(real), len(fake)
    if max(sizes) > max_samples:
        raise ValueError(
            f"Exact transport of {sizes[0]} onto {sizes[1]} samples is refused: time grows with "
            f"the cube of their number and memory with its square. Take at most {max_samples} of "
            "each (or raise max_samples), or use sliced_wasserstein."
        )
    common = math.lcm(*sizes)
    if common > max_samples and math.prod(sizes) > _MAX_PAIRS:
        raise ValueError(
            f"Exact transport of {sizes[0]} onto {sizes[1]} samples is refused: unequal numbers "
            f"need a linear program, which takes minutes beyond {_MAX_PAIRS} pairs. Take equal "
            "numbers, or use sliced_wasserstein."
        )
    # Not by |x|^2 + |y|^2 - 2xy: its rounding would leave equal samples apart by 1e-8.
    costs = cdist(real, fake, cost)
    if common <= max_samples:
        # Copies of a sample share its weight, which leaves the problem as it is.
        costs = costs.repeat(common // sizes[0], axis=0).repeat(common // sizes[1], axis=1)
        return float(costs[optimize.linear_sum_assignment(costs)].mean())
    return _linear_program(costs)


def sliced_wasserstein(real, fake, *, projections=1000, order=2, seed=0):
    """Wasserstein distance of one-dimensional projections, averaged over random directions.

    (mean over directions of W_p^p)^(1/p); Rabin et al. 2011, Bonneel et al. 2015. Equals POT's
    `ot.sliced_wasserstein_distance` for the same directions, also for unequal numbers, where the
    quantile functions are compared. A shift by s alone gives about |s| / sqrt(D).

    Args:
        real: `[N, D]`.
        fake: `[M, D]`.
        projections: number of directions; the standard error falls with its root.
        order: p, at least 1.
        seed: of the directions, which are `random_directions(D, projections, seed)`.

    Returns:
        float, in the features' units.

    Raises:
        ValueError: for bad features, different widths, or parameters out of range.
    """
    if projections < 1 or not 1 <= order < math.inf:
        raise ValueError(
            "Sliced Wasserstein needs at least 1 projection and an order of at least 1; these are "
            f"{projections} and {order}."
        )
    real, fake = _features(real, fake)
    # Samples i of N and j of M meet on [start, end), in units of 1 / (N M): exact in integers.
    ends = np.union1d(
        np.arange(1, len(real) + 1) * len(fake), np.arange(1, len(fake) + 1) * len(real)
    )
    starts = np.concatenate([[0], ends[:-1]])
    weights = (ends - starts) / (len(real) * len(fake))
    directions = random_directions(real.shape[1], projections, seed)
    each = max(1, _ELEMENTS // len(starts))
    total = 0.0
    for first in range(0, projections, each):
        part = directions[first : first + each]
        quantiles = [
            np.sort(part @ values.T)[:, starts // len(other)]
            for values, other in ((real, fake), (fake, real))
        ]
        total += (np.abs(quantiles[0] - quantiles[1]) ** order @ weights).sum()
    return float((total / projections) ** (1 / order))


def random_directions(width, projections, seed):
    """Unit vectors, uniform on the sphere: float64 `[projections, width]`."""
    vectors = np.random.default_rng(seed).standard_normal((projections, width))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _linear_program(costs):
    rows, columns = costs.shape
    marginals = sparse.vstack(
        [
            sparse.kron(sparse.eye_array(rows), np.ones((1, columns))),
            sparse.kron(np.ones((1, rows)), sparse.eye_array(columns)),
        ]
    ).tocsr()
    # In counts, not shares: HiGHS calls 1e-7 zero. The plan is scaled by rows x columns.
    masses = np.repeat([float(columns), float(rows)], [rows, columns])
    result = optimize.linprog(costs.ravel(), A_eq=marginals, b_eq=masses, method="highs-ds")
    if not result.success:
        raise RuntimeError(f"The transport problem was not solved: {result.message}")
    return float(result.fun / costs.size)


def _features(real, fake):
    real = feature_matrix("real features", real)
    fake = feature_matrix("generated features", fake)
    same_width(real, fake)
    return real, fake
