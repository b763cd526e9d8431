"""--export_features: a discriminator's features as a SavedModel beside the generator's."""

import json
import subprocess
import sys

import pytest

from tests.trainers import programs
from tfgan_zoo.training.run_directory import RunError

# Run where this package cannot be imported.
LOAD = """
import sys
sys.modules["tfgan_zoo"] = sys.modules["keras"] = None
import tensorflow as tf
signature = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
found = signature(images=tf.random.stateless_uniform([5, 16, 16, 1], [0, 0], -1.0, 1.0))
print(found["features"].shape, bool(tf.reduce_all(tf.math.is_finite(found["features"]))))
"""


def train(name, folder, *arguments):
    return programs.run(name, folder, "--export_features", *arguments)


def test_dcgan_exports_features_that_load_without_this_package(tmp_path):
    train("dcgan", tmp_path, "--noexport_features")
    exported = tmp_path / "export" / "dcgan"
    assert not (exported / "features").exists()

    # The finished run, again: it exports what it was now asked for.
    _, printed = train("dcgan", tmp_path)
    path = exported / "features" / "2"  # of the generator in version 2
    assert f"The discriminator's 192 features: {path}" in printed
    files = json.loads((exported / "card.json").read_text())["files"]
    assert {"2/saved_model.pb", "features/2/saved_model.pb"} <= set(files)

    loaded = subprocess.run(
        [sys.executable, "-c", LOAD, path], cwd=tmp_path, capture_output=True, text=True
    )
    assert loaded.stdout.strip() == "(5, 192) True", loaded.stdout + loaded.stderr


@pytest.mark.parametrize(
    ("name", "arguments", "sentence"),
    [
        ("gan", [], "the discriminator of gan has no such features: it takes"),
        ("cgan", [], "the discriminator of cgan has no such features: it takes"),
    ],
)
def test_a_model_without_such_features_says_so_before_it_trains(
    name, arguments, sentence, tmp_path
):
    with pytest.raises(RunError, match=sentence):
        train(name, tmp_path, *arguments)
    assert not list(tmp_path.rglob("ckpt-*"))


def test_a_critic_has_features_too(tmp_path):
    _, printed = train("wgan", tmp_path, "--tflite=")
    path = tmp_path / "export" / "wgan" / "features" / "1"
    assert f"features: {path}" in printed and (path / "saved_model.pb").is_file()
