import dataclasses
import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.export.conftest import (
    CLASSES,
    IMAGE_SIZE,
    LATENT_DIM,
    LENGTH,
    WORDS,
    Normal,
    levels,
    pictures,
)
from tfgan_zoo.export import interface as interfaces
from tfgan_zoo.export import signatures


def file(image, kind="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def pixels(content):
    return np.asarray(Image.open(io.BytesIO(content)))


def pillow(content, mode, size=None, resample=None):
    """What Pillow reads of the first frame, on white where `mode` has no alpha: uint8 [H,W,C]."""
    image = Image.open(io.BytesIO(content))
    if image.has_transparency_data and mode in ("L", "RGB"):
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    image = image.convert(mode)
    if size:
        image = image.resize(size[::-1], resample)
    array = np.asarray(image)
    return array if array.ndim == 3 else array[..., None]


def difference(a, b):
    assert a.shape == b.shape
    return int(np.abs(a.astype(int) - b.astype(int)).max())


PICTURE = Image.fromarray(levels(pictures(1, size=(20, 30))[0]))


@pytest.mark.parametrize("batch", [1, 3])
def test_png_in_and_out_is_the_float_path_in_levels(exported, network, batch):
    sources = levels(pictures(batch, seed=5))
    files = [file(Image.fromarray(source)) for source in sources]
    results = exported.model.signatures["encoded"](image_bytes=tf.constant(files))["png_bytes"]
    assert results.shape == [batch]
    expected = levels(network(sources.astype(np.float32) / 127.5 - 1).numpy())
    for result, image in zip(results.numpy(), expected, strict=True):
        assert result.startswith(b"\x89PNG")
        assert difference(pixels(result), image) <= 1


def test_files_of_any_format_and_size_in_one_batch(exported, network):
    big = PICTURE.resize((90, 70))
    files = [file(big), file(big, "JPEG", quality=95), file(big, "GIF"), file(PICTURE, "BMP")]
    results = exported.model.signatures["encoded"](image_bytes=tf.constant(files))["png_bytes"]
    for content, result in zip(files, results.numpy(), strict=True):
        source = pillow(content, "RGB", IMAGE_SIZE, Image.Resampling.BICUBIC)
        expected = levels(network(source[None].astype(np.float32) / 127.5 - 1).numpy())[0]
        # One level of the filter, seen through the network.
        assert np.abs(pixels(result).astype(int) - expected).mean() < 1


def test_sample_is_drawn_by_its_seed(exported, network):
    images = tf.constant(pictures(2))

    def sample(seed):
        return exported.model.signatures["sample"](images=images, seed=tf.constant(seed))["images"]

    np.testing.assert_array_equal(sample(5), sample(5))
    assert np.abs(sample(5) - sample(6)).max() > 0.1
    np.testing.assert_allclose(sample(5), network(images, seed=5), atol=1e-6)
    default = exported.model.signatures["serving_default"](images=images)["images"]
    np.testing.assert_allclose(sample(0), default, atol=1e-6)


def test_latents(exported_latent, latent_network):
    latents = np.random.default_rng(0).normal(size=(3, LATENT_DIM)).astype(np.float32)
    signature = exported_latent.model.signatures["serving_default"]
    result = signature(latents=tf.constant(latents))["images"]
    np.testing.assert_allclose(result, latent_network(latents), atol=1e-6)


def test_pictures_from_a_seed(exported_latent, latent_network):
    def encoded(num_images, seed):
        signature = exported_latent.model.signatures["encoded"]
        result = signature(num_images=tf.constant(num_images), seed=tf.constant(seed))
        return [pixels(content) for content in result["png_bytes"].numpy()]

    latents = tf.random.stateless_normal([3, LATENT_DIM], [7, 0])
    expected = levels(latent_network(latents).numpy())[..., 0]
    assert difference(np.stack(encoded(3, 7)), expected) <= 1
    assert len(encoded(1, 7)) == 1
    assert difference(encoded(1, 7)[0], encoded(1, 8)[0]) > 10


def made(call=tf.identity, source=(8, 8, 3), target=(8, 8, 3), method="antialias", noise=None):
    """Signatures of a translation."""
    return signatures.build(
        interfaces.Interface(
            name="made",
            inputs=(interfaces.Input("images", "image", source, resize_method=method),),
            outputs=(interfaces.images(target),),
            call=lambda images: call(images),
            noise=noise,
        )
    )


def test_the_prior_can_be_drawn_from_the_export(exported_latent):
    signatures = exported_latent.model.signatures

    def latents(count, seed):
        drawn = signatures["latents"](num_images=tf.constant(count), seed=tf.constant(seed))
        return drawn["latents"].numpy()

    np.testing.assert_array_equal(latents(3, 7), latents(3, 7))
    assert np.abs(latents(3, 7) - latents(3, 8)).max() > 0.1
    images = signatures["serving_default"](latents=tf.constant(latents(3, 7)))["images"].numpy()
    files = signatures["encoded"](num_images=tf.constant(3), seed=tf.constant(7))["png_bytes"]
    for file, image in zip(files.numpy(), images, strict=True):
        levels = tf.io.decode_png(file).numpy()
        assert np.abs(levels / 127.5 - 1 - image).max() <= 1 / 127.5


def test_a_label_chooses_the_picture(exported_conditional, conditional_network):
    signatures = exported_conditional.model.signatures
    drawn = signatures["latents"](num_images=tf.constant(2 * CLASSES), seed=tf.constant(7))
    np.testing.assert_array_equal(drawn["labels"], [*range(CLASSES)] * 2)
    drawn, labels = drawn["latents"][:CLASSES], tf.range(CLASSES)
    images = signatures["serving_default"](latents=drawn, labels=labels)["images"].numpy()
    both = np.concatenate([drawn, np.eye(CLASSES)], axis=1)
    np.testing.assert_allclose(images, conditional_network(both), atol=1e-6)

    def encoded(label):
        files = signatures["encoded"](
            num_images=tf.constant(CLASSES), seed=tf.constant(7), label=tf.constant(label)
        )
        return [pixels(content) for content in files["png_bytes"].numpy()]

    for label in range(CLASSES):
        # Its own row of `images` was drawn from the same latent under the same label.
        assert difference(encoded(label)[label], levels(images[label])[..., 0]) <= 1
    assert difference(encoded(0)[0], encoded(1)[0]) > 10


def test_noise_beside_latents_is_drawn_by_its_seed(conditional):
    """The same latents and labels, shifted by the seed."""

    def draw(latents, labels, seed=0):
        total = tf.reduce_sum(latents, 1) + tf.cast(labels + seed, tf.float32)
        return tf.tile(total[:, None, None, None], [1, 8, 8, 1])

    functions = signatures.build(dataclasses.replace(conditional, call=draw, noise=draw))
    inputs = tf.ones([2, LATENT_DIM]), tf.constant([1, 2])
    drawn = functions["sample"](*inputs, tf.constant(5))["images"]
    np.testing.assert_array_equal(drawn, functions["serving_default"](*inputs)["images"] + 5)
    assert "sample" not in signatures.build(conditional)


def test_names_and_specs(translation, latent, conditional, points, encoder, writer):
    names = {
        interface.name: {
            name: [spec.name for spec in function.input_signature]
            for name, function in signatures.build(interface).items()
        }
        for interface in (translation, latent, conditional, points, encoder, writer)
    }
    drawn = ["num_images", "seed"]
    assert names == {
        "unet": {
            "serving_default": ["images"],
            "encoded": ["image_bytes"],
            "sample": ["images", "seed"],
        },
        "dcgan": {"serving_default": ["latents"], "encoded": drawn, "latents": drawn},
        "cgan": {
            "serving_default": ["latents", "labels"],
            "encoded": [*drawn, "label"],
            "latents": drawn,
        },
        "ring": {"serving_default": ["latents"], "latents": ["num_points", "seed"]},
        "vae_encode": {"serving_default": ["images"], "encoded": ["image_bytes"]},
        "seqgan": dict.fromkeys(["serving_default", "text"], ["seed", "num", "temperature"]),
    }
    concrete = made()["serving_default"].get_concrete_function()
    assert concrete.structured_outputs["images"].shape.as_list() == [None, 8, 8, 3]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"method": "area"}, "resize_method of 'images' is one of .*not 'area'"),
        ({"source": (8, 8, 5)}, r"1 to 4 channels; the input 'images' has the shape \(8, 8, 5\)"),
        ({"target": (8, 8, 0)}, "1 to 4 channels; the output 'images'"),
        ({"target": (8, 8, 1)}, r"float32 of shape \[None, 8, 8, 1\], not .*8, 8, 3"),
        ({"call": lambda images: tf.cast(images, tf.float16)}, "not float16"),
        ({"call": lambda images: images[:, :4]}, r"not float32 of shape \(None, 4, 8, 3\)"),
        ({"call": lambda images: {"pictures": images}}, "gives images, and .* returns pictures"),
        ({"noise": lambda images, seed: images[..., :1]}, "not float32 of shape"),
    ],
)
def test_a_wrong_generator_fails_before_the_export(changes, message):
    with pytest.raises(ValueError, match=message):
        made(**changes)


