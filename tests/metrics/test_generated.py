"""Pictures of exported generators and of .npz files: the same from each form, or one sentence."""

import io
import json
import pathlib
import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.metrics.conftest import LATENT_DIM, SIZE, noise_pictures
from tfgan_zoo.export import interface as interfaces
from tfgan_zoo.export import tflite
from tfgan_zoo.metrics import generated
from tfgan_zoo.metrics.extractors import SHIPPED
from tfgan_zoo.metrics.generated import Generator, load_npz, quantise
from tfgan_zoo.networks import priors


def pictures_of(generator, count, seed=0, batch_size=64):
    batches = list(generator.draw(count, seed, batch_size))
    assert [len(batch) for batch in batches[:-1]] == [batch_size] * (len(batches) - 1)
    return np.concatenate(batches)


def test_saved_model_with_its_own_prior(generator):
    found = Generator(generator.folder)
    assert not found.takes_pictures and found.prior == "its own prior"
    pictures = pictures_of(found, 9, seed=3)
    assert pictures.dtype == np.uint8 and pictures.shape == (9, *SIZE, 1)
    latents = tf.random.stateless_normal([9, LATENT_DIM], [3, 0])
    expected = (generator.network(latents).numpy() + 1) * 127.5
    np.testing.assert_allclose(pictures, expected, atol=0.501)


def test_pictures_repeat_under_a_seed_alone(generator):
    found = Generator(generator.folder)
    pictures = pictures_of(found, 20)
    np.testing.assert_array_equal(pictures_of(found, 20), pictures)
    np.testing.assert_array_equal(pictures_of(Generator(generator.folder), 20), pictures)
    assert np.mean(pictures_of(found, 20, seed=1) != pictures) > 0.9
    assert len(np.unique(pictures.reshape(20, -1), axis=0)) == 20


@pytest.mark.parametrize("prior", [None, "normal", "uniform"])
def test_the_size_of_a_batch_changes_no_picture(generator, prior):
    found = Generator(generator.folder, prior)
    whole = pictures_of(found, 20).astype(int)
    for size in (7, 1):  # rounding may differ with the shape of a product
        assert np.abs(pictures_of(found, 20, batch_size=size) - whole).max() <= 1


class Shades(tf.Module):
    """Pictures whose shade is their label: -1, 0 or 1."""

    def generate(self, latents, labels):
        shades = tf.cast(labels, tf.float32) - 1 + 0 * latents[:, 0]
        return {"images": tf.tile(shades[:, None, None, None], [1, *SIZE, 1])}

    def latents(self, num_images, seed):
        shape = [num_images, LATENT_DIM]
        return {"latents": tf.zeros(shape), "labels": tf.range(num_images) % 3}

    def export(self, folder, names):
        number = tf.TensorSpec([], tf.int32)
        specs = {
            "serving_default": (
                self.generate,
                tf.TensorSpec([None, LATENT_DIM], name="latents"),
                tf.TensorSpec([None], tf.int32, name="labels"),
            ),
            "latents": (self.latents, number, number),
        }
        functions = {
            name: tf.function(specs[name][0]).get_concrete_function(*specs[name][1:])
            for name in names
        }
        tf.saved_model.save(self, str(folder), signatures=functions)
        return folder


def test_a_generator_with_labels_draws_all_of_them_equally_often(tmp_path):
    found = Generator(Shades().export(tmp_path, ["serving_default", "latents"]))
    assert found.takes_labels
    for batch_size in (64, 5):
        pictures = pictures_of(found, 9, batch_size=batch_size)
        np.testing.assert_array_equal(pictures[:, 0, 0, 0], [0, 128, 255] * 3)


def test_labels_that_nobody_gives_are_one_sentence(tmp_path):
    folder = Shades().export(tmp_path, ["serving_default"])
    for prior in (None, "normal"):
        with pytest.raises(ValueError, match="takes labels, and its signature .* export it again"):
            Generator(folder, prior)


def test_a_prior_that_is_missing_must_be_named(generator):
    with pytest.raises(ValueError, match="does not say .* --latents=normal or --latents=uniform"):
        Generator(generator.plain)
    found = Generator(generator.plain, "normal")
    assert found.prior == "normal (--latents)"
    assert pictures_of(found, 5).shape == (5, *SIZE, 1)
    # A prior that is named wins over the one in the export.
    np.testing.assert_array_equal(
        pictures_of(Generator(generator.folder, "normal"), 5), pictures_of(found, 5)
    )


