"""LSRO as a user trains it: with an export, on people, and with a folder that is none."""

import json

import numpy as np
import pytest
import tensorflow as tf

from tests.trainers import programs
from tfgan_zoo.data import people
from tfgan_zoo.data.errors import DataError
from tfgan_zoo.data.request import Request
from tfgan_zoo.data.sources import open_images
from tfgan_zoo.evaluate import recognition as scores
from tfgan_zoo.evaluate.evaluator import served_by
from trainers.tasks import recognition

SHAPE = (32, 16, 3)


class Grey(tf.Module):
    """A generator of even grey pictures."""

    def __init__(self, shape=SHAPE):
        super().__init__()
        self.shape = shape

    def generate(self, latents):
        shades = tf.tanh(latents[:, 0])
        return {"images": tf.tile(shades[:, None, None, None], [1, *self.shape])}

    def latents(self, num_images, seed):
        noise = tf.random.stateless_normal([num_images, 2], tf.stack([seed, 0]))
        return {"latents": noise}

    def export(self, folder):
        number = tf.TensorSpec([], tf.int32)
        signatures = {
            "serving_default": tf.function(self.generate).get_concrete_function(
                tf.TensorSpec([None, 2], name="latents")
            ),
            "latents": tf.function(self.latents).get_concrete_function(number, number),
        }
        tf.saved_model.save(self, str(folder), signatures=signatures)
        return folder


@pytest.fixture(scope="module")
def generator(tmp_path_factory):
    return Grey().export(tmp_path_factory.mktemp("generator") / "1").parent


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    return str(tmp_path_factory.mktemp("tfds"))


@pytest.fixture
def few_people(monkeypatch, data_dir):
    """Three people of each place in each split, in place of 220."""
    monkeypatch.setattr(people, "PEOPLE", dict.fromkeys(people.SPLITS, 3))
    return [f"--data_dir={data_dir}", "--data=people_street", "--image_size=32x16", "--channels=3"]


def test_people_are_learnt_with_generated_pictures_and_exported(few_people, generator, tmp_path):
    outcome, printed = programs.run(
        "lsro",
        tmp_path,
        *few_people,
        *("--arm=lsro", f"--generated={generator}", "--generated_count=12"),
        *("--generated_batch_size=4", "--labelled=6", "--tflite=float32"),
    )
    assert "6 training, 24 validation, 24 test." in printed
    assert outcome.model.classes == 3
    folder = tmp_path / "export" / "lsro"
    card = json.loads((folder / "card.json").read_text())
    assert set(card["scores"]["model"]) == {"rank-1", "mAP"}
    assert "the pixels themselves" in card["scores"]["baselines"]
    assert str(generator) not in (folder / "card.json").read_text()
    signatures = tf.saved_model.load(str(folder / "1")).signatures
    found = signatures["embed"](images=tf.zeros([2, *SHAPE]))["embedding"]
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1.0, rtol=1e-4)


@pytest.mark.parametrize(
    ("folder", "message"),
    [
        (None, "--generated is missing: name the folder of an exported generator"),
        ("nowhere", "holds no exported generator: name a folder with a SavedModel"),
    ],
)
def test_a_folder_that_is_no_generator_is_named_before_training(folder, message, tmp_path):
    arguments = ["--arm=lsro"] + ([f"--generated={tmp_path / folder}"] if folder else [])
    with pytest.raises(DataError, match=message):
        programs.run("lsro", tmp_path / "run", *arguments)


def test_a_generator_of_another_size_is_named(generator):
    kind = open_images("digits", "test", Request(image_size=(32, 32), channels=1)).fields["images"]
    with pytest.raises(DataError, match="draws pictures of 32x16x3, and the real ones are 32x32x1"):
        recognition.generated(generator, 3, 0, kind)


def test_a_generator_that_says_nothing_under_none_is_refused(generator, tmp_path):
    with pytest.raises(ValueError, match="--generated=.* says nothing under the other flags"):
        programs.run("lsro", tmp_path, f"--generated={generator}")


def test_what_is_drawn_follows_from_the_seed(generator, data_dir):
    request = Request(image_size=SHAPE[:2], num_examples=1, data_dir=data_dir)
    kind = open_images("people_street", "test", request).fields["images"]
    tables = (recognition.generated(generator, 5, seed, kind) for seed in (0, 0, 1))
    first, again, other = (table.fetch(np.arange(5))["generated"] for table in tables)
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_people_are_found_by_the_first_picture_of_each_camera(data_dir):
    table = open_images(
        "people", "validation", Request(image_size=(32, 16), num_examples=2, data_dir=data_dir)
    )
    fields = table.fetch(np.arange(len(table)))
    query = scores.queries(fields["persons"], fields["cameras"])
    assert query.sum() == 8 and query[:: people.VIEWS].all()

    def served(images):
        """Features that tell the person, from the number of the picture."""
        numbers = [int(np.where((pictures == own).all((1, 2, 3)))[0][0]) for own in images.numpy()]
        return {"features": np.eye(4)[fields["persons"][numbers]]}

    pictures = fields["images"].astype(np.float32) / np.float32(127.5) - 1
    found = scores.scores(served_by(lambda images: served(tf.constant(images))), table)
    assert found == {"rank-1": 1.0, "mAP": 1.0}
    shown = scores.nearest(
        served_by(lambda images: served(tf.constant(images))), table, rows=3, columns=2
    )
    assert shown.shape == (3, 3)
    for first, *others in shown:
        assert (fields["persons"][others] == fields["persons"][first]).all()
        assert (fields["cameras"][others] != fields["cameras"][first]).all()
