"""The trainer of the frozen classifier: what it learns, writes, repeats and refuses."""

import json

import numpy as np
import pytest
import tensorflow as tf

from tests import commands
from tfgan_zoo.metrics.mnist_cnn import distort
from trainers.tasks import classification

RUN = {
    "export_dir": None,
    "epochs": 2,
    "batch_size": 64,
    "seed": 0,
    "data_dir": None,
    "download": False,
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a classifier of the built-in digits."""
    folder = tmp_path_factory.mktemp("run")
    classification.run("digits", run_dir=folder, **RUN)
    return folder / "mnist_cnn"


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
    assert f"{card['test']['accuracy']:.2%}" in (trained / "README.md").read_text()
    assert (trained / "samples.png").stat().st_size > 0


def test_an_interrupted_run_ends_like_an_uninterrupted_one(trained, tmp_path, monkeypatch):
    def interrupt(self, epoch, logs=None):
        if epoch == 1:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(classification.Progress, "on_epoch_end", _before(interrupt))
        with pytest.raises(KeyboardInterrupt):
            classification.run("digits", run_dir=tmp_path, **RUN)
    classification.run("digits", run_dir=tmp_path, **RUN)
    np.testing.assert_array_equal(logits(tmp_path / "mnist_cnn"), logits(trained))


def _before(first):
    original = classification.Progress.on_epoch_end

    def both(self, epoch, logs=None):
        first(self, epoch, logs)
        original(self, epoch, logs)

    return both


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


def test_wrong_arguments_are_one_sentence(tmp_path):
    done = commands.run("trainers.mnist_cnn", "--data=facade", f"--run_dir={tmp_path}")
    assert done.returncode == 2
    assert "error: 'facade' is not a folder that exists" in done.stdout
    assert "Traceback" not in done.stderr
