"""Pictures and label maps: scaling, augmentation, files, spread. Grids are in training's tests."""

import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.kinds.image import Image, to_float, to_uint8
from tfgan_zoo.kinds.kind import KindError
from tfgan_zoo.kinds.label_map import LabelMap


def words(*high):
    """uint64 `[b, 4]` whose high 32 bits are these shares of their range."""
    return (np.array(high) * 2.0**32).astype(np.uint64) << np.uint64(32)


def test_scaling_and_back():
    kind, values = Image((256, 1, 1)), np.arange(256, dtype=np.uint8).reshape(1, 256, 1, 1)
    scaled = kind.normalise(values).numpy()
    assert scaled.dtype == np.float32 and scaled.min() == -1.0 and scaled.max() == 1.0
    np.testing.assert_allclose(scaled.ravel(), np.linspace(-1, 1, 256), atol=1e-7)
    np.testing.assert_array_equal(kind.restore(scaled), values)
    np.testing.assert_array_equal(to_uint8(tf.constant([-7.0, 1.5, 0.0039])), [0, 255, 128])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_has_no_picture(bad):
    with pytest.raises(KindError, match="not finite"):
        to_uint8([0.0, bad])


def test_crop_and_flip_follow_the_words():
    kind = Image((4, 6, 1))
    stored = np.arange(48, dtype=np.uint8).reshape(2, 4, 6, 1)
    found = kind.augment(
        stored.copy(), words([0, 0, 0, 0], [0.99, 0.99, 0.99, 0]), (2, 3), flip=True
    )
    assert found.shape[1:] == kind.cropped((2, 3)).shape
    np.testing.assert_array_equal(found[0], stored[0, :2, :3])
    np.testing.assert_array_equal(found[1], stored[1, 2:, 3:][:, ::-1])
    whole = kind.augment(stored.copy(), words([0.5] * 4, [0.5] * 4))
    np.testing.assert_array_equal(whole, stored)


def test_a_crop_that_is_too_large():
    with pytest.raises(KindError, match="crop of 4x7 is larger than the pictures of 4x6"):
        Image((4, 6, 1)).cropped((4, 7))


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_files_keep_every_bit(channels):
    kind = LabelMap((3, 5, channels))
    pixels = np.random.default_rng(0).integers(0, 256, kind.shape, np.uint8)
    content = kind.encode(pixels)
    assert content.startswith(b"\x89PNG") and kind.suffix == ".png"
    np.testing.assert_array_equal(kind.decode(content), pixels)
    with pytest.raises(KindError, match=r"holds a picture \(3, 5, "):
        Image((9, 9, channels)).decode(content)
    with pytest.raises(KindError, match="not a PNG"):
        kind.decode(b"nothing")


def test_spread():
    images = np.zeros((2, 1, 2, 1))
    images[1] = [[[2.0], [0.0]]]  # standard deviations 1 and 0
    kind = Image((1, 2, 1))
    assert kind.spread(images) == 0.5 and kind.spread(images.astype(np.float16)) == 0.5


def test_preview_is_a_square_grid():
    values = to_float(np.zeros((5, 8, 8, 1), np.uint8))
    assert Image((8, 8, 1)).preview(values).size == (28, 28)


def test_a_label_map_is_another_kind():
    label_map = LabelMap((2, 2, 3), ((0, 0, 0), (255, 0, 0)))
    assert label_map.name == "label_map" and label_map != Image((2, 2, 3))
    assert label_map.cropped((1, 1)) == LabelMap((1, 1, 3), label_map.palette)
    assert label_map.nbytes == 12
