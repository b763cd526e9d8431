import copy
import io
import json
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.export.conftest import CLASSES, IMAGE_SIZE, LATENT_DIM, levels, pictures
from tfgan_zoo.export import card as cards
from tfgan_zoo.export import tflite

LATENT_CODE = f"np.random.normal(size=(1, {LATENT_DIM}))"
PICTURE = Image.fromarray(levels(pictures(1)[0]))


def card(**changes):
    return {
        "name": "unet",
        "title": "A small U-Net",
        "summary": "From label maps to photographs.",
        "paper": {
            "title": "Image-to-Image Translation with Conditional Adversarial Networks",
            "authors": "Isola et al.",
            "arxiv": "1611.07004",
            "code": "https://github.com/phillipi/pix2pix",
        },
        "data": {"name": "facades", "description": "Drawn from a seed.", "licence": "Apache-2.0"},
        "training": {
            "command": "python -m trainers.unet --flagfile=trainers/flagfiles/unet.flags",
            "flags": {"steps": 10_000, "flip": True, "size": (16, 32), "data": "x", "ema": None},
            "steps": 10_000,
            "seconds": 4_000.0,
            "machine": "2 CPU cores",
            "commit": "0123abc",
            "versions": {"tensorflow": "2.21.0", "keras": "3.15.1"},
        },
        "interface": {
            "input": [*IMAGE_SIZE, 3],
            "output": [*IMAGE_SIZE, 3],
            "resize_method": "nearest",
            "classes": None,
            "latents": None,
        },
        "scores": {
            "protocol": "40 held-out pairs.",
            "model": {"psnr": np.float32(21.5), "ssim": 0.61},
            "baselines": {"the input itself": {"psnr": 9.25}, "colour|label": {"ssim": 0.5}},
        },
        "tflite": {
            "float16": {
                "file": "m.tflite",
                "max_abs": 1e-3,
                "mean_abs": 1e-4,
                "psnr": 80.0,
                "n": 4,
            },
            "float32": {"file": None, "max_abs": 0.0, "mean_abs": 0.0, "psnr": None, "n": 4},
        },
        "latency": {"kind": "float16", "batch_size": 1, "ratio": 0.8, "runs": 11},
        **changes,
    }


@pytest.fixture
def directory(tmp_path):
    """As after an export, with files of a few bytes."""
    for version in ("1", "10"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "saved_model.pb").write_bytes(b"graph")
    (tmp_path / "m.tflite").write_bytes(b"flatbuffer")
    return tmp_path


def test_json(directory):
    cards.write_card(directory, card(), PICTURE)
    text = (directory / "card.json").read_text()
    written = json.loads(text)
    assert text == json.dumps(written, indent=2, sort_keys=True) + "\n"
    assert written["schema_version"] == 1
    assert written["version"] == 10, "the newest by number, not by name"
    assert written["files"]["m.tflite"] == 10 and written["files"]["10/saved_model.pb"] == 5
    assert set(written["files"]) == {
        p.relative_to(directory).as_posix()
        for p in directory.rglob("*")
        if p.is_file() and p.name not in ("card.json", "README.md")
    }
    assert written["training"]["flags"]["size"] == [16, 32]
    assert written["scores"]["model"]["psnr"] == 21.5
    np.testing.assert_array_equal(Image.open(directory / "samples.png"), PICTURE)


def test_readme(directory):
    cards.write_card(directory, card(), PICTURE)
    text = (directory / "README.md").read_text()
    for part in (
        "# A small U-Net\n\n![Samples of unet](samples.png)\n\nFrom label maps",
        "[arXiv:1611.07004](https://arxiv.org/abs/1611.07004)",
        "<https://github.com/phillipi/pix2pix>",
        "10,000 steps in 1 h 7 min on 2 CPU cores, at commit `0123abc` with tensorflow 2.21.0",
        "```\n--steps=10000\n--flip=true\n--size=16,32\n--data=x\n```",
        "Licence: Apache-2.0.",
        "|  | psnr | ssim |\n| --- | --- | --- |\n| unet | 21.5 | 0.61 |\n"
        "| the input itself | 9.25 |  |\n| colour\\|label |  | 0.5 |",
        "| `m.tflite` | 10 |",
        "| float16 | `m.tflite` | 0.001 | 0.0001 | 80 | 4 |",
        "| float32 | not shipped | 0 | 0 | equal | 4 |",
        "Time of the float16 file over that of the SavedModel at batch 1: 0.80",
        'tf.saved_model.load("10")',
        '-v "$PWD:/models/unet" -e MODEL_NAME=unet',
    ):
        assert part in text, part


