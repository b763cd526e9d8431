"""Line drawings of pictures: what translation from edges learns from."""

import numpy as np
from scipy import ndimage

SMOOTHED = 0.8  # pixels, deviation of the Gaussian whose slopes are taken
STEEP = 0.05  # of the range from black to white over one pixel


def edges(pictures):
    """Black lines on white where the colours of a picture change, one or two pixels wide.

    The slope of the smoothed picture, that of its steepest channel, where it is steep and, across
    the line, not less steep than both its neighbours.

    Args:
        pictures: uint8 `[N, H, W, C]`.

    Returns:
        uint8 `[N, H, W, 3]` of 0 and 255.
    """
    lines = [_lines(picture.astype(np.float32) / 255.0) for picture in pictures]
    return np.repeat(np.where(np.stack(lines), 0, 255).astype(np.uint8)[..., None], 3, axis=-1)


def _lines(picture):
    """bool `[H, W]` of a picture `[H, W, C]` in [0, 1]."""
    down, right = (
        ndimage.gaussian_filter(picture, (SMOOTHED, SMOOTHED, 0), order)
        for order in ((1, 0, 0), (0, 1, 0))
    )
    steepest = np.argmax(down**2 + right**2, axis=-1)[..., None]
    down, right = (np.take_along_axis(s, steepest, -1)[..., 0] for s in (down, right))
    slope = np.hypot(down, right)
    beside = np.pad(slope, 1)
    above, below = beside[:-2, 1:-1], beside[2:, 1:-1]
    left, after = beside[1:-1, :-2], beside[1:-1, 2:]
    upright = np.abs(down) >= np.abs(right)
    ridge = np.where(
        upright, (slope >= above) & (slope >= below), (slope >= left) & (slope >= after)
    )
    return ridge & (slope > STEEP)
