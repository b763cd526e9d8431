"""How far a picture is from the true one, per image: PSNR, SSIM and L1.

NumPy in float64, so that small differences do not drown in rounding. All take float images
[B, H, W, C] in [-1, 1], one to four channels, and return float64 [B]; all raise ValueError, in one
sentence, on another shape, dtype or range and on values that are not finite.

`luma_psnr` and `luma_ssim` are what tables of super-resolution print; their figures and those of
`psnr` and `ssim` do not compare.
"""

import numpy as np

WINDOW = 11  # pixels across the Gaussian of SSIM
_RADIUS = WINDOW // 2
_RANGE = 2.0  # of values in [-1, 1]


def l1(pictures, truth):
    """Mean absolute difference, in units of [-1, 1] (0 to 2), as in pix2pix's loss."""
    pictures, truth = image_pairs(pictures, truth)
    return np.stack([np.abs(p - t).mean() for p, t in _pairs(pictures, truth)])


def distance(pictures, truth):
    """Euclidean distance of all pixels, counted from 0 (black) to 1, so that of a grey picture of
    28x28 it is at most 28.
    """
    pictures, truth = image_pairs(pictures, truth)
    return np.stack([0.5 * np.linalg.norm(p - t) for p, t in _pairs(pictures, truth)])


def psnr(pictures, truth):
    """Peak signal to noise ratio in dB; infinite where the two are identical."""
    pictures, truth = image_pairs(pictures, truth)
    return np.stack([_psnr_of_one(p, t, _RANGE) for p, t in _pairs(pictures, truth)])


def masked_psnr(pictures, truth, masks):
    """`psnr` of the pixels that `masks [B, H, W, 1]` show, which are above 0.5; each mask must have
    some. Infinite where those are identical.
    """
    pictures, truth = image_pairs(pictures, truth)
    found = []
    for (p, t), mask in zip(_pairs(pictures, truth), masks[..., 0] > 0.5, strict=True):
        if not mask.any():
            raise ValueError("A mask without a pixel has no PSNR: leave such pictures out.")
        found.append(_psnr_of_one(p[mask], t[mask], _RANGE))
    return np.stack(found)


def ssim(pictures, truth):
    """Structural similarity (Wang et al. 2004), at most 1, the mean over channels.

    Gaussian window of 11 x 11 with sigma 1.5, K1 0.01, K2 0.03, statistics of the population, and
    only windows that lie inside the picture, as the authors' code and as scikit-image's
    `structural_similarity(gaussian_weights=True, sigma=1.5, use_sample_covariance=False)`. Counted
    from black, as with published figures: the luminance term is not that of values around zero.
    Each side needs at least 11 pixels.
    """
    pictures, truth = image_pairs(pictures, truth)
    _check_window(pictures)
    return np.stack([_ssim_of_one(p + 1, t + 1, _RANGE) for p, t in _pairs(pictures, truth)])


def luma(pictures):
    """The luma Y of ITU-R BT.601, in [16, 235]: what tables of super-resolution compare.

    MATLAB's `rgb2ycbcr`, BasicSR's `bgr2ycbcr(y_only=True)` times 255 and scikit-image's
    `rgb2ycbcr`, without the rounding to whole numbers that MATLAB adds for uint8.

    Args:
        pictures: float `[B, H, W, 3]`, or grey `[B, H, W, 1]`, in [-1, 1].

    Returns:
        float64 `[B, H, W]`. A grey picture is its own luma, in [0, 255], as in the tables: pressed
        into [16, 235] it would gain 1.3 dB for nothing.
    """
    return _luma(255 / 2 * (_rgb_or_grey(image_batch("pictures", pictures)).astype(np.float64) + 1))


def luma_psnr(pictures, truth, border):
    """PSNR in dB of the luma, as tables of super-resolution print it; infinite where identical.

    Both pictures are first rounded to the 256 levels of a file, then turned to `luma`, then cut by
    `border` pixels on every side (the scale of the super-resolution: 4 for x4); the peak is 255.
    BasicSR's `calculate_psnr(crop_border=border, test_y_channel=True)`.

    Args:
        pictures, truth: float `[B, H, W, C]` in [-1, 1], C 3 or 1.
        border: pixels cut off on every side, 0 or more.
    """
    pairs = _luma_pairs(pictures, truth, border)
    return np.stack([_psnr_of_one(p, t, 255) for p, t in pairs])


def luma_ssim(pictures, truth, border):
    """SSIM of the luma, rounded and cut as in `luma_psnr`, with a range of 255.

    BasicSR's `calculate_ssim(crop_border=border, test_y_channel=True)`; the window is that of
    `ssim`. What is left after the cut needs at least 11 pixels a side.
    """
    pairs = _luma_pairs(pictures, truth, border, smallest=WINDOW)
    return np.stack([_ssim_of_one(p, t, 255) for p, t in pairs])


def reconstruction_scores(pictures, truth):
    """All three: {"l1", "psnr", "ssim"} -> float64 [B]."""
    return {metric.__name__: metric(pictures, truth) for metric in (l1, psnr, ssim)}


