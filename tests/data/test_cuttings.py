"""Pictures of any size, whole and in tiles."""

import numpy as np
import pytest
from PIL import Image

from tfgan_zoo.data import cuttings
from tfgan_zoo.data.errors import DataError
from tfgan_zoo.data.request import Request

SHAPES = {"a": (20, 33), "b": (16, 16), "c": (40, 21), "d": (25, 18)}


@pytest.fixture
def folder(tmp_path):
    for split, names in (("train", "abc"), ("val", "d")):
        (tmp_path / split).mkdir()
        for number, name in enumerate(names):
            pixels = np.random.default_rng(number).integers(0, 256, (*SHAPES[name], 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / split / f"{name}.png")
    return tmp_path


def test_pictures_of_a_folder_keep_their_pixels(folder):
    found = cuttings.open_pictures(str(folder), "train", Request(image_size=(16, 16)))
    # The test split is cut off from training.
    assert list(found.names) == ["a", "b"] and found.shapes == [(20, 33, 3), (16, 16, 3)]
    assert found.info["split"] == "train" and found.info["contents"]()
    np.testing.assert_array_equal(found[0], np.asarray(Image.open(folder / "train" / "a.png")))
    assert [picture.shape for picture in found] == [(20, 33, 3), (16, 16, 3)]
    assert len(found.first(1)) == 1
    held_out = cuttings.open_pictures(str(folder), "validation", Request())
    assert list(held_out.names) == ["d"]
    everything = cuttings.open_folder(folder)
    assert list(everything.names) == ["train/a.png", "train/b.png", "train/c.png", "val/d.png"]
    np.testing.assert_array_equal(everything[3], held_out[0])


def test_tiles_cover_the_pictures_and_are_cut_from_them(folder):
    pictures = cuttings.open_folder(folder)
    tiles = cuttings.cut(pictures, (16, 16))
    assert tiles.fields["images"].shape == (16, 16, 3)
    seen = {
        name: np.zeros(shape, int)
        for name, shape in zip(pictures.names, pictures.shapes, strict=True)
    }
    for row, name in enumerate(tiles.names):
        of, left, top = name.split("+")
        place = slice(int(top), int(top) + 16), slice(int(left), int(left) + 16)
        seen[of][place] += 1
        pixels = pictures[list(pictures.names).index(of)][place]
        np.testing.assert_array_equal(tiles.fetch(np.array([row]))["images"][0], pixels)
    assert all(count.min() >= 1 for count in seen.values())
    assert len(tiles) == 2 * 3 + 1 + 3 * 2 + 2 * 2


def test_what_cannot_be_cut_or_read_is_one_sentence(folder):
    pictures = cuttings.open_folder(folder)
    with pytest.raises(DataError, match=r"2 of the 4 pictures are smaller than --image_size=20x20"):
        cuttings.cut(pictures, (20, 20))
    assert len(cuttings.cut(pictures, (20, 20), skip_bad=True)) == 2 + 4
    with pytest.raises(DataError, match="4 of the 4 pictures are smaller"):
        cuttings.cut(pictures, (64, 64), skip_bad=True)
    with pytest.raises(DataError, match="nowhere is no folder"):
        cuttings.open_folder("nowhere")
    (folder / "train" / "e.png").write_text("no picture")
    with pytest.raises(DataError, match="1 problem in the data"):
        cuttings.open_pictures(str(folder), "test", Request(test_count=2))
    kept = cuttings.open_pictures(str(folder), "test", Request(test_count=2, skip_bad=True))
    assert list(kept.names) == ["c"] and kept.info["skipped"] == 1
    with pytest.raises(DataError, match="no examples for 'extra'"):
        cuttings.open_pictures(str(folder), "extra", Request())


def test_built_in_pictures_are_drawn_at_the_size_asked_for():
    found = cuttings.open_pictures("digits", "test", Request(image_size=(24, 20), channels=3))
    assert found.shapes[0] == (24, 20, 3) and found[5].shape == (24, 20, 3)
    assert len(cuttings.cut(found.first(3), (24, 20))) == 3
