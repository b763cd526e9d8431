"""Each family's scores on answers of which the right score is known."""

import contextlib

import numpy as np
import pytest

from tfgan_zoo.data import worlds
from tfgan_zoo.data.examples import Examples
from tfgan_zoo.data.request import Request
from tfgan_zoo.data.sources import open_images
from tfgan_zoo.evaluate import codes, evaluator, labels, latent, points, semi_supervised, unpaired
from tfgan_zoo.kinds.image import Image


class Prior:
    """Latents that number the pictures: 0, 1, 2 and so on, whatever the seed."""

    def sample(self, count, seed):
        assert len(seed) == 2
        return np.arange(count, dtype=np.float32)[:, None]


@pytest.fixture(scope="module")
def digits():
    """(training, test) digits of 16x16, 300 and 200 with their labels."""
    table = open_images("digits", "train", Request(image_size=(16, 16), channels=1))
    rows = np.random.default_rng(0).permutation(500)  # neighbours are of one writer
    return table.subset(rows[:300]), table.subset(rows[300:])


def floats(table, count):
    return table.fetch(np.arange(count))["images"].astype(np.float32) / 127.5 - 1


def copier(table):
    """What draws the picture of the latent's number."""
    pictures = floats(table, len(table))
    return lambda latents, **_: {"images": pictures[latents[:, 0].astype(int)]}


def test_copies_of_the_test_pictures_are_told_by_their_neighbours(digits):
    train, test = digits
    scores = latent.export(Prior(), train, test).measure(copier(test))
    assert scores["1-NN accuracy"] == 0 and scores["spread"] == pytest.approx(1)
    found = latent.export(Prior(), train, test)
    assert not found.training and "200 pictures drawn by the SavedModel" in found.protocol
    beside = found.baselines()
    assert set(beside) == {"training pictures", "uniform noise"}
    assert 0.35 < beside["training pictures"]["1-NN accuracy"] < 0.65
    assert beside["uniform noise"]["1-NN accuracy"] > 0.9


def test_labels_are_read_and_varied(digits):
    train, test = digits
    truth = train.fetch(np.arange(300))["labels"]
    pictures = floats(train, 300)
    rows = [np.flatnonzero(truth == label) for label in range(10)]

    def right(latents, labels):
        return {"images": np.stack([pictures[rows[y][0]] for y in labels])}

    def one_only(latents, labels):
        return right(latents, np.zeros_like(labels))

    found = labels.training(Prior(), train)
    assert [one.name for one in found] == ["label spread", "label accuracy"]
    scores = evaluator.measure(found, right)
    assert scores["label_spread"] == 0, "each label has one picture"
    assert scores["label_accuracy"] > 0.7
    scores = evaluator.measure(found, one_only)
    assert scores["label_accuracy"] == pytest.approx(0.1) and scores["worst_label_accuracy"] == 0
    exported = labels.export(Prior(), train, test, per_label=3)
    scores = exported.measure(right)
    assert scores["label accuracy"] > 0.7 and scores["1-NN classifier error"] < 0.5
    assert "30 pictures, 3 of each label" in exported.protocol
    beside = exported.baselines()
    assert scores["1-NN classifier error"] > beside["training pictures"]["1-NN classifier error"]
    assert beside["test pictures"]["label accuracy"] > 0.9


def test_codes_are_read(digits):
    train, test = digits
    names = dict(zip(map(bytes, test.fetch(np.arange(200))["images"]), range(200), strict=True))
    own = test.fetch(np.arange(200))["labels"]

    def read(images):
        """A Q that knows the labels of the test pictures, each under the number after it."""
        stored = np.rint((np.asarray(images) + 1) * 127.5).astype(np.uint8)
        return np.eye(10)[[(own[names[bytes(picture)]] + 1) % 10 for picture in stored]]

    class Coded:
        def sample(self, count, seed):
            rows = np.arange(count) % 200
            return np.hstack([rows[:, None], np.eye(10)[(own[rows] + 1) % 10]])

    def read_drawn(pictures):
        return read

    found = codes.export(Coded(), read, read_drawn, 10, 1, train, test)
    scores = found.measure(copier(test))
    assert scores["code error"] == 0 and scores["own codes read"] == 1
    assert scores["information"] == pytest.approx(np.log(10))
    assert "labels 9, 0, 1, 2, 3, 4, 5, 6, 7, 8." in evaluator.protocol([found])
    info = test.info | {"label_names": list("abcdefghij")}
    named = Examples(test.fields, test.names, info, test.fetch)
    found = codes.export(Coded(), read, read_drawn, 10, 1, train, named)
    assert "labels j, a, b, c, d, e, f, g, h, i." in evaluator.protocol([found])
    validation = codes.training(read, 10, test)
    assert validation.training and validation.measure(None) == {"code_error": 0}
    assert codes.training(read, 5, test).measure(None) == {}, "more labels than categories"


