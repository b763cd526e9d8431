"""Resizing as clean-fid's, extractors of every origin, and the sentence about each that is none."""

import pathlib
import shutil

import numpy as np
import pytest

from tests.metrics.conftest import SIZE, noise_pictures
from tfgan_zoo.metrics import extractors

GOLDEN = np.load(pathlib.Path(__file__).parents[1] / "golden" / "metric_golden.npz")


@pytest.mark.parametrize(
    ("pictures", "expected", "size", "part"),
    [
        ("images", "clean_images_299_every_7th", (299, 299), np.s_[:, ::7, ::7]),
        ("images", "clean_image_0_299_green", (299, 299), np.s_[0, ..., 1]),
        ("digit", "clean_digit_299_every_7th", (299, 299), np.s_[0, ::7, ::7]),
        ("large_image", "clean_large_image_299_every_7th", (299, 299), np.s_[0, ::7, ::7]),
        ("images", "clean_images_16x20", (16, 20), np.s_[:]),
    ],
)
def test_resize_is_that_of_clean_fid(pictures, expected, size, part):
    pictures = GOLDEN[pictures]
    pictures = pictures[None] if pictures.ndim == 3 else pictures
    resized = extractors.resize(pictures, size)
    assert resized.dtype == np.float32 and resized.shape == (len(pictures), *size, resized.shape[3])
    ours, theirs = np.broadcast_arrays(resized[part], GOLDEN[expected])  # theirs may repeat grey
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-4)


def test_pictures_of_the_right_size_stay_as_they_are():
    pictures = noise_pictures(3)
    np.testing.assert_array_equal(extractors.resize(pictures, SIZE), pictures)


def test_resize_overshoots_no_edge():
    edge = np.zeros((1, 8, 8, 1), np.uint8)
    edge[:, :, 4:] = 255
    resized = extractors.resize(edge, (20, 20))
    assert resized.min() == 0 and resized.max() == 255


def test_pixels_are_the_flat_pictures_in_minus_one_to_one():
    pictures = noise_pictures(4, (5, 3, 3))
    features, probabilities = extractors.find("pixels")(pictures)
    np.testing.assert_allclose(features, pictures.reshape(4, 45) / 127.5 - 1, atol=1e-6)
    assert features.dtype == np.float32 and probabilities is None


@pytest.mark.parametrize(
    "pictures",
    [
        noise_pictures(2).astype(np.float32),
        noise_pictures(2)[..., 0],
        noise_pictures(2, (4, 4, 5)),
        noise_pictures(2, (4, 4, 0)),
    ],
)
def test_other_arrays_are_no_pictures(pictures):
    with pytest.raises(ValueError, match=r"uint8 pictures \[B, H, W, C\].*these are"):
        extractors.find("pixels")(pictures)


def test_automatic():
    assert extractors.automatic((28, 28, 1)) == extractors.automatic((32, 32, 1)) == "mnist_cnn"
    assert extractors.automatic((28, 28, 3)) == extractors.automatic((64, 32, 1)) == "inception"


def colour(channels, run=None):
    """An extractor that takes pictures of so many channels and returns their means."""
    return extractors.Extractor(
        name="colour",
        sha256="0",
        size=None,
        channels=channels,
        classes=None,
        run=run or (lambda images: (images.mean((1, 2)), None)),
        description="means of the channels",
    )


def test_grey_is_repeated_where_colour_is_wanted():
    pictures = noise_pictures(4)
    features, _ = colour(3)(pictures)
    assert features.shape == (4, 3)
    np.testing.assert_array_equal(features, np.repeat(features[:, :1], 3, axis=1))
    np.testing.assert_allclose(features[:, 0], pictures.mean((1, 2, 3)) / 127.5 - 1, atol=1e-5)
    assert colour(None)(pictures)[0].shape == (4, 1)


@pytest.mark.parametrize(("wanted", "given"), [(1, 3), (3, 4), (3, 2), (4, 1)])
def test_unequal_channels(wanted, given):
    with pytest.raises(ValueError, match=rf"takes pictures of {wanted} .* have {given}: choose"):
        colour(wanted)(noise_pictures(2, (8, 8, given)))


def test_features_that_are_not_finite():
    broken = colour(1, lambda images: (np.full((len(images), 2), np.nan), None))
    with pytest.raises(ValueError, match="colour gives features that are not finite"):
        broken(noise_pictures(2))


