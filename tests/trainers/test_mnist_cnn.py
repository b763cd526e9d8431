"""The trainer of the frozen classifier: what it learns, writes, repeats and refuses."""

import json

import numpy as np
import pytest
import tensorflow as tf

from tests.trainers import programs
from tfgan_zoo.data.errors import DataError
from tfgan_zoo.metrics.mnist_cnn import distort

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
