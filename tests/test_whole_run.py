"""The whole run of each task: stopped, gone on with, exported in all forms, described by its card.

A variant's own part of this is in `tests/test_contract.py`; what the engine does between steps is
the same for all variants of a task. A variant that stands for its task here is trained here alone.
"""

import dataclasses
import importlib
import json
import pathlib
import re
import signal

import numpy as np
import pytest
from PIL import Image
from scipy import stats

from tests import contract
from tfgan_zoo.export import stored
from tfgan_zoo.export.served import of_model, of_saved_model, of_tflite
from tfgan_zoo.training.starting import export_folder

ROOT = pathlib.Path(__file__).resolve().parents[1]
# Task -> a trainer, a flagfile of its own, and other flags.
FAMILIES = {
    "unconditional": ("lsgan", "lsgan_tiny"),
    "points": (
        *("wgan_gp", "wgan_gp_grid", "--filters=4", "--batch_size=20", "--steps=2"),
        *("--steps_per_execution=1", "--log_every=1", "--validate_every=1"),
    ),
    "conditional": ("cgan", "cgan_tiny"),
    "codes": ("infogan", "infogan_tiny"),
    "semi_supervised": ("improved_gan", "improved_gan_tiny"),
    "paired": ("pix2pix", "pix2pix_tiny"),
    "unpaired": ("cyclegan", "cyclegan_tiny"),
    "autoencoder": ("vae", "vae_tiny"),
    "text": ("seqgan", "seqgan_tiny"),
    "autoregressive": ("pixel_cnn", "pixel_cnn_tiny"),
    "inference": ("bigan", "bigan_tiny"),
    "learnt_latents": ("glo", "glo_tiny"),
    "flow": ("glow", "glow_tiny"),
    "completion": ("completion", "completion_tiny"),
    "super_resolution": ("srgan", "srgan_tiny"),
    "attributes": ("star_gan", "star_gan_tiny"),
    "recognition": ("lsro", "lsro_tiny"),
    "label_maps": ("pix2pix_hd", "pix2pix_hd_tiny"),
    "clips": ("vid2vid", "vid2vid_tiny"),
}
# Those that choose one of the tasks above, parts of tasks, and one whose trainer's test exports it.
OTHERS = {"optional_labels", "samples", "features", "jitter", "pictures", "deocclusion"}
# Largest difference of a TFLite file's outputs from the model's own.
TOLERANCES = {"float32": 1e-4, "float16": 2e-2, "int8": 0.5}
# What is drawn pixel by pixel has no int8 file; of pixels that are black or white, few may differ.
DRAWN, FEW = ("autoregressive",), 0.05
# Which would round what is known, or what a frame hands on to the next.
NO_INT8 = (*DRAWN, "completion", "clips")


def run(family, folder, *arguments, stop_at=None):
    """(trainer's values, `Outcome`, lines it said) of a run in `folder`; `stop_at` is the step at
    which SIGTERM comes.
    """
    name, flagfile, *more = FAMILIES[family]
    trainer = importlib.import_module(f"trainers.{name}").TRAINER
    if stop_at is not None:
        own = trainer.task
        trainer = dataclasses.replace(trainer, task=lambda values: stopping(own(values), stop_at))
    words = [
        f"--flagfile={ROOT / 'trainers' / 'flagfiles' / flagfile}.flags",
        *(*more, f"--run_dir={folder}", *arguments),
    ]
    values = trainer.parse(words)
    said = []
    return values, trainer.run(values, words, say=said.append), said


def stopping(task, step):
    """The task, to whose run SIGTERM comes while it draws at `step`."""

    def preview(model, splits):
        if int(model.step) == step:
            signal.raise_signal(signal.SIGTERM)
        return task.preview(model, splits)

    return dataclasses.replace(task, preview=preview)


