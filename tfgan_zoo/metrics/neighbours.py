"""Metrics of nearest neighbours between real and generated features.

The 1-nearest-neighbour two-sample test and classifier, precision and recall, density and coverage.
Features are `[N, D]` and compare by Euclidean distance. All raise ValueError, in one sentence, on
another rank, on different widths, on too few samples and on values that are not finite.

Distances come from one float64 matrix product: |x|^2 + |y|^2 - 2xy. float32 would be twice as fast,
but its rounding flips some of the 10^8 comparisons that these metrics count. What float64 leaves
is small and known, so distances that differ by no more than it count as equal (`rounding`):
otherwise chance would decide about copies and about pictures, whose values lie on a grid.
"""

import numpy as np

from tfgan_zoo.metrics import checks

BLOCK_BYTES = 2**25  # large enough for the matrix product, small enough for the cache
_BOUNDARIES = {"<": (np.less, -1), "<=": (np.less_equal, 1)}


def nearest_neighbour_accuracy(real, fake):
    """Leave-one-out accuracy of a 1-nearest-neighbour classifier that tells `real` from `fake`.

    Lopez-Paz & Oquab 2017, arXiv 1610.06545. 0.5 is ideal; near 1 the two sets lie apart; under
    0.5 the generated ones are copies: 0 if they are exactly `real`. Equals scikit-learn's
    `KNeighborsClassifier(1)`, leave-one-out, where no distances tie. Where several samples are
    equally near, a sample counts by the share of them that are of its own set, so neither the order
    nor the rounding decides: copying each real one gives 0, but one picture repeated gives a `fake`
    near 1, even if that picture is real.

    Args:
        real, fake: `[N, D]` of equal N, at least 2.

    Returns:
        dict of `total`, `real` (share of the real ones whose nearest neighbour is real) and `fake`.
    """
    real, fake = _pair(real, fake, at_least=2)
    count = len(real)
    if len(fake) != count:
        raise ValueError(
            f"The test needs as many generated as real samples; got {count} real ones and "
            f"{len(fake)} generated: leave some out."
        )
    real_to_fake, fake_to_real = np.empty(count), np.full(count, np.inf)
    for rows, distances in _blocks(real, fake):
        real_to_fake[rows] = distances.min(1)
        fake_to_real = np.minimum(fake_to_real, distances.min(0))
    right_real = _share_of_own(real, fake, _kth_squared_distances(real, 1), real_to_fake).mean()
    right_fake = _share_of_own(fake, real, _kth_squared_distances(fake, 1), fake_to_real).mean()
    return {
        "total": float((right_real + right_fake) / 2),
        "real": float(right_real),
        "fake": float(right_fake),
    }


def classification_error(samples, sample_labels, points, labels):
    """Error on `points` of a 1-nearest-neighbour classifier whose examples are labelled `samples`.

    The score of class-conditional DCGAN in the authors' code (github.com/Newmu/dcgan_code,
    `mnist/train_cond_dcgan.py`: 1,000 to 100,000 samples, pixels, Euclidean distance). It punishes
    samples with a wrong label, and classes of which only a part is drawn. Equals scikit-learn's
    `KNeighborsClassifier(1)` where no distances tie; where samples are equally near, a point counts
    by the share of them that have another label than it.

    Args:
        samples, sample_labels: `[N, D]` and integers `[N]`.
        points, labels: `[M, D]` and integers `[M]`, of the test.

    Returns:
        float in [0, 1].

    Raises:
        ValueError: also where a sample has no label or several.
    """
    samples, points = _pair(samples, points, at_least=1)
    sample_labels, labels = np.asarray(sample_labels), np.asarray(labels)
    for name, rows, values in (("sample", samples, sample_labels), ("point", points, labels)):
        if values.shape != (len(rows),):
            raise ValueError(
                f"Each {name} has one label: {len(rows)} of them go with labels [{len(rows)}], not "
                f"{list(values.shape)}."
            )
    wrong = 0.0
    for rows, distances in _blocks(points, samples):
        nearest = distances.min(1)
        near = distances <= (nearest + rounding(points[rows], nearest))[:, None]
        others = near & (sample_labels != labels[rows, None])
        wrong += (others.sum(1) / near.sum(1)).sum()
    return float(wrong / len(points))


