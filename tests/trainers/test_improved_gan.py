"""The trainer with few labels: it goes on exactly where it stopped, and measures on the test split
without choosing by it. Run as a program it trains; each trainer needs a process of its own.
"""

import importlib
import json
import pathlib
import subprocess
import sys

NAME = "improved_gan"
ROOT = pathlib.Path(__file__).resolve().parents[2]


def program(folder):
    import pytest
    from absl import flags

    from tests.contract import run, same, weights
    from tfgan_zoo.training.run_directory import RunError

    improved_gan = importlib.import_module(f"trainers.{NAME}")
    flags.FLAGS([NAME, f"--flagfile=trainers/flagfiles/{NAME}_tiny.flags"])
    often = {"export": False, "validate_every": 1, "sample_every": 1000, "reference": 0}
    whole, _ = run(improved_gan, folder / "whole", steps=2, **often)
    run(improved_gan, folder / "parts", steps=1, **often)
    parts, _ = run(improved_gan, folder / "parts", steps=2, **often)
    histories = [(folder / name / "history.jsonl").read_text() for name in ("whole", "parts")]
    assert histories[0] == histories[1]
    for player, values in weights(whole).items():
        assert same(values, weights(parts)[player]), player
    assert same(whole.average.get_weights(), parts.average.get_weights())

    with pytest.raises(RunError, match="must not choose"):
        run(improved_gan, folder / "chosen", export=False, best_metric="-test_error")
    with pytest.raises(RunError, match="--labelled"):
        run(improved_gan, folder / "alone", export=False, supervised_only=True, labelled=0)


def test_few_labels(tmp_path):
    ran = subprocess.run(
        [sys.executable, "-m", "tests.trainers.test_improved_gan", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    rows = [json.loads(x) for x in (tmp_path / "whole/history.jsonl").read_text().splitlines()]
    errors = [row["validation_test_error"] for row in rows if "validation_test_error" in row]
    assert len(errors) == 2 and all(0.5 < error <= 1.0 for error in errors)
    assert "validation_test_error_unaveraged" in rows[-1] and "labelled_loss" in rows[-1]


if __name__ == "__main__":
    program(pathlib.Path(sys.argv[1]))
