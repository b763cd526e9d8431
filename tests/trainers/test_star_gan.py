"""StarGAN on two data sets of folders, as a user trains it, and its pictures under other labels."""

import json
import types

import numpy as np
import pytest
from PIL import Image

from tests.trainers import programs
from tfgan_zoo.data.errors import DataError
from tfgan_zoo.explore.generator import ExploreError
from tfgan_zoo.explore.relabel import relabel
from tfgan_zoo.kinds.image import to_uint8

NAMES = ["dark", "dark+red", "light", "glad", "sad"]


@pytest.fixture(scope="module")
def sets(tmp_path_factory):
    """Two folders with a folder for each class; the second knows other attributes."""
    root, random = tmp_path_factory.mktemp("sets"), np.random.default_rng(0)
    for name in NAMES:
        place = root / ("moods" if name in ("glad", "sad") else "looks") / name
        place.mkdir(parents=True)
        for index in range(8):
            pixels = random.integers(0, 256, (20, 20, 3), np.uint8)
            Image.fromarray(pixels).save(place / f"{index}.png")
    return root


@pytest.fixture(scope="module")
def outcome(sets, tmp_path_factory):
    folders = (f"--data={sets / 'looks'}", f"--beside={sets / 'moods'}")
    found, _ = programs.run("star_gan", tmp_path_factory.mktemp("run"), *folders)
    return found


def card_of(outcome):
    return json.loads((outcome.directory.export / "star_gan" / "card.json").read_text())


def test_one_net_learns_the_attributes_of_both_sets(outcome):
    model = outcome.model
    assert model.sizes == (3, 2) and model.exclusive == (False, True)
    assert model.generator.input_shape[1] == (None, 3 + 2 + 2)
    card = card_of(outcome)
    images, labels = card["interface"]["inputs"]
    assert (images["kind"], labels["kind"], labels["names"]) == ("image", "class", NAMES)
    assert {"attribute_accuracy", "identity_l1", "back_l1"} < card["scores"]["model"].keys()
    assert "true_l1" not in card["scores"]["model"]
    assert card["scores"]["baselines"].keys() == {"the picture as it is", "real pictures"}
    assert "dark, red, light, glad, sad" in card["summary"]


def test_a_label_is_its_attributes_and_its_mask(outcome):
    image = np.zeros((1, 16, 16, 3), np.float32)
    for label, told in ((1, [1, 1, 0, 0, 0, 1, 0]), (4, [0, 0, 0, 0, 1, 0, 1])):
        expected = outcome.model.generator([image, np.array([told], np.float32)])
        found = drawn(outcome, image[0], label)
        np.testing.assert_allclose(found, expected[0], atol=1e-5)


def drawn(outcome, image, label):
    from tfgan_zoo.explore.relabel import relabeller

    call, _, _ = relabeller(str(outcome.directory.export / "star_gan"))
    return call(image, label)


def options(outcome, folder, **changed):
    own = {
        "generator": str(outcome.directory.export / "star_gan"),
        "input": str(folder / "in"),
        "label": None,
        "overwrite": False,
    }
    return types.SimpleNamespace(**{**own, **changed})


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in").mkdir()
    levels = np.random.default_rng(1).integers(0, 256, (16, 16, 3), np.uint8)
    Image.fromarray(levels).save(tmp_path / "in" / "a.png")
    return tmp_path


def test_pictures_are_drawn_with_every_label_or_with_one(outcome, folder):
    levels = np.asarray(Image.open(folder / "in" / "a.png"))
    said = relabel(options(outcome, folder), folder / "all", lambda *done: None)
    assert said == f"1 pictures: {folder / 'all'}"
    row = np.asarray(Image.open(folder / "all" / "a.png"))
    assert row.shape[1] == 4 + 6 * (2 * 16 + 4)
    np.testing.assert_array_equal(row[-36:-4:2, 4:36:2], levels)
    one = options(outcome, folder, label="dark+red")
    relabel(one, folder / "one", lambda *done: None)
    found = np.asarray(Image.open(folder / "one" / "a.png"))
    expected = to_uint8(drawn(outcome, levels.astype(np.float32) / 127.5 - 1, 1))
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(row[-36:-4:2, 4 + 36 * 2 : 36 + 36 * 2 : 2], expected)
    with pytest.raises(ExploreError, match="would be written over"):
        relabel(one, folder / "one", lambda *done: None)


def test_what_cannot_be_relabelled_is_one_sentence(outcome, folder):
    for changed, sentence in (
        ({"generator": "saved_models/cgan"}, "give 'relabel' an export that draws pictures with"),
        ({"generator": "nothing"}, "holds no saved_model.pb"),
        ({"label": "blue"}, "--label=blue is no class: .* dark, dark.red, light, glad, sad"),
        ({"input": "nowhere"}, "neither a picture nor a folder"),
    ):
        with pytest.raises(ExploreError, match=sentence):
            relabel(options(outcome, folder, **changed), folder / "out")
    (folder / "in" / "a.png").write_text("no picture")
    with pytest.raises(ExploreError, match="a.png "):
        relabel(options(outcome, folder), folder / "out")


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (["--batch_size=5"], ValueError, "--batch_size a multiple of --critic_steps"),
        (["--image_size=20"], ValueError, "multiples of 8"),
        (["--data=SETS/moods/sad"], DataError, "sad has no attributes to choose from"),
        (["--beside=coloured:digits"], DataError, "Two data sets have the class 'blue'"),
    ],
)
def test_what_cannot_be_trained_is_said_before_training(arguments, error, words, sets, tmp_path):
    arguments = [word.replace("SETS", str(sets)) for word in arguments]
    with pytest.raises(error, match=words):
        programs.run("star_gan", tmp_path, "--noexport", *arguments)
