"""The reader that AC-GAN's trainer makes of a discriminator, and the classifier of its pictures."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.models.tiny_variants import VARIANTS
from tests.trainers import programs
from tfgan_zoo.metrics import extractors
from tfgan_zoo.training.run_directory import RunError
from trainers.tasks import conditional

READER = "trainers/flagfiles/picture_cnn.flags"


def test_the_reader_has_the_statistics_of_real_pictures_without_dropout():
    model = VARIANTS["ac_gan"].build()
    before = model.get_weights()
    pictures = np.random.default_rng(0).uniform(-1, 1, (260, 16, 16, 1)).astype(np.float32)
    read = conditional.reader_of(model, pictures)
    logits = np.array(read(pictures))
    # All 260 are one batch: in training, and without dropout, this is the batch's own statistics.
    plain = VARIANTS["ac_gan"].type(
        **{**VARIANTS["ac_gan"].arguments, "dropout": 0.0, "activation_noise": 0.0}
    )
    plain.set_weights(before)
    inputs = [tf.constant(pictures), tf.zeros([2], tf.int32)]
    expected = plain.discriminator(inputs, training=True)[1]
    np.testing.assert_allclose(logits, expected, atol=1e-4)
    assert np.abs(logits - model.classify(pictures)).max() > 1e-3, "the moving ones are others"
    for weight, start in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, start)


def classifier(folder, *arguments):
    """The folder of an exported classifier of the built-in digits at 12x12."""
    small = ("--data=digits", "--image_size=12", "--channels=1", "--width=0.2", "--noflip")
    programs.run(
        "picture_cnn", folder, *small, "--steps_per_execution=1", *arguments, flagfile=READER
    )
    return folder / "export" / "picture_cnn"


def test_a_classifier_of_pictures_learns_and_is_an_extractor(tmp_path):
    folder = classifier(tmp_path, "--epochs=4")
    card = json.loads((folder / "card.json").read_text())
    assert card["test"]["accuracy"] > 0.5
    found = extractors.find(str(folder))
    assert (found.name, found.classes, found.size) == ("picture_cnn", 10, (12, 12))
    text = (folder / "README.md").read_text()
    assert f"{card['test']['accuracy']:.2%}" in text and "[B, 12, 12, 1]" in text
    loaded = keras.layers.TFSMLayer(str(folder / "1"), call_endpoint="serving_default")
    assert loaded(tf.zeros([2, 12, 12, 1]))["features"].shape == (2, 26)


def test_pictures_too_small_are_refused(tmp_path):
    with pytest.raises((RunError, ValueError), match="at least 8 pixels"):
        classifier(tmp_path, "--image_size=7x12")
