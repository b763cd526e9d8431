"""Two sets without pairs: where they come from, and in what order they are seen."""

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image

from tests.data.test_tfds_source import picture, write
from tfgan_zoo.data import unpaired
from tfgan_zoo.data.errors import DataError
from tfgan_zoo.data.examples import Examples
from tfgan_zoo.data.request import Request
from tfgan_zoo.kinds.image import Image as Pictures


def save(path, colour, size=(8, 8), palette=False):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new("RGB", size[::-1], (colour, colour, colour))
    (image.convert("P") if palette else image).save(path)


def opened(spec, split="train", **options):
    return unpaired.open_unpaired(str(spec), split, Request(**{"image_size": (8, 8), **options}))


def colours(table):
    (pixels,) = table.fetch(np.arange(len(table))).values()
    return [int(picture[0, 0, 0]) for picture in pixels]


def sets(count_a, count_b):
    """Two sets whose pictures hold their number."""
    tables = []
    for name, count in (("images_a", count_a), ("images_b", count_b)):
        pixels = np.broadcast_to(np.arange(count)[:, None, None, None], (count, 2, 2, 1))
        names = [str(i) for i in range(count)]
        tables.append(
            Examples.from_arrays(
                {name: pixels.astype(np.uint8)}, {name: Pictures((2, 2, 1))}, names, {}
            )
        )
    return unpaired.Unpaired(*tables, {"name": "numbers", "split": "train"})


def numbers(data, steps, batch_size=1, **options):
    """The numbers of both sets in the first steps: int `[steps, batch]` each."""
    stream = unpaired.train_batches(data, global_batch_size=batch_size, seed=5, **options)
    seen = {"images_a": [], "images_b": []}
    for batch in stream.take(steps).as_numpy_iterator():
        for name, pictures in batch.items():
            seen[name].append(np.rint((pictures[:, 0, 0, 0] + 1) * 127.5).astype(int))
    return np.array(seen["images_a"]), np.array(seen["images_b"])


@pytest.fixture
def layout(tmp_path):
    """Five and three training pictures, two and one of test."""
    for folder, first, count in (
        ("trainA", 10, 5),
        ("trainB", 110, 3),
        ("testA", 20, 2),
        ("testB", 120, 1),
    ):
        for i in range(count):
            save(tmp_path / folder / f"{i}.png", first + i)
    return tmp_path


def test_the_authors_layout(layout):
    train, test = (opened(layout, split, val_count=1) for split in ("train", "test"))
    assert colours(train.a) == [10, 11, 12, 13] and colours(train.b) == [110, 111]
    assert colours(test.a) == [20, 21] and colours(test.b) == [120]
    validation = opened(layout, "validation", val_count=1)
    assert colours(validation.a) == [14] and colours(validation.b) == [112]
    assert set(train.fields) == {"images_a", "images_b"}
    assert len(train) == 4 and len(test) == 2
    assert train.info["name"] == layout.name and train.info["split"] == "train"


def test_a_validation_folder_is_used(layout):
    save(layout / "valA" / "0.png", 30)
    save(layout / "valB" / "0.png", 130)
    assert colours(opened(layout, "validation").a) == [30]
    assert colours(opened(layout).a) == [10, 11, 12, 13, 14]


def test_folders_that_are_no_layout_say_what_is_missing(tmp_path):
    save(tmp_path / "one.png", 1)
    with pytest.raises(DataError, match="holds no folder trainA; --data accepts 'facades'"):
        opened(tmp_path)
    save(tmp_path / "trainA" / "one.png", 1)
    with pytest.raises(DataError, match="holds no folder trainB"):
        opened(tmp_path)


def test_a_damaged_file_is_reported_or_left_out(layout):
    (layout / "trainB" / "1.png").write_bytes(b"")
    with pytest.raises(DataError, match="1.png: is empty"):
        opened(layout, val_count=1)
    data = opened(layout, val_count=1, skip_bad=True)
    assert colours(data.b) == [110] and data.info["skipped"] == 1


def test_any_two_sources(tmp_path):
    for i in range(4):
        save(tmp_path / "x,y" / f"{i}.png", 10 + i)
        save(tmp_path / "z" / "cats" / f"{i}.png", 50 + i)
    options = {"val_count": 1, "test_count": 1}
    data = opened(f"{tmp_path / 'x,y'}, {tmp_path / 'z'}", channels_b=1, **options)
    assert colours(data.a) == [10, 11] and colours(data.b) == [50, 51]
    assert data.fields["images_b"].shape == (8, 8, 1)
    assert data.info["name"] == "x,y,z"

    digits = opened(
        f"{tmp_path / 'z'},digits", image_size=(12, 12), channels_a=1, channels_b=1, **options
    )
    assert len(digits) == len(digits.b) > 1000
    with pytest.raises(DataError, match="--test_count=1 says nothing"):
        opened("digits,digits", image_size=(12, 12), channels_a=1, channels_b=1, **options)
    with pytest.raises(DataError, match="'digits' is one source of pictures"):
        opened("digits")
    with pytest.raises(DataError, match="'nothing' is not a folder that exists"):
        opened("digits,nothing", image_size=(12, 12))