def test_saved_model_with_logits(classifier):
    found = extractors.find(str(classifier.folder))
    assert (found.size, found.channels, found.classes) == (SIZE, 1, 3)
    assert found.name == "classifier"  # of the parent: the folder is that of a version
    pictures = noise_pictures(5)
    features, probabilities = found(pictures)
    expected = classifier.network(pictures.astype(np.float32) / 127.5 - 1)
    np.testing.assert_allclose(features, expected["features"], atol=1e-5)
    shares = np.exp(expected["logits"].numpy().astype(np.float64))
    np.testing.assert_allclose(probabilities, shares / shares.sum(1, keepdims=True), atol=1e-6)
    # Pictures of another size are resized to the extractor's.
    larger = np.repeat(np.repeat(pictures, 3, axis=1), 3, axis=2)
    resized = extractors.resize(larger, SIZE) / 127.5 - 1
    np.testing.assert_allclose(
        found(larger)[0], classifier.network(resized)["features"], rtol=1e-5, atol=1e-5
    )


def test_saved_model_without_logits(classifier):
    found = extractors.find(str(classifier.features))
    assert found.classes is None and found.description == "SavedModel, output output_0"
    pictures = noise_pictures(5)
    features, probabilities = found(pictures)
    assert probabilities is None
    np.testing.assert_allclose(features, extractors.find(str(classifier.folder))(pictures)[0])


def test_saved_model_of_any_size(export, signature):
    import keras

    network = keras.Sequential(
        [keras.Input([None, None, 3]), keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(2)]
    )
    made = signature(lambda x: {"features": network(x)}, x=[None, None, None, 3])
    found = extractors.find(str(export("any", network, made)))
    assert (found.size, found.channels) == (None, 3)
    for shape in ((9, 7, 3), (4, 4, 1)):
        assert found(noise_pictures(2, shape))[0].shape == (2, 2)


def test_folder_of_versions_takes_the_highest(classifier, tmp_path):
    for version in ("9", "10", "notes"):
        shutil.copytree(classifier.folder, tmp_path / "own" / version)
    found = extractors.find(str(tmp_path / "own"))
    assert found.name == "own"
    assert extractors.saved_model_folder(tmp_path / "own") == tmp_path / "own" / "10"
    assert found.sha256 == extractors.find(str(classifier.folder)).sha256


@pytest.mark.parametrize("name", extractors.NAMES)
def test_a_folder_cannot_pass_for_an_extractor_of_the_zoo(classifier, tmp_path, name):
    shutil.copytree(classifier.features, tmp_path / name)
    assert extractors.find(str(tmp_path / name)).name == f"{name} (SavedModel)"


@pytest.fixture(scope="module")
def strangers(export, signature):
    """SavedModels that are no extractors: name -> (folder, what the sentence says)."""
    import keras
    import tensorflow as tf

    network = keras.Sequential([keras.Input([4, 4, 1]), keras.layers.Conv2D(2, 3)])
    pictures = [None, 4, 4, 1]
    flat = tf.function(
        lambda x: {"features": network(tf.cast(x, tf.float32))[:, 0, 0]},
        input_signature=[tf.TensorSpec(pictures, tf.int32, name="x")],
    )
    made = {
        "latents": (
            signature(lambda z: network(tf.reshape(z, [-1, 4, 4, 1])), z=[None, 16]),
            r"must take one batch of pictures \[B, H, W, C\], not \(None, 16\)",
        ),
        "maps": (
            signature(lambda x: {"features": network(x)}, x=pictures),
            r"must return 'features' .*; it returns features \(None, 2, 2, 2\)",
        ),
        "two outputs": (
            signature(lambda x: {"a": network(x)[:, 0, 0], "b": network(x)[:, 0, 1]}, x=pictures),
            r"it returns a \(None, 2\), b \(None, 2\)",
        ),
        "logits alone among two": (
            signature(lambda x: {"logits": network(x)[:, 0, 0], "b": x}, x=pictures),
            "must return 'features'",
        ),
        "two inputs": (
            signature(lambda x, y: network(x + y), x=pictures, y=pictures),
            "must take one input, and takes x, y",
        ),
        "integers": ({"serving_default": flat}, "must take floats, and takes int32"),
        "other signature": (
            {"other": signature(lambda x: network(x), x=pictures)["serving_default"]},
            "must take one input, and takes none",
        ),
    }
    return {
        name: (export(name.replace(" ", "_"), network, signatures), words)
        for name, (signatures, words) in made.items()
    }


@pytest.mark.parametrize(
    "name",
    [
        *("latents", "maps", "two outputs", "logits alone among two"),
        *("two inputs", "integers", "other signature"),
    ],
)
def test_saved_model_that_is_no_extractor(strangers, name):
    folder, words = strangers[name]
    with pytest.raises(ValueError, match=f"is no extractor: .*{words}") as caught:
        extractors.find(str(folder))
    assert "\n" not in str(caught.value)


