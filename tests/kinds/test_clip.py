"""Clips and their motion: augmentation, film strips, GIF files."""

import io

import numpy as np
import pytest
from PIL import Image as pillow

from tests.kinds.test_image import words
from tfgan_zoo.kinds.clip import DELAY, Clip, GifWriter, gif_frames
from tfgan_zoo.kinds.image import Image
from tfgan_zoo.kinds.kind import KindError
from tfgan_zoo.kinds.motion import Motion


def drawn(shape, seed=0, colours=256):
    return np.random.default_rng(seed).integers(0, colours, shape, np.uint8)


def test_all_frames_of_a_clip_are_cropped_and_flipped_as_a_picture_is():
    stored = drawn((3, 2, 4, 6, 3))
    chance = words([0, 0, 0, 0], [0.99, 0.99, 0.99, 0], [0.5, 0.4, 0.8, 0])
    found = Clip(stored.shape[1:]).augment(stored.copy(), chance, (2, 3), flip=True)
    assert found.shape[1:] == Clip(stored.shape[1:]).cropped((2, 3)).shape
    for frame in range(2):
        picture = Image((4, 6, 3)).augment(stored[:, frame].copy(), chance, (2, 3), flip=True)
        np.testing.assert_array_equal(found[:, frame], picture)
    with pytest.raises(KindError, match="larger than the pictures of 4x6"):
        Clip(stored.shape[1:]).cropped((5, 6))


def test_what_is_mirrored_moves_the_other_way():
    kind = Motion((1, 2, 3, 3))
    stored = np.zeros((2, 1, 2, 3, 3), np.float32)
    stored[..., :2] = (2.0, -1.0)
    stored[:, :, :, 0, 2] = 1.0
    found = kind.augment(stored.copy(), words([0, 0, 0.2, 0], [0, 0, 0.8, 0]), flip=True)
    np.testing.assert_array_equal(found[0], stored[0])
    assert set(np.unique(found[1, ..., 0])) == {-2.0} and set(np.unique(found[1, ..., 1])) == {-1.0}
    np.testing.assert_array_equal(found[1, 0, 0, :, 2], [0, 0, 1])


def test_the_motion_of_a_mirrored_clip_leads_where_its_own_did():
    """A column that goes to the right, mirrored, goes to the left; its motion finds it."""
    clip = np.zeros((1, 2, 1, 8, 1), np.uint8)
    clip[0, 0, 0, 2], clip[0, 1, 0, 5] = 255, 255
    motion = np.zeros((1, 2, 1, 8, 3), np.float32)
    motion[0, 1, ..., 0] = -3
    chance = words([0, 0, 0.9, 0])
    clip = Clip(clip.shape[1:]).augment(clip, chance, flip=True)
    motion = Motion(motion.shape[1:]).augment(motion, chance, flip=True)
    at = int(np.argmax(clip[0, 1, 0, :, 0]))
    assert clip[0, 0, 0, at + int(motion[0, 1, 0, at, 0]), 0] == 255


@pytest.mark.parametrize("channels", [1, 3])
def test_a_gif_keeps_frames_of_few_colours(channels):
    kind = Clip((4, 12, 10, channels))
    stored = drawn(kind.shape) // 64 * 80
    stored[2] = stored[1]  # which Pillow's own writer would join to one frame
    content = kind.encode(stored)
    assert content.startswith(b"GIF89a") and kind.suffix == ".gif"
    np.testing.assert_array_equal(kind.decode(content), stored)
    with pillow.open(io.BytesIO(content)) as picture:
        assert (picture.n_frames, picture.info["loop"]) == (4, 0)
        assert picture.info["duration"] == DELAY


def test_of_many_colours_a_gif_shows_some_like_them():
    kind = Clip((2, 40, 40, 3))
    y, x = np.mgrid[:40, :40]
    ramp = np.stack([6 * x, 6 * y, 3 * (x + y)], -1).astype(np.uint8)
    stored = np.stack([ramp, 255 - ramp])
    found = kind.decode(kind.encode(stored))
    assert np.abs(found.astype(int) - stored).mean() < 8


def test_a_writer_holds_no_frames_and_what_is_no_such_gif_is_refused():
    file = io.BytesIO()
    writer, sizes = GifWriter(file), []
    for frame in drawn((5, 8, 8, 3), colours=4):
        writer.add(frame)
        sizes.append(file.tell())
    writer.close()
    assert len(set(sizes)) == 5, "every frame is written when it comes"
    np.testing.assert_array_equal(
        gif_frames(io.BytesIO(file.getvalue())), drawn((5, 8, 8, 3), colours=4)
    )
    kind = Clip((5, 8, 8, 3))
    with pytest.raises(KindError, match="is not a GIF"):
        kind.decode(b"nothing")
    with pytest.raises(KindError, match=r"holds a clip \(5, 8, 8, 3\), not"):
        Clip((4, 8, 8, 3)).decode(file.getvalue())


def test_scaling_strips_and_spread():
    kind = Clip((20, 6, 5, 3))
    stored = drawn((2, *kind.shape))
    scaled = kind.normalise(stored).numpy()
    np.testing.assert_array_equal(kind.restore(scaled), stored)
    assert kind.frame == (6, 5, 3)
    strip = kind.preview(scaled)
    assert strip.size == (4 + 8 * 9, 4 + 2 * 10)
    pixels = np.asarray(strip)
    np.testing.assert_array_equal(pixels[4:10, 4:9], stored[0, 0])
    np.testing.assert_array_equal(pixels[14:20, 4 + 7 * 9 : 9 + 7 * 9], stored[1, 19])
    assert kind.spread(scaled) > 0.3 and kind.spread(scaled[[0, 0]]) == 0


def test_motion_becomes_a_file_and_a_picture():
    kind = Motion((2, 3, 4, 3))
    values = np.random.default_rng(0).normal(size=kind.shape).astype(np.float32)
    np.testing.assert_array_equal(kind.decode(kind.encode(values)), values)
    with pytest.raises(KindError, match="holds 5 bytes"):
        kind.decode(b"12345")
    values[..., :] = (8.0, 0.0, 1.0)
    red = np.asarray(kind.preview(values[None]))[4, 4]
    np.testing.assert_array_equal(red, [255, 0, 0])
    assert kind.spread(np.stack([values, values])) == 0