def test_points_of_the_world_itself():
    world, test = worlds.find("ring"), worlds.open_points("ring", "test")
    drawn = world.sample(10_000, np.random.default_rng(1))

    class OfTest:
        def sample(self, count, seed):
            return drawn[:count]

    validation = points.training(OfTest(), world)
    scores = validation.measure(lambda latents: {"points": latents})
    assert set(scores) == {"modes", "high_quality", "kl", "shrunken_variance", "wasserstein"}
    assert scores["modes"] == 8 and scores["wasserstein"] < 0.2
    found = points.export(OfTest(), world, test)
    assert set(found.baselines()) == {"test points", "perfect sampler"}
    assert found.measure(lambda latents: {"points": latents * 0})["modes"] == 0
    roll = points.export(OfTest(), worlds.find("swiss_roll"), test)
    assert set(roll.baselines()) == {"test points"} and "modes" not in roll.protocol


class Sets:
    """Two sets of four pictures, B the negative of A."""

    def __init__(self):
        a = np.random.default_rng(0).integers(0, 256, (4, 16, 16, 3), np.uint8)
        info = {"split": "test"}
        names, kind = list("wxyz"), Image((16, 16, 3))
        self.a = Examples.from_arrays({"images": a}, {"images": kind}, names, info)
        self.b = Examples.from_arrays({"images": 255 - a}, {"images": kind}, names, info)
        both = {"images_a": a, "images_b": 255 - a}
        kinds = dict.fromkeys(both, kind)
        self.known = Examples.from_arrays(both, kinds, names, info)

    def pairs(self):
        return self.known


@pytest.mark.parametrize("direction", ["a_to_b", "b_to_a"])
def test_the_right_translation_comes_back(direction):
    sets = Sets()

    def negative(images):
        return {"images": -np.asarray(images)}

    validation = unpaired.training(direction, lambda images: -images, sets, known_pairs=True)
    scores = validation.measure(negative)
    assert scores[f"{direction}_cycle_l1"] == 0
    assert scores[f"{direction}_l1"] == pytest.approx(0, abs=1e-6)
    assert set(unpaired.training(direction, lambda x: x, sets, False).measure(negative)) == {
        f"{direction}_cycle_l1"
    }
    known = unpaired.export(direction, lambda images: -images, sets, sets, known_pairs=True)
    assert known.protocol.startswith("Trained without pairs. Means over all 4 pairs")
    assert known.measure(negative)["l1"] == pytest.approx(0, abs=1e-6)
    unknown = unpaired.export(direction, lambda images: images, sets, sets, known_pairs=False)
    scores = unknown.measure(negative)
    assert scores["1-NN accuracy"] == 0 and scores["cycle_l1"] > 0.5
    assert set(unknown.baselines()) == {"the input itself", "training pictures"}
    assert "at 16x16 (0.5 is ideal). cycle_l1" in unknown.protocol


def test_the_error_with_and_without_the_average(digits):
    _, test = digits
    truth = test.fetch(np.arange(200))["labels"]
    state = {"right": False}

    @contextlib.contextmanager
    def averaged():
        state["right"] = True
        yield
        state["right"] = False

    def classify(images):
        rows = np.arange(len(images))
        return np.eye(10)[truth[rows] if state["right"] else (truth[rows] + 1) % 10]

    found = semi_supervised.training(classify, averaged, test)
    assert found.training
    assert found.measure(None) == {"test_error": 0, "test_error_unaveraged": 1}
