"""What every variant and its trainer hold; see `tests/contract.py`. A new trainer is found by its
file.
"""

import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]
TRAINERS = sorted(
    path.stem
    for path in (ROOT / "trainers").glob("*.py")
    if path.stem not in ("__init__", "common")
)
# The others train what scores need, or compare variants; they have tests of their own.
VARIANTS = {path.stem for path in (ROOT / "tfgan_zoo" / "models").rglob("*.py")}
TRAINERS_OF_VARIANTS = sorted(VARIANTS.intersection(TRAINERS))


def test_trainers_are_found():
    assert {"pix2pix", "dcgan"} <= set(TRAINERS_OF_VARIANTS)


@pytest.mark.parametrize("trainer", TRAINERS_OF_VARIANTS)
def test_contract(trainer, tmp_path):
    held = subprocess.run(
        [sys.executable, "-m", "tests.contract", trainer, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert held.returncode == 0, held.stdout + held.stderr
    assert "the card is complete" in held.stdout


@pytest.mark.parametrize("trainer", TRAINERS)
def test_every_flagfile_parses(trainer):
    flagfiles = sorted((ROOT / "trainers" / "flagfiles").glob(f"{trainer}*.flags"))
    assert flagfiles
    for flagfile in flagfiles:
        text = flagfile.read_text()
        assert f"python -m trainers.{trainer}" in text, f"{flagfile} does not say its command"
        # --only_check_args parses the flags and stops; a wrong one is an error that names it.
        subprocess.run(
            [
                sys.executable,
                "-m",
                f"trainers.{trainer}",
                f"--flagfile={flagfile}",
                "--only_check_args",
            ],
            cwd=ROOT,
            check=True,
            capture_output=True,
            timeout=60,
        )