def precision_recall(real, fake, *, k=3, boundary="<="):
    """Improved precision and recall (Kynkäänniemi et al. 2019, arXiv 1904.06991).

    Around each sample lies a ball that reaches to its k-th nearest neighbour in its own set.
    Precision is the share of `fake` in some ball of `real`, recall the share of `real` in some ball
    of `fake`. Both lie in [0, 1]; two samples of one distribution reach 1 only in few dimensions.

    Args:
        real, fake: `[N, D]` and `[M, D]`, at least k + 1 samples each.
        k: which neighbour.
        boundary: whether a point on the surface of a ball is inside: "<=" yes, as in the authors'
            code and in torch-fidelity; "<" no, as in the package `prdc`.

    Returns:
        dict of `precision` and `recall`.
    """
    scores = prdc(real, fake, k=k, boundary=boundary)
    return {name: scores[name] for name in ("precision", "recall")}


def density_coverage(real, fake, *, k=5):
    """Density and coverage (Naeem et al. 2020, arXiv 2002.09797).

    With the balls of `precision_recall` around `real` only, which outliers of `fake` cannot widen:
    density is the mean number of balls that hold a generated sample, divided by k (it may exceed
    1); coverage the share of balls that hold one. Two equally large samples of one distribution
    reach a density of 1 and a coverage near 1 - 2^-k. A point on the surface is outside, as in the
    authors' package `prdc`.

    Args:
        real, fake: `[N, D]` and `[M, D]`, at least k + 1 of `real` and one of `fake`.
        k: which neighbour.

    Returns:
        dict of `density` and `coverage`.
    """
    real, fake = _pair(real, fake, at_least=_checked_k(k) + 1, at_least_fake=1)
    hits = _count_hits(real, fake, k, "<")
    return {name: hits[name] for name in ("density", "coverage")}


def prdc(real, fake, *, k=5, boundary="<"):
    """Precision, recall, density and coverage, the distances computed once.

    Equals `compute_prdc` of the authors' package `prdc`; see `precision_recall` and
    `density_coverage`.

    Args:
        real, fake: `[N, D]` and `[M, D]`, at least k + 1 samples each.
        k: which neighbour.
        boundary: "<" or "<=", for all four.

    Returns:
        dict of `precision`, `recall`, `density` and `coverage`.
    """
    if boundary not in _BOUNDARIES:
        raise ValueError(f'The boundary must be "<" or "<="; got {boundary!r}.')
    real, fake = _pair(real, fake, at_least=_checked_k(k) + 1)
    hits = _count_hits(real, fake, k, boundary, with_recall=True)
    return {name: hits[name] for name in ("precision", "recall", "density", "coverage")}


def left_factor(points):
    """float64 `[N, D]` -> `[N, D + 2]` that, times a `right_factor`, gives squared distances.

    The norms ride along in the product, which saves passes over `[N, M]`. Points are best moved to
    around zero. The result is right to within `rounding`, so it may be a little below zero.
    """
    factor = np.empty((len(points), points.shape[1] + 2))
    factor[:, :-2] = -2 * points
    factor[:, -2] = np.square(points).sum(1)
    factor[:, -1] = 1
    return factor


def right_factor(points):
    """float64 `[M, D]` -> `[D + 2, M]`; see `left_factor`."""
    factor = np.empty((len(points), points.shape[1] + 2))
    factor[:, :-2] = points
    factor[:, -2] = 1
    factor[:, -1] = np.square(points).sum(1)
    return factor.T


def rounding(points, squared_distances):
    """How far a squared distance from `points`, computed as a product, may be off.

    The error of a sum of D products is within D machine epsilons of the sum of their magnitudes;
    a point at distance d from x has a norm of at most |x| + d.

    Args:
        points: float64 `[N, D]`, as given to `left_factor`.
        squared_distances: float64 `[N]`, from each point to any other.

    Returns:
        float64 `[N]`.
    """
    norms = np.square(points).sum(1)
    return 4 * points.shape[1] * np.finfo(np.float64).eps * (norms + np.abs(squared_distances))


