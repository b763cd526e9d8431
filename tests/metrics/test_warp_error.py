"""Flicker: against SciPy's interpolation and the models' warp, in closed form, on true clips."""

import numpy as np
import pytest
from scipy import ndimage

from tfgan_zoo.data.facade_walk import walk
from tfgan_zoo.layers.warping import warp
from tfgan_zoo.metrics.warp_error import warp_error


def drawn(count=2, frames=3, size=(6, 7), seed=0):
    random = np.random.default_rng(seed)
    clips = random.uniform(-1, 1, (count, frames, *size, 3))
    motion = random.uniform(-4, 4, (count, frames, *size, 3))
    motion[..., 2] = random.integers(0, 2, motion.shape[:-1])
    return clips, motion


def test_it_is_scipys_interpolation():
    clips, motion = drawn()
    expected = []
    for clip, moved in zip(clips, motion, strict=True):
        errors, weights = [], []
        for frame in (1, 2):
            rows, columns = np.indices((6, 7))
            places = [rows + moved[frame, ..., 1], columns + moved[frame, ..., 0]]
            seen = np.stack(
                [
                    ndimage.map_coordinates(
                        clip[frame - 1, ..., c], places, order=1, mode="nearest"
                    )
                    for c in range(3)
                ],
                -1,
            )
            errors.append(np.abs(clip[frame] - seen).mean(-1))
            weights.append(moved[frame, ..., 2])
        expected.append(np.average(errors, weights=weights))
    np.testing.assert_allclose(warp_error(clips, motion), expected, rtol=1e-12)


def test_it_is_the_warp_that_models_learn_with():
    clips, motion = drawn()
    motion[..., 2] = 1
    for number in range(2):
        before = warp(np.float32(clips[number, :-1]), np.float32(motion[number, 1:, ..., :2]))
        expected = np.abs(clips[number, 1:] - before).mean()
        assert warp_error(clips, motion)[number] == pytest.approx(expected, rel=1e-5)


def test_a_still_clip_does_not_flicker_and_a_blinking_one_does():
    still = np.zeros((1, 4, 5, 5, 3))
    motion = np.zeros((1, 4, 5, 5, 3))
    motion[..., 2] = 1
    blinking = still + np.arange(4)[None, :, None, None, None] % 2
    assert warp_error(still, motion) == [0.0] and warp_error(blinking, motion) == [1.0]
    motion[:, 1:, :, 1:, 2] = 0  # one column was seen
    blinking[:, :, :, 0] = 0.25 * blinking[:, :, :, 0]
    assert warp_error(blinking, motion) == [0.25]


def test_what_was_not_seen_does_not_count():
    clips, motion = drawn()
    motion[1, 1:, ..., 2] = 0  # first frames say nothing
    found = warp_error(clips, motion)
    assert np.isfinite(found[0]) and np.isnan(found[1])


def test_true_clips_flicker_little_beside_what_stands_still():
    _, photos, motion = walk(0, "train", 1, (64, 64), 4)
    clip = photos[None] / 127.5 - 1
    true = warp_error(clip, motion[None])[0]
    unmoved = motion[None] * (0, 0, 1)
    assert true < 0.5 * warp_error(clip, unmoved)[0]


def test_what_cannot_be_compared_is_one_sentence():
    clips, motion = drawn()
    with pytest.raises(ValueError, match="their motion is"):
        warp_error(clips, motion[..., :2])
    with pytest.raises(ValueError, match="two frames or more"):
        warp_error(clips[:, :1], motion[:, :1])
    clips[0, 0, 0, 0, 0] = np.nan
    with pytest.raises(ValueError, match="not finite"):
        warp_error(clips, motion)
