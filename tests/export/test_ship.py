"""The whole export of each family: what lies in the folder, what the card says, what it runs."""

import dataclasses
import json
import math
import re
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.export.conftest import CLASSES, IMAGE_SIZE, LATENT_DIM, WORDS, levels, pictures
from tfgan_zoo.export import ship as shipping
from tfgan_zoo.export import stored

PICTURE = Image.fromarray(levels(pictures(1)[0]))
CHANCE = np.random.default_rng(0)
LATENTS = CHANCE.normal(size=(5, LATENT_DIM)).astype(np.float32)
EXAMPLES = {
    "translation": {"images": pictures(3)},
    "latent": {"latents": LATENTS},
    "conditional": {"latents": LATENTS, "labels": np.arange(5, dtype=np.int32) % CLASSES},
    "points": {"latents": LATENTS[:, :3]},
    "encoder": {"images": pictures(3, size=(8, 8))[..., :1]},
    "writer": {"seed": 1, "num": 3, "temperature": 1.0},
}
ONNX = ("translation", "writer")  # two kinds that are written so too
STEP = {"tokens": np.arange(3, dtype=np.int32), "state": np.zeros([3, 8], np.float32)}
PROVENANCE = shipping.Provenance(
    title="A small one",
    summary="Draws.",
    paper={"title": "A paper", "authors": "Someone", "arxiv": "1611.07004", "code": None},
    data={
        "name": "facades",
        "description": "Drawn from a seed.",
        "licence": "Apache-2.0",
        "classes": None,
        "palette": None,
    },
    training=shipping.Training(
        command="python -m trainers.one",
        flags={"steps": 10},
        steps=10,
        seconds=4.4,
        machine="2 CPU cores",
        commit="0123abc",
        versions={"tensorflow": "2.21.0"},
    ),
)


def evaluation(name, **changes):
    values = {
        "examples": EXAMPLES[name],
        "measure": lambda served: (
            {"error": 0.25},
            {"nothing": {"error": 1.0}},
            "None to speak of.",
        ),
        "picture": lambda served: PICTURE,
        "step_examples": STEP if name == "writer" else None,
    }
    return shipping.Evaluation(**{**values, **changes})


def ship(interface, folder, name, **options):
    changes = options.pop("changes", {})
    return shipping.ship(
        interface,
        folder,
        provenance=PROVENANCE,
        evaluation=evaluation(name, **changes),
        **options,
    )


@pytest.fixture(scope="module")
def shipped(request, tmp_path_factory):
    """Family -> (report, what the Python blocks of its README print).

    All READMEs run in one process without this package: importing TensorFlow is most of its time.
    """
    reports, code = {}, ["import glob, os, sys\nsys.modules['tfgan_zoo'] = None"]
    for name in EXAMPLES:
        interface = request.getfixturevalue(name)
        reports[name] = ship(interface, tmp_path_factory.mktemp(name), name, onnx=name in ONNX)
        folder = reports[name].folder
        PICTURE.resize(IMAGE_SIZE[::-1]).save(folder / "input.png")
        blocks = re.findall(r"```python\n(.*?)```", (folder / "README.md").read_text(), re.S)
        load, phone, *onnx = blocks
        assert len(onnx) == (name in ONNX)
        rename = "[os.rename(name, 'loaded_' + name) for name in glob.glob('output*.png')]"
        code += [f"os.chdir({str(folder)!r})\nprint('--- {name}')", load, rename]
        code += [*onnx, rename.replace("loaded", "onnx").replace("output*", "output")] * len(onnx)
        code += [phone]
    script = tmp_path_factory.mktemp("script") / "readmes.py"
    script.write_text("\n".join(code))
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    _, *printed = re.split(r"--- (\w+)\n", done.stdout)
    printed = dict(zip(printed[::2], printed[1::2], strict=True))
    return {name: (reports[name], printed[name]) for name in EXAMPLES}


