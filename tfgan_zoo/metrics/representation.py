"""Features as a representation: what a linear classifier reads from them, from many or few labels.

Radford et al. 2015 (DCGAN, arXiv 1511.06434), section 5: an L2 support vector machine on the
features, one against the rest, its cost chosen on pictures that it does not learn from. Beside it
stands the strongest single layer of its day, k-means features: Coates, Lee & Ng, AISTATS 2011, "An
analysis of single-layer networks in unsupervised feature learning".
"""

import dataclasses
import warnings

import numpy as np

from tfgan_zoo.metrics import checks

COSTS = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)  # the paper's 1e-4 to 1e-2, and wider
CHOOSING = 3  # draws of labels that the cost is chosen with
TOLERANCE = 1e-3
LARGEST_ITERATIONS = 1000


@dataclasses.dataclass(frozen=True)
class Labelled:
    """Features `[N, D]` with their classes, int `[N]`."""

    features: np.ndarray
    labels: np.ndarray

    def __post_init__(self):
        checks.feature_matrix("features", self.features[:1])
        if len(self.labels) != len(self.features) or self.labels.ndim != 1:
            raise ValueError(
                f"{len(self.features)} rows of features need as many labels, one each; these are "
                f"{self.labels.shape}."
            )

    def part(self, rows):
        return Labelled(self.features[rows], self.labels[rows])