def test_what_cannot_be_exported_is_one_sentence(latent):
    class Short(Normal):
        def sample(self, count, seed):
            return tf.zeros([count, self.size - 1])

    with pytest.raises(ValueError, match=r"float32 of shape \[None, 6\], not .*5"):
        inputs = (interfaces.latents(Short(LATENT_DIM)),)
        signatures.build(dataclasses.replace(latent, inputs=inputs))
    with pytest.raises(ValueError, match="of the kind 'smell', which the export does not know"):
        outputs = (interfaces.Output("images", "smell", (8, 8, 1)),)
        signatures.build(dataclasses.replace(latent, outputs=outputs))
    with pytest.raises(ValueError, match="needs words, one for each token"):
        outputs = (interfaces.tokens(8, ()),)
        signatures.build(dataclasses.replace(latent, outputs=outputs))
    with pytest.raises(ValueError, match="two of one input: .'latents', 'latents'."):
        dataclasses.replace(latent, inputs=latent.inputs * 2)
    with pytest.raises(ValueError, match="at least one output"):
        dataclasses.replace(latent, outputs=())


def test_points_come_from_latents_of_the_prior(exported_points):
    loaded = exported_points.model.signatures
    latents = loaded["latents"](num_points=tf.constant(5), seed=tf.constant(1))["latents"]
    assert latents.shape == (5, 3)
    points = loaded["serving_default"](latents=latents)["points"].numpy()
    expected = exported_points.interface(latents=latents)["points"]
    np.testing.assert_allclose(points, expected, atol=1e-6)


