"""Parzen-window log-likelihood, the yardstick of Goodfellow et al. 2014 (arXiv 1406.2661).

A Gaussian of one width sits on each generated sample; the mixture of them is the model's density,
and the test set is scored under it. The formula, the grid of widths and the standard error are
those of the authors' code (`goodfeli/adversarial`, `parzen_ll.py`). Their protocol: 10,000 samples,
the width chosen on 1,000 validation images (those of the training set from 50,000 on), the score on
all 10,000 test images, and pixels in [0, 1], flattened: a density has the inverse units of its
pixels, so the paper's 225 +- 2 nats on MNIST mean nothing beside a score of pixels in [-1, 1].

What it is blind to. In hundreds of dimensions the mixture is nowhere near the model's density, and
what it ranks is not likelihood: k-means centroids of the training set score higher than the
training set itself (Theis et al. 2015, arXiv 1511.01844), a memorised training set scores well, and
the width, which must grow to bridge the gaps between samples, hides whatever is sharper than it.
With a million samples it still falls 69 to 640 nats short of annealed importance sampling, and
ranks VAE-10 (409) above VAE-50 (351), which that puts at 705 and 991 (Wu et al. 2016, arXiv
1611.04273, table 2). Use it to compare with old papers; `ais` estimates a decoder's likelihood.
"""

import numpy as np

from tfgan_zoo.metrics.checks import feature_matrix, same_width

SIGMAS = tuple(np.logspace(-1, 0, 10).tolist())  # the authors' grid, for pixels in [0, 1]

_ROWS, _COLUMNS = 1024, 4096  # of a block of distances: 32 MB, and one more for its exponentials


def log_likelihood(data, samples, sigma):
    """Log-density of each of `data` under isotropic Gaussians on `samples`, in nats.

    Equals scikit-learn's `KernelDensity(bandwidth=sigma, leaf_size=M)`. With leaves smaller than
    the sample its tree loses its digits in high dimension, and scores wrong by hundreds of nats.

    Args:
        data: `[N, D]`, real.
        samples: `[M, D]`, generated.
        sigma: standard deviation of each Gaussian, in the units of `data`.

    Returns:
        float64 `[N]`.

    Raises:
        ValueError: for another rank, different widths, values that are not finite, a sigma that is
            not positive, or one so small that the result overflows.
    """
    return _log_likelihoods(data, samples, [sigma])[0]


def choose_sigma(validation, samples, sigmas=SIGMAS):
    """The width under which the validation set is likeliest.

    Args:
        validation: `[N, D]`, real, neither trained on nor tested on.
        samples: `[M, D]`, generated.
        sigmas: the widths to try, in any order.

    Returns:
        dict of `sigma`, the best; `at_edge`, True if no smaller or no larger width was tried, so
        that the best may lie outside the grid; `sigmas` and `scores`, float64 `[S]`, the widths in
        rising order and the mean log-likelihood in nats under each.

    Raises:
        ValueError: as `log_likelihood`, and for an empty grid.
    """
    sigmas = np.unique(np.asarray(sigmas, np.float64))
    scores = _log_likelihoods(validation, samples, sigmas, name="validation set").mean(1)
    best = int(scores.argmax())
    return {
        "sigma": float(sigmas[best]),
        "at_edge": best in (0, len(sigmas) - 1),
        "sigmas": sigmas,
        "scores": scores,
    }


def parzen(test, validation, samples, sigmas=SIGMAS):
    """Mean log-likelihood of the test set under the width that suits the validation set best.

    Args:
        test: `[N, D]`, real; in [0, 1] to compare with published figures.
        validation: `[V, D]`, real, neither trained on nor tested on.
        samples: `[M, D]`, generated.
        sigmas: the widths to try.

    Returns:
        dict of `log_likelihood` in nats; `standard_error` over the test examples (standard
        deviation over the root of N; it knows nothing of the chance in samples and width);
        `sigma`; `at_edge`, as of `choose_sigma`; and `caveat`, a sentence on what forbids to take
        the number at its face, None if nothing is known to.

    Raises:
        ValueError: as `log_likelihood`, and for an empty grid or fewer than two test examples.
    """
    # The test set is checked first: the width alone may take minutes.
    test = feature_matrix("test set", test, at_least=2)
    chosen = choose_sigma(validation, samples, sigmas)
    scores = _log_likelihoods(test, samples, [chosen["sigma"]], name="test set")[0]
    caveats = []
    if chosen["at_edge"]:
        caveats.append(
            f"The best sigma, {chosen['sigma']:.4g}, is at the edge of the grid: a wider grid may "
            "give a higher likelihood."
        )
    low = min(np.min(values) for values in (test, validation, samples))
    high = max(np.max(values) for values in (test, validation, samples))
    if low < 0 or high > 1:
        caveats.append(
            f"Values lie in [{low:.4g}, {high:.4g}]: published figures are for pixels in [0, 1]."
        )
    return {
        "log_likelihood": float(scores.mean()),
        "standard_error": float(scores.std() / np.sqrt(len(scores))),
        "sigma": chosen["sigma"],
        "at_edge": chosen["at_edge"],
        "caveat": " ".join(caveats) or None,
    }


def _log_likelihoods(data, samples, sigmas, name="data"):
    """`log_likelihood` under each of several widths, [S, N]; the distances are computed once."""
    data, samples = feature_matrix(name, data), feature_matrix("generated samples", samples)
    same_width(data, samples)
    sigmas = np.asarray(sigmas, np.float64)
    if not sigmas.size or not np.isfinite(sigmas).all() or sigmas.min() <= 0:
        raise ValueError(
            f"Give at least one sigma, each positive and finite; these are {sigmas.tolist()}."
        )
    # |x|^2 + |y|^2 - 2xy in float64: float32 would be wrong by up to 0.001 nat at sigma 0.1, copies
    # included, and the product is no more than half of the time. Around the samples' mean, so that
    # an offset shared by all does not eat the digits.
    mean = samples.mean(0)
    samples = samples - mean
    squares = np.square(samples).sum(1)
    totals = np.full((len(sigmas), len(data)), -np.inf)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):  # looked at below
        scales = -0.5 / np.square(sigmas)
        for start in range(0, len(data), _ROWS):
            rows = slice(start, start + _ROWS)
            x = data[rows] - mean
            for first in range(0, len(samples), _COLUMNS):
                columns = slice(first, first + _COLUMNS)
                distances = x @ samples[columns].T
                distances *= -2
                distances += squares[columns]
                distances += np.square(x).sum(1)[:, None]
                nearest = np.maximum(distances.min(1), 0)  # rounding may go below
                distances -= nearest[:, None]
                weights = np.empty_like(distances)
                for total, scale in zip(totals, scales, strict=True):
                    np.exp(np.multiply(distances, scale, out=weights), out=weights)
                    mass = np.log(weights.sum(1)) + scale * nearest
                    total[rows] = np.logaddexp(total[rows], mass)
    if not np.isfinite(totals).all():
        raise ValueError(
            f"Sigma {sigmas.min()} is too small for these distances; try a larger one."
        )
    normaliser = np.log(len(samples)) + data.shape[1] * np.log(sigmas * np.sqrt(2 * np.pi))
    return totals - normaliser[:, None]
