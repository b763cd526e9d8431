"""Instance maps: those of drawn facades, of folders and of connected areas."""

import numpy as np
import pytest
from PIL import Image

from tfgan_zoo.data import facades, images
from tfgan_zoo.data.errors import DataError
from tfgan_zoo.data.facade_drawing import PALETTE, draw, draw_instances
from tfgan_zoo.data.instances import connected, open_with_instances
from tfgan_zoo.data.pipeline import train_batches
from tfgan_zoo.data.request import Request


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    return Request(image_size=(24, 48), data_dir=tmp_path_factory.mktemp("tfds"), num_examples=5)


@pytest.mark.parametrize("size", [(64, 64), (32, 80), (256, 512)])
def test_each_drawn_thing_has_a_number_under_its_label(size):
    labels, instances = draw_instances(0, "train", 3, size)
    assert instances.dtype == np.uint16 and instances.shape == size
    np.testing.assert_array_equal(labels, draw(0, "train", 3, size)[0])
    np.testing.assert_array_equal(PALETTE[instances // 1000], labels)


def test_windows_are_told_apart_and_a_wall_is_one():
    _, instances = draw_instances(0, "train", 3, (256, 256))
    names = [facades.LABEL_NAMES[number // 1000] for number in np.unique(instances)]
    assert names.count("window") > 10 and names.count("door") >= 1
    assert 1 <= names.count("wall") <= 3 and names.count("sky") == names.count("street") == 1
    # Each window is one area of the size of a window.
    for number in np.unique(instances[instances // 1000 == 2]):
        rows, columns = np.nonzero(instances == number)
        assert np.ptp(rows) < 60 and np.ptp(columns) < 60


def test_facades_have_theirs_and_crops_and_flips_hit_all_fields_alike(drawn):
    examples = open_with_instances("facades", "train", drawn)
    batch = examples.fetch([2, 0])
    np.testing.assert_array_equal(PALETTE[batch["instances"][..., 0] // 1000], batch["source"])
    stream = train_batches(examples, global_batch_size=3, seed=0, crop_size=(16, 32), flip=True)
    flipped = set()
    for batch in stream.take(6):
        numbers, source = batch["instances"].numpy(), batch["source"].numpy()
        assert numbers.dtype == np.int32 and numbers.shape == (3, 16, 32, 1)
        colours = np.rint((source + 1) * 127.5).astype(np.uint8)
        np.testing.assert_array_equal(PALETTE[numbers[..., 0] // 1000], colours)
        flipped |= {one.tobytes() for one in numbers}
    assert len(flipped) > 5  # more than the five examples as they are


def test_areas_are_of_equal_neighbours():
    labels = np.array([[1, 1, 2], [2, 1, 2], [1, 2, 2]], np.uint8)[..., None]
    found = connected(labels)[..., 0]
    assert len(np.unique(found)) == 4 and found.min() > 0
    for one, other, same in (
        ((0, 0), (1, 1), True),
        ((0, 0), (2, 0), False),  # two areas of label 1 that touch in a corner
        ((0, 2), (2, 1), True),
        ((1, 0), (2, 1), False),
    ):
        assert (found[one] == found[other]) == same


def test_areas_of_any_pairs(drawn):
    examples = open_with_instances("facades", "test", drawn, "areas")
    batch = examples.fetch([1])
    np.testing.assert_array_equal(batch["instances"][0], connected(batch["source"][0]))


def save_pairs(root, names=("a", "b", "c"), split=""):
    labels = np.zeros((8, 12), np.uint8)
    labels[:, 6:] = 1
    for number, name in enumerate(names):
        for side in ("labels", "photos", "things"):
            (root / side / split).mkdir(parents=True, exist_ok=True)
        palette = Image.fromarray(labels)
        palette.putpalette([0, 0, 255, 255, 0, 0])
        palette.save(root / "labels" / split / f"{name}.png")
        Image.fromarray(np.full((8, 12, 3), 9, np.uint8)).save(
            root / "photos" / split / f"{name}.png"
        )
        things = labels.astype(np.uint16) * 26_001 + number
        Image.fromarray(things).save(root / "things" / split / f"{name}.png")


def of_folders(root, split="train", instances=None, size=(8, 12)):
    request = Request(image_size=size, labels="source", val_count=0, test_count=0)
    spec = f"{root / 'labels'},{root / 'photos'}"
    return open_with_instances(spec, split, request, instances)


@pytest.mark.parametrize("split", ["", "train"])
def test_a_third_folder_holds_the_maps_of_ones_own_pairs(tmp_path, split):
    save_pairs(tmp_path, split=split)
    batch = of_folders(tmp_path, instances=str(tmp_path / "things")).fetch([1])
    expected = np.where(np.arange(12) < 6, 1, 26_002)
    np.testing.assert_array_equal(batch["instances"][0, 3, :, 0], expected)  # 16 bits
    small = of_folders(tmp_path, instances=str(tmp_path / "things"), size=(4, 6)).fetch([1])
    np.testing.assert_array_equal(small["instances"][0, 1, :, 0], expected[::2])


def test_what_is_missing_is_one_sentence(tmp_path, drawn):
    save_pairs(tmp_path)
    with pytest.raises(DataError, match="has no instance maps: name the folder .*--instances=DIR"):
        of_folders(tmp_path)
    (tmp_path / "things" / "b.png").unlink()
    with pytest.raises(DataError, match="no instance map for 1 of the 3 pairs .* such as b"):
        of_folders(tmp_path, instances=str(tmp_path / "things"))
    (tmp_path / "things" / "b.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match="b.png: is not a PNG"):
        of_folders(tmp_path, instances=str(tmp_path / "things"))
    with pytest.raises(DataError, match="nowhere is not a folder that exists, nor 'areas'"):
        of_folders(tmp_path, instances="nowhere")
    with pytest.raises(DataError, match="is no label map: give label maps as palette PNGs"):
        open_with_instances("facade_edges", "test", drawn)


def test_numbers_of_a_file(tmp_path):
    values = np.array([[0, 1], [2, 40_000]])
    for name, picture, expected in (
        (
            "grey",
            Image.fromarray(np.minimum(values, 255).astype(np.uint8)),
            np.minimum(values, 255),
        ),
        ("deep", Image.fromarray(values.astype(np.uint16)), values),
        (
            "colour",
            Image.fromarray(np.stack([values % 3, values % 5, values % 7], -1).astype(np.uint8)),
            values % 3 * 65536 + values % 5 * 256 + values % 7,
        ),
    ):
        picture.save(tmp_path / f"{name}.png")
        found = images.decode_numbers(tmp_path / f"{name}.png")
        assert found.dtype == np.int32
        np.testing.assert_array_equal(found[..., 0], expected, err_msg=name)