def test_a_paper_without_code_says_so(directory):
    paper = {**card()["paper"], "code": None}
    cards.write_card(directory, card(paper=paper), PICTURE)
    text = (directory / "README.md").read_text()
    assert "1611.07004). No code of theirs is known." in text and "None" not in text


def test_writing_again_replaces(directory):
    cards.write_card(directory, card(), PICTURE)
    before = (directory / "card.json").read_bytes()
    cards.write_card(directory, card(), (directory / "samples.png").read_bytes())
    assert (directory / "card.json").read_bytes() == before
    names = {"1", "10", "m.tflite", "card.json", "README.md", "samples.png"}
    assert {p.name for p in directory.iterdir()} == names


def test_an_animation_is_shown_where_there_is_one(directory):
    cards.write_card(directory, card(), PICTURE)
    assert "training.gif" not in (directory / "README.md").read_text()
    (directory / "training.gif").write_bytes(b"GIF89a")
    cards.write_card(directory, card(), PICTURE)
    assert "](training.gif)" in (directory / "README.md").read_text()
    assert json.loads((directory / "card.json").read_text())["files"]["training.gif"] == 6


def fields(value, path=()):
    """The paths of all fixed fields."""
    for name, inner in value.items():
        if isinstance(name, str):
            yield (*path, name)
            if isinstance(inner, dict):
                yield from fields(inner, (*path, name))


@pytest.mark.parametrize("path", fields(cards.FIELDS), ids=".".join)
def test_each_field_is_required(directory, path):
    incomplete = copy.deepcopy(card())
    holder = incomplete
    for name in path[:-1]:
        holder = holder[name]
    del holder[path[-1]]
    with pytest.raises(ValueError, match=re.escape(f"card.{'.'.join(path)} is missing")):
        cards.write_card(directory, incomplete, PICTURE)
    assert not (directory / "card.json").exists() and not (directory / "samples.png").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"title": ""}, "card.title is empty"),
        ({"title": 3}, "card.title must be str, not 3"),
        ({"titel": "x"}, "card.titel is not a field"),
        ({"paper": "Isola"}, "card.paper must be a dict"),
        (
            {"scores": {**card()["scores"], "model": {"fid": np.nan}}},
            "card.scores.model.fid is nan",
        ),
        ({"latency": {**card()["latency"], "ratio": np.inf}}, "card.latency.ratio is inf"),
        (
            {
                "interface": {
                    "input": [8, 8, 3],
                    "output": [8, 8, 3],
                    "resize_method": None,
                    "classes": None,
                    "latents": None,
                }
            },
            "card.interface must have an input",
        ),
        ({"tflite": {"float16": {}}}, "card.tflite.float16.file is missing"),
    ],
)
def test_refused_cards(directory, changes, message):
    with pytest.raises(ValueError, match=message):
        cards.write_card(directory, card(**changes), PICTURE)


def test_what_the_card_names_must_exist(directory, tmp_path_factory):
    (directory / "m.tflite").unlink()
    with pytest.raises(FileNotFoundError, match="card.tflite.float16.file names m.tflite"):
        cards.write_card(directory, card(), PICTURE)
    with pytest.raises(FileNotFoundError, match="no <version>/saved_model.pb: export it first"):
        cards.write_card(tmp_path_factory.mktemp("empty"), card(), PICTURE)


def test_the_picture_is_a_png(directory):
    buffer = io.BytesIO()
    PICTURE.save(buffer, "JPEG")
    with pytest.raises(ValueError, match="PNG file or a PIL image"):
        cards.write_card(directory, card(), buffer.getvalue())


def test_latency_is_taken_in_turns(monkeypatch):
    calls, clock = [], [0.0]

    def function(name, seconds):
        def run(inputs):
            calls.append(name)
            # The second pair of timed calls meets a slow machine.
            clock[0] += seconds * (10 if len(calls) in (5, 6) else 1)
            return inputs

        return run

    monkeypatch.setattr(cards.time, "perf_counter", lambda: clock[0])
    result = cards.latency_ratio(function("a", 3.0), function("b", 2.0), np.zeros(1), runs=3)
    assert result == {"ratio": 1.5, "runs": 3}
    assert "".join(calls) == "ab" + "ab" + "ba" + "ab"
    with pytest.raises(ValueError, match="at least one run"):
        cards.latency_ratio(len, len, [1], runs=0)


