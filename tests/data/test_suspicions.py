"""What is sound and hardly meant is told before training, once."""

import unicodedata

import numpy as np
import pytest
from absl import logging
from PIL import Image

from tests.data.test_images import gradient
from tfgan_zoo.data import sources, suspicions
from tfgan_zoo.data.errors import DataError
from tfgan_zoo.data.request import Request
from tfgan_zoo.data.unpaired import open_unpaired

SIZE = (8, 8)


@pytest.fixture
def told(monkeypatch):
    """The warnings of a test; their sentences, each once."""
    suspicions._once.cache_clear()
    found = []
    monkeypatch.setattr(logging, "warning", lambda text, *values: found.append(text % values))
    return found


def save(path, image):
    path.parent.mkdir(parents=True, exist_ok=True)
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(path)


def photograph(number, size=(24, 32)):
    """A smooth picture with grain."""
    rng = np.random.default_rng(number)
    pixels = gradient(*size).astype(int) + rng.integers(-40, 40, (*size, 3))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def label_map(number, colours=((255, 0, 0), (0, 255, 0), (0, 0, 255))):
    """Three flat stripes."""
    image = Image.fromarray(np.repeat(np.arange(24) // 8, 32).reshape(24, 32).astype(np.uint8))
    image.putpalette(np.asarray(colours, np.uint8).tobytes())
    return image


def images(root, **options):
    return sources.open_images(str(root), "train", Request(image_size=SIZE, **options))


@pytest.mark.parametrize("top", [255, 1023, 4095, 16383])
def test_fewer_bits_than_the_file_has_are_told(tmp_path, told, top):
    values = np.linspace(0, top, 768).reshape(24, 32).astype(np.uint16)
    for number in range(3):
        save(tmp_path / f"{number}.png", values)
    for split in ("train", "test"):
        sources.open_images(str(tmp_path), split, Request(image_size=SIZE, channels=1))
    (sentence,) = told
    assert f"no value above {top:,} of 65,535" in sentence and "multiply" in sentence
    assert str(tmp_path) in sentence


def test_nothing_is_told_of_full_sixteen_bits_or_of_dark_label_maps(tmp_path, told):
    save(tmp_path / "full" / "0.png", np.linspace(0, 65535, 768).reshape(24, 32).astype(np.uint16))
    images(tmp_path / "full", channels=1)
    save(tmp_path / "labels" / "0.png", np.full((24, 32), 7, np.uint16))
    images(tmp_path / "labels", channels=1, kind="labels")
    assert not told


def test_colours_that_become_grey_are_told_once(tmp_path, told):
    for number in range(4):
        save(tmp_path / "colour" / f"{number}.png", photograph(number))
        save(tmp_path / "grey" / f"{number}.png", photograph(number).convert("L").convert("RGB"))
    images(tmp_path / "colour")
    images(tmp_path / "grey", channels=1)
    assert not told
    for _ in range(2):
        images(tmp_path / "colour", channels=1)
    (sentence,) = told
    assert "'images' are coloured and are read as grey, since 1 channel is asked for" in sentence
    unpaired = f"{tmp_path / 'grey'},{tmp_path / 'colour'}"
    open_unpaired(unpaired, "train", Request(image_size=SIZE, channels_a=1, channels_b=1))
    assert len(told) == 1  # of the same folder
    facades = Request(image_size=(16, 16), channels=1, num_examples=4)
    sources.open_images("facades", "train", facades)
    assert "facades" in told[-1] and "are coloured" in told[-1]  # TFDS warns before


def test_a_half_that_is_grey_beside_one_that_is_not(tmp_path, told):
    for number in range(3):
        colour = np.asarray(photograph(number))
        grey = np.asarray(photograph(number).convert("L").convert("RGB"))
        save(tmp_path / f"{number}.png", np.concatenate([grey, colour], 1))
    own = {"image_size": SIZE, "source_channels": 1, "side_by_side": True}
    sources.open_pairs(str(tmp_path), "train", Request(**own))
    assert not told
    sources.open_pairs(str(tmp_path), "train", Request(**own, direction="BtoA"))
    assert "'source' are coloured" in told[0]


def kinds(root, **options):
    spec = f"{root / 'a'},{root / 'b'}"
    pairs = sources.open_pairs(spec, "train", Request(image_size=SIZE, **options))
    return pairs.fields["source"].name, pairs.fields["target"].name


@pytest.mark.parametrize(
    "few",
    [
        lambda image: image.quantize(256),
        lambda image: image.quantize(48),
        lambda image: image.convert("P", palette=Image.Palette.WEB),
        lambda image: image.convert("L").convert("P"),
    ],
)
def test_photographs_of_few_colours_are_no_label_maps(tmp_path, told, few):
    for number in range(6):
        save(tmp_path / "a" / f"{number}.png", label_map(number))
        save(tmp_path / "b" / f"{number}.png", few(photograph(number)))
    assert kinds(tmp_path) == ("label_map", "image")
    assert "a: palette PNGs with 3 colours in all are taken for label maps" in told[0]
    assert "are taken for photographs; --labels says" in told[1]
    assert kinds(tmp_path, labels="target") == ("image", "label_map")
    assert len(told) == 2


def test_label_maps_with_many_colours_or_restless_ones_stay_label_maps(tmp_path, told):
    rng = np.random.default_rng(0)
    colours = rng.integers(0, 256, (150, 3))
    for number in range(6):
        save(tmp_path / "b" / f"{number}.png", photograph(number))
        regions = rng.integers(0, 150, (6, 8)).repeat(8, 0).repeat(8, 1).astype(np.uint8)
        image = Image.fromarray(regions)
        image.putpalette(colours.astype(np.uint8).tobytes())
        save(tmp_path / "a" / f"{number}.png", image.resize((32, 24), Image.Resampling.NEAREST))
    assert kinds(tmp_path) == ("label_map", "image")


def test_one_file_that_is_no_palette_png_is_told(tmp_path, told):
    for number in range(3):
        save(tmp_path / "a" / f"{number}.png", label_map(number))
        save(tmp_path / "b" / f"{number}.png", photograph(number))
    save(tmp_path / "a" / "2.png", photograph(2))
    assert kinds(tmp_path) == ("image", "image")
    assert "0.png is a palette PNG, as label maps are, and 2.png is none" in told[0]


def test_names_of_two_machines_pair(tmp_path, told):
    names = ["é", "ü", "がぎ", "a"]
    for form, side in (("NFC", "a"), ("NFD", "b")):
        for name in names:
            stem = unicodedata.normalize(form, name)
            save(tmp_path / side / f"{stem}.png", photograph(1))
    pairs = sources.open_pairs(
        f"{tmp_path / 'a'},{tmp_path / 'b'}", "train",
        Request(image_size=SIZE, val_count=0, test_count=0),
    )  # fmt: skip
    assert pairs.names == sorted(unicodedata.normalize("NFC", name) for name in names)
    for form in ("NFC", "NFD"):
        name = unicodedata.normalize(form, "é")
        save(tmp_path / "twice" / f"{name}.png", photograph(1))
        save(tmp_path / "classes" / name / "0.png", photograph(1))
    save(tmp_path / "b" / "twice" / "0.png", photograph(1))
    assert len({*images(tmp_path / "twice", val_count=0, test_count=0).names}) == 2
    with pytest.raises(DataError, match="two folders of this name mean the same class"):
        images(tmp_path / "classes")


@pytest.mark.parametrize("ending", [".jfif", ".jpe", ".JFIF", ".apng"])
def test_other_endings_of_the_same_formats(tmp_path, ending):
    for number in range(3):
        path = tmp_path / f"{number}{ending}"
        photograph(number).save(path, "PNG" if "png" in ending else "JPEG")
    assert len(images(tmp_path, val_count=0, test_count=0)) == 3
