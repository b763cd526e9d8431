"""Two-sample tests between generated and real pictures."""

import numpy as np
from sklearn.neighbors import KNeighborsClassifier


def nearest_neighbour_accuracy(real, fake):
    """Leave-one-out accuracy of a 1-nearest-neighbour classifier that tells `real` from `fake`.

    Lopez-Paz & Oquab 2017, arXiv 1610.06545. 0.5 is ideal; near 1 the two sets lie apart; under
    0.5 the generated ones are copies.

    Args:
        real, fake: `[N, ...]` of equal N and shape; flattened to vectors, Euclidean distance.

    Returns:
        dict of `total`, `real` (share of the real ones whose nearest neighbour is real) and `fake`.

    Raises:
        ValueError: for unequal or too small sets.
    """
    if len(real) != len(fake) or len(real) < 2:
        raise ValueError(
            f"The test needs two sets of equal size, at least 2; got {len(real)} and {len(fake)}."
        )
    points = np.concatenate([real, fake]).reshape(2 * len(real), -1).astype(np.float64)
    is_real = np.repeat([True, False], len(real))
    # Asked without points, scikit-learn leaves each training point out of its own neighbours.
    neighbours = KNeighborsClassifier(1).fit(points, is_real).kneighbors(return_distance=False)
    right = is_real[neighbours[:, 0]] == is_real
    return {
        "total": float(right.mean()),
        "real": float(right[is_real].mean()),
        "fake": float(right[~is_real].mean()),
    }
