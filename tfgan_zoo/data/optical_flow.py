"""The motion between two pictures, by a classical method, for clips that do not say it.

Pyramidal iterative Lucas-Kanade (Bouguet 2001, "Pyramidal Implementation of the Affine Lucas Kanade
Feature Tracker"), dense: at each pixel the shift of a window is found by which the other picture
agrees with this one there, from coarse to fine. It sees shifts of what has texture and is
larger than the window; a flat surface gets the motion of what is around it. vid2vid's authors take
FlowNet2, whose weights are not free.
"""

import numpy as np
from scipy import ndimage

from tfgan_zoo.kinds.motion import moved

TRUSTED = 0.02  # the largest squared error, over the channels in [-1, 1], of the authors' flows
_ROUNDS = 8  # at each size
_LEAST = 16  # pixels of the coarsest picture's shorter side
_RIDGE = 2e-4  # added to what tells shifts apart, so that none is found where nothing does
_LUMA = (0.299, 0.587, 0.114)


def motion(clip, window=2.0):
    """How each pixel of a clip has moved since the frame before.

    Args:
        clip: uint8 `[T, H, W, C]`.
        window: deviation in pixels of the Gaussian weights around a pixel.

    Returns:
        float32 `[T, H, W, 3]`, as `Motion` has it: the third number is 1 where the frame before,
        moved by the flow, is what is seen now (`TRUSTED`), else 0; the first frame has 0
        everywhere.
    """
    pictures = np.asarray(clip, np.float32) / 127.5 - 1
    found = np.zeros((*pictures.shape[:3], 3), np.float32)
    for number in range(1, len(pictures)):
        now, before = pictures[number], pictures[number - 1]
        flow = flow_between(_grey(now), _grey(before), window)
        error = np.square(now - moved(before, flow)).sum(-1)
        found[number] = np.dstack([flow, _inside(flow) & (error < TRUSTED)])
    return found


def flow_between(now, before, window=2.0):
    """The flow float32 `[H, W, 2]`, in pixels to the right and down, by which a pixel of `now` is
    found in `before`, both float32 `[H, W]`.
    """
    pyramid = [(now, before)]
    while min(pyramid[-1][0].shape) >= 2 * _LEAST:
        pyramid.append(tuple(_halved(picture) for picture in pyramid[-1]))
    flow = np.zeros((*pyramid[-1][0].shape, 2), np.float32)
    for now, before in reversed(pyramid):
        if flow.shape[:2] != now.shape:
            flow = 2 * _enlarged(flow, now.shape)
        flow = _refined(now, before, flow, window)
    return flow


def _refined(now, before, flow, window):
    """The flow after some rounds, each of which solves for what is left of the shift."""

    def around(values):
        return ndimage.gaussian_filter(values, window)

    down, right = np.gradient(now)
    xx, xy, yy = around(right * right) + _RIDGE, around(right * down), around(down * down) + _RIDGE
    determinant = xx * yy - xy * xy
    for _ in range(_ROUNDS):
        left = moved(before[..., None], flow)[..., 0] - now
        x, y = around(right * left), around(down * left)
        step = np.dstack([yy * x - xy * y, xx * y - xy * x]) / determinant[..., None]
        flow = flow - np.clip(step, -1, 1)
        flow = np.dstack([ndimage.median_filter(flow[..., i], 3) for i in range(2)])
    return flow.astype(np.float32)


def _inside(flow):
    rows, columns = np.indices(flow.shape[:2])
    x, y = columns + flow[..., 0], rows + flow[..., 1]
    return (x >= 0) & (y >= 0) & (x <= flow.shape[1] - 1) & (y <= flow.shape[0] - 1)


def _grey(picture):
    return picture[..., 0] if picture.shape[-1] < 3 else picture[..., :3] @ np.float32(_LUMA)


def _halved(picture):
    return ndimage.gaussian_filter(picture, 0.8)[::2, ::2]


def _enlarged(flow, size):
    """A flow of twice the size, its numbers as they are."""
    rows, columns = (np.arange(side, dtype=np.float32) / 2 for side in size)
    places = np.meshgrid(rows, columns, indexing="ij")
    planes = [
        ndimage.map_coordinates(flow[..., i], places, order=1, mode="nearest") for i in (0, 1)
    ]
    return np.dstack(planes)
