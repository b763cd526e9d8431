"""Every variant, its trainer and its flagfiles hold the contract of `tests/contract.py`, and the
contract can be broken.
"""

import dataclasses
import importlib
import pathlib
import re

import keras
import numpy as np
import pytest

from tests import contract, toy
from tests.models.tiny_variants import VARIANTS, Tiny
from tests.test_whole_run import FAMILIES

ROOT = pathlib.Path(__file__).resolve().parents[1]
FLAGFILES = {path.stem: path for path in sorted((ROOT / "trainers" / "flagfiles").glob("*.flags"))}
TINY = [name for name in FLAGFILES if name.endswith("_tiny")]
ALONE = {flagfile for _, flagfile, *_ in FAMILIES.values()}  # `test_whole_run.py` trains these
TRAINERS = sorted(
    path.stem
    for path in (ROOT / "trainers").glob("*.py")
    if re.search(r"^if __name__ ", path.read_text(), re.M)
)
FILES = {path.stem for path in (ROOT / "tfgan_zoo" / "models").rglob("*.py")} - {"__init__"}


@pytest.fixture(autouse=True)
def in_the_root(monkeypatch):
    """Flagfiles name others from the repository's root."""
    monkeypatch.chdir(ROOT)


def trainer_of(flagfile):
    """(`Trainer`, its command line) of a flagfile, by the command in its comment."""
    path = FLAGFILES[flagfile]
    command = re.search(rf"python -m trainers\.(\w+)\s.*{path.name}", path.read_text())
    assert command, f"{path.name} does not say its command"
    assert flagfile.startswith(command[1]) or flagfile == "quickstart"
    trainer = importlib.import_module(f"trainers.{command[1]}").TRAINER
    return trainer, [f"--flagfile={path}"]


def test_every_variant_has_an_entry_a_trainer_and_a_tiny_flagfile():
    for names, place in (
        (VARIANTS, "tests/models/tiny_variants.py has no entry '{}'"),
        (TRAINERS, "there is no trainers/{}.py with a main"),
        ([name.removesuffix("_tiny") for name in TINY], "there is no {}_tiny.flags"),
    ):
        missing = [place.format(name) for name in sorted(FILES - set(names))]
        assert not missing, "; ".join(missing)
    assert {tiny.variant.split(".")[-2] for tiny in VARIANTS.values()} == FILES


def test_every_trainer_has_a_flagfile():
    missing = [f"trainers/flagfiles/{name}.flags" for name in TRAINERS if name not in FLAGFILES]
    assert not missing, f"there is no {', '.join(missing)}"


@pytest.mark.parametrize("name", VARIANTS)
def test_contract(name, tmp_path):
    held = list(contract.hold(VARIANTS[name], tmp_path))
    assert held[-1] == "a player without a rate stays, the others move"


@pytest.mark.parametrize("name", [name for name in VARIANTS if f"{name}_tiny" not in TINY])
def test_an_arm_without_a_flagfile_fits(name):
    contract.fits(VARIANTS[name])


@pytest.mark.parametrize("flagfile", [name for name in TINY if name not in ALONE])
def test_its_trainer_runs(flagfile, tmp_path):
    contract.runs(*trainer_of(flagfile), tmp_path / "run")


@pytest.mark.parametrize("flagfile", FLAGFILES)
def test_every_flagfile_says_its_command_and_parses(flagfile):
    trainer, arguments = trainer_of(flagfile)
    trainer.parse(arguments)
    for line in FLAGFILES[flagfile].read_text().splitlines():
        assert not line or line.startswith(("#", "--")), line


# Variants that hold all of the contract but one thing.


class Sound(toy.Toy):
    """A toy with a paper."""

    paper = {"title": "A toy", "authors": "Nobody", "arxiv": "0000.00000", "code": None}

    def __init__(self, noise=0.1, seed=0, name="toy"):
        super().__init__(noise=noise, seed=seed)


class Uncited(Sound):
    paper = {"title": "A toy", "authors": "Nobody", "arxiv": "0000.00000"}


class Unpredictable(Sound):
    def train_step(self, data):
        noise = np.random.default_rng().normal(size=data["latents"].shape)
        return super().train_step({**data, "latents": data["latents"] + noise.astype("float32")})


class Idle(Sound):
    def train_step(self, data):
        return super().train_step({**data, "generator_factor": 0 * data["generator_factor"]})


class Exploding(Sound):
    def train_step(self, data):
        logs = super().train_step(data)
        return {**logs, "generator_loss": logs["generator_loss"] / 0.0}


class Forgetful(Sound):
    """Holds a number outside its variables, which no file keeps."""

    taken = 0

    def train_step(self, data):
        self.taken += 1
        return super().train_step({**data, "latents": data["latents"] * self.taken})


class Lying(Sound):
    def get_config(self):
        return {**super().get_config(), "noise": 0.2}


class Restless(Sound):
    def train_step(self, data):
        for variable in self.discriminator.trainable_variables:
            variable.assign_add(0.001 * variable)
        return super().train_step(data)


class Copied(Sound):
    """Two kernels from one initializer."""

    def __init__(self, noise=0.1, seed=0, name="toy"):
        super().__init__(noise, seed)
        weights = keras.initializers.RandomUniform(-1.0, 1.0)
        real = features = keras.Input((toy.REAL_DIM,))
        for units in (8, 5, 1):
            features = keras.layers.Dense(units, kernel_initializer=weights)(features)
        self.discriminator = keras.Model(real, features, name="discriminator")


@dataclasses.dataclass(frozen=True)
class Given(Tiny):
    """A `Tiny` whose class is given, with the header of this package's first variant."""

    own: type = Sound

    @property
    def type(self):
        return self.own

    @property
    def module(self):
        return HEADER


HEADER = type("Module", (), {"__doc__": "0000.00000 What a shortcut would miss Departures"})


def toy_batch(random):
    seed = int(random.integers(2**31))
    return {name: values[0] for name, values in toy.toy_data(1, seed=seed).items()}


@pytest.mark.parametrize(
    ("variant", "sentence"),
    [
        (Sound, None),
        (Uncited, "card.paper.code is missing"),
        (Exploding, "generator_loss is inf"),
        (Idle, "generator does not move"),
        (Copied, r"\(6, 8\) and \(8, 5\) begin with the same draws"),
        (Unpredictable, "after a step under the same seed"),
        (Forgetful, "one step after loading"),
        (Lying, "noise"),
        (Restless, "discriminator moves without a rate"),
    ],
)
def test_the_contract_can_be_broken(variant, sentence, tmp_path):
    tiny = Given("", {"noise": 0.1}, toy_batch, own=variant)
    if sentence is None:
        assert list(contract.hold(tiny, tmp_path))
        contract.fits(tiny)
        return
    with pytest.raises((AssertionError, ValueError), match=sentence):
        list(contract.hold(tiny, tmp_path))
