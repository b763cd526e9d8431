"""Every flagfile says its command and parses, and every trainer has one."""

import importlib
import pathlib
import re

import pytest

from tests import commands

ROOT = pathlib.Path(__file__).resolve().parents[2]
FLAGFILES = sorted((ROOT / "trainers" / "flagfiles").glob("*.flags"))
VARIANTS = {path.stem for path in (ROOT / "tfgan_zoo" / "models").rglob("*.py")} - {"__init__"}
TRAINERS = VARIANTS | {"likelihoods", "mnist_cnn", "mode_lab", "picture_cnn"}


def trainer_of(flagfile):
    """The trainer that a flagfile's command names."""
    command = re.search(rf"python -m trainers\.(\w+)\s.*{flagfile.name}", flagfile.read_text())
    assert command, f"{flagfile} does not say its command"
    return command[1]


@pytest.mark.parametrize("flagfile", FLAGFILES, ids=lambda path: path.stem)
def test_a_flagfile_says_its_command_and_parses(flagfile):
    name = trainer_of(flagfile)
    assert flagfile.stem.startswith(name) or flagfile.stem == "quickstart"
    if name in VARIANTS:
        trainer = importlib.import_module(f"trainers.{name}").TRAINER
        assert trainer.name == name
        trainer.parse([f"--flagfile={flagfile}"])
        return
    done = commands.run(f"trainers.{name}", f"--flagfile={flagfile}", "--only_check_args")
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_variant_has_a_trainer_a_flagfile_and_a_tiny_one():
    named = {flagfile.stem: trainer_of(flagfile) for flagfile in FLAGFILES}
    assert set(named.values()) == TRAINERS
    for variant in VARIANTS:
        own = [stem for stem, name in named.items() if name == variant]
        assert f"{variant}_tiny" in own, f"there is no trainers/flagfiles/{variant}_tiny.flags"
        assert set(own) > {stem for stem in own if stem.endswith("_tiny")}, (
            f"{variant} has no flagfile beside its tiny one"
        )


@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_help_is_phrases_with_their_defaults(name):
    trainer = importlib.import_module(f"trainers.{name}").TRAINER
    for item in trainer.all_knobs():
        assert item.help[0].isupper() and item.help.rstrip().endswith("."), item
        assert len(item.help) > 20, item
