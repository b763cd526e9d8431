"""Does a generator copy its training set?

Every picture is near to some training picture; the question is whether generated ones are nearer
than real ones that were not trained on. Theis et al. 2016 (arXiv 1511.01844, section 3.3) show what
looking at nearest neighbours misses: in pixels a copy that is shifted by one pixel may lie farther
from its original than from another picture. So measure in features (`memorisation`) and in pixels
over small shifts (`memorisation_of_images`), look from both sides, and look at the pictures
(`nearest`, `nearest_images`).

Distances are Euclidean; those that are returned come from plain differences, not from the matrix
product that finds the neighbours, so a copy is at exactly zero. All raise ValueError, in one
sentence, on other shapes, on too few samples and on values that are not finite.
"""

import numpy as np
from scipy import stats

from tfgan_zoo.metrics import checks, neighbours

_QUANTILE = 0.01
_FEWEST_HELD_OUT = 100  # for the quantile to mean something


def memorisation(*, train, held_out, fake):
    """Compares how near generated and held-out samples lie to the training set, in features.

    It cannot tell copies from samples that lack detail: in many dimensions the mean of all data
    may lie nearer to each sample than another sample does, and then looks copied from both sides.
    `nearest` shows which it is.

    Args:
        train: `[N, D]`, what the generator was trained on.
        held_out: `[M, D]`, at least 100 real samples that it was not trained on.
        fake: `[K, D]`, the generated ones.

    Returns:
        dict of

        - `median_generated`, `median_held_out`: medians of the distance to the nearest training
          sample.
        - `ratio`: of these medians; about 1 for fresh samples, 0 for copies.
        - `share_nearer`: share of the generated samples that are nearer to the training set than
          the 1 % quantile of held-out ones; about 0.01 for fresh samples, and what shows when only
          some are copies.
        - `p_value`: that generated distances as small as these come from the held-out ones'
          distribution (one-sided Mann-Whitney U, `scipy.stats.mannwhitneyu`). Samples that are far
          from all training ones give a value near 1.
        - `train_nearer`: the other side, the share of training samples whose nearest generated
          sample is nearer than their nearest held-out one, among equally many of both (the first
          ones), ties counting half; about 0.5 for fresh samples, towards 1 the more of the
          training set is copied.

    Raises:
        ValueError: also where held-out samples are copies of training samples.
    """
    train = checks.feature_matrix("training features", train)
    held_out = checks.feature_matrix("held-out features", held_out, _FEWEST_HELD_OUT)
    fake = checks.feature_matrix("generated features", fake)
    for features in (held_out, fake):
        checks.same_width(train, features)
    return _scores(_as_images(train), _as_images(held_out), _as_images(fake), max_shift=0)


def memorisation_of_images(*, train, held_out, fake, max_shift=2):
    """As `memorisation`, in pixels, with the nearest over shifts of up to `max_shift` pixels.

    The centre of a training picture is compared with all crops of its size of the other picture.
    Held-out pictures are shifted alike, so the comparison is fair, and all crops are equally large,
    so distances compare between shifts (not between different `max_shift`).

    Args:
        train, held_out, fake: float `[N, H, W, C]` in [-1, 1]; at least 100 held out.
        max_shift: in pixels, each way; at most a quarter of the shorter side. The time grows with
            the number of shifts, (2 max_shift + 1)^2.

    Returns:
        As `memorisation`; distances are in units of pixel values.
    """
    train = _checked_images("training images", train)
    held_out = _checked_images("held-out images", held_out, train.shape[1:], _FEWEST_HELD_OUT)
    fake = _checked_images("generated images", fake, train.shape[1:])
    _check_shift(max_shift, train.shape)
    return _scores(train, held_out, fake, max_shift)


def nearest(fake, train, count=1):
    """The training samples nearest to each generated one, to be shown beside it.

    Args:
        fake: `[N, D]`.
        train: `[M, D]`.
        count: how many, at most M.

    Returns:
        int64 `[N, count]`, rows of `train`, nearest first.
    """
    fake = checks.feature_matrix("generated features", fake)
    train = checks.feature_matrix("training features", train)
    checks.same_width(train, fake)
    return _nearest(_as_images(fake), _as_images(train), 0, _checked_count(count, train))[1]


def nearest_images(fake, train, count=1, *, max_shift=2):
    """As `nearest`, in pixels over shifts, as in `memorisation_of_images`.

    Args:
        fake, train: float `[N, H, W, C]` and `[M, H, W, C]` in [-1, 1].
        count: how many, at most M.
        max_shift: in pixels, each way.

    Returns:
        int64 `[N, count]`, rows of `train`, nearest first.
    """
    train = _checked_images("training images", train)
    fake = _checked_images("generated images", fake, train.shape[1:])
    _check_shift(max_shift, train.shape)
    return _nearest(fake, train, max_shift, _checked_count(count, train))[1]


def _scores(train, held_out, fake, max_shift):
    both = min(len(fake), len(held_out))
    generated, _, from_generated = _nearest(fake, train, max_shift, first=both)
    real, _, from_real = _nearest(held_out, train, max_shift, first=both)
    generated, real = generated[:, 0], real[:, 0]
    limit = np.quantile(real, _QUANTILE)
    if not limit:
        raise ValueError(
            f"{np.mean(real == 0):.1%} of the held-out samples are copies of training samples: "
            "leave them out, or take a split that was not trained on."
        )
    # Where a generated and a held-out sample are the same, rounding must not decide.
    margin = np.concatenate(
        [
            neighbours.rounding(crops, from_real[columns])
            for columns, crops in _training_blocks(train, max_shift)
        ]
    )
    nearer = np.where(abs(from_generated - from_real) <= margin, 0.5, from_generated < from_real)
    medians = np.median(generated), np.median(real)
    return {
        "median_generated": float(medians[0]),
        "median_held_out": float(medians[1]),
        "ratio": float(medians[0] / medians[1]),
        "share_nearer": float(np.mean(generated < limit)),
        "p_value": float(stats.mannwhitneyu(generated, real, alternative="less").pvalue),
        "train_nearer": float(nearer.mean()),
    }