def test_the_two_priors():
    normal = generated._PRIORS["normal"](50)(1000, 0)
    uniform = generated._PRIORS["uniform"](50)(1000, 0)
    for draws, deviation in ((normal, 1), (uniform, 3**-0.5)):
        assert draws.dtype == np.float32 and draws.shape == (1000, 50)
        assert abs(draws.mean()) < 0.02 and draws.std() == pytest.approx(deviation, rel=0.01)
    assert np.abs(normal).max() > 3 and 0.999 < np.abs(uniform).max() <= 1


def test_tflite_gives_the_same_pictures(generator, tmp_path):
    lite, model = Generator(generator.tflite, "normal"), Generator(generator.plain, "normal")
    ours, theirs = (pictures_of(found, 37, batch_size=16).astype(int) for found in (lite, model))
    assert np.abs(ours - theirs).max() <= 1 and np.mean(ours == theirs) > 0.99
    assert Generator(generator.tflite).prior == "its own prior"
    content = generator.tflite.read_bytes().replace(tflite.INTERFACE.encode(), b"x" * 19)
    (tmp_path / "before.tflite").write_bytes(content)
    with pytest.raises(ValueError, match="does not say what its latents are drawn from"):
        Generator(tmp_path / "before.tflite")


@pytest.fixture(scope="module")
def carded(tmp_path_factory):
    """A copy of the shipped generator of digits of chosen classes, with a card of today."""
    from tfgan_zoo.export.reexport import reexport

    folder = shutil.copytree(SHIPPED / "cgan", tmp_path_factory.mktemp("shipped") / "cgan")
    if json.loads((folder / "card.json").read_text())["schema_version"] == 1:
        reexport(folder)
    return folder


def test_a_card_says_what_a_tflite_file_takes(carded):
    lite, model = Generator(carded / "model.tflite"), Generator(carded)
    assert lite.prior == "its card's prior" and model.prior == "its own prior"
    assert lite.takes_labels and lite.interface.latents.prior.size == 1300
    pictures = pictures_of(lite, 30, batch_size=7)
    assert pictures.shape == (30, 28, 28, 1)
    np.testing.assert_array_equal(pictures, pictures_of(lite, 30))
    latents, labels = np.random.default_rng(0).uniform(size=(20, 1300)), np.arange(20) % 10
    inputs = np.float32(latents), np.int32(labels)
    ours, theirs = (found._generate(inputs[0], labels=inputs[1]) for found in (lite, model))
    assert np.mean(np.abs(ours - theirs) <= 2 / 127.5) > 0.99  # float16 weights


def test_a_tflite_file_whose_labels_no_card_counts(carded, tmp_path):
    file = shutil.copy(carded / "model.tflite", tmp_path)
    # As an export of before was, which says nothing of itself.
    content = pathlib.Path(file).read_bytes().replace(tflite.INTERFACE.encode(), b"x" * 19)
    pathlib.Path(file).write_bytes(content)
    with pytest.raises(ValueError, match="takes labels, and neither it nor a card beside it says"):
        Generator(file)
    shutil.copy(carded / "card.json", tmp_path)
    (tmp_path / "other.tflite").write_bytes(content)
    with pytest.raises(ValueError, match="nor a card beside it"):  # the card is another file's
        Generator(tmp_path / "other.tflite")


@pytest.mark.parametrize("name", ["infogan", "mad_gan", "cgan"])
def test_codes_are_not_drawn_as_noise(name):
    """Where the card says what latents are, other ones are refused, and the reason is said."""
    for path in (SHIPPED / name, SHIPPED / name / "model.tflite"):
        for prior in ("normal", "uniform"):
            with pytest.raises(
                ValueError, match=f"its .* latents are .*: leave out --latents={prior}"
            ):
                Generator(path, prior)


