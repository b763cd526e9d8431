"""What lies in saved_models/: small enough, loadable, and as the cards say."""

import json
import pathlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfgan_zoo.data.request import Request
from tfgan_zoo.data.sources import open_images
from tfgan_zoo.export import stored
from tfgan_zoo.export.served import of_saved_model
from tfgan_zoo.export.tflite import TFLiteRunner
from tfgan_zoo.metrics import extractors

ROOT = pathlib.Path(__file__).resolve().parents[1]
FOLDER = ROOT / "saved_models"
# A model with several generators has a folder for each: cyclegan/a_to_b.
SHIPPED = sorted(path.parent.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("card.json"))
CARDS = {name: json.loads((FOLDER / name / "card.json").read_text()) for name in SHIPPED}
CLASSIFIERS = [name for name in SHIPPED if CARDS[name].get("kind") == "classifier"]
GENERATORS = sorted(set(SHIPPED) - set(CLASSIFIERS))


def test_all_together_leave_room_for_the_systems_to_come():
    """200 MB are for 53 systems; those that stand may not take more than their share."""
    assert {"pix2pix", "dcgan", "mnist_cnn"} <= set(SHIPPED)
    files = [path for path in FOLDER.rglob("*") if path.is_file()]
    variants = (ROOT / "tfgan_zoo" / "models").glob("*/*.py")
    standing = sum(path.name != "__init__.py" for path in variants)
    assert sum(path.stat().st_size for path in files) <= 200e6 * standing / 53


def examples(inputs):
    """Two examples of each input by name: noise, the first classes, one token again and again."""
    random, values = np.random.default_rng(0), {}
    for item in inputs:
        shape = (2, *item.shape) if item.batched else ()
        if item.kind == "class":
            values[item.name] = np.arange(2, dtype=np.int32) % item.classes
        elif item.kind == "count":
            values[item.name] = np.int32(2)
        elif item.kind in ("seed", "number"):
            values[item.name] = np.asarray(item.default, item.dtype)
        elif item.kind == "tokens":
            values[item.name] = np.full(shape, 3, np.int32)
        else:
            values[item.name] = random.uniform(-1, 1, shape).astype(np.float32)
    return values


@pytest.mark.parametrize("name", GENERATORS)
def test_the_card_is_true(name):
    folder, card = FOLDER / name, CARDS[name]
    assert card["name"] == name.replace("/", "_")
    for path, size in card["files"].items():
        assert (folder / path).stat().st_size == size, path
    text = (folder / "card.json").read_text() + (folder / "README.md").read_text()
    assert "=/" not in text, "the card names a folder of one machine"

    interface = stored.from_card(card)
    values = examples(interface.inputs)
    served = of_saved_model(interface, folder / str(card["version"]))(**values)
    for output in interface.outputs:
        found = served[output.name]
        assert found.shape == (2, *output.shape)
        assert output.kind != "image" or np.abs(found).max() <= 1
    lite = TFLiteRunner(folder / card["tflite"]["float16"]["file"])
    if interface.lite is None:
        # Noise as input is not what the card measured on; the two must agree closely all the same.
        for name, found in lite(**values).items():
            assert np.abs(found - served[name]).mean() < 0.01
    else:  # one step of a loop, beside which there is no SavedModel
        steps = lite(**examples(interface.lite.inputs))
        for output in interface.lite.outputs:
            assert steps[output.name].shape == (2, *output.shape)
            assert np.isfinite(steps[output.name]).all()


def test_the_digit_classifier_is_as_good_as_its_card_says(real_data):
    card = CARDS["mnist_cnn"]
    assert card["name"] == "mnist_cnn" and card["test"]["accuracy"] >= 0.993
    data = open_images(
        "tfds:mnist",
        "test",
        Request(image_size=(28, 28), channels=1, data_dir=real_data / "tfds"),
    )
    examples = data.fetch(np.arange(len(data)))
    classify = extractors.find("mnist_cnn")
    found = [
        classify(examples["images"][i : i + 1000])[1].argmax(1) for i in range(0, 10_000, 1000)
    ]
    accuracy = np.mean(np.concatenate(found) == examples["labels"])
    assert accuracy == pytest.approx(card["test"]["accuracy"], abs=3e-4)


def test_pix2pix_draws_a_png_from_a_label_map():
    signatures = tf.saved_model.load(str(FOLDER / "pix2pix" / "1")).signatures
    with Image.open(FOLDER / "pix2pix" / "samples.png") as sheet:
        # The first pair of the card's picture; its first column is the label map.
        label_map, drawn = (sheet.crop((x, 22, x + 256, 278)) for x in (4, 264))
    path = tf.io.encode_png(np.asarray(label_map.convert("RGB")))
    png = signatures["encoded"](image_bytes=path[None])["png_bytes"][0]
    again = tf.io.decode_png(png).numpy().astype(np.float32)
    assert np.abs(again - np.asarray(drawn.convert("RGB"), np.float32)).mean() < 2
    images = tf.cast(np.asarray(label_map.convert("RGB"))[None], tf.float32) / 127.5 - 1
    first, second, first_again = (
        signatures["sample"](images=images, seed=tf.constant(seed))["images"].numpy()
        for seed in (1, 2, 1)
    )
    assert np.array_equal(first, first_again) and not np.array_equal(first, second)