@pytest.mark.parametrize("kind", ["translation", "latent", "conditional"])
def test_python_of_the_readme_runs_without_this_package(request, tmp_path, kind):
    """A real export, its card, and every Python block of the card in a process of its own."""
    if kind == "translation":
        export, network = (request.getfixturevalue(f) for f in ("exported", "network"))
        interface = {
            "input": [*IMAGE_SIZE, 3],
            "output": [*IMAGE_SIZE, 3],
            "resize_method": "nearest",
            "classes": None,
            "latents": None,
        }
        spec = tf.TensorSpec([None, *IMAGE_SIZE, 3], name="images")
    else:
        names = (f"exported_{kind}", f"{kind}_network")
        export, network = (request.getfixturevalue(f) for f in names)
        classes = CLASSES if kind == "conditional" else None
        interface = {
            "input": [LATENT_DIM],
            "output": [8, 8, 1],
            "resize_method": None,
            "classes": classes,
            "latents": LATENT_CODE,
        }
        spec = tf.TensorSpec([None, LATENT_DIM], name="latents")
        if classes:
            spec = tf.TensorSpec([None, LATENT_DIM + CLASSES], name="inputs")
    content = tflite.convert(network, spec)
    directory = shutil.copytree(export.parent, tmp_path / "export")
    (directory / "m.tflite").write_bytes(content)
    inputs = np.random.default_rng(0).uniform(-1, 1, (2, *spec.shape[1:])).astype(np.float32)
    run = tflite.TFLiteRunner(content)
    measured = {"file": "m.tflite", **tflite.parity(network, run, inputs)}
    signature = export.model.signatures["serving_default"]

    def served(x):
        if kind == "conditional":
            return signature(
                latents=x[:, :LATENT_DIM], labels=tf.argmax(x[:, LATENT_DIM:], 1, tf.int32)
            )
        return signature(**{spec.name: tf.constant(x)})

    latency = cards.latency_ratio(run, served, inputs, runs=3)
    described = card(
        interface=interface,
        tflite={"float16": measured},
        latency={"kind": "float16", "batch_size": 2, **latency},
    )
    cards.write_card(directory, described, PICTURE)

    PICTURE.save(directory / "input.png")
    load, phone = re.findall(r"```python\n(.*?)```", (directory / "README.md").read_text(), re.S)
    # One process for both; importing TensorFlow is most of its time.
    code = (
        "import glob, os, sys\nsys.modules['tfgan_zoo'] = None\n"
        f"{load}\n[os.rename(name, 'loaded_' + name) for name in glob.glob('output*.png')]\n{phone}"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=directory, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    pictures_out = {p.name: np.asarray(Image.open(p), int) for p in directory.glob("*output*.png")}
    if kind == "translation":
        assert set(pictures_out) == {"loaded_output.png", "output.png"}
        expected = levels(network(levels(pictures(1)).astype(np.float32) / 127.5 - 1).numpy())[0]
        for picture in pictures_out.values():
            assert np.abs(picture - expected).max() <= 2
    else:
        assert set(pictures_out) == {"output.png", *(f"loaded_output_{i}.png" for i in range(4))}
        assert all(picture.shape == (8, 8) for picture in pictures_out.values())


def test_requests_of_the_readme_are_json(directory):
    for shape, method, classes in (
        ([*IMAGE_SIZE, 3], "antialias", None),
        ([LATENT_DIM], None, None),
        ([LATENT_DIM], None, CLASSES),
    ):
        interface = {
            "input": shape,
            "output": [8, 8, 1],
            "resize_method": method,
            "classes": classes,
            "latents": None if method else LATENT_CODE,
        }
        described = card(interface=interface)
        cards.write_card(directory, described, PICTURE)
        readme = (directory / "README.md").read_text()
        (body,) = re.findall(r"<<END\n(.*?)\nEND", readme, re.S)
        request = json.loads(body)
        assert request["signature_name"] == "encoded"
        numbers = {"num_images", "seed", "label"} if classes else {"num_images", "seed"}
        assert "instances" in request or set(request["inputs"]) == numbers
