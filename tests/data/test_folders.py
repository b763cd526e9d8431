"""Every arrangement of folders and everything that can be wrong with one."""

import os

import numpy as np
import pytest
from PIL import Image

from tfgan_zoo.data import folders, sources
from tfgan_zoo.data.examples import BadFile, DataError
from tfgan_zoo.data.splits import HoldOut

SIZE = (8, 8)


def save(path, colour=(0, 0, 0), size=(8, 8), mode="RGB"):
    """A picture of one colour; size is (height, width)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size[::-1], colour).save(path)
    return path


def save_joined(path, left=(255, 0, 0), right=(0, 0, 255), size=(8, 8)):
    pixels = np.zeros((size[0], 2 * size[1], 3), np.uint8)
    pixels[:, : size[1]], pixels[:, size[1] :] = left, right
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def save_label(path, index, colours=((255, 0, 0), (0, 255, 0), (0, 0, 255))):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(np.full((8, 8), index, np.uint8))
    image.putpalette(np.array(colours, np.uint8).tobytes())
    image.save(path)


def open_images(root, split="train", **options):
    return sources.open_images(str(root), split, image_size=SIZE, **options)


def open_pairs(spec, split="train", **options):
    return sources.open_pairs(str(spec), split, image_size=SIZE, **options)


def first_pixels(examples, field):
    return examples.fetch(np.arange(len(examples)))[field][:, 0, 0].tolist()


# Arrangements.


def test_images_are_split_by_sorted_name(tmp_path):
    for i in (3, 1, 4, 0, 2, 5, 6, 7):
        save(tmp_path / f"{i}.png", (i, 0, 0))
    parts = {
        s: open_images(tmp_path, s, val_count=2, test_count=3) for s in ("train", "val", "test")
    }
    assert [examples.names for examples in parts.values()] == [
        ["0", "1", "2"],
        ["3", "4"],
        ["5", "6", "7"],
    ]
    assert first_pixels(parts["val"], "images") == [[3, 0, 0], [4, 0, 0]]
    info = parts["val"].info
    assert info["split"] == "validation" and info["skipped"] == 0
    assert info["split_rule"].endswith("train 3, validation 2, test 3")
    assert info["licence"] == "not stated" and info["source"] == str(tmp_path)


def test_shares(tmp_path):
    for i in range(40):
        save(tmp_path / f"{i:02}.png")
    lengths = [len(open_images(tmp_path, s)) for s in ("train", "validation", "test")]
    assert lengths == [34, 2, 4]
    lengths = [
        len(open_images(tmp_path, s, val_share=0.25, test_share=0.5))
        for s in ("train", "validation", "test")
    ]
    assert lengths == [10, 10, 20]


def test_few_images_are_all_for_training_and_zero_counts_are_obeyed(tmp_path):
    save(tmp_path / "a.png")
    save(tmp_path / "b.png")
    assert open_images(tmp_path).names == ["a", "b"]
    with pytest.raises(DataError, match=r"has no examples for 'test'; it has train \(2\)"):
        open_images(tmp_path, "test")
    save(tmp_path / "c.png")
    assert len(open_images(tmp_path, val_count=0, test_count=0)) == 3
    with pytest.raises(DataError, match="leave none for training: hold out fewer"):
        open_images(tmp_path, val_count=1, test_count=2)
    for wrong in ({"val_count": -1}, {"test_share": 1.5}):
        with pytest.raises(DataError):
            open_images(tmp_path, **wrong)


@pytest.mark.parametrize("validation", ["val", "validation"])
def test_split_folders_are_honoured(tmp_path, validation):
    for i in range(10):
        save(tmp_path / "train" / f"{i}.jpg")
    save(tmp_path / validation / "v.jpg")
    assert open_images(tmp_path, "val").names == ["v"]
    assert open_images(tmp_path, "train", test_count=2).names == [str(i) for i in range(8)]
    test = open_images(tmp_path, "test", test_count=2)
    assert test.names == ["8", "9"]
    assert "test from the end of train" in test.info["split_rule"]


def test_split_folder_twice(tmp_path):
    for name in ("train", "val", "validation"):
        save(tmp_path / name / "a.png")
    with pytest.raises(DataError, match="mean the same split"):
        open_images(tmp_path)


def test_only_a_test_folder(tmp_path):
    save(tmp_path / "test" / "a.png")
    assert open_images(tmp_path, "test").names == ["a"]
    with pytest.raises(DataError, match=r"no examples for 'train'; it has test \(1\)"):
        open_images(tmp_path)


def test_class_folders(tmp_path):
    for name, count in (("zebra", 12), ("ant", 6)):
        for i in range(count):
            save(tmp_path / name / f"{i:02}.png", (i, 0, 0))
    train = open_images(tmp_path, val_count=3, test_count=3)
    assert train.info["label_names"] == ["ant", "zebra"]
    assert train.fields["labels"].kind == "class"
    batch = train.fetch(np.arange(len(train)))
    assert batch["labels"].dtype == np.int32
    for name, label in zip(train.names, batch["labels"], strict=True):
        assert name.startswith(train.info["label_names"][label] + "/")
    # Each part holds both classes in proportion.
    for split in ("val", "test"):
        part = open_images(tmp_path, split, val_count=3, test_count=3)
        assert sorted(part.fetch(np.arange(3))["labels"]) == [0, 1, 1]


def test_class_folders_within_split_folders(tmp_path):
    for split, classes in (("train", "ab"), ("val", "b"), ("test", "abc")):
        for name in classes:
            for i in range(3):
                save(tmp_path / split / name / f"{i}.png")
    val = open_images(tmp_path, "val")
    assert val.info["label_names"] == ["a", "b", "c"]
    assert val.fetch([0, 1, 2])["labels"].tolist() == [1, 1, 1]


def test_class_folders_in_one_split_only(tmp_path):
    save(tmp_path / "train" / "a" / "0.png")
    save(tmp_path / "test" / "0.png")
    with pytest.raises(DataError, match="arrange them all alike"):
        open_images(tmp_path)


@pytest.mark.parametrize("direction, source", [("AtoB", [255, 0, 0]), ("BtoA", [0, 0, 255])])
def test_pairs_side_by_side(tmp_path, direction, source):
    for i in range(5):
        save_joined(tmp_path / f"{i}.png")
    train = open_pairs(tmp_path, direction=direction, val_count=1, test_count=1)
    assert train.names == ["0", "1", "2"]
    batch = train.fetch([0, 2])
    assert batch["source"].shape == (2, 8, 8, 3)
    assert (batch["source"] == source).all()
    assert (batch["target"] == source[::-1]).all()


def test_pairs_side_by_side_in_split_folders(tmp_path):
    for split in ("train", "val", "test"):
        save_joined(tmp_path / split / f"{split}.jpg")
    for split in ("train", "val", "test"):
        assert open_pairs(tmp_path, split).names == [split]


def test_channels_of_each_side(tmp_path):
    save_joined(tmp_path / "0.png", left=(7, 7, 7))
    pairs = open_pairs(tmp_path, source_channels=1, target_channels=4)
    batch = pairs.fetch([0])
    assert batch["source"].shape == (1, 8, 8, 1) and (batch["source"] == 7).all()
    assert batch["target"].shape == (1, 8, 8, 4) and (batch["target"][..., 3] == 255).all()


@pytest.mark.parametrize("direction", ["AtoB", "BtoA"])
def test_two_folders(tmp_path, direction):
    for i in range(7):
        save_label(tmp_path / "a" / f"{i}.png", i % 3)
        save(tmp_path / "b" / f"{i}.jpg", (i * 30, 0, 0))
    spec = f"{tmp_path / 'a'},{tmp_path / 'b'}"
    test = open_pairs(spec, "test", direction=direction, val_count=1, test_count=2)
    labels, photos = ("source", "target") if direction == "AtoB" else ("target", "source")
    assert test.names == ["5", "6"]
    assert test.fields[labels].kind == "labels" and test.fields[photos].kind == "image"
    assert first_pixels(test, labels) == [[0, 0, 255], [255, 0, 0]]
    assert test.info["palette"] == [[255, 0, 0], [0, 255, 0], [0, 0, 255]]


def test_two_folders_with_splits(tmp_path):
    for side in "ab":
        for split in ("train", "val", "test"):
            save(tmp_path / side / split / f"{split}.png")
    spec = f"{tmp_path / 'a'},{tmp_path / 'b'}"
    assert [open_pairs(spec, s).names[0] for s in ("train", "val", "test")] == [
        "train",
        "val",
        "test",
    ]
    (tmp_path / "b" / "val" / "val.png").unlink()
    (tmp_path / "b" / "val").rmdir()
    with pytest.raises(DataError, match="give both the same"):
        open_pairs(spec)


def test_which_side_is_a_label_map(tmp_path):
    for i in range(2):
        save_label(tmp_path / "a" / f"{i}.png", i)
        save(tmp_path / "b" / f"{i}.png")
    spec = f"{tmp_path / 'a'},{tmp_path / 'b'}"

    def kinds(**options):
        pairs = open_pairs(spec, **options)
        return pairs.fields["source"].kind, pairs.fields["target"].kind

    assert kinds() == ("labels", "image")
    assert kinds(labels="none") == ("image", "image")
    assert kinds(labels="target") == ("image", "labels")
    assert kinds(labels="target", direction="BtoA") == ("image", "labels")
    # One picture without a palette: photographs, not label maps.
    save(tmp_path / "a" / "2.png")
    save(tmp_path / "b" / "2.png")
    assert kinds() == ("image", "image")
    assert kinds(labels="source") == ("labels", "image")


def test_label_maps_with_different_palettes_have_no_common_one(tmp_path):
    save_label(tmp_path / "a" / "0.png", 0)
    save_label(tmp_path / "a" / "1.png", 0, ((1, 2, 3), (4, 5, 6)))
    save(tmp_path / "b" / "0.png")
    save(tmp_path / "b" / "1.png")
    pairs = open_pairs(f"{tmp_path / 'a'},{tmp_path / 'b'}")
    assert pairs.fields["source"].kind == "labels" and "palette" not in pairs.info
    assert first_pixels(pairs, "source") == [[255, 0, 0], [1, 2, 3]]


def test_label_maps_are_resized_without_new_colours(tmp_path):
    rng = np.random.default_rng(0)
    colours = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255]], np.uint8)
    image = Image.fromarray(rng.integers(0, 3, (37, 53)).astype(np.uint8))
    image.putpalette(colours.tobytes())
    (tmp_path / "a").mkdir()
    image.save(tmp_path / "a" / "0.png")
    save(tmp_path / "b" / "0.png", size=(37, 53))
    for size in ((20, 30), (64, 48)):
        pairs = sources.open_pairs(f"{tmp_path / 'a'},{tmp_path / 'b'}", "train", image_size=size)
        assert pairs.fields["source"].shape == (*size, 3)
        found = np.unique(pairs.fetch([0])["source"].reshape(-1, 3), axis=0)
        assert {*map(tuple, found)} == {*map(tuple, colours)}


def test_names_that_collide_keep_their_endings(tmp_path):
    for name in ("a.png", "a.jpg", "b.png"):
        save(tmp_path / name)
    assert open_images(tmp_path, val_count=0, test_count=0).names == ["a.jpg", "a.png", "b"]


def test_upper_case_endings_and_hidden_files(tmp_path):
    save(tmp_path / "A.PNG")
    save(tmp_path / "B.JPeG")
    for name in (".DS_Store", ".hidden.png", "Thumbs.db", "desktop.ini"):
        (tmp_path / name).write_bytes(b"x")
    examples = open_images(tmp_path)
    assert examples.names == ["A", "B"] and examples.info["skipped"] == 0


# What can be wrong.


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
    with pytest.raises(DataError, match="No file of the test split can be used"):
        open_images(tmp_path, "test", test_count=1, skip_bad=True)


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
    with pytest.raises(BadFile, match="a.png: is not a PNG"):
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


def test_labelmefacade(real_data):
    root = real_data / "labelmefacade256"
    spec = f"{root / 'label'},{root / 'photo'}"
    parts = {}
    for split in ("train", "val", "test"):
        parts[split] = sources.open_pairs(
            spec, split, image_size=(48, 64), val_count=45, test_count=100
        )
    assert [len(part) for part in parts.values()] == [800, 45, 100]
    names = [name for part in parts.values() for name in part.names]
    assert names == sorted(names) and len({*names}) == 945
    train = parts["train"]
    assert train.fields["source"].kind == "labels" and train.fields["target"].kind == "image"
    lines = (root / "classes.txt").read_text().splitlines()
    colours = [[int(n) for n in line.split("(")[1].rstrip(")").split(",")] for line in lines]
    assert train.info["palette"] == colours
    found = np.unique(train.fetch(np.arange(800))["source"].reshape(-1, 3), axis=0).tolist()
    assert sorted(found) == sorted(colours)


# The shapes of pictures as they lie there, for a generator's output.


def test_picture_shapes(tmp_path):
    save(tmp_path / "b.png", size=(5, 7))
    save(tmp_path / "a.JPG", size=(6, 4))
    save(tmp_path / "inner" / "deep" / "c.webp", size=(3, 2))
    save(tmp_path / "inner" / "grey.bmp", 9, size=(2, 9), mode="L")
    save(tmp_path / ".hidden.png", size=(1, 1))
    save(tmp_path / "__MACOSX" / "d.png", size=(1, 1))
    (tmp_path / "notes.txt").write_text("not one")
    shapes = folders.picture_shapes(tmp_path)
    assert shapes == {
        "a.JPG": (6, 4, 3),
        "b.png": (5, 7, 3),
        "inner/deep/c.webp": (3, 2, 3),
        "inner/grey.bmp": (2, 9, 1),
    }
    assert list(shapes) == sorted(shapes)


def test_picture_shapes_names_what_cannot_be_read(tmp_path):
    with pytest.raises(DataError, match="holds no pictures"):
        folders.picture_shapes(tmp_path)
    with pytest.raises(DataError, match="cannot be listed"):
        folders.picture_shapes(tmp_path / "absent")
    save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"")
    with pytest.raises(BadFile, match="b.png: is empty") as caught:
        folders.picture_shapes(tmp_path)
    assert caught.value.path == tmp_path / "b.png"
