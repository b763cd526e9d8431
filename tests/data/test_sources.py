"""What `--data` may say, and what is said when it does not fit."""

import logging

import numpy as np
import pytest
from PIL import Image

from tfgan_zoo.data import sources
from tfgan_zoo.data.errors import DataError
from tfgan_zoo.data.request import Request


def save(path, size=(8, 8), colour=(9, 9, 9)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size[::-1], colour).save(path)


def images(spec, split="train", **options):
    return sources.open_images(str(spec), split, Request(**{"image_size": (8, 8), **options}))


def pairs(spec, split="train", **options):
    return sources.open_pairs(str(spec), split, Request(**{"image_size": (8, 8), **options}))


@pytest.mark.parametrize("opener", [images, pairs])
@pytest.mark.parametrize("spec", ["", "nonsense", "tfds:", "a,b,c"])
def test_unknown_forms_list_the_known_ones(opener, spec):
    with pytest.raises(DataError) as caught:
        opener(spec)
    for form in ("'facades'", "'digits'", "'tfds:NAME'", "a folder", "'DIR_A,DIR_B'"):
        assert form in str(caught.value)


def test_a_file_is_not_a_folder(tmp_path):
    save(tmp_path / "a.png")
    with pytest.raises(DataError, match="a.png' is a file; --data accepts"):
        images(tmp_path / "a.png")


def test_missing_folders_of_a_pair_are_named(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(DataError, match=f"but these are none: {tmp_path / 'b'}"):
        pairs(f"{tmp_path / 'a'},{tmp_path / 'b'}")


def test_commas_and_home_in_folder_names(tmp_path, monkeypatch):
    save(tmp_path / "x,y" / "0.png")
    assert images(tmp_path / "x,y").names == ["0"]
    save(tmp_path / "z" / "0.png", colour=(7, 7, 7))
    two = pairs(f"{tmp_path / 'x,y'}, {tmp_path / 'z'}")
    assert two.fetch([0])["target"][0, 0, 0].tolist() == [7, 7, 7]
    monkeypatch.setenv("HOME", str(tmp_path))
    assert images("~/z").names == ["0"]


def test_a_folder_named_like_a_built_in_set_wins(tmp_path, monkeypatch):
    save(tmp_path / "facades" / "0.png")
    monkeypatch.chdir(tmp_path)
    assert images("facades").names == ["0"]


def test_pairs_where_single_images_are_needed(tmp_path):
    save(tmp_path / "a" / "0.png")
    save(tmp_path / "b" / "0.png")
    with pytest.raises(DataError, match="single images are needed here: give one of the two"):
        images(f"{tmp_path / 'a'},{tmp_path / 'b'}")


def test_single_images_where_pairs_are_needed(tmp_path):
    with pytest.raises(DataError, match="'digits' holds single images; .* use 'facades'"):
        pairs("digits")
    save(tmp_path / "cats" / "0.png")
    save(tmp_path / "dogs" / "0.png")
    with pytest.raises(DataError, match=r"holds no pictures but folders \(cats, dogs\)"):
        pairs(tmp_path)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"cache": "ram"}, "cache=ram: choose one of memory, disk, none"),
        ({"image_size": (0, 8)}, "give \\(height, width\\)"),
        ({"source_channels": 5}, "source_channels=5: give from 1 to 4"),
        ({"direction": "BtoC"}, "direction=BtoC: choose one of AtoB, BtoA"),
        ({"labels": "both"}, "labels=both: choose one of auto, source, target, none"),
    ],
)
def test_wrong_options(options, message):
    with pytest.raises(DataError, match=message):
        pairs("facades", **options)


def test_the_wrong_folder_is_warned_of(tmp_path, caplog):
    save(tmp_path / "joined" / "0.png", size=(8, 16))
    save(tmp_path / "single" / "0.png", size=(8, 8))
    with caplog.at_level(logging.WARNING):
        images(tmp_path / "single")
        pairs(tmp_path / "joined")
        assert not caplog.records
        images(tmp_path / "joined")
        assert "16x8 pixels and will be resized and stretched to 8x8" in caplog.text
        caplog.clear()
        pairs(tmp_path / "single", side_by_side=True)
        assert "8x8 pixels and will be cut into two halves and stretched to 8x8" in caplog.text


