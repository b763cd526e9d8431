"""Modes captured, quality and balance where the truth is known: Gaussian mixtures, stacked MNIST.

Even a perfect generator misses the ideal on N samples, so each result carries what a perfect one
is expected to score on as many: keys that begin with `perfect_`, exact sums, not simulations.
"""

import numpy as np
from scipy.spatial.distance import cdist, pdist
from scipy.special import kl_div, rel_entr
from scipy.stats import binom, chi2

from tfgan_zoo.metrics import checks

# So seldom does a perfect sampler have so few samples outside; at 2,500 samples in 2-D that is
# where the share of high quality is over 99.5 %.
_SIGNIFICANCE = 1e-3
_BLOCK = 2**20  # distances held at once


def mode_coverage(points, centres, std, *, weights=None, high_quality_sigmas=3.0, at_least=1):
    """How a mixture of isotropic Gaussians in any dimension is covered.

    A sample belongs to the nearest centre and is of high quality within `high_quality_sigmas`
    standard deviations of it (Srivastava et al. 2017, VEEGAN, arXiv 1705.07761; Lin et al. 2018,
    PacGAN, arXiv 1712.04086).

    Args:
        points: `[N, D]`, the generated samples.
        centres: `[K, D]`, all different.
        std: of the true modes, one number or `[K]`.
        weights: `[K]` of the true modes, in any unit; equal ones if None.
        high_quality_sigmas: in standard deviations.
        at_least: high-quality samples that capture a mode.

    Returns:
        dict of
        `modes`: captured ones, of K;
        `high_quality`: share of the samples, ideally not 1 but `perfect_high_quality`;
        `kl`: KL(share of all samples nearest to each centre || weights) in nats;
        `relative_std`: root mean square distance of the high-quality samples from their centre
            over that of an uncut Gaussian; NaN without any such sample;
        `separated`: whether centres lie at least twice the high-quality radius apart. If not,
            samples fall to their neighbours and the `perfect_` figures are approximations;
        `shrunken_variance`: whether fewer samples lie outside the high-quality radius than a
            perfect sampler has once in 1,000 times. In 2-D at 2,500 samples over 99.5 %. Only
            where `separated`: overlap also fills the room between modes;
        and `perfect_*`, all of `perfect_sampler`.

    Raises:
        ValueError: in one sentence, for other input, or centres that coincide (as those of a ring
            by `linspace(0, 2 pi, n)`, whose end is its beginning).
    """
    points = checks.feature_matrix("points", points)
    centres = checks.feature_matrix("centres", centres)
    total, dimension = points.shape
    if centres.shape[1] != dimension:
        raise ValueError(
            f"Points have {dimension} coordinates and centres {centres.shape[1]}: give both the "
            "same."
        )
    modes = len(centres)
    stds = np.asarray(std, np.float64)
    if stds.shape not in ((), (modes,)) or not np.isfinite(stds).all() or not (stds > 0).all():
        raise ValueError(
            f"std must be above zero and finite, one number or one for each of the {modes} centres."
        )
    weights = np.ones(modes) if weights is None else weights
    if np.shape(weights) != (modes,):
        raise ValueError(
            f"The weights must be [{modes}], one a centre; these are {np.shape(weights)}."
        )
    perfect = perfect_sampler(total, weights, dimension, high_quality_sigmas, at_least=at_least)
    closest = pdist(centres).min(initial=np.inf)
    if not closest:
        raise ValueError("Two centres coincide: give each mode once, with its weight.")
    separated = closest >= 2 * high_quality_sigmas * stds.max()

    nearest, distance = _nearest(points, centres)
    sigmas = distance / np.broadcast_to(stds, modes)[nearest]
    good = sigmas <= high_quality_sigmas
    captured = np.bincount(nearest[good], minlength=modes) >= at_least
    shares = np.bincount(nearest, minlength=modes) / total
    outside = chi2.sf(high_quality_sigmas**2, dimension)
    too_good = binom.cdf(total - good.sum(), total, outside) < _SIGNIFICANCE
    square = np.square(sigmas[good]).mean() / dimension if good.any() else np.nan
    return {
        "modes": float(captured.sum()),
        "high_quality": float(good.mean()),
        "kl": float(rel_entr(shares, _shares(weights)).sum()),
        "relative_std": float(np.sqrt(square)),
        "separated": bool(separated),
        "shrunken_variance": bool(separated and too_good),
        **{f"perfect_{name}": value for name, value in perfect.items()},
    }


