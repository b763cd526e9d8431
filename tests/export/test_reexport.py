"""Folders of before become those of today, without their training."""

import json
import pathlib
import shutil

import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.export import reexport, stored
from tfgan_zoo.export.interface import Input, Interface, images, labels
from tfgan_zoo.export.tflite import TFLiteRunner

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "saved_models"


@pytest.fixture
def first_version(exported_conditional, tmp_path):
    """What a trainer wrote before: a SavedModel and a card of version 1."""
    folder = shutil.copytree(exported_conditional.parent, tmp_path / "cgan")
    card = {
        "name": "cgan",
        "title": "cgan on digits",
        "summary": "Draws.",
        "schema_version": 1,
        "version": 1,
        "files": {},
        "paper": {"title": "A paper", "authors": "Someone", "arxiv": "1411.1784", "code": None},
        "data": {"name": "mnist", "description": "Digits.", "licence": "not stated"},
        "training": {
            "command": "python -m trainers.cgan",
            "flags": {},
            "steps": 10,
            "seconds": 60,
            "machine": "2 CPU cores",
            "commit": "0123abc",
            "versions": {"tensorflow": "2.21.0"},
        },
        "interface": {
            "input": [6],
            "output": [8, 8, 1],
            "resize_method": None,
            "classes": 4,
            "latents": "np.random.normal(size=(1, 6))",
        },
        "scores": {"protocol": "None.", "model": {"a": 1.0}, "baselines": {"real": {"a": 0.5}}},
        "tflite": {},
        "latency": {"kind": "float16", "batch_size": 1, "ratio": 1.0, "runs": 3},
    }
    (folder / "card.json").write_text(json.dumps(card))
    shutil.copy(FOLDER / "dcgan" / "samples.png", folder)
    (folder / "training.gif").write_bytes(b"GIF89a")
    (folder / "features" / "1").mkdir(parents=True)
    (folder / "features" / "1" / "saved_model.pb").write_bytes(b"graph")
    return folder


@pytest.mark.parametrize("weights", ["float32", "float16"])
def test_a_folder_of_the_first_version_is_exported_again(
    first_version, exported_conditional, weights
):
    before = {p.name: p.read_bytes() for p in first_version.glob("*.*")}
    report = reexport.reexport(first_version, weights=weights)
    assert report.scores == {"a": 1.0} and report.baselines == {"real": {"a": 0.5}}
    assert {path.name for path in first_version.iterdir()} == {
        *("1", "features", "model.tflite", "samples.png", "training.gif", "card.json", "README.md")
    }
    assert [p.name for p in first_version.parent.iterdir()] == ["cgan"]
    for kept in ("samples.png", "training.gif"):
        assert (first_version / kept).read_bytes() == before[kept]
    card, old = map(json.loads, ((first_version / "card.json").read_text(), before["card.json"]))
    assert (card["schema_version"], card["version"]) == (2, 1)
    for path, size in card["files"].items():
        assert (first_version / path).stat().st_size == size
    assert {"features/1/saved_model.pb", "training.gif", "1/saved_model.pb"} <= set(card["files"])
    assert card["training"] == old["training"] | {"commits": None, "chosen": None}
    assert card["scores"] | {"protocol": "None."} == old["scores"]
    latents, labels = card["interface"]["inputs"]
    assert latents["prior"] == [{"kind": "normal", "size": 6}] and labels["classes"] == 4
    assert card["saved_model"]["weights"] == weights
    assert (card["saved_model"]["max_abs"] == 0) == (weights == "float32")
    assert card["saved_model"]["max_abs"] < 0.01 and card["tflite"]["float16"]["max_abs"] < 0.01

    values = {"latents": np.ones([2, 6], np.float32), "labels": np.array([1, 3], np.int32)}
    expected = exported_conditional.interface(**values)["images"]
    signatures = tf.saved_model.load(str(first_version / "1")).signatures
    found = signatures["serving_default"](**{n: tf.constant(v) for n, v in values.items()})
    np.testing.assert_allclose(found["images"], expected, atol=0.01)
    lite = TFLiteRunner(first_version / "model.tflite")(**values)
    np.testing.assert_allclose(lite["images"], expected, atol=0.01)
    numbers = {"num_images": tf.constant(3), "seed": tf.constant(5)}
    drawn = signatures["latents"](**numbers)
    of_before = exported_conditional.model.signatures["latents"](**numbers)
    for name, value in of_before.items():
        np.testing.assert_array_equal(drawn[name], value)
    rounded = card["scores"]["protocol"].endswith("before the weights were rounded to float16.")
    assert rounded == (weights == "float16")
    # And once more, now from a card of the second version.
    again = reexport.reexport(first_version)
    third = json.loads((first_version / "card.json").read_text())
    # Rounded weights stay rounded, and keep the parities with the model, which is not there.
    assert third["saved_model"] == card["saved_model"]
    assert third["scores"] == card["scores"]
    assert again.parities["SavedModel"]["max_abs"] == card["saved_model"]["max_abs"]
    found = tf.saved_model.load(str(first_version / "1")).signatures["serving_default"]
    answer = found(**{n: tf.constant(v) for n, v in values.items()})["images"]
    np.testing.assert_allclose(answer, expected, atol=0.01)
    with pytest.raises(tf.errors.InvalidArgumentError, match="labels must lie from 0 to 3"):
        found(latents=tf.constant(values["latents"]), labels=tf.constant([1, 99]))


