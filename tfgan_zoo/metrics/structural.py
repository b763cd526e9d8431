"""MS-SSIM: likeness of two pictures over several scales, and with it the diversity of samples.

Wang, Simoncelli & Bovik 2003, "Multi-scale structural similarity for image quality assessment".
The numbers are those of `tf.image.ssim_multiscale` and of the authors' MATLAB code.

Pictures in [-1, 1] are shifted to [0, 2] first: the luminance of SSIM depends on where zero lies,
and published figures have it at black. `reconstruction.ssim` has it at mid-grey.
"""

import numpy as np

from tfgan_zoo.metrics.reconstruction import WINDOW, image_batch, image_pairs, similarity_maps

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # the paper's, finest scale first
_RANGE = 2.0
_BLOCK = 2**15  # values of one block of pairs: small enough for the cache of a processor


def scales_for(size):
    """How many of the five scales fit into a picture whose shorter side is `size` pixels.

    The window has 11 pixels and each scale halves the picture: 5 from 176 on, 4 from 88, 3 from 44,
    2 from 22, and 1 from 11 (plain SSIM). Belongs to the protocol: figures of different numbers of
    scales do not compare.

    Raises:
        ValueError: under 11 pixels.
    """
    if size < WINDOW:
        raise ValueError(
            f"MS-SSIM needs images of at least {WINDOW} pixels a side; these have {size}."
        )
    return min(len(WEIGHTS), int(size // WINDOW).bit_length())


def ms_ssim(pictures, truth):
    """Multi-scale structural similarity per image, in [0, 1], the mean over channels.

    The product over scales of the mean contrast-structure to the power of its weight, and of the
    mean SSIM at the coarsest. Means under zero count as zero, as in TensorFlow: they have no real
    power. Between scales the mean of 2 x 2 pixels, an odd last row or column repeated.

    Args:
        pictures, truth: float `[B, H, W, C]` in [-1, 1], one to four channels, each side at least
            11 pixels. From 176 pixels on with the five scales of the paper; under that with the
            first `scales_for(min(H, W))` of its weights, scaled to a sum of one.

    Returns:
        float64 `[B]`.

    Raises:
        ValueError: in one sentence, for other input.
    """
    pictures, truth = image_pairs(pictures, truth)
    everyone = np.arange(len(pictures))
    return _scores(pictures, truth, everyone, everyone)


def ms_ssim_diversity(images, *, pairs=1000, seed=0):
    """Mean MS-SSIM of random pairs of different samples: the higher, the less diverse.

    Odena, Olah & Shlens 2017, arXiv 1610.09585, section 4.2 (there within one class at 128 x 128;
    compare with the same on real images of the same class and size). Copies of one picture score 1.

    Args:
        images: float `[N, H, W, C]` in [-1, 1], as for `ms_ssim`.
        pairs: how many of the N (N - 1) / 2 pairs to draw, without replacement; at least two.
        seed: of the draw.

    Returns:
        dict of `mean`, its `standard_error` (of the draw of pairs, as if they were independent) and
        `scales`, of which there were so many.

    Raises:
        ValueError: in one sentence, for other images or too few of them.
    """
    images = image_batch("images", images)
    possible = len(images) * (len(images) - 1) // 2
    if not 2 <= pairs <= possible:
        raise ValueError(
            f"{len(images)} images make {possible} pairs and {pairs} were asked for: give more "
            "images or ask for fewer pairs, at least two."
        )
    chance = np.random.Generator(np.random.PCG64(seed))
    codes = chance.choice(possible, pairs, replace=False)
    # Pair (first < second) has the code second (second - 1) / 2 + first.
    second = ((1 + np.sqrt(1 + 8 * codes.astype(np.float64))) / 2).astype(np.int64)
    first = codes - second * (second - 1) // 2
    scores = _scores(images, images, first, second)
    return {
        "mean": float(scores.mean()),
        "standard_error": float(scores.std(ddof=1) / np.sqrt(pairs)),
        "scales": float(scales_for(min(images.shape[1:3]))),
    }


def ms_ssim_by_class(images, labels, *, pairs=200, seed=0):
    """`ms_ssim_diversity` of the images of each class alone: what its label leaves to chance.

    Odena, Olah & Shlens 2017, arXiv 1610.09585, section 4.2 and figure 5: compare each class with
    real images of that class and size.

    Args:
        images: float `[N, H, W, C]` in [-1, 1], as for `ms_ssim`.
        labels: integers `[N]`.
        pairs: of each class; all of them where it has fewer.
        seed: of the draw.

    Returns:
        dict: class -> what `ms_ssim_diversity` returns, in the order of the classes. A class of
        under three images, which make one pair, is left out.

    Raises:
        ValueError: in one sentence, for other images.
    """
    labels, found = np.asarray(labels), {}
    for label, count in zip(*np.unique(labels, return_counts=True), strict=True):
        if count > 2:
            own = min(pairs, int(count * (count - 1) // 2))
            found[int(label)] = ms_ssim_diversity(images[labels == label], pairs=own, seed=seed)
    return found


def _scores(left, right, left_rows, right_rows):
    """MS-SSIM of left[left_rows[i]] with right[right_rows[i]] for every i: float64 [len(rows)]."""
    scales = scales_for(min(left.shape[1:3]))
    block = max(1, _BLOCK // left[0].size)
    scores = [
        _multiscale(left[left_rows[i : i + block]], right[right_rows[i : i + block]], scales)
        for i in range(0, len(left_rows), block)
    ]
    return np.concatenate(scores)


def _multiscale(left, right, scales):
    # Height and width first, so that all pairs and channels go through the window at once.
    left, right = (np.moveaxis(x, 0, -1).astype(np.float64, order="C") + 1 for x in (left, right))
    weights = np.array(WEIGHTS[:scales])
    if scales < len(WEIGHTS):  # the five sum to 1.0001, as published
        weights /= weights.sum()
    product = 1.0
    for scale, weight in enumerate(weights):
        if scale:
            left, right = _halved(left), _halved(right)
        luminance, factor = similarity_maps(left, right, _RANGE)
        if scale == scales - 1:
            factor = luminance * factor
        product = product * np.maximum(factor.mean((0, 1)), 0) ** weight
    return product.mean(0)


def _halved(values):
    """Mean of 2 x 2 pixels of [H, W, ...]."""
    for _ in range(2):  # rows, then columns, transposed
        if len(values) % 2:
            values = np.concatenate([values, values[-1:]])
        values = ((values[::2] + values[1::2]) / 2).swapaxes(0, 1)
    return values
