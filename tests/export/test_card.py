import copy
import dataclasses
import io
import json
import re

import numpy as np
import pytest
from PIL import Image

from tests.export.conftest import IMAGE_SIZE, levels, pictures
from tfgan_zoo.export import card as cards
from tfgan_zoo.export import interface as interfaces

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
        "data": {
            "name": "facades",
            "description": "Drawn from a seed.",
            "licence": "Apache-2.0",
            "classes": None,
            "palette": None,
        },
        "training": {
            "command": "python -m trainers.unet --flagfile=trainers/flagfiles/unet.flags",
            "flags": {
                **{"steps": 10_000, "flip": True, "size": (16, 32), "data": "x", "ema": None},
                "tflite": [],
            },
            "steps": 10_000,
            "seconds": 4_000.0,
            "machine": "2 CPU cores",
            "commit": "0123abc",
            "versions": {"tensorflow": "2.21.0", "keras": "3.15.1"},
            "commits": None,
            "chosen": None,
        },
        "scores": {
            "protocol": "40 held-out pairs.",
            "model": {"psnr": np.float32(21.5), "ssim": 0.61},
            "baselines": {"the input itself": {"psnr": 9.25}, "colour|label": {"ssim": 0.5}},
        },
        "saved_model": {
            "weights": "float32",
            "max_abs": 0.0,
            "mean_abs": 0.0,
            "psnr": None,
            "n": 4,
        },
        "also": {},
        "tflite": {
            "float16": {
                "file": "m.tflite",
                "max_abs": 1e-3,
                "mean_abs": 1e-4,
                "psnr": 80.0,
                "n": 4,
                "check": {
                    "outputs": {"images": {"positions": [0, 9], "values": [0.5, np.float32(1)]}},
                    "tolerance": 1e-3,
                },
            },
            "float32": {
                "file": None,
                "max_abs": 0.0,
                "mean_abs": 0.0,
                "psnr": None,
                "n": 4,
                "check": None,
            },
        },
        "onnx": {
            "file": "m.onnx",
            "opset": 18,
            "max_abs": 1e-5,
            "mean_abs": 1e-6,
            "psnr": 120.0,
            "n": 4,
        },
        "latency": {
            "kind": "float16",
            "batch_size": 1,
            "ratio": 0.8,
            "runs": 11,
            "threads": 2,
            "ratios": {"TFLite float16": 0.8, "ONNX Runtime": 0.5},
        },
        "examples": {
            "file": "examples.png",
            "tile": [16, 32],
            "columns": 4,
            "rows": ["images", "real"],
            "labels": None,
        },
        "compared": None,
        "fingerprint": None,
        **changes,
    }


INTERFACE = interfaces.Interface(
    name="unet",
    inputs=(interfaces.source_images((*IMAGE_SIZE, 3), label_map=True),),
    outputs=(interfaces.images((*IMAGE_SIZE, 3)),),
    call=None,
)


def write(directory, described=None, picture=PICTURE):
    cards.write_card(directory, described or card(), INTERFACE, picture)


def test_json(directory):
    write(directory)
    text = (directory / "card.json").read_text()
    written = json.loads(text)
    assert text == json.dumps(written, indent=2, sort_keys=True) + "\n"
    assert written["schema_version"] == 2
    assert written["version"] == 10, "the newest by number, not by name"
    assert written["files"]["m.tflite"] == 10 and written["files"]["10/saved_model.pb"] == 5
    assert set(written["files"]) == {
        p.relative_to(directory).as_posix()
        for p in directory.rglob("*")
        if p.is_file() and p.name not in ("card.json", "README.md")
    }
    assert written["training"]["flags"]["size"] == [16, 32]
    (given,), (drawn,) = (written["interface"][end] for end in ("inputs", "outputs"))
    assert (given["name"], given["kind"], given["shape"]) == ("images", "label_map", [16, 32, 3])
    assert given["resize_method"] == "nearest" and given["prior"] is None
    assert (drawn["name"], drawn["kind"], drawn["shape"]) == ("images", "image", [16, 32, 3])
    assert written["scores"]["model"]["psnr"] == 21.5
    np.testing.assert_array_equal(Image.open(directory / "samples.png"), PICTURE)


def test_a_part_with_its_own_card_is_not_described_twice(directory):
    (directory / "likelihood" / "1").mkdir(parents=True)
    (directory / "likelihood" / "1" / "saved_model.pb").write_bytes(b"graph")
    write(directory)
    files = json.loads((directory / "card.json").read_text())["files"]
    assert "likelihood/1/saved_model.pb" in files, "without a card it belongs to this export"
    (directory / "likelihood" / "card.json").write_text("{}")
    write(directory)
    files = json.loads((directory / "card.json").read_text())["files"]
    assert not any(name.startswith("likelihood") for name in files)


def test_readme(directory):
    write(directory)
    text = (directory / "README.md").read_text()
    for part in (
        "# A small U-Net\n\n![Samples of unet](samples.png)\n\nFrom label maps",
        "[arXiv:1611.07004](https://arxiv.org/abs/1611.07004)",
        "<https://github.com/phillipi/pix2pix>",
        "10,000 steps in 1 h 7 min on 2 CPU cores, at commit `0123abc` with tensorflow 2.21.0",
        "```\n--steps=10000\n--flip=true\n--size=16,32\n--data=x\n--tflite=\n```",
        "\nfacades: Drawn from a seed. Licence: Apache-2.0.\n",
        "`examples.png` holds 4 held-out examples, one in each column: `images` and `real`.\n",
        "Licence: Apache-2.0.",
        "|  | psnr | ssim |\n| --- | --- | --- |\n| unet | 21.5 | 0.61 |\n"
        "| the input itself | 9.25 |  |\n| colour\\|label |  | 0.5 |",
        "| `m.tflite` | 10 |",
        "| SavedModel | `10/`, float32 weights | 0 | 0 | equal | 4 |",
        "| TFLite float16 | `m.tflite` | 0.001 | 0.0001 | 80 | 4 |",
        "| TFLite float32 | not shipped | 0 | 0 | equal | 4 |",
        "| ONNX, opset 18 | `m.onnx` | 1e-05 | 1e-06 | 120 | 4 |",
        'session = onnxruntime.InferenceSession("m.onnx")',
        "at batch 1 on 2 threads (medians of 11 runs each",
        "| ONNX Runtime | 0.50 |\n| TFLite float16 | 0.80 |",
        'tf.saved_model.load("10")',
        '-v "$PWD:/models/unet" -e MODEL_NAME=unet',
    ):
        assert part in text, part


