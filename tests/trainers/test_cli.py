"""What a user sees on the command line of a trainer, in processes of its own."""

import pathlib
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from tests import commands

ROOT = pathlib.Path(__file__).resolve().parents[2]
TINY = "--flagfile=trainers/flagfiles/pix2pix_tiny.flags"


def pix2pix(*arguments, trainer="pix2pix"):
    """Runs the trainer; returns the finished process."""
    return commands.run(f"trainers.{trainer}", *arguments)


def from_a_shell(*arguments):
    """As `pix2pix`, but with Python and all imports anew."""
    command = [sys.executable, "-m", "trainers.pix2pix", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)


def save_pairs(folder, count=8, side=20):
    """Side-by-side pairs of random pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(0)
    for index in range(count):
        pixels = random.integers(0, 256, (side, 2 * side, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{index}.png")


def test_help_lists_every_flag_and_imports_no_tensorflow():
    code = (
        "import sys, trainers.pix2pix\n"
        "assert not {'tensorflow', 'keras', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60)
    printed = from_a_shell("--help").stdout
    for flag in ("--data", "--direction", "--patch", "--max_skipped", "--strategy"):
        assert f"\n  {flag}:" in printed, flag


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--patsch=70"], ["patsch"]),
        (["--batch_size=many"], ["--batch_size", "many"]),
        (["--image_size=big"], ["--image_size", "HEIGHTxWIDTH"]),
        (["--patch=71"], ["--patch", "71", "70"]),
        (["--tflite=int4"], ["--tflite", "int8"]),
        (["--data=facades"], ["--run_dir is missing"]),
        (["--run_dir=x"], ["--data is missing"]),
        (["--data=facades", "--run_dir=x", "stray"], ["stray"]),
    ],
)
def test_a_wrong_flag_is_named(arguments, words):
    done = from_a_shell(*arguments)
    assert done.returncode != 0
    for word in words:
        assert word in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--data=nowhere"], ["nowhere", "tfds:NAME"]),
        (["--data=tfds:mnist"], ["mnist", "--download"]),
        (["--image_size=20"], ["power of two", "20x20"]),
        (["--patch=286"], ["286", "smaller patch"]),
        (["--strategy=multi_worker"], ["TF_CONFIG"]),
        (["--log_every=3", "--steps_per_execution=2"], ["--log_every=3", "multiple"]),
    ],
)
def test_what_cannot_work_is_one_sentence_before_training(arguments, words, tmp_path):
    save_pairs(tmp_path / "pairs", count=20)
    done = pix2pix(
        TINY,
        f"--data={tmp_path / 'pairs'}",
        f"--data_dir={tmp_path}",
        f"--run_dir={tmp_path / 'run'}",
        *arguments,
    )
    assert done.returncode == 2, done.stdout + done.stderr
    (error,) = [line for line in done.stdout.splitlines() if line.startswith("error:")]
    for word in words:
        assert word in error
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("trainer", ["gan", "cgan"])
def test_a_schedule_that_would_say_nothing_is_no_flag(trainer, tmp_path):
    """Gradient descent with momentum has a rate that falls by itself."""
    flagfile = f"--flagfile=trainers/flagfiles/{trainer}_tiny.flags"
    done = pix2pix(flagfile, "--lr_schedule=linear", f"--run_dir={tmp_path}", trainer=trainer)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "error: Unknown command line flag 'lr_schedule'" in done.stdout


def test_bad_files_are_listed_or_skipped_by_wish(tmp_path):
    save_pairs(tmp_path / "pairs", count=20)
    (tmp_path / "pairs" / "0_empty.png").write_bytes(b"")
    (tmp_path / "pairs" / "0_text.png").write_text("no picture")
    arguments = (TINY, f"--data={tmp_path / 'pairs'}", f"--run_dir={tmp_path / 'run'}")
    refused = from_a_shell(*arguments)
    assert refused.returncode == 2
    for word in ("0_empty.png", "0_text.png", "--skip_bad"):
        assert word in refused.stdout
    done = pix2pix(*arguments, "--skip_bad", "--noexport")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "without 2 files" in done.stdout


def test_goes_on_and_refuses_other_settings(tmp_path):
    save_pairs(tmp_path / "pairs")
    arguments = (
        TINY,
        f"--data={tmp_path / 'pairs'}",
        f"--run_dir={tmp_path / 'run'}",
        "--deterministic",
        "--validate_every=1",
        "--noexport",
    )
    assert pix2pix(*arguments).returncode == 0
    changed = pix2pix(*arguments, "--l1_weight=10")
    assert changed.returncode == 2
    assert "l1_weight" in changed.stdout and "100" in changed.stdout and "10" in changed.stdout
    longer = pix2pix(*arguments, "--steps=4")
    assert longer.returncode == 0, longer.stderr
    history = (tmp_path / "run" / "history.jsonl").read_text().splitlines()
    assert len(history) == 4
    # The recorded flags repeat the run elsewhere.
    flags = tmp_path / "run" / "flags.flagfile"
    again = pix2pix(f"--flagfile={flags}", f"--run_dir={tmp_path / 'again'}")
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "again" / "history.jsonl").read_text().splitlines() == history


def test_an_interrupted_run_saves_its_state_and_its_time(tmp_path):
    save_pairs(tmp_path / "pairs")
    run = tmp_path / "run"
    process = subprocess.Popen(
        [sys.executable, "-m", "trainers.pix2pix", TINY]
        + [f"--data={tmp_path / 'pairs'}", f"--run_dir={run}", "--steps=1000000"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    patience = time.monotonic() + 120
    while not (run / "history.jsonl").exists() or not (run / "history.jsonl").read_text():
        assert process.poll() is None and time.monotonic() < patience
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    printed, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "the same command goes on from there" in printed
    assert list((run / "checkpoints").glob("ckpt-*.index"))
    assert float((run / "seconds.json").read_text()) > 0


def test_two_devices_of_one_machine(tmp_path):
    save_pairs(tmp_path / "pairs")
    done = pix2pix(
        TINY,
        f"--data={tmp_path / 'pairs'}",
        f"--run_dir={tmp_path / 'run'}",
        "--strategy=mirrored",
        "--batch_size=2",
        "--noexport",
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("precision", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_trains_and_exports_float32(precision, tmp_path):
    save_pairs(tmp_path / "pairs")
    done = pix2pix(
        TINY,
        f"--data={tmp_path / 'pairs'}",
        f"--run_dir={tmp_path / 'run'}",
        f"--precision={precision}",
        "--ema_decay=0.9",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "run" / "export" / "pix2pix" / "1" / "saved_model.pb").exists()
