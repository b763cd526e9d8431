"""How much a clip flickers: what a frame shows beside what the last one showed of the same surface.

The warping error of Lai et al. 2018 (arXiv 1808.00449, section 4.2) for clips whose motion is known
or estimated: each frame is predicted by the one before it, moved by the motion, and compared with
it where the surface was seen in both. A perfectly still surface may change its light, and a moved
picture is blended between pixels, so that true clips are not at zero: compare with theirs.
"""

import numpy as np

from tfgan_zoo.kinds.motion import moved


def warp_error(clips, motion):
    """The mean distance of each frame to the last one, moved along, where both show the same.

    Args:
        clips: float `[N, T, H, W, C]` in [-1, 1], T at least 2.
        motion: float `[N, T, H, W, 3]`: how far to the right and how far down of a pixel, in
            pixels, the frame before shows what is seen there, and from 0 to 1 whether it does; what
            is said of first frames does not count.

    Returns:
        float64 `[N]`, the mean over pixels and channels of the absolute difference, in units of
        [-1, 1], 0 is no flicker; NaN for a clip of which no pixel was seen before.

    Raises:
        ValueError: where shapes disagree, or numbers are not finite.
    """
    clips, motion = np.asarray(clips, np.float64), np.asarray(motion, np.float64)
    if clips.ndim != 5 or clips.shape[1] < 2 or motion.shape != (*clips.shape[:4], 3):
        raise ValueError(
            "Clips are [N, T, H, W, C] of two frames or more, and their motion is [N, T, H, W, 3]; "
            f"these are {clips.shape} and {motion.shape}."
        )
    if not (np.isfinite(clips).all() and np.isfinite(motion).all()):
        raise ValueError("Clips or their motion hold values that are not finite.")
    found = np.empty(len(clips))
    for number, (clip, own) in enumerate(zip(clips, motion, strict=True)):
        total = seen = 0.0
        for frame in range(1, len(clip)):
            flow, weight = own[frame, ..., :2], own[frame, ..., 2]
            difference = np.abs(clip[frame] - moved(clip[frame - 1], flow)).mean(-1)
            total += (difference * weight).sum()
            seen += weight.sum()
        found[number] = total / seen if seen else np.nan
    return found