def test_damaged_saved_models(classifier, tmp_path):
    for name in ("cut", "lost", "graph"):
        shutil.copytree(classifier.folder, tmp_path / name)
    (values,) = (tmp_path / "cut" / "variables").glob("variables.data*")
    values.write_bytes(values.read_bytes()[:50])
    shutil.rmtree(tmp_path / "lost" / "variables")
    (tmp_path / "graph" / "saved_model.pb").write_bytes(b"no graph")
    for name in ("cut", "lost", "graph"):
        with pytest.raises(ValueError, match=f"{name} cannot be loaded: ") as caught:
            extractors.find(str(tmp_path / name))
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("spec", ["incepton", "", "~/nowhere/1"])
def test_what_is_no_extractor_at_all(spec, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="is none of inception, mnist_cnn, pixels, nor a folder"):
        extractors.find(spec)


def test_the_classifier_of_digits(tmp_path, monkeypatch):
    found = extractors.find("mnist_cnn")
    assert (found.name, found.size, found.channels, found.classes) == ("mnist_cnn", (28, 28), 1, 10)
    features, probabilities = found(noise_pictures(3, (32, 32, 1)))
    assert features.shape == (3, 64) and features.min() >= 0
    np.testing.assert_allclose(probabilities.sum(1), 1)
    monkeypatch.setattr(extractors, "SHIPPED", tmp_path)
    with pytest.raises(ValueError, match="mnist_cnn is not in .*--extractor=DIR/mnist_cnn"):
        extractors.find("mnist_cnn")


def test_hash_changes_with_any_byte_and_any_name(classifier, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(classifier.folder, folder)
    before = extractors.hash_of(folder)
    assert before == extractors.hash_of(classifier.folder)  # wherever it lies
    (values,) = (folder / "variables").glob("variables.data*")
    content = bytearray(values.read_bytes())
    content[3] ^= 1
    values.write_bytes(content)
    assert extractors.hash_of(folder) != before
    content[3] ^= 1
    values.write_bytes(content)
    assert extractors.hash_of(folder) == before
    (folder / "fingerprint.pb").rename(folder / "other.pb")
    assert extractors.hash_of(folder) != before
    assert extractors.find(str(folder)).sha256 == extractors.hash_of(folder)
    file = tmp_path / "a"
    file.write_bytes(b"a")
    assert extractors.hash_of(file).startswith("ca978112ca1bbdca")  # SHA-256 of "a"


# Inception-v3.


@pytest.fixture(scope="module")
def inception_weights(tmp_path_factory):
    """(Keras' network with random weights, the file that holds them)."""
    import keras

    keras.utils.set_random_seed(7)
    network = keras.applications.InceptionV3(weights=None)
    path = tmp_path_factory.mktemp("inception") / "random.weights.h5"
    network.save_weights(path)
    return network, path


def test_inception_is_keras_own_with_its_preprocessing(inception_weights):
    import keras

    network, path = inception_weights
    found = extractors.find("inception", weights=path)
    assert (found.size, found.channels, found.classes) == ((299, 299), 3, 1000)
    assert found.sha256 == extractors.hash_of(path)
    pictures = np.concatenate([GOLDEN["images"], GOLDEN["images"][:, ::-1]])[:4]
    features, probabilities = found(pictures)
    assert features.shape == (4, 2048) and probabilities.shape == (4, 1000)
    inputs = keras.applications.inception_v3.preprocess_input(
        extractors.resize(pictures, (299, 299))
    )
    assert inputs.min() < -0.9 and inputs.max() > 0.9
    both = keras.Model(network.input, [network.get_layer("avg_pool").output, network.output])
    expected_features, expected_probabilities = both.predict_on_batch(inputs)
    assert expected_features.std(0).max() > 1e-4, "all pictures alike: nothing is compared"
    np.testing.assert_allclose(features, expected_features, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(probabilities, expected_probabilities, rtol=1e-4, atol=1e-7)


def test_damaged_weights_are_one_sentence(inception_weights, tmp_path):
    _, path = inception_weights
    cut = tmp_path / "cut.weights.h5"
    cut.write_bytes(path.read_bytes()[:100_000])
    with pytest.raises(ValueError, match="does not hold the weights of Keras' Incep") as caught:
        extractors.find("inception", weights=cut)
    assert "\n" not in str(caught.value) and str(cut) in str(caught.value)


def test_inception_without_weights_says_how_to_get_them(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with pytest.raises(ValueError) as caught:
        extractors.find("inception")
    for words in (str(tmp_path), "--download", "--inception_weights", "mnist_cnn", "pixels"):
        assert words in str(caught.value)
    with pytest.raises(ValueError, match="--inception_weights=/nowhere.h5 is not a file"):
        extractors.find("inception", weights="/nowhere.h5", download=True)


def test_a_failed_download_is_one_sentence(tmp_path, monkeypatch):
    import keras

    def fail(weights):
        assert weights == "imagenet"
        raise Exception("URL fetch failure on https://...\n -- [Errno -3] no network")

    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(keras.applications, "InceptionV3", fail)
    with pytest.raises(ValueError, match="could not be downloaded .URL fetch failure.*--inception"):
        extractors.find("inception", download=True)