def _blocks(points, others):
    """Yields a slice of `points` and their squared distances to all `others`; overwritten next."""
    left, right = left_factor(points), right_factor(others)
    size = max(1, BLOCK_BYTES // (8 * len(others)))
    memory = np.empty((min(size, len(points)), len(others)))  # fresh memory costs as much again
    for start in range(0, len(points), size):
        rows = slice(start, min(start + size, len(points)))
        yield rows, np.matmul(left[rows], right, out=memory[: rows.stop - start])


def _kth_squared_distances(points, k):
    """Squared distance of each point to its k-th nearest other one."""
    nearest = np.full((len(points), k), np.inf)
    left, right = left_factor(points), right_factor(points)
    memory = np.empty(min(BLOCK_BYTES // 8, len(points) ** 2) + len(points))
    start = 0
    while start < len(points):
        # What lies left of the diagonal was seen, transposed, in the blocks above.
        width = len(points) - start
        size = min(width, max(1, BLOCK_BYTES // (8 * width)))
        rows, below = slice(start, start + size), slice(start + size, None)
        distances = memory[: size * width].reshape(size, width)
        np.matmul(left[rows], right[:, start:], out=distances)
        np.fill_diagonal(distances, np.inf)  # each point itself
        _keep_smallest(nearest[below], distances[:, size:].T.copy())
        _keep_smallest(nearest[rows], distances)
        start += size
    return nearest.max(1)


def _keep_smallest(smallest, values):
    """Replaces each row of `smallest [N, k]` by the k smallest of it and `values`; sorts these."""
    if not values.size:
        return
    k = smallest.shape[1]
    few = min(k, values.shape[1])
    values.partition(few - 1, axis=1)
    both = np.concatenate([smallest, values[:, :few]], axis=1)
    both.partition(k - 1, axis=1)
    smallest[:] = both[:, :k]


def _share_of_own(own, other, to_own, to_other):
    """Share of each point's nearest ones, all that are equally near, that are of its own set."""
    share = (to_own < to_other).astype(np.float64)
    nearest = np.minimum(to_own, to_other)
    margin = rounding(own, nearest)
    ties = np.flatnonzero(np.abs(to_own - to_other) <= margin)
    limit = (nearest + margin)[ties, None]

    def count_near(points):
        near = np.empty(len(ties))
        for rows, distances in _blocks(own[ties], points):
            near[rows] = (distances <= limit[rows]).sum(1)
        return near

    of_own = count_near(own) - 1  # each point finds itself
    share[ties] = of_own / (of_own + count_near(other))
    return share


def _squared_radii(points, k, boundary):
    """Squared distance to the k-th nearest other point, moved so that rounding does not decide."""
    radii = _kth_squared_distances(points, k)
    return radii + _BOUNDARIES[boundary][1] * rounding(points, radii)


def _count_hits(real, fake, k, boundary, with_recall=False):
    """The scores, with "recall" only if asked for: it needs the balls around `fake`."""
    inside = _BOUNDARIES[boundary][0]
    real_radii = _squared_radii(real, k, boundary)
    fake_radii = _squared_radii(fake, k, boundary) if with_recall else None
    hits, covered, recalled = 0, 0, 0
    precise = np.zeros(len(fake), bool)
    for rows, distances in _blocks(real, fake):
        in_real_ball = inside(distances, real_radii[rows, None])
        hits += np.count_nonzero(in_real_ball)
        covered += np.count_nonzero(in_real_ball.any(1))
        precise |= in_real_ball.any(0)
        if with_recall:
            recalled += np.count_nonzero(inside(distances, fake_radii).any(1))
    scores = {
        "precision": float(precise.mean()),
        "density": float(hits / (k * len(fake))),
        "coverage": float(covered / len(real)),
    }
    if with_recall:
        scores["recall"] = float(recalled / len(real))
    return scores


def _pair(real, fake, at_least, at_least_fake=None):
    """Both sets in float64, moved to around zero, where the product cancels least."""
    real = checks.feature_matrix("real features", real, at_least)
    fake = checks.feature_matrix("generated features", fake, at_least_fake or at_least)
    checks.same_width(real, fake)
    centre = real.mean(0)
    return real - centre, fake - centre


def _checked_k(k):
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 1:
        raise ValueError(f"k must be a whole number, at least 1; got {k!r}.")
    return k
