"""Squared maximum mean discrepancies between features, and KID.

MMD^2 = E k(x, x') + E k(y, y') - 2 E k(x, y); Gretton et al. 2012, JMLR 13. Three estimators:

- "unbiased": pairs of a sample with itself are left out of the first two means (the U-statistic;
  the third mean is over all pairs). Can be negative.
- "biased": all pairs (the V-statistic). Never negative.
- "block": TF-GAN's. Both sets are cut, in the order given, into blocks of at most 1024, and the
  unbiased estimates of the blocks are averaged. Cheap, but it depends on the order, and samples
  sorted by class give another number than shuffled ones.
"""

import math

import numpy as np
from scipy.spatial.distance import pdist

from tfgan_zoo.metrics.checks import feature_matrix, same_width

ESTIMATORS = ("unbiased", "biased", "block")
_BLOCK = 1024  # TF-GAN's largest
_ROWS = 1_000_000  # elements of a kernel matrix at a time: 8 MB, about what a cache holds
_MEDIAN_SAMPLES = 2000


def polynomial_mmd(real, fake, *, degree=3, gamma=None, coef0=1.0, estimator="unbiased"):
    """Squared MMD with the kernel (gamma x.y + coef0)^degree.

    The defaults are KID's kernel (Binkowski et al. 2018, arXiv 1801.01401). The kernel is
    scikit-learn's `polynomial_kernel`.

    Args:
        real: `[N, D]`.
        fake: `[M, D]`.
        degree: positive integer.
        gamma: None for 1 / D.
        coef0: the constant.
        estimator: "unbiased", "biased" or "block"; see the module.

    Returns:
        float.

    Raises:
        ValueError: for bad features, too few of them (2, or 1 where biased), different widths, or
            an unknown estimator.
    """
    if degree != int(degree) or degree < 1:
        raise ValueError(f"The kernel's degree must be a positive integer, not {degree}.")
    return _mmd(real, fake, _Polynomial(int(degree), gamma, coef0), estimator)


def rbf_mmd(real, fake, *, bandwidth=None, estimator="unbiased"):
    """Squared MMD with the kernel exp(-|x - y|^2 / (2 bandwidth^2)).

    The kernel is scikit-learn's `rbf_kernel` with gamma = 1 / (2 bandwidth^2).

    Args:
        real: `[N, D]`.
        fake: `[M, D]`.
        bandwidth: None for `median_bandwidth(real, fake)`, which makes numbers of different pairs
            of sets hard to compare: fix it where that is the purpose.
        estimator: "unbiased", "biased" or "block"; see the module.

    Returns:
        float.

    Raises:
        ValueError: as `polynomial_mmd`, and for a bandwidth that is not positive.
    """
    if bandwidth is None:
        bandwidth = median_bandwidth(real, fake)
    if not 0 < bandwidth < math.inf:
        raise ValueError(f"The bandwidth must be positive, not {bandwidth}.")
    return _mmd(real, fake, _Gaussian(bandwidth), estimator)


def median_bandwidth(real, fake):
    """Median Euclidean distance between two different samples of the pooled sets.

    Gretton et al. 2012, JMLR 13, section 8. Beyond 2000 pooled samples, of 2000 of them that are
    spread evenly over the pool, real ones first.

    Args:
        real: `[N, D]`.
        fake: `[M, D]`.

    Returns:
        float.

    Raises:
        ValueError: for bad features, different widths, or a median of zero.
    """
    real, fake = _features(real, fake, 1)
    pooled = np.concatenate([real, fake])
    if len(pooled) > _MEDIAN_SAMPLES:
        pooled = pooled[np.linspace(0, len(pooled) - 1, _MEDIAN_SAMPLES).round().astype(int)]
    median = float(np.median(pdist(pooled)))
    if not median:
        raise ValueError(
            "More than half of all samples are identical, so the median distance is zero: give a "
            "bandwidth."
        )
    return median