def similarity_maps(pictures, truth, data_range):
    """The two factors of SSIM around every pixel whose window lies inside.

    Args:
        pictures, truth: float64 `[H, W, ...]`, H and W at least 11.
        data_range: the highest value less the lowest that there can be.

    Returns:
        Luminance and contrast-structure, each `[H - 10, W - 10, ...]`; their product is SSIM.
    """
    mean_p, mean_t = gaussian_mean(pictures), gaussian_mean(truth)
    variances = gaussian_mean(pictures**2) - mean_p**2 + gaussian_mean(truth**2) - mean_t**2
    covariance = gaussian_mean(pictures * truth) - mean_p * mean_t
    c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    luminance = (2 * mean_p * mean_t + c1) / (mean_p**2 + mean_t**2 + c1)
    return luminance, (2 * covariance + c2) / (variances + c2)


def gaussian_mean(values):
    """Mean of `[H, W, ...]` under the Gaussian window of SSIM (11 x 11, sigma 1.5).

    Returns:
        `[H - 10, W - 10, ...]`: only windows that lie inside.
    """
    weights = np.exp(-0.5 * (np.arange(-_RADIUS, _RADIUS + 1) / 1.5) ** 2)
    weights /= weights.sum()
    for _ in range(2):  # down the rows and then, transposed, along the columns
        inside = len(values) - 2 * _RADIUS
        values = sum(w * values[i : i + inside] for i, w in enumerate(weights))
        values = values.swapaxes(0, 1)
    return values


def image_batch(name, images):
    """Images as an array of floats `[B, H, W, C]` in [-1, 1].

    Args:
        name: how the sentence calls them, such as "pictures".

    Raises:
        ValueError: for another shape, more than four channels, another dtype or range, or values
            that are not finite.
    """
    images = np.asarray(images)
    if images.ndim != 4 or not 1 <= images.shape[3] <= 4 or 0 in images.shape:
        raise ValueError(
            f"Images must be [B, H, W, C] with one to four channels; these are {images.shape}."
        )
    if not np.issubdtype(images.dtype, np.floating):
        raise ValueError(f"Images must be float in [-1, 1]; {name} is {images.dtype}.")
    if not np.isfinite(images).all():
        raise ValueError(f"{name} holds values that are not finite.")
    if np.abs(images).max() > 1.01:  # a quantised tanh may step a little over
        raise ValueError(f"Images must lie in [-1, 1]; {name} reaches {np.abs(images).max()}.")
    return images


def image_pairs(pictures, truth):
    """Two `image_batch`es of one shape; raises ValueError where the shapes differ."""
    pictures, truth = np.asarray(pictures), np.asarray(truth)
    if pictures.shape != truth.shape:
        raise ValueError(f"Shapes differ: pictures {pictures.shape}, truth {truth.shape}.")
    return image_batch("pictures", pictures), image_batch("truth", truth)


def _psnr_of_one(p, t, data_range):
    with np.errstate(divide="ignore"):  # identical pictures
        return 10 * np.log10(data_range**2 / np.square(p - t).mean())


def _ssim_of_one(p, t, data_range):
    luminance, contrast_structure = similarity_maps(p, t, data_range)
    return (luminance * contrast_structure).mean()


def _check_window(pictures):
    height, width = pictures.shape[1:3]
    if min(height, width) < WINDOW:
        raise ValueError(f"SSIM needs images of at least 11x11 pixels; these are {height}x{width}.")


def _rgb_or_grey(pictures):
    if pictures.shape[3] not in (1, 3):
        raise ValueError(
            f"Luma needs RGB or grey pictures, three channels or one; these have "
            f"{pictures.shape[3]}."
        )
    return pictures


def _luma(levels):
    """Of [..., 3] or [..., 1] in [0, 255]."""
    if levels.shape[-1] == 1:
        return levels[..., 0]
    return 16 + levels @ np.array([65.481, 128.553, 24.966]) / 255


def _luma_pairs(pictures, truth, border, smallest=1):
    pictures, truth = map(_rgb_or_grey, image_pairs(pictures, truth))
    height, width = pictures.shape[1:3]
    if not isinstance(border, (int, np.integer)) or border < 0:
        raise ValueError(f"The border must be a whole number of pixels, 0 or more, not {border}.")
    if min(height, width) - 2 * border < smallest:
        raise ValueError(
            f"A border of {border} leaves less than {smallest}x{smallest} pixels of images of "
            f"{height}x{width}."
        )
    inside = slice(border, height - border), slice(border, width - border)
    for pair in _pairs(pictures, truth):
        levels = (np.rint(255 / 2 * (image + 1)).clip(0, 255) for image in pair)
        yield tuple(_luma(image)[inside] for image in levels)


def _pairs(pictures, truth):
    """One image at a time in float64: bounds the memory."""
    for picture, true in zip(pictures, truth, strict=True):
        yield picture.astype(np.float64), true.astype(np.float64)
