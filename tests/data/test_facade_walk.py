"""The walking camera: deterministic, at any size, and true about how its pixels move."""

import numpy as np
import pytest

from tfgan_zoo.data.facade_drawing import PALETTE
from tfgan_zoo.data.facade_walk import NEAR, _Camera, walk
from tfgan_zoo.kinds.motion import moved


@pytest.fixture(scope="module")
def clips():
    return [walk(0, "train", index, (48, 64), 5) for index in range(4)]


def test_a_clip_is_what_its_docstring_says(clips):
    codes = {tuple(colour) for colour in PALETTE.tolist()}
    for labels, photos, motion in clips:
        assert labels.shape == photos.shape == motion.shape == (5, 48, 64, 3)
        assert (labels.dtype, photos.dtype, motion.dtype) == (np.uint8, np.uint8, np.float32)
        assert {tuple(c) for c in np.unique(labels.reshape(-1, 3), axis=0).tolist()} <= codes
        assert not motion[0].any() and set(np.unique(motion[..., 2])) <= {0.0, 1.0}
        assert (photos[1] != photos[0]).mean() > 0.3


def test_the_same_clip_is_the_same_and_others_are_others(clips):
    again = walk(0, "train", 1, (48, 64), 5)
    for own, other in zip(clips[1], again, strict=True):
        np.testing.assert_array_equal(own, other)
    begun = walk(0, "train", 1, (48, 64), 2)
    for own, other in zip(clips[1], begun, strict=True):
        np.testing.assert_array_equal(own[:2], other)
    for seed, split, index in ((1, "train", 1), (0, "test", 1), (0, "train", 2)):
        assert (walk(seed, split, index, (48, 64), 1)[0] != begun[0][:1]).mean() > 0.05


def test_what_was_seen_before_is_where_the_motion_says(clips):
    """Labels too: the label of a visible pixel is that of the nearest pixel there, but for a pixel
    at the edge of a surface.
    """
    for labels, photos, motion in clips:
        for frame in range(1, 5):
            flow, seen = motion[frame, ..., :2].astype(float), motion[frame, ..., 2] > 0
            assert seen.mean() > 0.6
            now = photos[frame] / 127.5 - 1
            error = np.abs(now - moved(photos[frame - 1] / 127.5 - 1, flow)).mean(-1)
            still = np.abs(now - (photos[frame - 1] / 127.5 - 1)).mean(-1)
            assert error[seen].mean() < 0.07
            if np.abs(flow[seen]).mean() > 0.5:
                assert error[seen].mean() < 0.5 * still[seen].mean()
            rows, columns = np.indices(seen.shape)
            y = np.rint(rows + flow[..., 1]).astype(int).clip(0, 47)
            x = np.rint(columns + flow[..., 0]).astype(int).clip(0, 63)
            same = (labels[frame - 1][y, x] == labels[frame]).all(-1)
            assert same[seen].mean() > 0.85


def test_motion_is_that_of_the_camera():
    """Houses move by the walk and the zoom alone; trees faster, in proportion to their depth."""
    chance = np.random.Generator(np.random.PCG64(5))
    camera = _Camera.drawn(chance)
    size = (40, 60)
    for depth in (1.0, NEAR):
        y, x = camera.sees(7, size, depth)
        rows, columns = camera.shows(7, size, depth, y, x)
        np.testing.assert_allclose(rows, np.arange(40), atol=1e-9)
        np.testing.assert_allclose(columns, np.arange(60), atol=1e-9)
    moved = []
    for depth in (1.0, NEAR):
        places = camera.sees(7, size, depth)
        columns = camera.shows(6, size, depth, *places)[1]
        zoomed = (np.arange(60) - 29.5) * camera.at(6)[1] / camera.at(7)[1] + 29.5
        moved.append(columns - zoomed)
        assert np.ptp(moved[-1]) < 1e-9
    assert moved[1][0] == pytest.approx(NEAR * moved[0][0])


def test_some_things_are_hidden_by_trees(clips):
    """Where a tree stood before, what is behind it counts as not seen."""
    hidden = [
        (motion[1:, :, 8:-8, 2] == 0).mean()
        for labels, _, motion in clips
        if (labels == PALETTE[11]).all(-1).mean() > 0.02
    ]
    assert hidden and max(hidden) > 0.01


def test_another_size_shows_the_same_street():
    small, large = (walk(0, "train", 0, size, 2) for size in ((32, 32), (64, 64)))
    shrunk = large[1].reshape(2, 32, 2, 32, 2, 3).mean((2, 4))
    assert np.abs(shrunk - small[1]).mean() < 20
    np.testing.assert_allclose(2 * small[2][1, 16, 16, :2], large[2][1, 32, 32, :2], atol=0.2)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((0, "train", 0, (8, 64)), "at least 16 pixels"),
        ((0, "train", 0, (64, 64), 0), "at least 1"),
        ((0, "dev", 0, (64, 64)), "choose one of"),
        ((-1, "train", 0, (64, 64)), "must not be negative"),
    ],
)
def test_what_cannot_be_drawn_is_one_sentence(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        walk(*arguments)