def kernel_distance(real, fake, *, subsets=100, subset_size=1000, seed=2020):
    """KID: the mean of unbiased polynomial MMDs of random subsets, and their spread.

    Binkowski et al. 2018, arXiv 1801.01401. Draws the subsets as torch-fidelity does (NumPy's
    `RandomState`, the generated subset first), so its number is the same for equal features, seed
    and order. Small negative means are to be expected where the distributions are close.

    Args:
        real: `[N, D]`.
        fake: `[M, D]`.
        subsets: how many.
        subset_size: samples of each set in a subset, without replacement; at least 2.
        seed: of the subsets.

    Returns:
        dict of floats: `mean`, and `std`, the standard deviation over the subsets. The subsets
        overlap, so `std / sqrt(subsets)` is not a standard error.

    Raises:
        ValueError: for bad features, different widths, or fewer samples than `subset_size`.
    """
    if subsets < 1 or subset_size < 2:
        raise ValueError(
            "KID needs at least 1 subset of at least 2 samples; these are "
            f"{subsets} of {subset_size}."
        )
    real, fake = _features(real, fake, 1)
    if min(len(real), len(fake)) < subset_size:
        raise ValueError(
            f"KID draws subsets of {subset_size}, and there are {len(real)} real and {len(fake)} "
            "generated samples: lower subset_size or take more samples."
        )
    kernel = _Polynomial(3, None, 1.0)
    stream = np.random.RandomState(seed)
    estimates = []
    for _ in range(subsets):
        chosen_fake = fake[stream.choice(len(fake), subset_size, replace=False)]
        chosen_real = real[stream.choice(len(real), subset_size, replace=False)]
        estimates.append(_estimate(chosen_real, chosen_fake, kernel, unbiased=True))
    return {"mean": float(np.mean(estimates)), "std": float(np.std(estimates))}


class _Polynomial:
    def __init__(self, degree, gamma, coef0):
        self._degree, self._gamma, self._coef0 = degree, gamma, coef0

    def prepare(self, real, fake):
        return real, fake

    def total(self, left, right):
        """Sum of the kernel over all pairs."""
        values = left @ right.T
        values *= 1 / left.shape[1] if self._gamma is None else self._gamma
        values += self._coef0
        if self._degree == 3:  # `**` takes ten times as long
            return np.vdot(values, values * values)
        return (values**self._degree).sum()

    def own(self, values):
        """Sum of the kernel of each sample with itself."""
        gamma = 1 / values.shape[1] if self._gamma is None else self._gamma
        squares = np.einsum("ij,ij->i", values, values)
        return ((gamma * squares + self._coef0) ** self._degree).sum()


class _Gaussian:
    def __init__(self, bandwidth):
        self._bandwidth = bandwidth

    def prepare(self, real, fake):
        # Distances come from products, which lose digits where an offset is large beside them.
        centre = (real.mean(0) + fake.mean(0)) / 2
        return (real - centre) / self._bandwidth, (fake - centre) / self._bandwidth

    def total(self, left, right):
        exponents = left @ right.T
        exponents -= np.einsum("ij,ij->i", left, left)[:, None] / 2
        exponents -= np.einsum("ij,ij->i", right, right) / 2
        np.minimum(exponents, 0, out=exponents)  # the rounding of identical samples
        return np.exp(exponents, out=exponents).sum()

    def own(self, values):
        return float(len(values))


def _mmd(real, fake, kernel, estimator):
    if estimator not in ESTIMATORS:
        raise ValueError(f"There is no estimator '{estimator}': take one of {ESTIMATORS}.")
    real, fake = kernel.prepare(*_features(real, fake, 1 if estimator == "biased" else 2))
    if estimator != "block":
        return float(_estimate(real, fake, kernel, estimator == "unbiased"))
    blocks = math.ceil(max(len(real), len(fake)) / _BLOCK)
    if min(len(real), len(fake)) < 2 * blocks:
        raise ValueError(
            f"{len(real)} real and {len(fake)} generated samples do not fill {blocks} blocks: take "
            "numbers that are nearer to each other, or another estimator."
        )
    pairs = zip(_cut(real, blocks), _cut(fake, blocks), strict=True)
    return float(np.mean([_estimate(*pair, kernel, unbiased=True) for pair in pairs]))


def _estimate(real, fake, kernel, unbiased):
    within = [_total(values, values, kernel) for values in (real, fake)]
    sizes = [len(real), len(fake)]
    if unbiased:
        within = [
            (total - kernel.own(values)) / (size * (size - 1))
            for total, values, size in zip(within, (real, fake), sizes, strict=True)
        ]
    else:
        within = [total / size**2 for total, size in zip(within, sizes, strict=True)]
    return sum(within) - 2 * _total(real, fake, kernel) / (sizes[0] * sizes[1])


def _total(left, right, kernel):
    """Sum of the kernel over all pairs, with bounded memory."""
    if len(left) * len(right) <= _ROWS:
        return kernel.total(left, right)  # NumPy halves the work where both are one array
    rows = max(1, _ROWS // len(right))
    return sum(
        kernel.total(left[start : start + rows], right) for start in range(0, len(left), rows)
    )


def _cut(values, blocks):
    """TF-GAN's blocks: the shorter first, where `numpy.array_split` has the longer first."""
    ends = np.cumsum([(len(values) + number) // blocks for number in range(blocks)])
    return np.split(values, ends[:-1])


def _features(real, fake, at_least):
    real = feature_matrix("real features", real, at_least)
    fake = feature_matrix("generated features", fake, at_least)
    same_width(real, fake)
    return real, fake
