"""How far a picture is from the true one, per image: PSNR, SSIM and L1.

NumPy in float64, so that small differences do not drown in rounding. All take float images
[B, H, W, C] in [-1, 1], one to four channels, and return float64 [B]; all raise ValueError, in one
sentence, on another shape, dtype or range and on values that are not finite.
"""

import numpy as np

_RANGE = 2.0  # of values in [-1, 1]
_RADIUS = 5  # 11 taps


def l1(pictures, truth):
    """Mean absolute difference, in units of [-1, 1] (0 to 2), as in pix2pix's loss."""
    pictures, truth = _checked(pictures, truth)
    return np.stack([np.abs(p - t).mean() for p, t in _pairs(pictures, truth)])


def psnr(pictures, truth):
    """Peak signal to noise ratio in dB; infinite where the two are identical."""
    pictures, truth = _checked(pictures, truth)
    errors = np.stack([np.square(p - t).mean() for p, t in _pairs(pictures, truth)])
    with np.errstate(divide="ignore"):  # identical pictures
        return 10 * np.log10(_RANGE**2 / errors)


def ssim(pictures, truth):
    """Structural similarity (Wang et al. 2004), at most 1, the mean over channels.

    Gaussian window of 11 x 11 with sigma 1.5, K1 0.01, K2 0.03, statistics of the population, and
    only windows that lie inside the picture, as the authors' code and as scikit-image's
    `structural_similarity(gaussian_weights=True, sigma=1.5, use_sample_covariance=False)`. Each
    side needs at least 11 pixels.
    """
    pictures, truth = _checked(pictures, truth)
    if min(pictures.shape[1:3]) < 2 * _RADIUS + 1:
        height, width = pictures.shape[1:3]
        raise ValueError(f"SSIM needs images of at least 11x11 pixels; these are {height}x{width}.")
    return np.stack([_ssim_of_one(p, t) for p, t in _pairs(pictures, truth)])


def reconstruction_scores(pictures, truth):
    """All three: {"l1", "psnr", "ssim"} -> float64 [B]."""
    return {metric.__name__: metric(pictures, truth) for metric in (l1, psnr, ssim)}


def _ssim_of_one(p, t):
    mean_p, mean_t = _window(p), _window(t)
    variance_p = _window(p * p) - mean_p**2
    variance_t = _window(t * t) - mean_t**2
    covariance = _window(p * t) - mean_p * mean_t
    c1, c2 = (0.01 * _RANGE) ** 2, (0.03 * _RANGE) ** 2
    similarity = (2 * mean_p * mean_t + c1) * (2 * covariance + c2)
    return (similarity / ((mean_p**2 + mean_t**2 + c1) * (variance_p + variance_t + c2))).mean()


def _window(values):
    """Gaussian mean of [H, W, C] around every pixel whose window lies inside."""
    weights = np.exp(-0.5 * (np.arange(-_RADIUS, _RADIUS + 1) / 1.5) ** 2)
    weights /= weights.sum()
    for _ in range(2):  # down the rows and then, transposed, along the columns
        inside = len(values) - 2 * _RADIUS
        values = sum(w * values[i : i + inside] for i, w in enumerate(weights))
        values = values.swapaxes(0, 1)
    return values


def _pairs(pictures, truth):
    """One image at a time in float64: bounds the memory."""
    for picture, true in zip(pictures, truth, strict=True):
        yield picture.astype(np.float64), true.astype(np.float64)


def _checked(pictures, truth):
    pictures, truth = np.asarray(pictures), np.asarray(truth)
    if pictures.shape != truth.shape:
        raise ValueError(f"Shapes differ: pictures {pictures.shape}, truth {truth.shape}.")
    if pictures.ndim != 4 or not 1 <= pictures.shape[3] <= 4 or 0 in pictures.shape:
        raise ValueError(
            f"Images must be [B, H, W, C] with one to four channels; these are {pictures.shape}."
        )
    for name, images in (("pictures", pictures), ("truth", truth)):
        if not np.issubdtype(images.dtype, np.floating):
            raise ValueError(f"Images must be float in [-1, 1]; {name} is {images.dtype}.")
        if not np.isfinite(images).all():
            raise ValueError(f"{name} holds values that are not finite.")
        if np.abs(images).max() > 1.01:  # a quantised tanh may step a little over
            raise ValueError(f"Images must lie in [-1, 1]; {name} reaches {np.abs(images).max()}.")
    return pictures, truth
