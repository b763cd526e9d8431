"""The trainer of the frozen classifier: what it learns, writes, repeats and refuses."""

import json
import shutil

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.trainers import programs
from tfgan_zoo.data.errors import DataError
from tfgan_zoo.metrics.mnist_cnn import distort
from tfgan_zoo.training.run_directory import RunError

FLAGFILE = "trainers/flagfiles/mnist_cnn.flags"
DIGITS = ("--data=digits", "--batch_size=64")


def train(folder, *arguments):
    """The folder of the exported classifier."""
    programs.run("mnist_cnn", folder, *DIGITS, *arguments, flagfile=FLAGFILE)
    return folder / "export" / "mnist_cnn"


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a classifier of the built-in digits."""
    return train(tmp_path_factory.mktemp("run"), "--epochs=2")


def logits(folder):
    """What the exported classifier says about fixed noise."""
    images = np.random.default_rng(0).uniform(-1, 1, (8, 28, 28, 1)).astype(np.float32)
    classify = tf.saved_model.load(str(folder / "1")).signatures["serving_default"]
    return classify(images=tf.constant(images))["logits"].numpy()


def test_it_learns_and_says_how_well(trained):
    card = json.loads((trained / "card.json").read_text())
    assert card["test"]["accuracy"] > 0.85
    confusion = np.array(card["test"]["confusion"])
    assert confusion.sum() == card["test"]["examples"] == 355
    assert np.trace(confusion) / 355 == pytest.approx(card["test"]["accuracy"])
    text = (trained / "README.md").read_text()
    assert f"{card['test']['accuracy']:.2%}" in text and "45 batches of\n64, seed 0" in text
    assert (trained / "samples.png").stat().st_size > 0
    assert not {"run_dir", "data_dir"} & card["training"]["flags"].keys()


def test_an_export_replaces_its_own_files_alone(trained, tmp_path):
    place = shutil.copytree(trained, tmp_path / "thesis")
    (place / "chapter.txt").write_text("Years of work.")
    train(tmp_path / "run", "--steps=1", f"--export_dir={place}", "--seed=1")
    assert (place / "chapter.txt").read_text() == "Years of work."
    own = {path.name for path in trained.iterdir()}
    assert {path.name for path in place.iterdir()} == own | {"chapter.txt"}
    assert json.loads((place / "card.json").read_text())["training"]["flags"]["seed"] == 1


@pytest.mark.parametrize(("names", "found"), [(["images"], "no classes"), (["x"] * 11, "class 10")])
def test_other_classes_are_refused_before_training(tmp_path, names, found):
    for number, name in enumerate(names):
        folder = tmp_path / "data" / (f"{name}{number}" if len(names) > 1 else "")
        folder.mkdir(parents=True)
        for copy in range(4):
            Image.new("L", (28, 28), 20 * number + copy).save(folder / f"{copy}.png")
    with pytest.raises(RunError, match=f"10 classes, from 0 on, and --data has .*{found}"):
        programs.run("mnist_cnn", tmp_path, f"--data={tmp_path / 'data'}", flagfile=FLAGFILE)


def test_a_run_in_two_parts_ends_like_one(tmp_path):
    constant = "--lr_schedule=constant"
    whole = train(tmp_path / "whole", "--steps=3", constant)
    train(tmp_path / "parts", "--steps=2", constant, "--noexport")
    parts = train(tmp_path / "parts", "--steps=3", constant)
    np.testing.assert_array_equal(logits(whole), logits(parts))


def test_distortions_follow_their_seed_and_move_pixels_little():
    images = np.full((4, 28, 28, 1), -1, np.float32)
    images[:, 12:16, 12:16] = 1
    first, again, other = (distort(images, [0, step]).numpy() for step in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.5
    rows = np.arange(28)[:, None, None]
    weights = (first + 1) / (first + 1).sum((1, 2, 3), keepdims=True)
    centres = (weights * rows).sum((1, 2, 3))
    assert np.abs(centres - 13.5).max() < 3.1  # a shift of 2.5 pixels and what the turn adds
    still = distort(images, [0, 1], degrees=0, scale=0, shift=0)
    np.testing.assert_allclose(still, images, atol=1e-5)


def test_data_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match="'facade' is not a folder that exists"):
        programs.run("mnist_cnn", tmp_path, "--data=facade", flagfile=FLAGFILE)