def test_a_tflite_file_without_its_card_says_what_it_takes(tmp_path):
    """Latents with a code among them, and classes, as the interface has them."""
    network = keras.Sequential(
        [keras.Input([8]), keras.layers.Dense(6), keras.layers.Reshape((2, 3, 1))]
    )
    prior = priors.Joined(priors.Uniform(3), priors.OneHot(5))
    interface = interfaces.Interface(
        name="coded",
        inputs=(interfaces.latents(prior), interfaces.labels(4)),
        outputs=(interfaces.images((2, 3, 1)),),
        call=lambda latents, labels: tf.tanh(
            network(latents) + tf.cast(labels, tf.float32)[:, None, None, None]
        ),
        networks=(network,),
    )
    file = tmp_path / "alone.tflite"
    file.write_bytes(tflite.convert(interface, kind="float32"))
    found = Generator(file)
    assert found.prior == "its own prior" and found.takes_labels
    drawn = found._draw(40, 0)
    np.testing.assert_array_equal(drawn["latents"][:, 3:].sum(1), np.ones(40))
    np.testing.assert_array_equal(drawn["labels"], np.arange(40) % 4)
    assert pictures_of(found, 5).shape == (5, 2, 3, 1)
    with pytest.raises(ValueError, match="3 uniform from -1 to 1, 5 in a one-hot code"):
        Generator(file, "uniform")


def test_what_draws_no_pictures_is_one_sentence(carded, tmp_path):
    folder = shutil.copytree(carded, tmp_path / "points")
    card = json.loads((folder / "card.json").read_text())
    card["interface"]["outputs"][0] |= {"kind": "points", "shape": [2]}
    (folder / "card.json").write_text(json.dumps(card))
    for path in (folder, folder / "model.tflite"):
        with pytest.raises(ValueError, match="gives points and no pictures"):
            Generator(path)


def test_folder_of_versions_takes_the_highest(generator, tmp_path):
    shutil.copytree(generator.plain, tmp_path / "9")
    shutil.copytree(generator.folder, tmp_path / "10")
    (tmp_path / "11").mkdir()  # not a SavedModel
    assert Generator(tmp_path).path == tmp_path / "10"


def test_is_generator(generator, tmp_path):
    (tmp_path / "1.png").touch()
    (tmp_path / "model").mkdir()
    shutil.copytree(generator.plain, tmp_path / "model" / "latest")  # not a version
    for path in (generator.folder, generator.folder.parent, generator.tflite):
        assert generated.is_generator(path)
    for path in (tmp_path, tmp_path / "model", tmp_path / "none", tmp_path / "none.tflite"):
        assert not generated.is_generator(path)


@pytest.fixture(scope="module")
def translator(export):
    """Grey pictures [B,12,16,1] -> colour pictures of the same size."""
    import keras

    from tfgan_zoo.export import interface as interfaces
    from tfgan_zoo.export import signatures

    keras.utils.set_random_seed(8)
    network = keras.Sequential(
        [keras.Input([*SIZE, 1]), keras.layers.Conv2D(3, 3, padding="same", activation="tanh")]
    )
    interface = interfaces.Interface(
        name="translator",
        inputs=(interfaces.source_images((*SIZE, 1)),),
        outputs=(interfaces.images((*SIZE, 3)),),
        call=lambda images: network(images),
    )
    return network, export("translator", network, signatures.build(interface))


def test_translator(translator):
    network, folder = translator
    found = Generator(folder)
    assert found.takes_pictures and found.source_shape == (*SIZE, 1) and found.prior is None
    sources = [noise_pictures(3, seed=1), noise_pictures(2, seed=2)]
    batches = list(found.translate(sources))
    assert [batch.shape for batch in batches] == [(3, *SIZE, 3), (2, *SIZE, 3)]
    for source, batch in zip(sources, batches, strict=True):
        expected = (network(source / np.float32(127.5) - 1).numpy() + 1) * 127.5
        np.testing.assert_allclose(batch, expected, atol=0.501)
    with pytest.raises(ValueError, match="needs pictures to start from"):
        next(found.draw(1, 0))
    with pytest.raises(ValueError, match="takes pictures and no latents: leave out --latents"):
        Generator(folder, "normal")


