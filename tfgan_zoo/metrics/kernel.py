"""Squared maximum mean discrepancies between features, and KID.

MMD^2 = E k(x, x') + E k(y, y') - 2 E k(x, y); Gretton et al. 2012, JMLR 13. Three estimators:

- "unbiased": pairs of a sample with itself are left out of the first two means (the U-statistic;
  the third mean is over all pairs). Can be negative.
- "biased": all pairs (the V-statistic). Never negative.
- "block": TF-GAN's. Both sets are cut, in the order given, into blocks of at most 1024, and the
  unbiased estimates of the blocks are averaged. Cheap, but it depends on the order, and samples
  sorted by class give another number than shuffled ones.
"""

import dataclasses
import math

import numpy as np
from scipy.spatial.distance import pdist

from tfgan_zoo.metrics.checks import feature_matrix, same_width

ESTIMATORS = ("unbiased", "biased", "block")
_BLOCK = 1024  # TF-GAN's largest
_TILE = 1024  # rows and columns of a product: at most 8 MB
_STRIP = 64  # rows of it that the kernel is taken of: at most 0.5 MB
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
    real, fake = _features(real, fake)
    gamma = 1 / real.shape[1] if gamma is None else gamma
    return _mmd(real, fake, _polynomial(int(degree), gamma, coef0), estimator)


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
    real, fake = _features(real, fake)
    # Distances come from products, which lose digits where an offset is large beside them.
    centre = (real.mean(0) + fake.mean(0)) / 2
    real, fake = real - centre, fake - centre
    largest = np.sqrt(max(np.square(values).sum(1).max() for values in (real, fake)))
    if bandwidth < 1e-5 * largest:
        raise ValueError(
            f"The bandwidth {bandwidth} is lost in rounding beside features that lie {largest:.3g} "
            "from their mean: give a larger one."
        )
    return _mmd(real, fake, _gaussian(bandwidth), estimator)


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
    real, fake = _features(real, fake)
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
    # float32 features are multiplied in float32, as torch-fidelity does: half the time. The cubes
    # are taken and summed in float64. Measured, the mean is then within 2e-8 of the one in float64
    # throughout, and within 3e-6 for two sets of one distribution, where it is near zero.
    given = np.asarray(real), np.asarray(fake)
    real, fake = _features(*given)
    if all(values.dtype == np.float32 for values in given):
        real, fake = given
    if min(len(real), len(fake)) < subset_size:
        raise ValueError(
            f"KID draws subsets of {subset_size}, and there are {len(real)} real and {len(fake)} "
            "generated samples: lower subset_size or take more samples."
        )
    estimate = _Estimate(_polynomial(3, 1 / real.shape[1], 1.0), real.dtype)
    stream = np.random.RandomState(seed)
    estimates = []
    for _ in range(subsets):
        chosen_fake = fake[stream.choice(len(fake), subset_size, replace=False)]
        chosen_real = real[stream.choice(len(real), subset_size, replace=False)]
        estimates.append(estimate(chosen_real, chosen_fake))
    return {"mean": float(np.mean(estimates)), "std": float(np.std(estimates))}


def _polynomial(degree, gamma, coef0):
    def kernel(products, left, right):
        products *= gamma
        products += coef0
        if degree == 3:  # `**` takes ten times as long
            return products * products * products
        return products**degree

    return kernel


def _gaussian(bandwidth):
    def kernel(products, left, right):
        products -= left.squares[:, None] / 2
        products -= right.squares / 2
        products /= bandwidth**2
        return np.exp(products, out=products)

    return kernel


@dataclasses.dataclass(frozen=True)
class _Samples:
    values: np.ndarray
    squares: np.ndarray  # squared norms

    def __getitem__(self, rows):
        return _Samples(self.values[rows], self.squares[rows])


def _mmd(real, fake, kernel, estimator):
    if estimator not in ESTIMATORS:
        raise ValueError(f"There is no estimator '{estimator}': take one of {ESTIMATORS}.")
    if min(len(real), len(fake)) < 2 and estimator != "biased":
        raise ValueError(
            f"The estimator '{estimator}' needs at least 2 samples of each; there are {len(real)} "
            f"real and {len(fake)} generated ones."
        )
    estimate = _Estimate(kernel)
    if estimator != "block":
        return float(estimate(real, fake, estimator == "unbiased"))
    blocks = math.ceil(max(len(real), len(fake)) / _BLOCK)
    if min(len(real), len(fake)) < 2 * blocks:
        raise ValueError(
            f"{len(real)} real and {len(fake)} generated samples do not fill {blocks} blocks: take "
            "numbers that are nearer to each other, or another estimator."
        )
    pairs = zip(_cut(real, blocks), _cut(fake, blocks), strict=True)
    return float(np.mean([estimate(*pair) for pair in pairs]))


class _Estimate:
    """Squared MMD of two sets, with one piece of memory for all the products it takes.

    A product is large, because BLAS makes its threads wait for each other once in each; the kernel
    goes over it in strips, because a strip stays in the cache. New memory for every product would
    cost more than the product.
    """

    def __init__(self, kernel, dtype=np.float64):
        self._kernel = kernel
        self._memory = np.empty(_TILE * _TILE, dtype)

    def __call__(self, real, fake, unbiased=True):
        sets = [_Samples(values, np.einsum("ij,ij->i", values, values)) for values in (real, fake)]
        estimate = -2 * self._between(*sets) / (len(real) * len(fake))
        for samples in sets:
            others, own = self._within(samples)
            size = len(samples.values)
            estimate += others / (size * (size - 1)) if unbiased else (others + own) / size**2
        if not np.isfinite(estimate):
            raise ValueError("The kernel of these features overflows: scale both sets down.")
        return estimate

    def _between(self, left, right):
        """Sum over all pairs."""
        total = 0.0
        for rows in _pieces(len(left.values), _TILE):
            for columns in _pieces(len(right.values), _TILE):
                total += self._tile(left[rows], right[columns])
        return total

    def _within(self, samples):
        """Sums over the ordered pairs of different samples, and over each with itself."""
        others = own = 0.0
        for tile in _pieces(len(samples.values), _TILE):
            part, before = samples[tile], samples[: tile.start]
            products = self._products(part, part)
            for strip in _pieces(len(products), _STRIP):
                # Left of the diagonal and, with what is mirrored, at it.
                until = slice(0, strip.stop)
                values = self._kernel(
                    products[strip, until].astype(np.float64), part[strip], part[until]
                )
                square = values[:, strip.start :]
                diagonal = np.trace(square)
                own += diagonal
                others += square.sum() - diagonal + 2 * values[:, : strip.start].sum()
            others += 2 * self._between(part, before)
        return others, own

    def _tile(self, left, right):
        products = self._products(left, right)
        return sum(
            self._kernel(products[strip].astype(np.float64), left[strip], right).sum()
            for strip in _pieces(len(products), _STRIP)
        )

    def _products(self, left, right):
        shape = len(left.values), len(right.values)
        out = self._memory[: math.prod(shape)].reshape(shape)
        return np.matmul(left.values, right.values.T, out=out)


def _pieces(length, size):
    return [slice(start, min(start + size, length)) for start in range(0, length, size)]


def _cut(values, blocks):
    """TF-GAN's blocks: the shorter first, where `numpy.array_split` has the longer first."""
    ends = np.cumsum([(len(values) + number) // blocks for number in range(blocks)])
    return np.split(values, ends[:-1])


def _features(real, fake):
    real = feature_matrix("real features", real)
    fake = feature_matrix("generated features", fake)
    same_width(real, fake)
    return real, fake