@pytest.mark.parametrize("name", list(EXAMPLES))
def test_a_family_is_shipped_and_its_readme_runs(request, shipped, name):
    interface = request.getfixturevalue(name)
    report, printed = shipped[name]
    folder = report.folder
    names = {path.name for path in folder.iterdir() if not path.match("*put*.png")}
    of_onnx = {"model.onnx"} if name in ONNX else set()
    assert names == {"1", "model.tflite", "samples.png", "card.json", "README.md"} | of_onnx
    assert report.saved_model == folder / "1"
    assert interface.part in (None, folder.name)
    assert report.scores == {"error": 0.25} and set(report.parities) == {
        *("SavedModel", "float16"),
        *(["ONNX"] if name in ONNX else []),
    }
    assert report.parities["SavedModel"]["max_abs"] < 1e-5
    assert report.parities["float16"]["mean_abs"] < 1e-2
    for line in ("exported model  error 0.25", "nothing         error 1", f"{folder}/README.md"):
        assert line in str(report)

    card = json.loads((folder / "card.json").read_text())
    assert (card["schema_version"], card["version"], card["name"]) == (2, 1, interface.name)
    for path, size in card["files"].items():
        assert (folder / path).stat().st_size == size
    assert card["training"]["seconds"] == 4 and card["saved_model"]["weights"] == "float32"
    again = stored.section(stored.from_card(card))
    assert again | {"noise": interface.noise is not None} == card["interface"]

    drawn = {p.name: np.asarray(Image.open(p), int) for p in folder.glob("*output*.png")}
    if name == "translation":
        assert set(drawn) == {"loaded_output_0.png", "onnx_output.png", "output.png"}
        source = levels(pictures(1)).astype(np.float32) / 127.5 - 1
        expected = levels(interface(images=source)["images"].numpy())[0]
        for picture in drawn.values():
            assert np.abs(picture - expected).max() <= 2
    elif name in ("latent", "conditional"):
        assert set(drawn) == {"output.png", *(f"loaded_output_{i}.png" for i in range(4))}
        assert all(picture.shape == (8, 8) for picture in drawn.values())
    else:
        assert not drawn
    if name == "writer":
        texts = printed.splitlines()[:4]
        assert {word for text in texts for word in text.split()} <= set(WORDS)
        assert card["interface"]["outputs"][0]["words"] == list(WORDS)
        assert interface.lite_note in (folder / "README.md").read_text()
    (body,) = re.findall(r"<<END\n(.*?)\nEND", (folder / "README.md").read_text(), re.S)
    body = json.loads(body)
    signature = tf.saved_model.load(str(folder / "1")).signatures[body["signature_name"]]
    assert set(body["inputs"]) == set(signature.structured_input_signature[1])


def numbers(*shape):
    """The fixed input of `golden`, one value at a time, as a page in a browser writes it."""
    values = [((i * 7919) % 201 - 100) / 100 for i in range(math.prod(shape))]
    return np.array(values, np.float32).reshape(shape)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("translation", {"images": numbers(1, *IMAGE_SIZE, 3)}),
        ("latent", {"latents": numbers(1, LATENT_DIM)}),
        ("conditional", {"latents": numbers(1, LATENT_DIM), "labels": np.zeros([1], np.int32)}),
        ("points", {"latents": numbers(1, 3)}),
        ("encoder", {"images": numbers(1, 8, 8, 1)}),
        ("writer", {"tokens": np.zeros([1], np.int32), "state": np.zeros([1, 8], np.float32)}),
    ],
)
def test_an_interpreter_gives_the_golden_answers_of_the_card(request, shipped, name, given):
    interface = request.getfixturevalue(name)
    report, _ = shipped[name]
    (entry,) = json.loads((report.folder / "card.json").read_text())["tflite"].values()
    interpreter = tf.lite.Interpreter(str(report.folder / entry["file"]))
    found = interpreter.get_signature_runner("serving_default")(**given)
    outputs = entry["check"]["outputs"]
    assert set(outputs) == {output.name for output in interface.served_by_tflite.outputs}
    for output, said in outputs.items():
        flat = found[output].ravel()
        assert len(said["positions"]) == min(16, flat.size) == len(set(said["positions"]))
        assert said["positions"][0] == 0 and said["positions"][-1] == flat.size - 1
        np.testing.assert_allclose(flat[said["positions"]], said["values"], atol=1e-6)
    widest = max(np.ptp(found[output]) for output in outputs)
    assert 1e-3 <= entry["check"]["tolerance"] < 2e-3 * max(widest, 1)


