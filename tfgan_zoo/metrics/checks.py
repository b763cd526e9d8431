"""What every metric asks of its input; each raises ValueError in one sentence."""

import numpy as np


def feature_matrix(name, values, at_least=1):
    """Features as float64 `[N, D]`.

    Args:
        name: how the sentence calls them, such as "real features".
        values: array `[N, D]` of numbers.
        at_least: rows that the metric needs.

    Raises:
        ValueError: for another rank, fewer rows, no columns, or values that are not finite.
    """
    values = np.asarray(values)
    if values.ndim != 2 or not values.shape[1]:
        raise ValueError(f"The {name} must be [N, D], one row a sample; these are {values.shape}.")
    if len(values) < at_least:
        raise ValueError(
            f"The {name} hold {len(values)} samples; this metric needs at least {at_least}."
        )
    values = values.astype(np.float64)
    if not np.isfinite(values).all():
        raise ValueError(f"The {name} hold values that are not finite: look at the pictures.")
    return values


def same_width(real, fake):
    """Raises ValueError unless `real [N, D]` and `fake [M, D]` have the same D."""
    if real.shape[1] != fake.shape[1]:
        raise ValueError(
            f"Real features have {real.shape[1]} columns and generated ones {fake.shape[1]}: take "
            "both from one extractor, and pictures of one size."
        )


def probabilities(name, values):
    """Class probabilities as float64 `[N, K]` whose rows sum to one.

    Raises:
        ValueError: for another rank, values that are negative or not finite, or rows whose sum is
            further than 1e-3 from one (logits, for instance).
    """
    values = feature_matrix(name, values)
    sums = values.sum(1, keepdims=True)
    if values.min() < 0 or np.abs(sums - 1).max() > 1e-3:
        raise ValueError(f"The {name} must be probabilities: rows that sum to one, none negative.")
    return values / sums
