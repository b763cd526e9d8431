"""Every arrangement of folders; what can be wrong with files is in test_files."""

import numpy as np
import pytest
from PIL import Image

from tfgan_zoo.data import folders, sources
from tfgan_zoo.data.errors import DataError
from tfgan_zoo.data.examples import BadFile
from tfgan_zoo.data.request import Request

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
    return sources.open_images(str(root), split, Request(image_size=SIZE, **options))


def open_pairs(spec, split="train", **options):
    return sources.open_pairs(str(spec), split, Request(image_size=SIZE, **options))


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
    assert train.fields["labels"].name == "class"
    batch = train.fetch(np.arange(len(train)))
    assert batch["labels"].dtype == np.int32
    for name, label in zip(train.names, batch["labels"], strict=True):
        assert name.startswith(train.info["label_names"][label] + "/")
    # Each part holds both classes in proportion.
    for split in ("val", "test"):
        part = open_images(tmp_path, split, val_count=3, test_count=3)
        assert sorted(part.fetch(np.arange(3))["labels"]) == [0, 1, 1]


@pytest.mark.parametrize(
    "names",
    [
        [str(number) for number in range(12)],
        ["class 9", "class 10", "class 100"],
        ["1", "01", "2", "background"],
        ["9x9", "9x10", "10x1"],
    ],
)
def test_classes_are_numbered_as_their_numbers_go(tmp_path, names):
    for name in reversed(names):
        save(tmp_path / name / "0.png")
        save(tmp_path / name / "1.png")
    train = open_images(tmp_path, val_count=0, test_count=0)
    order = sorted(names, key=lambda name: (name != "01", name)) if "01" in names else names
    assert train.info["label_names"] == order
    for name, label in zip(train.names, train.fetch(range(len(train)))["labels"], strict=True):
        assert name.split("/")[0] == order[label]


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
    assert test.fields[labels].name == "label_map" and test.fields[photos].name == "image"
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
        return pairs.fields["source"].name, pairs.fields["target"].name

    assert kinds() == ("label_map", "image")
    assert kinds(labels="none") == ("image", "image")
    assert kinds(labels="target") == ("image", "label_map")
    assert kinds(labels="target", direction="BtoA") == ("image", "label_map")
    # One picture without a palette: photographs, not label maps.
    save(tmp_path / "a" / "2.png")
    save(tmp_path / "b" / "2.png")
    assert kinds() == ("image", "image")
    assert kinds(labels="source") == ("label_map", "image")


def test_label_maps_with_different_palettes_have_no_common_one(tmp_path):
    save_label(tmp_path / "a" / "0.png", 0)
    save_label(tmp_path / "a" / "1.png", 0, ((1, 2, 3), (4, 5, 6)))
    save(tmp_path / "b" / "0.png")
    save(tmp_path / "b" / "1.png")
    pairs = open_pairs(f"{tmp_path / 'a'},{tmp_path / 'b'}")
    assert pairs.fields["source"].name == "label_map" and "palette" not in pairs.info
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
        pairs = sources.open_pairs(
            f"{tmp_path / 'a'},{tmp_path / 'b'}", "train", Request(image_size=size)
        )
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


def test_labelmefacade(real_data):
    root = real_data / "labelmefacade256"
    spec = f"{root / 'label'},{root / 'photo'}"
    parts = {}
    for split in ("train", "val", "test"):
        parts[split] = sources.open_pairs(
            spec, split, Request(image_size=(48, 64), val_count=45, test_count=100)
        )
    assert [len(part) for part in parts.values()] == [800, 45, 100]
    names = [name for part in parts.values() for name in part.names]
    assert names == sorted(names) and len({*names}) == 945
    train = parts["train"]
    assert train.fields["source"].name == "label_map" and train.fields["target"].name == "image"
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