@pytest.mark.parametrize("name", ["pix2pix", "cyclegan/a_to_b"])
def test_inputs_of_a_translation_are_those_of_its_picture(name):
    card = json.loads((FOLDER / name / "card.json").read_text())
    interface = stored.from_card(card)
    (found,) = reexport.examples(interface, FOLDER / name / "samples.png").values()
    assert found.shape[1:] == interface.inputs[0].shape and len(found) > 1
    assert found.dtype == np.float32 and found.min() >= -1 and found.max() <= 1
    # No white gap and no caption is in them, and each is another picture.
    assert all((image[:, -1] < 1).any() and (image[-1] < 1).any() for image in found)
    assert len(np.unique(found.reshape(len(found), -1), axis=0)) == len(found)


def test_pictures_with_holes_are_the_held_out_examples():
    folder = FOLDER / "completion"
    card = json.loads((folder / "card.json").read_text())
    kept = reexport.kept_sheet(card, folder)
    values = reexport.examples(stored.from_card(card), folder / "samples.png", kept)
    np.testing.assert_array_equal(values["images"], kept.rows["images"])
    assert values["masks"].shape == (*values["images"].shape[:3], 1)
    assert values["masks"].mean() == 0.25 and set(values["masks"].ravel()) == {0.0, 1.0}


@pytest.mark.parametrize(
    "beside",
    [
        labels(3, ["a", "b", "c"]),
        Input("memory", "state", (2, 2, 6)),
        Input("strength", "number", default=1.0),
    ],
    ids=lambda item: item.kind,
)
def test_what_stands_beside_a_picture_is_as_many(beside):
    card = json.loads((FOLDER / "pix2pix" / "card.json").read_text())
    source = stored.from_card(card).inputs[0]
    interface = Interface("beside", (source, beside), (images(source.shape),), call=print)
    values = reexport.examples(interface, FOLDER / "pix2pix" / "samples.png")
    assert len(values["images"]) > 1
    if beside.batched:
        assert len(values[beside.name]) == len(values["images"])
    assert beside.kind != "class" or set(values["labels"]) == {0, 1, 2}


def test_priors_of_the_first_version():
    parts = reexport.prior_of(
        "np.hstack(\n [\n np.random.uniform(-1, 1, (1, 62)),\n"
        " np.eye(10)[np.random.randint(10, size=1)],\n np.random.uniform(-1, 1, (1, 2)),\n ])",
        74,
    )
    both = {"low": -1.0, "high": 1.0}
    assert parts == [
        {"kind": "uniform", "size": 62, **both},
        {"kind": "one_hot", "size": 10},
        {"kind": "uniform", "size": 2, **both},
    ]
    (part,) = reexport.prior_of("np.random.uniform(size=(1, 1300))", 1300)
    assert part == {"kind": "uniform", "size": 1300, "low": 0.0, "high": 1.0}
    with pytest.raises(ValueError, match="prior cannot be read: 'np.random.gamma"):
        reexport.prior_of("np.random.gamma(1, size=(1, 5))", 5)


def test_the_priors_of_all_shipped_cards_are_read():
    for path in FOLDER.rglob("card.json"):
        card = stored.find_card(path.parent)
        latents = stored.from_card(card).latents if card else None
        if latents and not latents.prior.describe():
            assert reexport.prior_of(latents.prior.code, latents.prior.size)


def test_what_is_no_export_is_one_sentence(tmp_path):
    with pytest.raises(ValueError, match="holds no card.json of an exported generator"):
        reexport.reexport(tmp_path)
    with pytest.raises(ValueError, match="holds no card.json of an exported generator"):
        reexport.reexport(FOLDER / "mnist_cnn")


def test_a_loop_over_one_step_keeps_its_file(tmp_path):
    folder = shutil.copytree(FOLDER / "seqgan", tmp_path / "seqgan")
    before, old = (
        (folder / "model.tflite").read_bytes(),
        json.loads((folder / "card.json").read_text()),
    )
    tokens = tf.saved_model.load(str(folder / "1")).signatures["serving_default"]
    inputs = {"num": 4, "seed": 7, "temperature": 1.0}
    expected = tokens(**{name: tf.constant(value) for name, value in inputs.items()})["tokens"]
    report = reexport.reexport(folder)
    card = json.loads((folder / "card.json").read_text())
    assert (folder / "model.tflite").read_bytes() == before and "TFLite float16" in report.files
    (entry,), (of_before,) = card["tflite"].values(), old["tflite"].values()
    assert entry == of_before | {"check": entry["check"]}  # which older cards lack
    assert len(entry["check"]["outputs"]["logits"]["values"]) == 16
    assert card["interface"]["lite"] == old["interface"]["lite"]
    tokens = tf.saved_model.load(str(folder / "1")).signatures["serving_default"]
    found = tokens(**{name: tf.constant(value) for name, value in inputs.items()})["tokens"]
    np.testing.assert_array_equal(found, expected)