def test_a_card_says_the_prior_as_data(conditional, tmp_path):
    ship(conditional, tmp_path, "conditional", kinds=())
    card = json.loads((tmp_path / "card.json").read_text())
    latents, labels = card["interface"]["inputs"]
    assert latents["prior"] == [{"kind": "normal", "size": LATENT_DIM}]
    assert latents["code"] == f"np.random.normal(size=(1, {LATENT_DIM}))"
    assert (labels["kind"], labels["classes"], labels["prior"]) == ("class", CLASSES, None)
    assert card["tflite"] == {} and card["latency"] is None
    restored = stored.from_card(card)
    assert restored.latents.prior.draw(2000, 0).shape == (2000, LATENT_DIM)
    assert restored.latents.prior.draw(2000, 0).std() == pytest.approx(1, rel=0.02)


def test_priors_that_a_card_tells_apart():
    parts = [
        {"kind": "uniform", "low": -1.0, "high": 1.0, "size": 2},
        {"kind": "one_hot", "size": 3},
        {"kind": "normal", "size": 1},
    ]
    drawn = stored.CardPrior(6, parts, "np.zeros(6)").draw(3000, 1)
    assert drawn.shape == (3000, 6) and drawn.dtype == np.float32
    assert np.abs(drawn[:, :2]).max() <= 1 and drawn[:, :2].std() == pytest.approx(
        3**-0.5, rel=0.02
    )
    np.testing.assert_array_equal(drawn[:, 2:5].sum(1), 1)
    assert np.abs(drawn[:, 5]).max() > 2.5
    for parts, words in ((None, "does not say"), ([{"kind": "odd", "size": 1}], "known here .odd")):
        with pytest.raises(ValueError, match=words):
            stored.CardPrior(1, parts, "").draw(1, 0)


def test_the_next_export_is_the_next_version(latent, tmp_path):
    first = ship(latent, tmp_path, "latent", kinds=("float32", "float16"))
    assert first.parities["float32"]["max_abs"] < 1e-5
    second = ship(latent, tmp_path, "latent", weights="float16", animation=b"GIF89a")
    assert second.saved_model == tmp_path / "2"
    assert {path.name for path in tmp_path.iterdir()} == {
        *("1", "2", "model.tflite", "samples.png", "card.json", "README.md", "training.gif")
    }, "the float32 file was of the first version"
    card = json.loads((tmp_path / "card.json").read_text())
    assert card["saved_model"]["weights"] == "float16" and card["version"] == 2
    assert 0 < card["saved_model"]["max_abs"] < 0.01
    text = (tmp_path / "README.md").read_text()
    assert "| SavedModel | `2/`, float16 weights |" in text and "](training.gif)" in text


def test_an_export_that_fails_leaves_the_folder_as_it_was(latent, tmp_path):
    ship(latent, tmp_path, "latent", kinds=())
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}

    def measure(served):
        return {"error": float("nan")}, {}, "None."

    with pytest.raises(ValueError, match="card.scores.model.error is nan"):
        ship(latent, tmp_path, "latent", changes={"measure": measure})
    broken = dataclasses.replace(latent, call=lambda latents: latents)
    with pytest.raises(ValueError, match="float32 of shape"):
        ship(broken, tmp_path / "other", "latent")
    after = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    assert after == before


def test_what_is_measured_is_the_saved_model(latent, tmp_path):
    found = []

    def measure(served):
        found.append(served(latents=LATENTS)["images"])
        return {"error": 0.0}, {}, "None."

    ship(
        latent,
        tmp_path,
        "latent",
        kinds=("int8",),
        changes={"measure": measure, "calibration": EXAMPLES["latent"]},
    )
    signature = tf.saved_model.load(str(tmp_path / "1")).signatures["serving_default"]
    np.testing.assert_allclose(found[0], signature(latents=LATENTS)["images"], atol=1e-6)
    assert (tmp_path / "model_int8.tflite").is_file()
