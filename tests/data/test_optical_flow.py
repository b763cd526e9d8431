"""The estimated motion: under shifts that are known, and of clips whose motion is known."""

import numpy as np
import pytest
from scipy import ndimage

from tfgan_zoo.data import optical_flow
from tfgan_zoo.data.facade_walk import walk
from tfgan_zoo.kinds.motion import moved


def _moved(picture, flow):
    """`[H, W, C]` seen at the places that the flow names, bilinearly; its edge goes on."""
    height, width, _ = picture.shape
    rows, columns = np.indices((height, width))
    x = np.clip(columns + flow[..., 0], 0, width - 1)
    y = np.clip(rows + flow[..., 1], 0, height - 1)
    left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    right, bottom = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    across, down = (x - left)[..., None], (y - top)[..., None]
    upper = picture[top, left] * (1 - across) + picture[top, right] * across
    lower = picture[bottom, left] * (1 - across) + picture[bottom, right] * across
    return upper * (1 - down) + lower * down


def texture(size=(48, 56), seed=0):
    """A picture in [-1, 1] with something to see everywhere."""
    noise = np.random.default_rng(seed).normal(size=size)
    smooth = ndimage.gaussian_filter(noise, 2.0)
    return (smooth / np.abs(smooth).max()).astype(np.float32)


@pytest.mark.parametrize(("right", "down"), [(0, 0), (3, -2), (0.5, 0.25), (-4, 3)])
def test_a_shift_is_found(right, down):
    before = texture()
    now = ndimage.shift(before, (-down, -right), order=3, mode="nearest")
    flow = optical_flow.flow_between(now, before)
    inner = flow[8:-8, 8:-8]
    assert np.abs(inner - (right, down)).mean() < 0.05


def test_motion_that_changes_over_the_picture_is_found():
    before = texture()
    rows, columns = np.indices(before.shape)
    true = np.dstack([0.06 * (columns - 28), 0.06 * (rows - 24)])
    now = _moved(before[..., None], true)[..., 0]
    flow = optical_flow.flow_between(now, before)
    assert np.abs(flow - true)[8:-8, 8:-8].mean() < 0.1


def test_moved_is_the_bilinear_blend_of_four_neighbours():
    random = np.random.default_rng(0)
    picture, flow = random.normal(size=(6, 7, 3)), random.uniform(-4, 4, (6, 7, 2))
    np.testing.assert_allclose(moved(picture, flow), _moved(picture, flow), atol=1e-6)


def test_the_camera_is_followed_and_what_is_not_found_is_not_trusted():
    _, photos, true = walk(0, "train", 3, (64, 64), 4)
    found = optical_flow.motion(photos)
    assert found.shape == true.shape and not found[0].any()
    both = (found[1:, ..., 2] > 0) & (true[1:, ..., 2] > 0)
    assert both.mean() > 0.5
    away = np.linalg.norm(found[1:, ..., :2] - true[1:, ..., :2], axis=-1)
    assert np.median(away[both]) < 0.3
    # Another picture altogether: hardly anything can be followed.
    other = walk(0, "train", 4, (64, 64), 1)[1]
    assert optical_flow.motion(np.stack([photos[0], other[0]]))[1, ..., 2].mean() < 0.35


def test_a_flat_picture_moves_nowhere_and_grey_ones_are_taken():
    flat = np.full((2, 32, 40, 1), 77, np.uint8)
    found = optical_flow.motion(flat)
    assert not found[..., :2].any() and found[1, ..., 2].all()