def fit(part, cost):
    """scikit-learn's `LinearSVC` on a `Labelled`: squared hinge, L2, one against the rest."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import LinearSVC

    # The dual is many times faster than the primal here, where features are as many as pictures.
    svm = LinearSVC(C=cost, dual=True, tol=TOLERANCE, max_iter=LARGEST_ITERATIONS, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # `accuracy_by_labels` tells
        return svm.fit(part.features, part.labels)


def accuracy(svm, part):
    """Share of a `Labelled` that the classifier reads right."""
    return float(np.mean(svm.predict(part.features) == part.labels))


def draw_labels(labels, count, random):
    """Rows `[count]` of which every class has the same number, or one more.

    Raises:
        ValueError: if a class has too few.
    """
    classes, sizes = np.unique(labels, return_counts=True)
    if count < len(classes):
        raise ValueError(f"{count} labels are too few: there are {len(classes)} classes.")
    shares = np.full(len(classes), count // len(classes))
    shares[random.permutation(len(classes))[: count % len(classes)]] += 1
    if (shares > sizes).any():
        scarce = int(np.argmax(shares > sizes))
        raise ValueError(
            f"{count} labels, {shares[scarce]} of class {classes[scarce]}, are more than the "
            f"{sizes[scarce]} training pictures of that class: take more of these or fewer labels."
        )
    return np.concatenate(
        [
            random.choice(np.flatnonzero(labels == label), share, replace=False)
            for label, share in zip(classes, shares, strict=True)
        ]
    )


def accuracy_by_labels(train, held_out, test, counts, *, draws=10, seed=0, costs=COSTS):
    """Test accuracy of the support vector machine by the number of labels it learns from.

    Args:
        train, held_out, test: `Labelled` of one representation; costs are chosen on `held_out`, by
            the mean accuracy over the first draws (`CHOOSING`).
        counts: numbers of labels; that of all training pictures is one draw.
        draws: of the labels, for each smaller number; the same for every representation.
        seed: of the draws.
        costs: rising; those after the first that makes the held-out accuracy fall are not tried.

    Returns:
        A list of dicts: `labels`, `mean` and `std` (of the sample, 0 for one draw) of
        `accuracies`, `cost`, `held_out` (the accuracy that it was chosen by) and `converged`, false
        if a fit at that cost ended at its last iteration.

    Raises:
        ValueError: if there are more labels asked for than training pictures.
    """
    curve = []
    for count in counts:
        if count > len(train.labels):
            raise ValueError(f"{count} labels, but {len(train.labels)} training pictures.")
        if count == len(train.labels):
            parts = [train]
        else:
            random = [np.random.default_rng([seed, count, draw]) for draw in range(draws)]
            parts = [train.part(draw_labels(train.labels, count, chance)) for chance in random]
        best = None
        for cost in costs:
            machines = [fit(part, cost) for part in parts[:CHOOSING]]
            found = float(np.mean([accuracy(machine, held_out) for machine in machines]))
            if best and found < best[0]:
                break
            if not best or found > best[0]:
                best = found, cost, machines
        found, cost, machines = best
        machines += [fit(part, cost) for part in parts[CHOOSING:]]
        accuracies = [accuracy(machine, test) for machine in machines]
        curve.append(
            {
                "labels": int(count),
                "mean": float(np.mean(accuracies)),
                "std": float(np.std(accuracies, ddof=1)) if len(accuracies) > 1 else 0.0,
                "accuracies": accuracies,
                "cost": cost,
                "held_out": found,
                "converged": all(np.max(m.n_iter_) < LARGEST_ITERATIONS for m in machines),
            }
        )
    return curve


class KMeansFeatures:
    """How near each place of a picture is to each of a dictionary of patches.

    Patches are normalised in contrast and whitened; k-means on them is the dictionary. A place is
    described by the "triangle": how much nearer than the mean distance each centroid is, zero for
    those farther. The sums over the four quadrants are the features.

    Args:
        centroids: K.
        side: of a patch, in pixels; the stride is one pixel.
        patches: that k-means learns from, drawn at random places.
        seed: of the patches and of k-means.

    Raises:
        ValueError: if there are fewer patches than centroids.
    """

    CONTRAST = 10.0  # added to a patch's variance, of levels in [0, 255]
    WHITENING = 0.1  # added to the eigenvalues
    ITERATIONS = 50

    def __init__(self, centroids=400, side=6, patches=50_000, seed=0):
        if patches < centroids:
            raise ValueError(f"{patches} patches cannot have {centroids} centroids.")
        self.centroids, self.side, self.patches, self.seed = centroids, side, patches, seed

    def fit(self, pictures):
        """Learns the dictionary from uint8 `[N, H, W, C]`; returns itself.

        Raises:
            ValueError: if the pictures are no larger than a patch.
        """
        from sklearn.cluster import KMeans

        if min(pictures.shape[1:3]) <= self.side:
            raise ValueError(
                f"Patches of {self.side}x{self.side} need larger pictures than {pictures.shape}."
            )
        random = np.random.default_rng(self.seed)
        height, width = (length - self.side + 1 for length in pictures.shape[1:3])
        rows = random.integers(0, len(pictures), self.patches)
        tops = random.integers(0, height, self.patches)[:, None, None]
        lefts = random.integers(0, width, self.patches)[:, None, None]
        step = np.arange(self.side)
        chosen = pictures[rows[:, None, None], tops + step[:, None], lefts + step]
        patches = self._normalised(chosen.reshape(self.patches, -1))
        self._mean = patches.mean(0)
        values, vectors = np.linalg.eigh(np.cov(patches - self._mean, rowvar=False, bias=True))
        self._whiten = (vectors / np.sqrt(values + self.WHITENING) @ vectors.T).astype(np.float32)
        found = KMeans(
            self.centroids, n_init=1, max_iter=self.ITERATIONS, random_state=self.seed
        ).fit((patches - self._mean) @ self._whiten)
        self._centroids = found.cluster_centers_.astype(np.float32)
        return self

    def __call__(self, pictures):
        """float32 `[N, 4K]`: quadrant by quadrant, from the top left, row by row."""
        side, features = self.side, []
        middle = [(length - side + 2) // 2 for length in pictures.shape[1:3]]
        for picture in pictures:
            windows = np.lib.stride_tricks.sliding_window_view(picture, (side, side), (0, 1))
            shape = windows.shape[:2]
            patches = self._normalised(windows.transpose(0, 1, 3, 4, 2).reshape(np.prod(shape), -1))
            near = self._triangle((patches - self._mean) @ self._whiten).reshape(*shape, -1)
            halves = near[: middle[0]], near[middle[0] :]
            features.append(
                [
                    part.sum((0, 1))
                    for half in halves
                    for part in (half[:, : middle[1]], half[:, middle[1] :])
                ]
            )
        return np.asarray(features, np.float32).reshape(len(pictures), -1)

    def _normalised(self, patches):
        patches = patches.astype(np.float32)
        patches -= patches.mean(1, keepdims=True)
        return patches / np.sqrt(patches.var(1, keepdims=True) + self.CONTRAST)

    def _triangle(self, patches):
        squares = (patches**2).sum(1, keepdims=True) + (self._centroids**2).sum(1)
        distances = np.sqrt(np.maximum(squares - 2 * patches @ self._centroids.T, 0))
        return np.maximum(distances.mean(1, keepdims=True) - distances, 0)


def standardised(features, like):
    """`features [N, D]` less the mean of `like [M, D]`, by its standard deviation, as Coates et al.
    do it: 0.01 is added to the variance.
    """
    return (features - like.mean(0)) / np.sqrt(like.var(0) + 0.01)