@pytest.fixture(scope="module")
def strangers(export, signature):
    """SavedModels that no pictures can be drawn from: name -> (folder, what the sentence says)."""
    import keras

    network = keras.Sequential([keras.Input([4]), keras.layers.Dense(8)])
    latents = [None, 4]

    def images(z, scale=1.0):
        return tf.tanh(tf.reshape(network(z), [-1, 2, 4, 1])) * scale

    made = {
        "nan": (signature(lambda z: {"images": images(z, np.nan)}, z=latents), "not finite"),
        "wide": (signature(lambda z: {"images": images(z, 255.0)}, z=latents), r"lie in \[-1, 1\]"),
        "flat": (
            signature(lambda z: {"images": network(z)}, z=latents),
            r"gives float32 \(5, 8\); scores need float pictures \[B, H, W, C\]",
        ),
        "integers": (
            signature(lambda z: {"images": tf.cast(images(z), tf.int32)}, z=latents),
            "gives int32",
        ),
        "two": (
            signature(lambda z: {"images": images(z), "mask": images(z)}, z=latents),
            "returns images, mask, and a generator returns pictures alone",
        ),
        "condition": (
            signature(lambda z, y: {"images": images(z + y)}, z=latents, y=latents),
            "must take one input, and takes y, z",
        ),
        "rank": (
            signature(lambda z: {"images": images(z[:, 0])}, z=[None, 1, 4]),
            r"takes inputs of shape \(None, 1, 4\); a generator takes latents \[B, Z\] or",
        ),
        "batch": (
            signature(lambda z: {"images": images(z)}, z=[2, 4]),
            "takes batches of 2 alone, not of 5: give --batch_size=2",
        ),
    }
    return {
        name: (export(name, network, signatures), words)
        for name, (signatures, words) in made.items()
    }


@pytest.mark.parametrize(
    "name", ["nan", "wide", "flat", "integers", "two", "condition", "rank", "batch"]
)
def test_what_is_no_generator(strangers, name):
    folder, words = strangers[name]
    with pytest.raises(ValueError, match=words) as caught:
        next(Generator(folder, "normal").draw(5, 0))
    assert str(folder) in str(caught.value) and "\n" not in str(caught.value)


def test_a_fixed_batch_can_be_drawn(strangers):
    assert pictures_of(Generator(strangers["batch"][0], "normal"), 6, batch_size=2).shape[0] == 6


def test_other_signature_for_latents(export, signature):
    import keras

    network = keras.Sequential([keras.Input([4]), keras.layers.Dense(8)])
    plain = signature(lambda z: {"images": network(z)}, z=[None, 4])
    other = signature(lambda n: {"noise": network(n)}, n=[None, 4])["serving_default"]
    folder = export("other_latents", network, {**plain, "latents": other})
    with pytest.raises(ValueError, match="'latents' of .* must take num_images and seed"):
        Generator(folder)


def test_pictures_from_zero_on_are_suspicious(export, signature, caplog):
    import keras

    network = keras.Sequential([keras.Input([4]), keras.layers.Dense(8, activation="sigmoid")])
    folder = export(
        "sigmoid",
        network,
        signature(lambda z: {"images": keras.ops.reshape(network(z), [-1, 2, 4, 1])}, z=[None, 4]),
    )
    with caplog.at_level("WARNING", logger="absl"):
        assert len(pictures_of(Generator(folder, "normal"), 5, batch_size=2)) == 5
    (warning,) = [record.getMessage() for record in caplog.records]
    assert "if its pictures lie in [0, 1] and not in [-1, 1], these scores are wrong" in warning


@pytest.mark.parametrize("keep", [0, 20, 2000, -100])
def test_damaged_tflite_is_one_sentence(generator, tmp_path, keep):
    file = tmp_path / "damaged.tflite"
    file.write_bytes(generator.tflite.read_bytes()[:keep])
    with pytest.raises(
        ValueError, match="damaged.tflite is no TFLite file that can run: "
    ) as caught:
        Generator(file, "normal")
    assert "\n" not in str(caught.value)


def test_tflite_with_integer_ends_is_refused(generator, tmp_path):

    converter = tf.lite.TFLiteConverter.from_keras_model(generator.network)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: (
        [np.random.default_rng(i).standard_normal((1, LATENT_DIM), np.float32)] for i in range(3)
    )
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    file = tmp_path / "int8.tflite"
    file.write_bytes(converter.convert())
    with pytest.raises(ValueError, match="takes or gives int8: convert it with float32 inputs"):
        Generator(file, "normal")


# Eight bits.


