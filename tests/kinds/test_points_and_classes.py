"""Points and classes: taken as they are stored, seen and written."""

import numpy as np
import pytest

from tfgan_zoo.kinds.class_ import Class
from tfgan_zoo.kinds.kind import KindError
from tfgan_zoo.kinds.points import Points


def test_points_are_taken_as_stored():
    kind, stored = Points((2,)), np.ones((3, 2), np.float32)
    assert (kind.name, kind.shape, kind.nbytes) == ("points", (2,), 8)
    assert kind.normalise(stored) is stored and kind.cropped((1, 1)) is kind
    assert kind.augment(stored, None, (1, 1), True) is stored
    assert kind.restore(np.ones((3, 2))).dtype == np.float32


def test_points_as_text_keep_every_bit():
    kind = Points((3,))
    point = np.random.default_rng(0).normal(size=3).astype(np.float32)
    np.testing.assert_array_equal(kind.decode(kind.encode(point)), point)
    with pytest.raises(KindError, match="holds 2 numbers, not 3"):
        kind.decode(b"1 2")
    with pytest.raises(KindError, match="no number"):
        kind.decode(b"1 2 three")


def test_spread_of_points():
    assert Points((2,)).spread([[0.0, 0.0], [2.0, 0.0]]) == 0.5


@pytest.mark.parametrize("points", [[[0, 0], [1, 1]], [[0], [1]], [[0, 0], [0, 0]]])
def test_points_are_drawn_inside_the_sheet(points):
    dark = np.asarray(Points((len(points[0]),)).preview(points)).min(-1) < 128
    assert dark.any() and not dark[[0, -1]].any() and not dark[:, [0, -1]].any()


def test_up_is_more():
    sheet = np.asarray(Points((2,)).preview([[0, 0], [0, 0], [1, 1]]))[..., 0] < 128
    assert sheet[:100, -100:].any() and sheet[-100:, :100].any() and not sheet[:100, :100].any()


def test_classes():
    kind = Class(names=["cat", "dog"])
    assert (kind.name, kind.shape, kind.count, kind.names) == ("class", (), 2, ("cat", "dog"))
    assert kind.words([1, 0]) == ["dog", "cat"] and Class(count=3).words([2]) == ["2"]
    assert kind.spread([0, 0, 1]) == pytest.approx(2 / 3)
    assert kind.preview([0, 1]).height > kind.preview([0]).height
    with pytest.raises(ValueError, match="2 names cannot name 3 classes"):
        Class(("cat", "dog"), 3)


@pytest.mark.parametrize("kind", [Class(("cat", "dog")), Class()])
def test_classes_as_text(kind):
    assert kind.decode(kind.encode(1)) == 1
    with pytest.raises(KindError, match="holds 'cow', which names no class"):
        kind.decode(b"cow\n")