def test_every_task_is_run():
    tasks = {path.stem for path in (ROOT / "trainers" / "tasks").glob("*.py")} - {"__init__"}
    assert tasks == FAMILIES.keys() | OTHERS


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_a_run_is_stopped_goes_on_and_is_exported(family, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    _, whole, said = run(family, tmp_path / "whole", "--noexport")
    contract.ran(whole, said)
    history = whole.directory.history.read_text()
    last = len(history.splitlines()) - 1
    often = "--sample_every=1"
    _, stopped, _ = run(family, tmp_path / "parts", often, "--noexport", stop_at=last)
    assert stopped.stopped_at == last == int(stopped.model.step)
    kinds = ("float32", "float16", *(() if family in NO_INT8 else ("int8",)))
    values, outcome, _ = run(family, tmp_path / "parts", f"--tflite={','.join(kinds)}")
    assert outcome.directory.history.read_text() == history
    assert outcome.stopped_at is None and int(outcome.model.step) == last + 1

    trainer = importlib.import_module(f"trainers.{FAMILIES[family][0]}").TRAINER
    task = trainer.task(values)
    splits = task.open(outcome.directory)
    validation, rows = task.validation(outcome.model, splits), map(json.loads, history.splitlines())
    measured = [name for row in rows for name in row if name.startswith("validation_")]
    declared = [f"validation_{name}" for name in (validation.better() if validation else ())]
    assert list(dict.fromkeys(measured)) == declared
    parts = task.exports(outcome.model, splits)
    assert parts
    for part in parts:
        folder = export_folder(outcome.model, values, outcome.directory)
        holds_what_it_says(part, folder / (part.interface.part or ""), family in DRAWN)


def holds_what_it_says(part, folder, drawn_by_pixel):
    """An exported folder answers as the model does, and its card is complete."""
    card = json.loads((folder / "card.json").read_text())
    own, served = of_model(part.interface), of_saved_model(part.interface, folder / "1")
    for name, expected in own(**part.examples).items():
        np.testing.assert_allclose(served(**part.examples)[name], expected, atol=1e-5, rtol=1e-5)

    lite = part.interface.served_by_tflite
    examples = part.examples if part.interface.lite is None else part.step_examples
    kinds = set(TOLERANCES) - (set() if part.calibration else {"int8"})
    assert set(card["tflite"]) == kinds
    for kind in kinds:
        file = of_tflite(part.interface, folder / card["tflite"][kind]["file"])
        for name, expected in of_model(lite)(**examples).items():
            scale = max(1.0, float(np.abs(expected).max()))
            atol = TOLERANCES[kind] * scale
            found = file(**examples)[name]
            if drawn_by_pixel:
                assert np.mean(found != expected) < FEW
            else:
                np.testing.assert_allclose(found, expected, atol=atol, rtol=0)

    assert card["scores"]["protocol"] and card["scores"]["model"]
    assert all(
        np.isfinite(list(row.values())).all() for row in card["scores"]["baselines"].values()
    )
    sheet = card["examples"]
    ends = (*part.interface.inputs, *part.interface.outputs)
    assert bool(sheet) == any(end.kind in ("image", "label_map") for end in ends)
    if sheet:
        with Image.open(folder / sheet["file"]) as picture:
            height, width = sheet["tile"]
            assert picture.size == (sheet["columns"] * width, len(sheet["rows"]) * height)
    for path, size in card["files"].items():
        assert (folder / path).stat().st_size == size > 0, path
    with Image.open(folder / "samples.png") as picture:
        assert min(picture.size) > 8
    text = (folder / "README.md").read_text()
    assert card["training"]["command"] in text and "--run_dir=RUN_DIR" in text
    assert not re.search(r"run_dir=/", text + json.dumps(card)), "a folder of this machine"

    drawn = part.interface.latents
    if drawn is not None:
        # What the card tells others to draw, as data and as code, is the prior, column by column.
        prior = drawn.prior.sample(2000, [0, 1]).numpy()
        told = stored.from_card(card).latents.prior
        np.random.seed(0)
        code = np.concatenate([eval(told.code, {"np": np}) for _ in range(2000)])
        for other in (told.draw(2000, 0), code):
            np.testing.assert_allclose(other.mean(0), prior.mean(0), atol=0.2)
            np.testing.assert_allclose(other.std(0), prior.std(0), atol=0.1)
            assert stats.ks_2samp(other.ravel(), prior.ravel()).pvalue > 1e-4