def test_quantise_rounds_and_clips_what_steps_a_little_over():
    levels = np.arange(256, dtype=np.uint8)[None, :, None, None]
    for dtype in (np.float16, np.float32, np.float64):
        offsets = (levels / 127.5 - 1).astype(dtype)
        np.testing.assert_array_equal(quantise(offsets, "x"), levels)
    over = np.array([-1.009, 1.009, 0.0039, -0.0041], np.float32)[None, None, :, None]
    np.testing.assert_array_equal(quantise(over, "x").ravel(), [0, 255, 128, 127])


@pytest.mark.parametrize(
    ("pictures", "words"),
    [
        (np.full((1, 2, 2, 1), np.nan), "x gives pictures with values that are not finite"),
        (np.full((1, 2, 2, 1), -np.inf), "not finite"),
        (np.full((1, 2, 2, 1), 1.02), r"values from 1.02 to 1.02; pictures lie in \[-1, 1\]"),
        (np.full((1, 2, 2, 1), -3.0), "values from -3 to -3"),
        (np.zeros((2, 2, 1)), r"x gives float64 \(2, 2, 1\)"),
        (np.zeros((1, 2, 2, 1), np.int32), "x gives int32"),
        (np.zeros((1, 2, 2, 1), bool), "x gives bool"),
    ],
)
def test_quantise_refuses(pictures, words):
    with pytest.raises(ValueError, match=words):
        quantise(pictures, "x")


# .npz.


def save(path, **arrays):
    np.savez_compressed(path, **arrays)
    return path


def test_npz_of_levels_and_of_floats(tmp_path):
    levels = noise_pictures(3, (4, 6, 3))
    floats = (levels / 127.5 - 1).astype(np.float32)
    for arrays in (
        {"images": levels},
        {"anything": levels},
        {"images": levels, "labels": np.arange(3)},
        {"images": floats},
        {"images": floats.astype(np.float64)},
    ):
        loaded = load_npz(save(tmp_path / "a.npz", **arrays))
        assert loaded.dtype == np.uint8
        np.testing.assert_array_equal(loaded, levels)
    grey = load_npz(save(tmp_path / "a.npz", images=levels[..., 0]))
    np.testing.assert_array_equal(grey, levels[..., :1])


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"a": noise_pictures(2), "b": noise_pictures(2)}, "arrays a, b: name the pictures 'image"),
        ({}, r"arrays \(none\)"),
        ({"images": noise_pictures(2)[0, 0]}, r"holds \(16, 1\); pictures are \[N, H, W, C\]"),
        ({"images": noise_pictures(8, (8, 3))}, "looks like one picture"),
        ({"images": noise_pictures(0)}, r"holds \(0, 12, 16, 1\).*at least one"),
        ({"images": noise_pictures(2, (3, 3, 5))}, "with one to four channels"),
        ({"images": noise_pictures(2).astype(np.int32)}, "holds int32; pictures are uint8, or fl"),
        ({"images": noise_pictures(2) / 255}, r"holds floats from 0 to 1, which is not \[-1, 1\]"),
        ({"images": noise_pictures(2).astype(float)}, "floats from 0 to 255.*store uint8"),
        ({"images": noise_pictures(2) - 300.0}, "values from -300 to"),
        ({"images": np.full((2, 4, 4, 1), np.nan)}, "not finite"),
        ({"images": np.array([None, 1])}, "cannot be read as .npz: Object arrays"),
    ],
)
def test_npz_that_holds_something_else(tmp_path, arrays, words):
    path = save(tmp_path / "a.npz", **arrays)
    with pytest.raises(ValueError, match=words) as caught:
        load_npz(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_damaged_npz(tmp_path):
    whole = save(tmp_path / "a.npz", images=noise_pictures(20)).read_bytes()
    single = io.BytesIO()
    np.save(single, noise_pictures(2))
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 0xFF
    path = tmp_path / "a.npz"
    for content in (b"", b"text", whole[:-1], whole[: len(whole) // 2], flipped, single.getvalue()):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="a.npz cannot be read as .npz: ") as caught:
            load_npz(path)
        assert "\n" not in str(caught.value)
    with pytest.raises(ValueError, match="There is no file .*none.npz"):
        load_npz(tmp_path / "none.npz")
    with pytest.raises(ValueError, match="cannot be read as .npz: .*directory"):
        load_npz(tmp_path)
