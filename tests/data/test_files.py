"""Everything that can be wrong with the files of a folder, and that each is read once."""

import os

import numpy as np
import pytest
from PIL import Image

from tests.data.test_folders import (
    open_images,
    open_pairs,
    save,
    save_joined,
)
from tfgan_zoo.data import folders
from tfgan_zoo.data.errors import DataError
from tfgan_zoo.data.examples import BadFile
from tfgan_zoo.data.splits import HoldOut


def bad_images(root):
    """A folder with one sound picture and one file for each thing that can be wrong with one."""
    save(root / "sound.png")
    noise = np.random.default_rng(0).integers(0, 256, (32, 32, 3)).astype(np.uint8)
    Image.fromarray(noise).save(root / "whole.png")
    data = (root / "whole.png").read_bytes()
    (root / "whole.png").unlink()
    (root / "truncated.png").write_bytes(data[: len(data) // 2])
    (root / "zero.jpg").touch()
    (root / "words.gif").write_text("these are words")
    (root / "notes.txt").write_text("these too")
    (root / "folder.png").mkdir()
    (root / "dangling.png").symlink_to(root / "nowhere.png")
    (root / "inner").mkdir()
    return {
        "truncated.png": "truncated",
        "zero.jpg": "is empty (zero bytes)",
        "words.gif": "is not a PNG, JPEG, WebP, BMP or GIF image",
        "notes.txt": "does not end in .png",
        "folder.png": "is a folder, not a picture",
        "dangling.png": "cannot be read: No such file",
        "inner": "is a folder among pictures, not read",
    }


@pytest.mark.parametrize("cache", ["memory", "disk", "none"])
def test_every_bad_file_is_named_with_its_reason(tmp_path, cache):
    root = tmp_path / "data"
    root.mkdir()
    expected = bad_images(root)
    options = {"val_count": 0, "test_count": 0, "cache": cache, "cache_dir": tmp_path / "cache"}
    with pytest.raises(DataError) as caught:
        open_images(root, **options)
    lines = str(caught.value).splitlines()
    assert lines[0] == "7 problems in the data (--skip_bad goes on without these):"
    assert len(lines) == 8
    for name, why in expected.items():
        (line,) = [line for line in lines if f"{root / name}: " in line]
        assert why in line
    # A cache is not left behind by data that was refused.
    assert not list((tmp_path / "cache").glob("*"))

    for _ in range(2):  # the second time from the disk cache
        examples = open_images(root, skip_bad=True, **options)
        assert examples.names == ["sound"] and examples.info["skipped"] == 7
        assert examples.fetch([0])["images"].shape == (1, 8, 8, 3)
    with pytest.raises(DataError, match="^7 problems"):
        open_images(root, **options)


def test_the_first_ten_are_listed(tmp_path):
    save(tmp_path / "sound.png")
    for i in range(13):
        (tmp_path / f"{i:02}.png").touch()
    with pytest.raises(DataError) as caught:
        open_images(tmp_path)
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("13 problems") and len(lines) == 12
    assert "09.png" in lines[10] and lines[11] == "  and 3 more"


def test_bad_files_of_the_other_splits_are_found_too(tmp_path):
    for i in range(9):
        save(tmp_path / f"{i}.png")
    (tmp_path / "8.png").write_bytes(b"")
    with pytest.raises(DataError, match="1 problem in the data"):
        open_images(tmp_path, "train", test_count=2)
    # The names decide the split: a bad file moves no other example.
    test = open_images(tmp_path, "test", test_count=2, skip_bad=True)
    assert test.names == ["7"] and test.info["skipped"] == 1
    with pytest.raises(DataError, match="No file of the test split can be used|1 problem"):
        open_images(tmp_path, "test", test_count=1)


@pytest.mark.parametrize("cache", ["memory", "none"])
def test_a_split_of_bad_files_alone_is_cut_from_what_can_be_used(tmp_path, cache):
    for i in range(9):
        save(tmp_path / f"{i}.png", (i + 1, 0, 0))
    for name in ("7.png", "8.png"):
        (tmp_path / name).write_bytes(b"")
    options = {"val_count": 1, "test_count": 1, "skip_bad": True, "cache": cache}
    parts = {s: open_images(tmp_path, s, **options) for s in ("train", "validation", "test")}
    assert {s: part.names for s, part in parts.items()} == {
        "train": ["0", "1", "2", "3", "4"],
        "validation": ["5"],
        "test": ["6"],
    }
    assert [part.info["skipped"] for part in parts.values()] == [2, 2, 2]
    assert parts["test"].fetch([0])["images"][0, 0, 0, 0] == 7
    with pytest.raises(DataError, match="7.png: is empty"):
        open_images(tmp_path, "test", **options | {"skip_bad": False})


def test_a_split_folder_of_bad_files_alone_is_told(tmp_path):
    save(tmp_path / "train" / "0.png")
    (tmp_path / "test").mkdir()
    (tmp_path / "test" / "1.png").write_bytes(b"")
    with pytest.raises(DataError, match="No file of the test split can be used"):
        open_images(tmp_path, "test", skip_bad=True, val_count=0)


@pytest.mark.parametrize("opener", [open_images, open_pairs])
def test_a_pipe_is_no_picture(tmp_path, opener):
    for i in range(4):
        save(tmp_path / f"{i}.png", size=(8, 16))
    os.mkfifo(tmp_path / "9.png")
    with pytest.raises(DataError, match="9.png: is a pipe or a device, not a file"):
        opener(tmp_path)
    assert len(opener(tmp_path, skip_bad=True, val_count=1, test_count=1)) == 2


def test_bad_files_keep_rows_and_labels_together(tmp_path):
    for name in ("a", "b"):
        for i in range(4):
            save(tmp_path / name / f"{i}.png", (i + 1, 0, 0))
    (tmp_path / "a" / "1.png").write_bytes(b"x")
    for cache in ("memory", "none"):
        examples = open_images(tmp_path, val_count=0, test_count=0, skip_bad=True, cache=cache)
        batch = examples.fetch(np.arange(7))
        for name, label, picture in zip(
            examples.names, batch["labels"], batch["images"], strict=True
        ):
            assert name == f"{'ab'[label]}/{picture[0, 0, 0] - 1}"


def test_a_file_without_permission(tmp_path):
    save(tmp_path / "a.png")
    save(tmp_path / "b.png").chmod(0)
    if os.access(tmp_path / "b.png", os.R_OK):  # root reads everything
        assert len(open_images(tmp_path)) == 2
    else:
        with pytest.raises(DataError, match="b.png: cannot be read: Permission denied"):
            open_images(tmp_path)


def test_empty_folders(tmp_path):
    with pytest.raises(DataError, match="holds no pictures that can be used"):
        open_images(tmp_path)
    with pytest.raises(DataError, match="holds no pictures that can be used"):
        open_pairs(tmp_path)
    for name in "ab":
        (tmp_path / name).mkdir()
    with pytest.raises(DataError, match="holds no pictures that can be used"):
        open_pairs(f"{tmp_path / 'a'},{tmp_path / 'b'}")
    with pytest.raises(DataError, match="2 problems.*\n.*a: is a class folder without pictures"):
        open_images(tmp_path)


def test_an_empty_split_folder(tmp_path):
    save(tmp_path / "train" / "a.png")
    (tmp_path / "val").mkdir()
    with pytest.raises(DataError, match="validation: is a split folder without pictures"):
        open_images(tmp_path)


def test_pictures_beside_split_folders(tmp_path):
    save(tmp_path / "train" / "a.png")
    save(tmp_path / "test" / "a.png")
    save(tmp_path / "b.png")
    save(tmp_path / "more" / "c.png")
    with pytest.raises(DataError, match="2 problems") as caught:
        open_images(tmp_path)
    assert str(caught.value).count("lies beside the split folders, not read") == 2


def test_pairs_with_something_wrong(tmp_path):
    a, b = tmp_path / "a", tmp_path / "b"
    for side in (a, b):
        save(side / "sound.png")
    save(a / "uneven.png", size=(8, 9))
    save(b / "uneven.png")
    save(a / "alone.png")
    save(b / "widow.png")
    save(a / "twin.png")
    save(a / "twin.jpg")
    save(b / "twin.png")
    (b / "half.png").touch()
    save(a / "half.png")
    with pytest.raises(DataError) as caught:
        open_pairs(f"{a},{b}")
    message = str(caught.value)
    assert message.startswith("7 problems")
    assert f"{a / 'uneven.png'}: is 9x8 pixels and its partner {b / 'uneven.png'} is 8x8" in message
    assert f"{a / 'alone.png'}: has no partner of the same name in {b}" in message
    assert f"{b / 'widow.png'}: has no partner of the same name in {a}" in message
    for name in ("twin.png", "twin.jpg"):
        assert f"{a / name}: shares its name with 1 other file(s) of its folder" in message
    assert f"{b / 'twin.png'}: has 2 partners of the same name in {a}" in message
    assert f"{b / 'half.png'}: is empty" in message
    pairs = open_pairs(f"{a},{b}", skip_bad=True, val_count=0, test_count=0)
    assert pairs.names == ["sound"] and pairs.info["skipped"] == 7


def test_side_by_side_of_odd_width(tmp_path):
    save_joined(tmp_path / "a.png")
    save(tmp_path / "b.png", size=(8, 15))
    with pytest.raises(DataError, match="b.png: is 15 pixels wide, which two equal halves"):
        open_pairs(tmp_path)


def test_nothing_in_common(tmp_path):
    save(tmp_path / "a" / "x.png")
    save(tmp_path / "b" / "y.png")
    with pytest.raises(DataError, match="(?s)no pictures that can be used.*has no partner"):
        open_pairs(f"{tmp_path / 'a'},{tmp_path / 'b'}")


def test_an_unsorted_exif_pair_is_compared_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    (tmp_path / "a").mkdir()
    Image.new("RGB", (8, 16)).save(tmp_path / "a" / "0.jpg", exif=exif)
    save(tmp_path / "b" / "0.png", size=(8, 16))
    assert len(open_pairs(f"{tmp_path / 'a'},{tmp_path / 'b'}")) == 1


def test_a_file_that_goes_bad_later(tmp_path):
    path = save(tmp_path / "a.png")
    examples = open_images(tmp_path, cache="none")
    path.write_bytes(b"gone")
    with pytest.raises(BadFile, match="a.png: was replaced since it was checked"):
        examples.fetch([0])


def test_progress_and_each_file_is_checked_once_in_a_process(tmp_path):
    for i in range(10):
        save(tmp_path / f"{i}.png")
    calls = []
    options = {"val_count": 2, "test_count": 3, "progress": lambda *call: calls.append(call)}
    open_images(tmp_path, "train", **options)
    assert calls[:10] == [(i + 1, 10) for i in range(10)] and {*calls[10:]} <= {(10, 10)}
    calls.clear()
    open_images(tmp_path, "val", **options)
    assert calls[-1] == (2, 2)
    # A changed file is checked again.
    save(tmp_path / "0.png", (1, 1, 1), size=(9, 9))
    calls.clear()
    open_images(tmp_path, "val", **options)
    assert calls[-1] == (3, 3)


@pytest.mark.parametrize("cache", ["memory", "disk", "none"])
def test_caches_agree(tmp_path, cache):
    rng = np.random.default_rng(0)
    for i in range(6):
        pixels = rng.integers(0, 256, (19, 23, 3)).astype(np.uint8)
        (tmp_path / "data").mkdir(exist_ok=True)
        Image.fromarray(pixels).save(tmp_path / "data" / f"{i}.png")
    examples = open_images(tmp_path / "data", cache=cache, cache_dir=tmp_path / "cache")
    batch = examples.fetch(np.array([3, 0, 3]))["images"]
    expected = [
        np.asarray(Image.open(tmp_path / "data" / f"{i}.png").resize((8, 8), Image.BICUBIC))
        for i in (3, 0, 3)
    ]
    np.testing.assert_array_equal(batch, expected)
    batch[:] = 0  # the caller's own copy
    np.testing.assert_array_equal(examples.fetch([3])["images"], expected[:1])
    subset = examples.subset([2, 0])
    assert subset.names == ["2", "0"] and len(subset) == 2
    np.testing.assert_array_equal(subset.fetch([1])["images"], expected[1:2])


def test_listing_errors(tmp_path):
    with pytest.raises(DataError, match="cannot be listed"):
        folders.list_images(tmp_path / "absent", HoldOut())