def _nearest(samples, train, max_shift, count=1, first=0):
    """The nearest training pictures of each sample, and the nearest samples of each of those.

    Returns:
        Distances float64 and indices int64 `[N, count]`, nearest first; and float64 `[M]`, the
        squared distance of each training picture to the nearest of the `first` samples.
    """
    squared = np.full((len(samples), count), np.inf)
    indices = np.zeros((len(samples), count), np.int64)
    from_train = np.full(len(train), np.inf)
    centre = _centre(train, max_shift)
    for columns, crops in _training_blocks(train, max_shift):
        right = neighbours.right_factor(crops)
        for rows, shifted in _shifted_blocks(samples, max_shift, len(crops)):
            left = neighbours.left_factor(shifted.reshape(-1, centre.size) - centre)
            block = (left @ right).reshape(*shifted.shape[:2], -1).min(1)
            if rows.start < first:
                nearest_sample = block[: first - rows.start].min(0)
                from_train[columns] = np.minimum(from_train[columns], nearest_sample)
            few = min(count, len(crops))
            best = np.argpartition(block, few - 1, axis=1)[:, :few]
            near = np.concatenate([squared[rows], np.take_along_axis(block, best, axis=1)], axis=1)
            every = np.concatenate([indices[rows], columns.start + best], axis=1)
            best = np.argpartition(near, count - 1, axis=1)[:, :count]
            squared[rows] = np.take_along_axis(near, best, axis=1)
            indices[rows] = np.take_along_axis(every, best, axis=1)
    distances = _distances(samples, train, indices, max_shift)
    order = np.lexsort((indices, distances))
    return (
        np.take_along_axis(distances, order, axis=1),
        np.take_along_axis(indices, order, axis=1),
        from_train,
    )


def _distances(samples, train, indices, max_shift):
    """Distances float64 `[N, count]` to the training pictures `indices`, by plain differences."""
    distances = np.empty(indices.shape)
    for rows, shifted in _shifted_blocks(samples, max_shift):
        for rank, chosen in enumerate(indices[rows].T):
            crops = _crops(train[chosen], max_shift).astype(np.float64)
            squared = np.square(shifted - crops[:, None]).sum(2)
            distances[rows, rank] = np.sqrt(squared.min(1))
    return distances


def _training_blocks(train, max_shift):
    """Yields a slice of `train` and the centres of these pictures, flat, float64 `[B, D]`."""
    centre = _centre(train, max_shift)
    size = max(1, neighbours.BLOCK_BYTES // (8 * centre.size))
    for start in range(0, len(train), size):
        columns = slice(start, min(start + size, len(train)))
        yield columns, _crops(train[columns], max_shift) - centre


def _shifted_blocks(samples, max_shift, others=0):
    """Yields a slice of `samples` and all their crops, flat, `[B, shifts, D]`.

    Small enough that neither these nor their distances to `others` pictures fill the memory.
    """
    _, height, width, channels = samples.shape
    window = height - 2 * max_shift, width - 2 * max_shift
    shifts = (2 * max_shift + 1) ** 2
    values = window[0] * window[1] * channels
    size = max(1, neighbours.BLOCK_BYTES // (8 * shifts * max(values, others)))
    for start in range(0, len(samples), size):
        rows = slice(start, min(start + size, len(samples)))
        views = np.lib.stride_tricks.sliding_window_view(samples[rows], window, axis=(1, 2))
        yield rows, np.moveaxis(views, 3, -1).reshape(-1, shifts, values)


def _crops(images, margin):
    """The centres of images, flat, `[N, D]`."""
    _, height, width, _ = images.shape
    return images[:, margin : height - margin, margin : width - margin].reshape(len(images), -1)


def _centre(train, max_shift):
    """Float64 `[D]`; around it the product of the factors cancels least."""
    return _crops(train, max_shift).mean(0, dtype=np.float64)


def _as_images(features):
    return features[:, None, None, :]


def _checked_images(name, images, shape=None, at_least=1):
    images = np.asarray(images)
    if images.ndim != 4 or 0 in images.shape[1:] or not np.issubdtype(images.dtype, np.floating):
        raise ValueError(
            f"The {name} must be float [N, H, W, C] in [-1, 1]; these are {images.dtype} "
            f"{images.shape}."
        )
    if shape and images.shape[1:] != shape:
        raise ValueError(f"The {name} are {images.shape[1:]} and the training images {shape}.")
    if len(images) < at_least:
        raise ValueError(f"The {name} are {len(images)}; this metric needs at least {at_least}.")
    if not np.isfinite(images).all():
        raise ValueError(f"The {name} hold values that are not finite.")
    if np.abs(images).max() > 1.01:  # a quantised tanh may step a little over
        raise ValueError(f"The {name} must lie in [-1, 1]; they reach {np.abs(images).max()}.")
    return images


def _check_shift(max_shift, shape):
    side = min(shape[1:3])
    if not isinstance(max_shift, int | np.integer) or not 0 <= max_shift <= side // 4:
        raise ValueError(
            f"max_shift must be a whole number of pixels from 0 to {side // 4}, a quarter of the "
            f"side; got {max_shift!r}."
        )


def _checked_count(count, train):
    if not isinstance(count, int | np.integer) or not 1 <= count <= len(train):
        raise ValueError(
            f"count must be a whole number from 1 to {len(train)}, the training samples; "
            f"got {count!r}."
        )
    return count
