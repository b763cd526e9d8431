"""The trainer of face de-occlusion: its phases, its export, and the table beside completion."""

import json
import pathlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.trainers import programs
from tfgan_zoo.export.tflite import TFLiteRunner
from tfgan_zoo.models.restoration.completion import Completion
from trainers import face_deocclusion
from trainers.experiments import deocclusion_beside_completion as beside


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    folder = tmp_path_factory.mktemp("face")
    # The contract trains all phases; what is exported is of the second.
    short = ("--reconstruction_steps=0", "--removal_steps=1", "--adversarial_steps=0")
    return programs.run("face_deocclusion", folder, *short)[0]


def test_a_run_has_three_phases_of_any_length_and_each_player_its_own_rate():
    values = programs.values("face_deocclusion", "--lr_schedule=linear")
    planned = [(p.name, p.steps, p.method) for p in face_deocclusion.phases(values)(None)]
    assert planned == [
        ("reconstruction", 2, "reconstruction_step"),
        ("removal", 2, "removal_step"),
        ("adversarial", 2, "train_step"),
    ]
    model = face_deocclusion.build(values, None, 6)
    rates = {name: one._learning_rate for name, one in model.optimizers.items()}
    assert float(rates["discriminator"](2)) < 1e-9 < float(rates["autoencoder"](3))
    assert float(rates["autoencoder"](6)) < 1e-9
    values = programs.values("face_deocclusion", "--removal_steps=0", "--adversarial_steps=0")
    assert [phase.name for phase in face_deocclusion.phases(values)(None)] == ["reconstruction"]


def test_the_export_restores_and_says_what_it_took_for_covered(outcome):
    folder = outcome.directory.export / "face_deocclusion"
    images = np.random.default_rng(0).uniform(-1, 1, (2, 16, 16, 3)).astype(np.float32)
    loaded = tf.saved_model.load(folder / "1")
    served = loaded.signatures["serving_default"](images=tf.constant(images))
    np.testing.assert_allclose(served["images"], outcome.model(images), atol=1e-5)
    found = loaded.signatures["occlusion"](images=tf.constant(images))["occlusion"]
    np.testing.assert_allclose(found, 2 * outcome.model.find(images) - 1, atol=1e-5)
    lite = TFLiteRunner((folder / "model.tflite").read_bytes())(images=images)["images"]
    np.testing.assert_allclose(lite, served["images"], atol=1e-2)
    card = json.loads((folder / "card.json").read_text())
    assert [item["kind"] for item in card["interface"]["inputs"]] == ["image"]
    assert {"covered_psnr", "visible_l1", "map_iou", "cosine_random"} <= set(
        card["scores"]["model"]
    )
    assert card["scores"]["baselines"]["the covered picture"]["visible_l1"] == 0
    assert Image.open(folder / "samples.png").width > 100


def test_it_is_measured_beside_a_completion_that_is_told_the_mask(outcome):
    values = programs.values("face_deocclusion")
    splits = face_deocclusion.TRAINER.task(values).open(outcome.directory)
    nets = {"patch_size": 8, "generator_filters": 2, "discriminator_filters": 2, "features": 2}
    fills = {"completion": Completion((16, 16), hole_size=(4, 8), dilations=(2,), **nets)}
    models = {"lstm": outcome.model}
    rows = beside.compared(models, fills, splits, {"half": lambda pictures: pictures[:, ::2]})
    assert list(rows) == [
        "the covered picture",
        "the mean picture where it is covered",
        "lstm",
        "completion, told the mask",
    ]
    assert rows["completion, told the mask"]["visible_l1"] == 0 < rows["lstm"]["visible_l1"]
    drawn = beside.drawn(models, fills, splits)
    assert drawn.height > 3 * 32 and drawn.width > 7 * 32


def test_what_cannot_be_is_one_sentence(tmp_path):
    with pytest.raises(ValueError, match="--judges takes one network of each kind"):
        face_deocclusion.task(programs.values("face_deocclusion", "--judges=random,random"))
    with pytest.raises(ValueError, match="holds no exported classifier"):
        face_deocclusion.task(programs.values("face_deocclusion", f"--judges={tmp_path}"))
    other = pathlib.Path(tmp_path)
    with pytest.raises(ValueError, match="is no folder of a run of trainers.face_deocclusion"):
        beside.opened([str(other)], [str(other)])
