"""The drawn facades: what a picture is, that it never changes, and the way through TFDS."""

import hashlib
import multiprocessing
import pathlib
import random

import numpy as np
import pytest
import tensorflow_datasets as tfds

from tfgan_zoo.data import facades


def colours_of(labels):
    return {tuple(c) for c in np.unique(labels.reshape(-1, 3), axis=0).tolist()}


def prepare(data_dir):
    random.seed(0)  # as workers of one run do: TFDS must not give both the same folder
    arrays, _, _ = facades.load("train", image_size=(32, 32), num_examples=12, data_dir=data_dir)
    return hashlib.sha256(arrays["target"].tobytes()).hexdigest()


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    return str(tmp_path_factory.mktemp("tfds"))


def test_a_set_is_prepared_without_control_characters(tmp_path, capfd, caplog):
    facades.load("test", image_size=(16, 16), num_examples=2, data_dir=str(tmp_path))
    said = capfd.readouterr()
    assert said.out == "" and "\r" not in said.err and "Generating" not in said.err
    assert not caplog.messages


@pytest.mark.parametrize("size", [(16, 16), (64, 64), (96, 160), (160, 96), (33, 47), (40, 200)])
def test_any_size_gives_pairs_in_the_palette_alone(size):
    labels, photo = facades.draw(0, "train", 3, size)
    assert labels.shape == photo.shape == (*size, 3)
    assert labels.dtype == photo.dtype == np.uint8
    assert colours_of(labels) <= {tuple(c) for c in facades.PALETTE.tolist()}


def test_palette_names_each_distinct_colour():
    assert len(facades.LABEL_NAMES) == len(facades.PALETTE) == len(colours_of(facades.PALETTE))


def test_every_class_is_drawn_and_the_wall_is_the_largest_of_a_building():
    counts = np.zeros(len(facades.LABEL_NAMES), int)
    for index in range(30):
        labels, _ = facades.draw(0, "train", index, (64, 64))
        same = (labels[:, :, None] == facades.PALETTE).all(-1)
        counts += same.sum((0, 1))
    share = dict(zip(facades.LABEL_NAMES, counts / counts.sum(), strict=True))
    assert min(share.values()) > 0.001
    building = {k: v for k, v in share.items() if k not in ("sky", "street", "plant")}
    assert max(building, key=building.get) == "wall"


def test_the_same_arguments_draw_the_same_and_others_differ():
    first = facades.draw(0, "train", 5, (48, 48))
    np.testing.assert_array_equal(first, facades.draw(0, "train", 5, (48, 48)))
    for other in ((1, "train", 5), (0, "validation", 5), (0, "train", 6)):
        labels, photo = facades.draw(*other, (48, 48))
        assert (labels != first[0]).any() and (photo != first[1]).any()


def test_global_generators_neither_matter_nor_change():
    np.random.seed(1)
    random.seed(1)
    before = np.random.get_state()[1].copy(), random.getstate()
    facades.draw(0, "train", 5, (32, 32))
    np.testing.assert_array_equal(before[0], np.random.get_state()[1])
    assert random.getstate() == before[1]


def test_a_label_map_is_pinned():
    """A change here changes the set that saved scores belong to: raise VERSION with it."""
    labels, _ = facades.draw(0, "train", 0, (64, 64))
    assert hashlib.sha256(labels.tobytes()).hexdigest()[:16] == "aea3f954577d76b8"


def test_other_sizes_show_the_same_building():
    small, other = facades.draw(0, "train", 7, (64, 64)), facades.draw(0, "train", 8, (64, 64))
    large = facades.draw(0, "train", 7, (128, 128))
    # Edges differ by a pixel, and the thinnest parts are never thinner than one.
    agree = (small[0] == large[0][1::2, 1::2]).all(-1)
    assert agree.mean() > 0.9 and (small[0] == other[0]).all(-1).mean() < 0.6
    halved = large[1].reshape(64, 2, 64, 2, 3).mean((1, 3))
    building = agree & (small[0] != facades.PALETTE[facades.LABEL_NAMES.index("sky")]).any(-1)
    assert np.abs(small[1] - halved)[building].mean() < 15  # noise is drawn anew for each size


