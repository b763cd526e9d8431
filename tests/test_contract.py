"""What every variant and its trainer hold; see `tests/contract.py`. A new trainer is found by its
file.
"""

import concurrent.futures
import os
import pathlib
import re

import pytest

from tests import commands

ROOT = pathlib.Path(__file__).resolve().parents[1]
TRAINERS = sorted(
    path.stem
    for path in (ROOT / "trainers").glob("*.py")
    if path.stem not in ("__init__", "common")
)
FLAGFILES = sorted((ROOT / "trainers" / "flagfiles").glob("*.flags"))
# The others train what scores need, or compare variants; they have tests of their own.
VARIANTS = {path.stem for path in (ROOT / "tfgan_zoo" / "models").rglob("*.py")}
TRAINERS_OF_VARIANTS = sorted(VARIANTS.intersection(TRAINERS))


def test_trainers_are_found():
    assert {"pix2pix", "dcgan"} <= set(TRAINERS_OF_VARIANTS)


def hold(trainer, folder):
    """Holds one trainer to the contract, in a process of its own."""
    return commands.run("tests.contract", trainer, folder, timeout=1200)


@pytest.fixture(scope="module")
def contracts(request, tmp_path_factory):
    """Trainer -> the future of its process, for those trainers whose test was chosen; as many at a
    time as there are cores, since most of their work is Python's.
    """
    chosen = [
        item.callspec.params["trainer"]
        for item in request.session.items
        if getattr(item, "originalname", None) == "test_contract"
    ]
    pool = concurrent.futures.ThreadPoolExecutor(os.cpu_count())
    yield {
        trainer: pool.submit(hold, trainer, tmp_path_factory.mktemp(trainer)) for trainer in chosen
    }
    pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("trainer", TRAINERS_OF_VARIANTS)
def test_contract(trainer, contracts):
    held = contracts[trainer].result()
    assert held.returncode == 0, held.stdout + held.stderr
    assert "the card is complete" in held.stdout


@pytest.mark.parametrize("flagfile", FLAGFILES, ids=lambda path: path.stem)
def test_every_flagfile_says_its_command_and_parses(flagfile):
    command = re.search(rf"python -m trainers\.(\w+)\s.*{flagfile.name}", flagfile.read_text())
    assert command, f"{flagfile} does not say its command"
    trainer = command[1]
    assert flagfile.stem.startswith(trainer) or flagfile.stem == "quickstart"
    # --only_check_args parses the flags and stops; a wrong one is an error that names it.
    done = commands.run(f"trainers.{trainer}", f"--flagfile={flagfile}", "--only_check_args")
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_trainer_has_a_flagfile():
    assert set(TRAINERS) <= {flagfile.stem for flagfile in FLAGFILES}
