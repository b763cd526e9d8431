"""What an export refuses inside its graph: each an error of that request, and never a death."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.export.conftest import CLASSES, IMAGE_SIZE, LATENT_DIM, LENGTH, save
from tests.export.picture_kinds import GREY, file
from tfgan_zoo.export import features, guards, signatures
from tfgan_zoo.export import interface as interfaces
from tfgan_zoo.export.tflite import TFLiteRunner, convert

NAN, INFINITE = float("nan"), float("inf")


def ask(export, signature, **values):
    """The answer of a signature, of values of the dtypes that it takes."""
    function = export.model.signatures[signature]
    specs = function.structured_input_signature[1]
    return function(**{name: tf.constant(v, specs[name].dtype) for name, v in values.items()})


def latents(count=2, value=0.5):
    return np.full([count, LATENT_DIM], value)


PICTURE = np.zeros([1, *IMAGE_SIZE, 3])
DRAWN = {"num_images": 2, "seed": 0}
TEXT = {"num": 2, "seed": 0, "temperature": 1.0}
REFUSED = {
    # A batch of another rank or shape, in each kind of export and each of its signatures.
    "picture for a batch": ("exported", "serving_default", {"images": PICTURE[0]}),
    "one number for a batch": ("exported", "serving_default", {"images": 0.0}),
    "smaller pictures": ("exported", "serving_default", {"images": PICTURE[:, :8]}),
    "other channels": ("exported", "serving_default", {"images": PICTURE[..., :1]}),
    "no pictures": ("exported", "serving_default", {"images": PICTURE[:0]}),
    "picture for a batch, drawn": ("exported", "sample", {"images": PICTURE[0], "seed": 0}),
    "two seeds": ("exported", "sample", {"images": PICTURE, "seed": [0, 1]}),
    "file for a batch": ("exported", "encoded", {"image_bytes": file(GREY)}),
    "no files": ("exported", "encoded", {"image_bytes": []}),
    "latent for a batch": ("exported_latent", "serving_default", {"latents": latents()[0]}),
    "shorter latents": ("exported_latent", "serving_default", {"latents": latents()[:, :3]}),
    "no latents": ("exported_latent", "serving_default", {"latents": latents(0)}),
    "latent of points": ("exported_points", "serving_default", {"latents": np.zeros(3)}),
    "label for a batch": (
        *("exported_conditional", "serving_default"),
        {"latents": latents(), "labels": 1},
    ),
    "fewer labels": (
        *("exported_conditional", "serving_default"),
        {"latents": latents(), "labels": [1]},
    ),
    "picture to encode": ("exported_encoder", "serving_default", {"images": np.zeros([8, 8, 1])}),
    "two numbers of texts": ("exported_writer", "text", {**TEXT, "num": [1, 2]}),
    "two temperatures": ("exported_writer", "serving_default", {**TEXT, "temperature": [1, 2]}),
    # Values that are no numbers.
    "NaN in a picture": ("exported", "serving_default", {"images": PICTURE + NAN}),
    "infinity in a picture": ("exported", "sample", {"images": PICTURE - INFINITE, "seed": 0}),
    "NaN in latents": ("exported_latent", "serving_default", {"latents": latents(value=NAN)}),
    "points too far": ("exported_points", "serving_default", {"latents": np.full([1, 3], 3e38)}),
    "NaN to encode": (
        "exported_encoder",
        "serving_default",
        {"images": np.full([1, 8, 8, 1], NAN)},
    ),
    "NaN of a temperature": ("exported_writer", "text", {**TEXT, "temperature": NAN}),
    "no temperature": ("exported_writer", "serving_default", {**TEXT, "temperature": 0.0}),
    "negative temperature": ("exported_writer", "text", {**TEXT, "temperature": -1.0}),
}
for name, label in (("next", CLASSES), ("far", 99), ("negative", -1), ("least", -(2**31))):
    REFUSED[f"label {name}"] = ("exported_conditional", "encoded", {**DRAWN, "label": label})
    REFUSED[f"labels {name}"] = (
        *("exported_conditional", "serving_default"),
        {"latents": latents(), "labels": [0, label]},
    )
for number in (0, -1, 2_000_000_000, -(2**31)):
    for export, signature, values in (
        ("exported_latent", "encoded", {"num_images": number, "seed": 0}),
        ("exported_latent", "latents", {"num_images": number, "seed": 0}),
        ("exported_conditional", "encoded", {"num_images": number, "seed": 0, "label": 0}),
        ("exported_conditional", "latents", {"num_images": number, "seed": 0}),
        ("exported_points", "latents", {"num_points": number, "seed": 0}),
        ("exported_writer", "text", {**TEXT, "num": number}),
        ("exported_writer", "serving_default", {**TEXT, "num": number}),
    ):
        REFUSED[f"{number} of {export}, {signature}"] = (export, signature, values)


@pytest.mark.parametrize("name", REFUSED)
def test_a_request_that_cannot_be_answered_is_an_error(request, name):
    fixture, signature, values = REFUSED[name]
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        ask(request.getfixturevalue(fixture), signature, **values)
    message = str(caught.value)
    assert "assertion failed: [" in message or "is not compatible with expected shape" in message


def test_the_sentence_names_the_input_and_its_bounds(exported_conditional, exported_latent):
    for values, sentence in (
        ({**DRAWN, "label": 99}, r"label must lie from 0 to 3, not from.*99"),
        ({**DRAWN, "num_images": 2_000_000_000, "label": 0}, "num_images must lie from 1 to 65536"),
    ):
        with pytest.raises(tf.errors.InvalidArgumentError, match=sentence):
            ask(exported_conditional, "encoded", **values)
    with pytest.raises(tf.errors.InvalidArgumentError, match="latents holds values that are"):
        ask(exported_latent, "serving_default", latents=latents(value=NAN))


def test_what_is_in_bounds_is_answered(exported_conditional, exported_writer):
    for label in (0, CLASSES - 1):
        assert len(ask(exported_conditional, "encoded", **DRAWN, label=label)["png_bytes"]) == 2
    assert ask(exported_writer, "serving_default", **TEXT)["tokens"].shape == (2, LENGTH)
    most = guards.most_latents(exported_conditional.interface.latents)
    assert most > 50_000, "as many as a score needs"


def test_weights_of_half_the_size_keep_the_guards(conditional, tmp_path):
    """Their graph is put together anew, and guards that nobody reads might be left out."""
    export = save(conditional, tmp_path / "half", weights="float16")
    for signature, values in (
        ("serving_default", {"latents": latents(), "labels": [0, 99]}),
        ("serving_default", {"latents": latents(value=NAN), "labels": [0, 1]}),
        ("encoded", {**DRAWN, "label": 99}),
        ("encoded", {"num_images": 0, "seed": 0, "label": 0}),
    ):
        with pytest.raises(tf.errors.InvalidArgumentError, match="assertion failed"):
            ask(export, signature, **values)


def test_limits_are_those_of_the_graph(latent, points, translation, writer):
    pictures = dataclasses.replace(latent, outputs=(interfaces.images((256, 256, 3)),))
    assert guards.most_examples(pictures) == 2**23 // (256 * 256 * 3)
    assert guards.limits(latent) == {"examples": 2**16, "latents": 2**20, "pixels": None}
    assert guards.limits(translation) == {"examples": 5461, "latents": None, "pixels": 2**24}
    assert guards.limits(writer) == {"examples": 2**16, "latents": None, "pixels": None}


def test_features_are_guarded():
    pictures = keras.Input([8, 8, 1])
    extractor = keras.Model(pictures, keras.layers.Flatten()(pictures))
    (serve,) = features.signatures(extractor).values()
    assert serve(tf.zeros([2, 8, 8, 1]))["features"].shape == (2, 64)
    for images in (np.zeros([0, 8, 8, 1]), np.full([1, 8, 8, 1], NAN)):
        with pytest.raises(tf.errors.InvalidArgumentError, match="assertion failed"):
            serve(tf.constant(images, tf.float32))


def test_a_phone_has_none_of_it_even_when_it_is_exported_again(exported_conditional):
    """The graph of a SavedModel, guards and all, becomes a file of plain operators."""
    model = exported_conditional.model

    def call(**inputs):
        return model.signatures["serving_default"](**inputs)

    again = dataclasses.replace(exported_conditional.interface, call=call, networks=(model,))
    assert "encoded" in signatures.build(again)
    values = {"latents": latents().astype(np.float32), "labels": np.array([1, 2], np.int32)}
    plain, other = (
        TFLiteRunner(convert(each, kind="float32"))
        for each in (exported_conditional.interface, again)
    )
    np.testing.assert_array_equal(plain(**values)["images"], other(**values)["images"])
    names = [
        {op["op_name"] for op in run._interpreter._get_ops_details()} - {"DELEGATE"}
        for run in (plain, other)
    ]
    assert names[0] == names[1]