def test_an_encoder_takes_files_and_gives_numbers(exported_encoder):
    source = levels(pictures(1, size=(8, 8))[0])[..., :1]
    content = file(Image.fromarray(source[..., 0]))
    loaded = exported_encoder.model.signatures
    found = loaded["encoded"](image_bytes=tf.constant([content]))
    expected = exported_encoder.interface(images=source[None].astype(np.float32) / 127.5 - 1)
    assert set(found) == {"mean", "log_variance"}
    for name, values in found.items():
        np.testing.assert_allclose(values, expected[name], atol=1e-5)


def test_texts_are_the_tokens_up_to_their_end(exported_writer):
    values = {"seed": tf.constant(3), "num": tf.constant(20), "temperature": tf.constant(1.0)}
    loaded = exported_writer.model.signatures
    tokens = loaded["serving_default"](**values)["tokens"].numpy()
    assert tokens.shape == (20, LENGTH) and tokens.dtype == np.int32
    expected = []
    for row in tokens.tolist():
        row = row[: row.index(5)] if 5 in row else row
        expected.append(" ".join(WORDS[token] for token in row if token))
    texts = loaded["text"](**values)["text"].numpy()
    assert [text.decode() for text in texts] == expected
    other = loaded["text"](**{**values, "seed": tf.constant(4)})["text"].numpy()
    assert list(other) != list(texts)
