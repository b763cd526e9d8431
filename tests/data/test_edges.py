"""Line drawings, and the built-in set of them."""

import numpy as np
import pytest

from tfgan_zoo.data import edges, facades, sources, unpaired
from tfgan_zoo.data.request import Request
from tfgan_zoo.evaluate import tables


def test_lines_stand_where_a_square_begins():
    picture = np.zeros((1, 20, 20, 3), np.uint8)
    picture[:, 5:15, 5:15, 2] = 200  # blue alone, which a grey picture would nearly lose
    drawn = edges.edges(picture)
    assert drawn.shape == (1, 20, 20, 3) and drawn.dtype == np.uint8
    assert set(np.unique(drawn)) == {0, 255}
    black = drawn[0, :, :, 0] == 0
    np.testing.assert_array_equal(black, black.T)
    # On a side between two pixels both are as steep: a line of two pixels, and none inside.
    np.testing.assert_array_equal(np.flatnonzero(black[10]), [4, 5, 14, 15])
    assert not black[7:13, 7:13].any() and not black[:3].any()


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_plain_picture_and_a_gentle_slope_have_no_lines(level):
    plain = np.full((1, 16, 16, 1), level, np.uint8)
    slope = np.tile(np.arange(0, 160, 10, np.uint8)[:, None, None], (1, 16, 1))[None]
    assert (edges.edges(plain) == 255).all() and (edges.edges(slope) == 255).all()


def test_drawings_of_the_buildings_as_pairs_and_as_two_sets(tmp_path):
    request = Request(image_size=(16, 16), num_examples=3, data_dir=str(tmp_path))
    pairs = sources.open_pairs("facade_edges", "test", request)
    both, buildings = pairs.fetch([0, 2]), sources.open_pairs("facades", "test", request)
    np.testing.assert_array_equal(both["target"], buildings.fetch([0, 2])["target"])
    np.testing.assert_array_equal(both["source"], edges.edges(both["target"]))
    assert not any(tables.is_label_map(kind) for kind in pairs.fields.values())
    assert not set(facades.OF_LABELS) & set(pairs.info)
    assert "facade_edges" in pairs.info["name"] and "ine drawings" in pairs.info["description"]
    two = unpaired.open_unpaired("facade_edges,facades", "test", request)
    np.testing.assert_array_equal(two.pairs().fetch([1])["images_a"], pairs.fetch([1])["source"])