def test_label_maps_keep_their_colours(tmp_path):
    for i in range(2):
        save(tmp_path / "maps" / "trainA" / f"{i}.png", i, palette=True)
        save(tmp_path / "maps" / "trainB" / f"{i}.png", i)
    options = {"val_count": 0, "test_count": 0}
    data = opened(tmp_path / "maps", **options)
    assert [kind.name for kind in data.fields.values()] == ["label_map", "image"]
    data = opened(f"{tmp_path / 'maps' / 'trainB'},{tmp_path / 'maps' / 'trainA'}", **options)
    assert [kind.name for kind in data.fields.values()] == ["image", "label_map"]
    data = opened(tmp_path / "maps", labels="b", **options)
    assert [kind.name for kind in data.fields.values()] == ["image", "label_map"]
    with pytest.raises(DataError, match="labels=c: choose one of auto, a, b, none"):
        opened(tmp_path / "maps", labels="c")


def test_a_tfds_set_of_two_domains(tmp_path):
    features = {
        "image": tfds.features.Image(shape=(None, None, 3)),
        "label": tfds.features.ClassLabel(names=["A", "B"]),
    }
    counts = {"trainA": 5, "trainB": 3, "testA": 2, "testB": 1}
    write(
        tmp_path,
        "zoo_test_domains",
        features,
        {
            split: [{"image": picture(10 * k + i), "label": k % 2} for i in range(count)]
            for k, (split, count) in enumerate(counts.items())
        },
    )
    options = {"data_dir": tmp_path, "val_count": 1}
    train, test = (opened("tfds:zoo_test_domains", s, **options) for s in ("train", "test"))
    assert colours(train.a) == [0, 1, 2, 3] and colours(train.b) == [10, 11]
    assert colours(test.a) == [20, 21] and colours(test.b) == [30]
    assert colours(opened("tfds:zoo_test_domains", "val", **options).b) == [12]
    assert train.info["split"] == "train" and set(train.fields) == {"images_a", "images_b"}

    write(tmp_path, "zoo_test_one_domain", features, {"train": [{"image": picture(1), "label": 0}]})
    with pytest.raises(DataError, match="a split trainA, and has the splits train"):
        opened("tfds:zoo_test_one_domain", data_dir=tmp_path)


def test_facades_are_taken_apart():
    data = opened("facades", "test", image_size=(16, 16))
    assert [kind.name for kind in data.fields.values()] == ["label_map", "image"]
    assert data.a.names == data.b.names and len(data) == 50
    assert data.info["palette"]
    pairs = data.pairs().fetch([3, 1])
    np.testing.assert_array_equal(pairs["images_b"], data.b.fetch([3, 1])["images_b"])
    assert pairs["images_a"].shape == (2, 16, 16, 3)


def test_pairs_need_equal_names(layout):
    with pytest.raises(DataError, match="the names of its test pictures differ between A and B"):
        opened(layout, "test").pairs()


def test_an_epoch_is_the_longer_set_and_the_other_repeats():
    data = sets(6, 4)
    assert len(data) == 6
    a, b = (numbers.ravel() for numbers in numbers(data, steps=12))
    for order, count in ((a, 6), (b, 4)):
        epochs = order.reshape(-1, count)
        assert (np.sort(epochs) == np.arange(count)).all()
        assert any((epochs[0] != epoch).any() for epoch in epochs[1:])


def test_two_sets_of_one_length_have_different_orders():
    a, b = numbers(sets(50, 50), steps=50)
    assert (a == b).mean() < 0.1


def test_the_position_is_a_function_of_the_step():
    data = sets(6, 4)
    a, b = numbers(data, steps=9, batch_size=2)
    later = numbers(data, steps=4, batch_size=2, start_step=5)
    np.testing.assert_array_equal(later, [a[5:], b[5:]])


def test_replicas_see_the_parts_of_one_batch():
    data = sets(7, 4)
    whole = numbers(data, steps=6, batch_size=4)
    parts = numbers(data, steps=12, batch_size=4, num_replicas=2)
    for one, two in zip(whole, parts, strict=True):
        np.testing.assert_array_equal(one, two.reshape(6, 4))


def test_crops_and_flips_of_the_two_are_their_own():
    ramp = np.arange(64, dtype=np.uint8).reshape(1, 8, 8, 1)
    tables = [
        Examples.from_arrays({name: ramp}, {name: Pictures((8, 8, 1))}, ["0"], {})
        for name in ("images_a", "images_b")
    ]
    stream = unpaired.train_batches(
        unpaired.Unpaired(*tables, {}), global_batch_size=8, seed=0, crop_size=(4, 4), flip=True
    )
    batch = next(stream.as_numpy_iterator())
    assert batch["images_a"].shape == (8, 4, 4, 1)
    same = [np.array_equal(a, b) for a, b in zip(*batch.values(), strict=True)]
    assert np.mean(same) < 0.5
