"""A SavedModel behind TensorFlow Serving's REST addresses: its own answers, and sentences."""

import base64
import importlib.util
import json
import re
import sys

import numpy as np
import pytest
import tensorflow as tf

from tests import commands
from tests.benchmarks import serving_cases
from tfgan_zoo.serving import predict, ray_app, versions


@pytest.fixture(scope="module")
def models(exports):
    return predict.Models(versions.found(exports))


def ask(models, content, path=serving_cases.CGAN, method="POST"):
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    status, answer = models.answer(method, path, body)
    return status, json.loads(json.dumps(answer))


def test_rows_and_columns_are_what_the_saved_model_gives(models, exports):
    latents = np.random.default_rng(0).random((3, 1300)).astype(np.float32)
    labels = np.array([1, 0, 9], np.int32)
    loaded = tf.saved_model.load(versions.found(exports)["cgan"])
    right = loaded.signatures["serving_default"](
        latents=tf.constant(latents), labels=tf.constant(labels)
    )["images"].numpy()
    columns = {"latents": latents.tolist(), "labels": labels.tolist()}
    rows = [{name: columns[name][row] for name in columns} for row in range(3)]
    for sent, key in (({"inputs": columns}, "outputs"), ({"instances": rows}, "predictions")):
        status, answer = ask(models, sent)
        assert status == 200 and list(answer) == [key]
        np.testing.assert_array_equal(np.array(answer[key], np.float32), right)


def test_several_outputs_have_names(models):
    sent = {"signature_name": "latents", "inputs": {"num_images": 2, "seed": 1}}
    status, answer = ask(models, sent)
    assert status == 200 and set(answer["outputs"]) == {"latents", "labels"}
    assert answer["outputs"]["labels"] == [0, 1]
    assert np.shape(answer["outputs"]["latents"]) == (2, 1300)


def test_a_file_goes_in_and_out_as_base64(models):
    content = serving_cases.file(np.random.default_rng(0), "PNG")
    coded = {"b64": serving_cases.text(content)}
    path, found = serving_cases.PIX2PIX, []
    for sent in (
        {"inputs": {"image_bytes": [coded]}},
        {"inputs": [coded]},
        {"instances": [{"image_bytes": coded}]},
        {"instances": [coded]},
    ):
        status, answer = ask(models, {"signature_name": "encoded"} | sent, path)
        assert status == 200
        ((picture,),) = answer.values()
        found.append(base64.b64decode(picture["b64"]))
    assert serving_cases.decoded(found[0]).shape == (256, 256, 3)
    assert len(set(found)) == 1


def test_the_state_of_a_model(models):
    for path in ("/v1/models/cgan", "/v1/models/cgan/versions/1"):
        status, answer = ask(models, b"", path, "GET")
        (state,) = answer["model_version_status"]
        assert status == 200 and (state["version"], state["state"]) == ("1", "AVAILABLE")


@pytest.mark.parametrize(
    ("inputs", "sentence"),
    [
        ({"latents": [[0.5] * 7], "labels": [1]}, r"the shape \[any, 1300\], not \[1, 7\]"),
        ({"latents": [[0.5] * 1300], "labels": [10]}, "labels must lie from 0 to 9, not from 10"),
        ({"latents": [[0.5] * 1300], "labels": [1.5]}, "labels must hold whole numbers"),
        ({"latents": [[float("nan")] * 1300], "labels": [1]}, "latents holds .* not finite"),
        ({"latents": [[0.5] * 1300], "labels": [1, 2]}, "equally many examples"),
        ({"latents": [[0.5] * 1300]}, "must hold these names, and no others: labels, latents"),
    ],
)
def test_a_wrong_request_gets_the_sentence_of_its_fault(models, inputs, sentence):
    status, answer = ask(models, {"inputs": inputs})
    assert status == 400 and re.search(sentence, answer["error"])


def test_what_fails_inside_is_no_end_of_the_server(models, monkeypatch, caplog):
    monkeypatch.setattr(predict, "bare", lambda values: 1 / 0)
    sent = {"signature_name": "encoded", "inputs": {"num_images": 1, "seed": 0, "label": 1}}
    status, answer = ask(models, sent)
    assert status == 500 and answer["error"].endswith("its log says why.")
    assert "ZeroDivisionError" in caplog.text


def test_the_highest_version_is_served_and_two_of_a_name_are_not(tmp_path):
    for version in ("2", "10", "9.part"):
        (tmp_path / "one" / version).mkdir(parents=True)
        (tmp_path / "one" / version / "saved_model.pb").touch()
    assert versions.found([tmp_path / "one"]) == {"one": str(tmp_path / "one" / "10")}
    with pytest.raises(ValueError, match="Two models are called 'one'"):
        versions.found([tmp_path / "one", tmp_path / "one"])
    with pytest.raises(ValueError, match="holds no VERSION/saved_model.pb"):
        versions.found([tmp_path])


def test_the_command_says_what_is_missing(tmp_path, exports):
    wrong = [((), "--model=saved_models/cgan"), ((f"--model={tmp_path}",), "holds no VERSION/")]
    wrong += [((exports[0],), "folders are given as --model=DIR"), (("--port=0",), "port")]
    if importlib.util.find_spec("ray") is None:
        wrong.append(((f"--model={exports[0]}",), "pip install 'tfgan_zoo[ray]'"))
    for words, sentence in wrong:
        done = commands.run("tfgan_zoo.serving", *words)
        assert done.returncode == 2 and sentence in done.stderr, done.stderr
        assert "Traceback" not in done.stderr


def test_an_application_of_ray_needs_models():
    with pytest.raises(ValueError, match="models=DIR,DIR"):
        ray_app.application({"replicas": 2})
    assert "ray" not in sys.modules