def test_photos_have_light_texture_and_noise():
    labels, photo = facades.draw(0, "train", 0, (128, 128))
    wall = (labels == facades.PALETTE[facades.LABEL_NAMES.index("wall")]).all(-1)
    assert photo.min() < 40 and photo.max() > 215
    assert photo[wall].std(0).min() > 5  # shadow and texture on one material
    sky = (labels == facades.PALETTE[facades.LABEL_NAMES.index("sky")]).all(-1)
    assert np.abs(np.diff(photo[..., 2].astype(int), axis=1))[sky[:, 1:]].mean() > 0.5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, "dev", 0, (64, 64)), "split is 'dev'; choose one of train"),
        ((0, "train", 0, (8, 64)), "at least 16"),
        ((-1, "train", 0, (64, 64)), "must not be negative"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        facades.draw(*arguments)


def test_load_returns_what_draw_draws_in_order(data_dir):
    arrays, names, info = facades.load(
        "validation", image_size=(32, 48), seed=4, num_examples=11, data_dir=data_dir
    )
    for index in range(11):
        labels, photo = facades.draw(4, "validation", index, (32, 48))
        np.testing.assert_array_equal(arrays["source"][index], labels)
        np.testing.assert_array_equal(arrays["target"][index], photo)
    assert names[0] == "validation-00000" and len(set(names)) == 11
    assert info["palette"] == facades.PALETTE.tolist()
    assert info["label_names"] == list(facades.LABEL_NAMES)
    assert info["split"] == "validation" and info["licence"] and info["description"]


def test_tfds_load_finds_the_set(data_dir):
    splits, info = tfds.load("zoo_facades/64", data_dir=data_dir, with_info=True)
    assert {k: len(v) for k, v in splits.items()} == {"train": 400, "validation": 50, "test": 50}
    assert info.supervised_keys == ("source", "target")
    example = next(iter(splits["test"].as_numpy_iterator()))
    np.testing.assert_array_equal(example["target"], facades.draw(0, "test", 0, (64, 64))[1])
    arrays, _, info = facades.load("test", image_size=(64, 64), data_dir=data_dir)
    assert info["name"] == "zoo_facades/64" and len(arrays["source"]) == 50


def test_two_processes_may_prepare_at_once_beside_a_killed_one(tmp_path):
    killed = tmp_path / "zoo_facades" / "32x32_seed0_train12" / "incomplete.ABCDEF_1.0.0"
    killed.mkdir(parents=True)
    (killed / "zoo_facades-train.tfrecord-00000-of-00001").write_bytes(b"half")
    context = multiprocessing.get_context("spawn")
    with context.Pool(2) as pool:
        first, second = pool.map(prepare, [str(tmp_path)] * 2, chunksize=1)
    assert first == second == prepare(str(tmp_path))


def test_preparing_leaves_the_global_generator_alone(tmp_path):
    random.seed(3)
    expected = random.random()
    random.seed(3)
    facades.load("test", image_size=(16, 16), num_examples=1, data_dir=str(tmp_path))
    assert random.random() == expected


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(OSError, match="Cannot write the built-in set zoo_facades to .*file"):
        facades.load("train", image_size=(16, 16), num_examples=1, data_dir=str(blocked))


def test_an_incomplete_copy_is_named(tmp_path):
    (pathlib.Path(tmp_path) / "zoo_facades/16x16_seed0_train1/1.0.0").mkdir(parents=True)
    with pytest.raises(OSError, match="incomplete copy of the set; delete"):
        facades.load("train", image_size=(16, 16), num_examples=1, data_dir=str(tmp_path))


def test_a_copy_without_its_examples_is_named(tmp_path):
    size = {"image_size": (16, 16), "num_examples": 1, "data_dir": str(tmp_path)}
    facades.load("train", **size)
    (shard,) = pathlib.Path(tmp_path).rglob("*-train.*tfrecord*")
    shard.write_bytes(b"")
    with pytest.raises(OSError, match="damaged copy of the set; delete"):
        facades.load("train", **size)


@pytest.mark.parametrize(
    ("split", "count", "message"), [("dev", None, "split is"), ("train", 0, "num_examples is 0")]
)
def test_load_refuses_before_it_writes(tmp_path, split, count, message):
    with pytest.raises(ValueError, match=message):
        facades.load(split, image_size=(64, 64), num_examples=count, data_dir=str(tmp_path))
    assert not list(tmp_path.iterdir())
