"""Keras runs on TensorFlow with the zoo's settings, whatever the user's say."""

import json
import os
import pathlib
import subprocess
import sys

import keras
import pytest

from tfgan_zoo import backend

ROOT = pathlib.Path(__file__).resolve().parents[1]
SENTENCE = "error: The zoo runs on TensorFlow, and {} tells Keras to use '{}'"


DIGITS = ROOT / "saved_models" / "dcgan"
COMMANDS = {
    "trainers.dcgan": ["--data=digits", "--run_dir=nowhere"],
    "tfgan_zoo.metrics.score": [f"--generated={DIGITS}", "--real=digits"],
}


def command(module, *arguments, **environment):
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("KERAS")}
    words = [sys.executable, "-m", module, *arguments]
    return subprocess.run(words, cwd=ROOT, env={**inherited, **environment}, text=True,
                          capture_output=True, timeout=100)  # fmt: skip


@pytest.mark.parametrize("module", COMMANDS)
def test_another_backend_is_one_sentence(module):
    done = command(module, *COMMANDS[module], KERAS_BACKEND="jax")
    assert done.returncode in (1, 2) and "Traceback" not in done.stderr
    where = "the environment variable KERAS_BACKEND"
    said = (done.stdout + done.stderr).strip()
    assert SENTENCE.format(where, "jax") in said
    assert said.endswith("set KERAS_BACKEND=tensorflow for this command.")


def test_another_backend_of_a_file_is_told_with_the_file(tmp_path, monkeypatch):
    monkeypatch.delenv("KERAS_BACKEND")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    path = tmp_path / "keras.json"
    assert backend.complaint() is None
    path.write_text(json.dumps({"backend": "torch"}))
    assert SENTENCE.format(path, "torch").removeprefix("error: ") in backend.complaint()
    for content in ("{junk", "[]", "{}", '{"backend": "tensorflow"}', ""):
        path.write_text(content)
        assert backend.complaint() is None
    path.write_text(json.dumps({"backend": "torch"}))
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    assert backend.complaint() is None


def test_channels_are_last_and_numbers_float32():
    keras.config.set_image_data_format("channels_first")
    keras.config.set_floatx("float64")
    keras.config.set_epsilon(1e-3)
    keras.config.set_max_epochs(1)
    keras.config.set_max_steps_per_epoch(1)
    backend.settle()
    assert keras.config.image_data_format() == "channels_last"
    assert keras.config.floatx() == "float32" and keras.config.epsilon() == 1e-7
    assert keras.config.max_epochs() is None and keras.config.max_steps_per_epoch() is None
