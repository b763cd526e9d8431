"""The trainer with few labels: it goes on exactly where it stopped, and measures on the test split
without choosing by it.
"""

import json

import numpy as np
import pytest

from tests.trainers import programs
from tfgan_zoo.training.run_directory import RunError


def train(folder, *arguments):
    often = ("--validate_every=1", "--sample_every=1000", "--noexport", "--reference=0")
    outcome, _ = programs.run("improved_gan", folder, *often, *arguments)
    return outcome.model


def test_few_labels(tmp_path):
    whole = train(tmp_path / "whole", "--steps=2")
    train(tmp_path / "parts", "--steps=1")
    parts = train(tmp_path / "parts", "--steps=2")
    histories = [(tmp_path / name / "history.jsonl").read_text() for name in ("whole", "parts")]
    assert histories[0] == histories[1]
    for first, second in zip(whole.get_weights(), parts.get_weights(), strict=True):
        np.testing.assert_array_equal(first, second)

    rows = [json.loads(line) for line in histories[0].splitlines()]
    errors = [row["validation_test_error"] for row in rows if "validation_test_error" in row]
    assert len(errors) == 2 and all(0.5 < error <= 1.0 for error in errors)
    assert "validation_test_error_unaveraged" in rows[-1] and "labelled_loss" in rows[-1]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--best_metric=-test_error"], "must not choose"),
        (["--supervised_only", "--labelled=0"], "--supervised_only says nothing"),
    ],
)
def test_what_would_mean_nothing_is_refused(arguments, sentence, tmp_path):
    with pytest.raises(RunError, match=sentence):
        train(tmp_path, *arguments)
    assert not list(tmp_path.rglob("ckpt-*"))