def perfect_sampler(num_samples, weights, dimension, sigmas=3.0, *, at_least=1):
    """What `num_samples` of the true mixture itself are expected to score in `mode_coverage`.

    Args:
        num_samples: N, at least 1.
        weights: `[K]` of the modes, above zero, in any unit.
        dimension: D of the space; a share q of an isotropic Gaussian, the distribution function of
            chi-squared, lies within `sigmas` (3 sigmas: 99.73 % in 1-D, 98.89 % in 2-D).
        sigmas: radius of high quality in standard deviations.
        at_least: high-quality samples that capture a mode.

    Returns:
        dict of expectations, exact for modes that do not overlap: `modes`, the sum of
        P(Binomial(N, w q) >= at_least); `kl` of the multinomial shares against the weights, about
        (K - 1) / 2N; `high_quality`, that is q, and `high_quality_std`, that of a share of N;
        `relative_std` of a Gaussian cut off at `sigmas`, in 2-D 0.974 for 3.

    Raises:
        ValueError: in one sentence, for arguments without meaning.
    """
    if num_samples < 1 or dimension < 1 or at_least < 1 or not sigmas > 0:
        raise ValueError(
            "A perfect sampler needs one sample or more, one dimension or more, sigmas above zero "
            f"and at_least of one or more; got {num_samples}, {dimension}, {sigmas} and {at_least}."
        )
    shares = _shares(weights)
    inside = chi2.cdf(sigmas**2, dimension)
    return {
        "modes": float(binom.sf(at_least - 1, num_samples, shares * inside).sum()),
        "kl": _expected_kl(num_samples, shares),
        "high_quality": float(inside),
        "high_quality_std": float(np.sqrt(inside * (1 - inside) / num_samples)),
        # E[r^2; r <= s] of D dimensions is D times the mass within s of D + 2.
        "relative_std": float(np.sqrt(chi2.cdf(sigmas**2, dimension + 2) / inside)),
    }


def stacked_modes(probabilities):
    """Modes of stacked MNIST, three digits in the three channels of a picture: 1,000 of them.

    Metz et al. 2017, Unrolled GAN, arXiv 1611.02163, with 25,600 samples; PacGAN, arXiv 1712.04086,
    with 26,000. Figures of different N or classifiers do not compare.

    Args:
        probabilities: `[N, 3, 10]`, class probabilities of each channel.

    Returns:
        dict of `modes`, the triples of likeliest digits that occur at least once; `kl`,
        KL(their shares || uniform) in nats, at most log 1000 = 6.908; `perfect_modes` and
        `perfect_kl`, expected of N uniform draws, 0.0196 for 25,600. The real set comes less near,
        as its digits are not equally frequent.

    Raises:
        ValueError: in one sentence, for what are not such probabilities.
    """
    shape = np.shape(probabilities)
    if len(shape) != 3 or shape[1:] != (3, 10) or not shape[0]:
        raise ValueError(
            f"Stacked MNIST needs class probabilities [N, 3, 10], ten for each channel; these are "
            f"{shape}."
        )
    flat = checks.probabilities("class probabilities", np.reshape(probabilities, (-1, 10)))
    digits = flat.argmax(1).reshape(-1, 3)
    counts = np.bincount(digits @ [100, 10, 1], minlength=1000)
    uniform = _shares(np.ones(1000))
    total = len(digits)
    return {
        "modes": float((counts > 0).sum()),
        "kl": float(rel_entr(counts / total, uniform).sum()),
        "perfect_modes": float(binom.sf(0, total, uniform).sum()),
        "perfect_kl": _expected_kl(total, uniform),
    }


def _shares(weights):
    weights = np.asarray(weights, np.float64)
    if weights.ndim != 1 or not len(weights) or not np.isfinite(weights).all():
        raise ValueError("The weights must be finite numbers, one a mode.")
    if not (weights > 0).all():
        raise ValueError("The weights must be above zero: leave out modes that never occur.")
    return weights / weights.sum()


def _expected_kl(num_samples, shares):
    """E KL(n / N || shares) of a multinomial n, in nats, by sums over the binomial of each mode."""
    total = 0.0
    for share, times in zip(*np.unique(shares, return_counts=True), strict=True):
        mean = num_samples * share
        # What lies further out has a probability under 1e-25 and would only cost time.
        reach = 40 + 12 * np.sqrt(mean)
        counts = np.arange(max(0, int(mean - reach)), min(num_samples, int(mean + reach)) + 1)
        # x log(x / w) - x + w: the last two vanish in expectation, and no term is below zero.
        terms = kl_div(counts / num_samples, share)
        total += times * (binom.pmf(counts, num_samples, share) * terms).sum()
    return float(total)


def _nearest(points, centres):
    """Row of the nearest centre and the distance to it, both [N]."""
    nearest, distance = np.empty(len(points), np.int64), np.empty(len(points))
    block = max(1, _BLOCK // len(centres))
    for i in range(0, len(points), block):
        # Differences, not the faster products: modes are narrow and may lie far from zero.
        distances = cdist(points[i : i + block], centres)
        nearest[i : i + block] = distances.argmin(1)
        distance[i : i + block] = distances.min(1)
    return nearest, distance