def test_facades(tmp_path):
    options = {"image_size": (16, 32), "num_examples": 3, "data_dir": tmp_path}
    train = pairs("facades", **options)
    assert len(train) == 3 and train.fields["source"].shape == (16, 32, 3)
    assert train.fields["source"].name == "label_map" and train.fields["target"].name == "image"
    batch = train.fetch(range(3))
    palette = {*map(tuple, train.info["palette"])}
    assert {*map(tuple, batch["source"].reshape(-1, 3).tolist())} <= palette

    swapped = pairs("facades", direction="BtoA", **options)
    np.testing.assert_array_equal(swapped.fetch([1])["target"][0], batch["source"][1])
    assert swapped.fields["target"].name == "label_map"

    grey = pairs("facades", source_channels=1, **options)
    assert grey.fetch([0])["source"].shape == (1, 16, 32, 1)

    np.testing.assert_array_equal(
        images("facades", **options).fetch([2])["images"][0], batch["target"][2]
    )
    for split, canonical in (("val", "validation"), ("test", "test")):
        assert pairs("facades", split, **options).info["split"] == canonical
    with pytest.raises(DataError, match="always held in memory"):
        pairs("facades", cache="disk", **options)
    with pytest.raises(DataError, match="choose one of train, validation, test"):
        pairs("facades", "extra", **options)


def test_digits(tmp_path):
    options = {"image_size": (16, 16), "channels": 1, "data_dir": tmp_path}
    parts = [images("digits", split, val_count=42, **options) for split in ("train", "val", "test")]
    assert [len(part) for part in parts] == [1400, 42, 355]
    assert len({name for part in parts for name in part.names}) == 1797
    assert parts[1].info["split"] == "validation"
    batch = parts[0].fetch(range(100))
    assert batch["images"].shape == (100, 16, 16, 1) and batch["labels"].dtype == np.int32
    colour = images("digits", "test", image_size=(16, 16), data_dir=tmp_path)
    assert colour.fetch([0])["images"].shape == (1, 16, 16, 3)
    with pytest.raises(DataError, match="no validation split"):
        images("digits", "val", val_count=0, **options)
    with pytest.raises(DataError, match="'digits' has no split 'extra'"):
        images("digits", "extra", **options)


@pytest.mark.parametrize(
    ("spec", "counts", "flag"),
    [
        ("digits", {"test_count": 5}, "--test_count=5"),
        ("stacked:digits", {"test_count": 5}, "--test_count=5"),
        ("facades", {"test_count": 5}, "--test_count=5"),
        ("facades", {"val_count": 5}, "--validation_count=5"),
        ("split", {"test_count": 1}, "--test_count=1"),
        ("split", {"val_count": 1}, None),
    ],
)
def test_a_count_of_a_split_that_the_data_has_is_refused(spec, counts, flag, tmp_path):
    if spec == "split":
        for part, count in (("train", 4), ("test", 1)):
            for number in range(count):
                save(tmp_path / part / f"{number}.png")
        spec = str(tmp_path)
    if flag is None:
        assert len(images(spec, "validation", **counts)) == 1
        return
    for split in ("train", "test"):
        with pytest.raises(DataError, match=f"{flag} says nothing: the data has a"):
            images(spec, split, num_examples=2, **counts)


def test_plain_pictures_are_not_cut_in_two(tmp_path):
    for number, size in enumerate([(8, 12), (8, 12), (8, 16)]):
        save(tmp_path / f"{number}.png", size)
    with pytest.raises(DataError, match="0.png is 12x8 pixels, .* 2 times .*--side_by_side if"):
        pairs(tmp_path)
    data = pairs(tmp_path, side_by_side=True, val_count=0, test_count=0)
    assert (
        data.info["note"]
        == "Each picture is a pair: its left half the source, its right the target."
    )
    turned = pairs(tmp_path, direction="BtoA", side_by_side=True, val_count=0, test_count=0)
    assert "left half the target" in turned.info["note"]
    # Halves of the shape that is asked for.
    assert len(pairs(tmp_path, image_size=(8, 6), val_count=0, test_count=0)) == 3
