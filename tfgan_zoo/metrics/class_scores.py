"""Scores that need only the class probabilities of generated samples.

Whatever the classifier: a score belongs to it and compares with no other's. All arrays of
probabilities are [N, K], one row a sample, in the order in which the samples were drawn.
"""

import numpy as np
from scipy.special import rel_entr, xlogy

from tfgan_zoo.metrics import checks


def inception_score(probabilities, *, splits=10, shuffle_seed=None):
    """exp E KL(p(y|x) || p(y)): 1 (all alike, or nothing recognised) to K (sure, and all classes).

    Salimans et al. 2016, arXiv 1606.03498. Per split with its own p(y), then mean and population
    standard deviation over the splits, as in the authors' code and in torch-fidelity 0.4. It sees
    no real sample and no variety within a class.

    Args:
        probabilities: `[N, K]`; each split needs at least K of the N, as no score exceeds the
            number of samples behind it.
        splits: equal parts, up to one sample.
        shuffle_seed: None keeps the order, as the authors do; an integer draws another with NumPy's
            legacy `RandomState`, and 2020 is torch-fidelity's.

    Returns:
        dict of `mean` and `std`.

    Raises:
        ValueError: in one sentence, for what are not probabilities, or too few.
    """
    values = checks.probabilities("class probabilities", probabilities)
    total, classes = values.shape
    if splits < 1 or total // splits < classes:
        raise ValueError(
            f"{splits} splits of {classes} classes need {splits * classes} samples or more, at "
            f"least one split, and there are {total}: draw more or take fewer splits."
        )
    if shuffle_seed is not None:
        values = values[np.random.RandomState(shuffle_seed).permutation(total)]
    edges = [i * total // splits for i in range(splits + 1)]
    scores = [
        np.exp(_mean_divergence(values[start:stop]))
        for start, stop in zip(edges[:-1], edges[1:], strict=True)
    ]
    return {"mean": float(np.mean(scores)), "std": float(np.std(scores))}


def mode_score(probabilities, real_class_probabilities):
    """exp(E KL(p(y|x) || p(y)) - KL(p(y) || p(y*))): Inception Score less the wrong shares.

    Che et al. 2016, arXiv 1612.02136, section 3.1; p(y) is the mean over the generated samples and
    p(y*) that over the real ones. Never over the Inception Score of all samples in one split, and
    equal to it where the shares are right.

    Args:
        probabilities: `[N, K]` of the GENERATED samples, at least K of them.
        real_class_probabilities: `[K]`, the share of each class in the real data, all above zero.
            Only the two shapes tell the arguments apart, so the mean is the caller's to take.

    Returns:
        float, 0 to K.

    Raises:
        ValueError: in one sentence, for what are not probabilities, too few, or swapped arguments.
    """
    # The trap: E KL(p(y|x) || p(y*)) as the first term is by algebra the sum of the two terms here,
    # so that the subtraction would leave the Inception Score, whatever p(y*).
    values = checks.probabilities("class probabilities", probabilities)
    total, classes = values.shape
    if total < classes:
        raise ValueError(
            f"The Mode Score of {classes} classes needs at least as many samples; these are "
            f"{total}."
        )
    if np.shape(real_class_probabilities) != (classes,):
        raise ValueError(
            f"The real class probabilities must be [{classes}], one share a class, and come "
            f"second; these are {np.shape(real_class_probabilities)}."
        )
    real = checks.probabilities("real class probabilities", [real_class_probabilities])[0]
    if not real.all():
        raise ValueError(
            f"No real sample has class {int(np.argmin(real))}: the Mode Score needs every class in "
            "the real data."
        )
    return float(np.exp(_mean_divergence(values) - rel_entr(values.mean(0), real).sum()))


def class_histogram(probabilities):
    """How often each class is the likeliest.

    Args:
        probabilities: `[N, K]`; of equal ones the first wins.

    Returns:
        dict of `shares` (list of K floats), their `entropy` in nats (0 to log K),
        `effective_classes` (its exponential, 1 to K) and `missing` (classes without a sample).

    Raises:
        ValueError: in one sentence, for what are not probabilities.
    """
    values = checks.probabilities("class probabilities", probabilities)
    shares = np.bincount(values.argmax(1), minlength=values.shape[1]) / len(values)
    entropy = -xlogy(shares, shares).sum() + 0.0  # not -0.0 for a single class
    return {
        "shares": shares.tolist(),
        "entropy": float(entropy),
        "effective_classes": float(np.exp(entropy)),
        "missing": float((shares == 0).sum()),
    }


def _mean_divergence(values):
    """E KL(p(y|x) || p(y)) in nats; 0 log 0 is exactly 0."""
    return rel_entr(values, values.mean(0)).sum(1).mean()
