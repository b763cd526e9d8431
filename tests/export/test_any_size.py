"""Pictures of any size: the SavedModel's signatures, their bounds, the card; TFLite's one size."""

import dataclasses
import io
import json
import re

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.export.conftest import save
from tfgan_zoo.export import guards, reexport, stored, tflite
from tfgan_zoo.export.interface import AnySize, Interface, images, number, source_images
from tfgan_zoo.export.readme import _bounds
from tfgan_zoo.kinds.image import grid, to_float
from tfgan_zoo.layers.subpixel import DepthToSpace

SCALE = 2


@pytest.fixture(scope="module")
def doubling():
    """Twice as large pictures, whatever their size."""
    small = keras.Input((None, None, 3))
    large = DepthToSpace(SCALE)(keras.layers.Conv2D(12, 3, padding="same")(small))
    network = keras.Model(small, large)
    return Interface(
        name="doubling",
        inputs=(source_images((8, 12, 3)),),
        outputs=(images((16, 24, 3)),),
        call=lambda images: tf.clip_by_value(network(images), -1, 1),
        networks=(network,),
        any_size=AnySize(SCALE, 1),
    )


@pytest.fixture(scope="module")
def exported(doubling, tmp_path_factory):
    return save(doubling, tmp_path_factory.mktemp("any") / "doubling")


def png(height, width):
    pixels = np.random.default_rng(height).integers(0, 256, (height, width, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue(), pixels[None].astype(np.float32) / 127.5 - 1


@pytest.mark.parametrize("size", [(8, 12), (1, 1), (31, 7)])
def test_every_size_is_answered_by_arrays_and_by_files(exported, doubling, size):
    content, pixels = png(*size)
    expected = doubling(images=pixels)["images"].numpy()
    assert expected.shape == (1, 2 * size[0], 2 * size[1], 3)
    found = exported.model.signatures["serving_default"](images=tf.constant(pixels))["images"]
    np.testing.assert_allclose(found, expected, atol=1e-6)
    answer = exported.model.signatures["encoded"](image_bytes=tf.constant([content]))["png_bytes"]
    drawn = tf.io.decode_png(answer[0]).numpy()
    assert np.abs(drawn - (expected[0] + 1) * 127.5).max() <= 0.51


def test_a_batch_is_of_one_size_and_files_come_one_by_one(exported):
    serve, encoded = (exported.model.signatures[n] for n in ("serving_default", "encoded"))
    assert serve(images=tf.zeros([3, 5, 4, 3]))["images"].shape == (3, 10, 8, 3)
    with pytest.raises(tf.errors.InvalidArgumentError, match="image_bytes must lie from 1 to 1"):
        encoded(image_bytes=tf.constant([png(4, 4)[0], png(5, 5)[0]]))
    for wrong in (tf.zeros([5, 4, 3]), tf.zeros([1, 5, 4, 1])):
        with pytest.raises((tf.errors.InvalidArgumentError, TypeError, ValueError)):
            serve(images=wrong)


def test_what_is_too_large_for_one_request_is_a_sentence(exported, doubling):
    most = guards.most_pixels(doubling)
    assert most == guards.NUMBERS // (SCALE**2 * 3)
    assert guards.limits(doubling) == {"examples": 1, "latents": None, "pixels": most}
    serve = exported.model.signatures["serving_default"]
    for shape in ([1, most // 8 + 1, 8, 3], [2, most // 16 + 1, 8, 3], [1, 0, 4, 3]):
        with pytest.raises(tf.errors.InvalidArgumentError, match="explore translate cuts larger"):
            serve(images=tf.zeros(shape))


def test_the_card_says_it_and_brings_it_back(doubling):
    section = json.loads(json.dumps(stored.section(doubling)))
    assert section["any_size"] == {"scale": 2, "reach": 1}
    card = {"name": "doubling", "interface": section}
    assert stored.from_card(card).any_size == doubling.any_size
    section.pop("any_size")  # as older cards lack it
    assert stored.from_card(card).any_size is None
    (sentence,), (bounds,) = doubling.said_of_sizes(), _bounds(doubling)
    assert "2 times" in sentence and "1 pixels of its input" in sentence
    assert "one size, 8x12 to 16x24" in sentence
    assert re.search(r"`encoded` takes one file; all pictures of a request have up to", bounds)


def test_a_tflite_file_holds_the_size_of_the_interface(doubling):
    runner = tflite.TFLiteRunner(tflite.convert(doubling, kind="float32"))
    assert runner.inputs["images"]["shape"].tolist() == [1, 8, 12, 3]
    pixels = np.random.default_rng(2).uniform(-1, 1, (2, 8, 12, 3)).astype(np.float32)
    np.testing.assert_allclose(
        runner(images=pixels)["images"], doubling(images=pixels)["images"], atol=1e-5
    )


def test_other_inputs_have_no_size_of_their_own(doubling):
    with pytest.raises(ValueError, match="one picture for its input, one for its output"):
        dataclasses.replace(doubling, inputs=(*doubling.inputs, number("strength", 1.0)))


def test_an_export_that_is_made_again_finds_its_inputs_beside_what_they_became(doubling, tmp_path):
    small = np.random.default_rng(4).integers(0, 256, (3, 8, 12, 3), np.uint8)
    dots = small.repeat(SCALE, 1).repeat(SCALE, 2)
    values = [to_float(p).numpy() for p in (dots, dots)]
    grid(values, ["input", "generated"]).save(tmp_path / "samples.png")
    found = reexport.examples(doubling, tmp_path / "samples.png")["images"]
    np.testing.assert_allclose(found, to_float(small), atol=1e-6)
