"""ONNX files: what a TFLite file holds, at any batch, with ONNX Runtime."""

import dataclasses
import json
import sys

import numpy as np
import pytest
import tensorflow as tf

from tests.export.conftest import LATENT_DIM, pictures
from tfgan_zoo.export import measured, onnx_file, runtimes, served
from tfgan_zoo.export.tflite import INTERFACE, convert


def test_a_file_says_what_it_takes_and_gives(translation):
    import onnx

    content = onnx_file.convert(translation)
    model = onnx.load_from_string(content)
    assert [given.name for given in model.graph.input] == ["images"]
    # ONNX has one space of names.
    assert [found.name for found in model.graph.output] == ["images_out"]
    assert onnx_file.output_name(translation, "images") == "images_out"
    assert [(o.domain, o.version) for o in model.opset_import if not o.domain] == [("", 18)]
    said = {prop.key: json.loads(prop.value) for prop in model.metadata_props}
    assert said[INTERFACE]["interface"]["outputs"][0]["name"] == "images"
    for count in (1, 5):
        result = measured.parity(
            served.of_model(translation),
            served.of_onnx(translation, content),
            {"images": pictures(count)},
        )
        assert result["n"] == count and result["max_abs"] < 1e-5


def test_each_input_comes_by_name(conditional):
    content = onnx_file.convert(conditional)
    run = served.of_onnx(conditional, content)
    latents = np.random.default_rng(0).normal(size=(3, LATENT_DIM)).astype(np.float32)
    given = {"labels": np.arange(3, dtype=np.int32), "latents": latents}
    found, expected = run(**given)["images"], conditional(**given)["images"]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_what_onnx_has_no_operator_for_is_refused(writer, latent):
    with pytest.raises(ValueError, match="seqgan cannot be written as ONNX.*Stateless"):
        onnx_file.convert(dataclasses.replace(writer, lite=None))


def test_the_missing_extra_is_named(latent, monkeypatch):
    assert onnx_file.complaint() is None
    monkeypatch.setitem(sys.modules, "tf2onnx", None)
    sentence = r"need tf2onnx, which is not installed: pip install 'tfgan_zoo\[onnx\]'\.$"
    assert onnx_file.complaint().startswith("ONNX files")
    with pytest.raises(ValueError, match=sentence):
        onnx_file.convert(latent)
    monkeypatch.setitem(sys.modules, "onnx", None)
    assert "onnx and tf2onnx, which are not installed" in onnx_file.complaint()


def test_all_runtimes_answer_alike(exported_latent):
    interface = exported_latent.interface
    inputs = {"latents": np.random.default_rng(0).normal(size=(2, LATENT_DIM)).astype(np.float32)}
    inputs["latents"].flags.writeable = False  # as TensorFlow's own arrays are
    raced = runtimes.installed(
        interface,
        served.of_saved_model(interface, exported_latent.path),
        {"float32": convert(interface, kind="float32")},
        onnx_file.convert(interface),
        exported_latent.path,
    )
    known = {"SavedModel", "SavedModel under XLA", "TFLite float32", "ONNX Runtime", "OpenVINO"}
    assert known - {"OpenVINO"} <= set(raced) <= known
    assert runtimes.usable(raced, inputs) == raced and next(iter(raced)) == "SavedModel"
    expected = interface(latents=tf.cast(inputs["latents"], tf.float32))["images"]
    for name, run in raced.items():
        # OpenVINO takes bfloat16 by itself where the processor has it.
        atol = 1e-2 if name == "OpenVINO" else 1e-5
        np.testing.assert_allclose(run(**inputs)["images"], expected, atol=atol)


def test_what_xla_cannot_compile_does_not_take_part(latent):
    @tf.function(jit_compile=True)
    def written(latents):
        return {"images": tf.strings.length(tf.strings.as_string(latents))}

    runs = {"SavedModel": served.of_model(latent), "SavedModel under XLA": written}
    inputs = {"latents": np.zeros([1, LATENT_DIM], np.float32)}
    assert list(runtimes.usable(runs, inputs)) == ["SavedModel"]
