"""What cards are written with: calls are broken as the formatter breaks them."""

import pathlib
import subprocess
import sys

import pytest

from tfgan_zoo.export import markdown

PROJECT = pathlib.Path(__file__).resolve().parents[2] / "pyproject.toml"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["images=tf.zeros([1, 64, 64, 3], tf.float32)"],
        ["image_bytes=tf.stack([file])", "memory=tf.zeros([1, 64, 64, 13], tf.float32)"],
        ["images=tf.zeros([1, 64, 64, 3], tf.float32)", "memory=tf.zeros([1, 64, 64, 13], tf.half)"]
        * 2,
    ],
    ids=len,
)
def test_calls_are_formatted(arguments, tmp_path):
    lines = markdown.call('model.signatures["encoded"]', arguments)
    assert max(map(len, lines)) <= markdown.WIDTH
    file = tmp_path / "card.py"
    file.write_text("\n".join(lines) + "\n")
    command = [sys.executable, "-m", "ruff", "format", f"--config={PROJECT}", "--check", file]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