def test_a_paper_without_code_says_so(directory):
    paper = {**card()["paper"], "code": None}
    write(directory, card(paper=paper))
    text = (directory / "README.md").read_text()
    assert "1611.07004). No code of theirs is known." in text and "None" not in text


def test_of_which_step_and_which_commits_the_weights_are(directory):
    training = {**card()["training"], "commits": ["0123abc", "4567def"], "chosen": "Of step 3."}
    write(directory, card(training=training))
    text = (directory / "README.md").read_text()
    assert ", at the commits `0123abc`, `4567def` in turn with tensorflow" in text
    assert "unet.flags\n```\n\nOf step 3.\n\nThe flags" in text


def test_what_could_not_be_scored_leaves_no_table(directory):
    described = card(scores={"protocol": "Not scored.", "model": {}, "baselines": {}})
    write(directory, described)
    text = (directory / "README.md").read_text()
    assert "## Scores\n\nNot scored.\n\n## Files" in text


def test_classes_have_their_names(directory):
    described = card(data={**card()["data"], "classes": ["wall", "door"]})
    write(directory, described)
    assert "Its classes by number: 0 wall, 1 door.\n" in (directory / "README.md").read_text()
    described["data"]["palette"] = [[0, 0, 0], [0, 85, 255]]
    write(directory, described)
    text = (directory / "README.md").read_text()
    assert "number: 0 wall rgb(0, 0, 0), 1 door rgb(0, 85, 255).\n" in text
    described["data"]["palette"] = [[0, 0, 0]] * 256  # of a file, not of the classes
    write(directory, described)
    assert "number: 0 wall, 1 door.\n" in (directory / "README.md").read_text()
    assert len(json.loads((directory / "card.json").read_text())["data"]["palette"]) == 256


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("ant", "bee"), "`labels`, int32 [B] from 0 to 1 (0 ant, 1 bee);"),
        (("0", "1", "10\n"), "`labels`, int32 [B] from 0 to 2 (0, 1, 2 10);"),
        (("caf\udce9", "b"), "`labels`, int32 [B] from 0 to 1 (0 caf\\udce9, 1 b);"),
        (tuple(map(str, range(100))), "`labels`, int32 [B] from 0 to 99 (named under Data);"),
        (None, "`labels`, int32 [B] from 0 to 9;"),
    ],
)
def test_the_signature_says_what_a_label_means(directory, names, said):
    labels = interfaces.labels(len(names) if names else 10, names)
    interface = dataclasses.replace(INTERFACE, inputs=(*INTERFACE.inputs, labels))
    cards.write_card(directory, card(), interface, PICTURE)
    assert said in (directory / "README.md").read_text()
    written = json.loads((directory / "card.json").read_text())["interface"]["inputs"][1]
    assert written["classes"] == len(names or range(10))
    assert (written["names"] is None) == (names is None)


def test_writing_again_replaces(directory):
    write(directory)
    before = (directory / "card.json").read_bytes()
    write(directory, picture=(directory / "samples.png").read_bytes())
    assert (directory / "card.json").read_bytes() == before
    names = {"1", "10", "m.tflite", "card.json", "README.md", "samples.png"}
    assert {p.name for p in directory.iterdir()} == names


def test_an_animation_is_shown_where_there_is_one(directory):
    write(directory)
    assert "training.gif" not in (directory / "README.md").read_text()
    (directory / "training.gif").write_bytes(b"GIF89a")
    write(directory)
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
        write(directory, incomplete)
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
        ({"latency": None, "data": None}, "card.data must be a dict"),
        ({"tflite": {"float16": {}}}, "card.tflite.float16.file is missing"),
    ],
)
def test_refused_cards(directory, changes, message):
    with pytest.raises(ValueError, match=message):
        write(directory, card(**changes))


def test_what_the_card_names_must_exist(directory, tmp_path_factory):
    (directory / "m.tflite").unlink()
    with pytest.raises(FileNotFoundError, match="card.tflite.float16.file names m.tflite"):
        write(directory)
    with pytest.raises(FileNotFoundError, match="no <version>/saved_model.pb: export it first"):
        write(tmp_path_factory.mktemp("empty"))


def test_the_picture_is_a_png(directory):
    buffer = io.BytesIO()
    PICTURE.save(buffer, "JPEG")
    with pytest.raises(ValueError, match="PNG file or a PIL image"):
        write(directory, picture=buffer.getvalue())


def test_without_examples_none_are_spoken_of(directory):
    write(directory, card(examples=None))
    assert "examples.png" not in (directory / "README.md").read_text()


def test_a_model_without_tflite_has_no_latency(directory):
    write(directory, card(tflite={}, latency=None))
    text = (directory / "README.md").read_text()
    assert "Time of the" not in text and "On a phone" not in text
    assert re.search("^## Load$", text, re.M)
