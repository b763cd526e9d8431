"""Scores of an export where the data are few or do not differ: finite numbers, or a sentence."""

import json

import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.data.examples import Examples
from tfgan_zoo.data.request import Request
from tfgan_zoo.data.text import open_text
from tfgan_zoo.evaluate import (
    codes,
    encoding,
    evaluator,
    labels,
    latent,
    likelihood,
    pairs,
    semi_supervised,
    text,
    unpaired,
)
from tfgan_zoo.kinds.class_ import Class
from tfgan_zoo.kinds.image import Image
from tfgan_zoo.kinds.label_map import LabelMap
from tfgan_zoo.networks.priors import Normal

SHAPE = (12, 12, 1)
CLASSES = 3
CHANCE = np.random.default_rng(0)
# Number of pictures -> whether they are all the same one.
SETS = [(1, False), (2, False), (3, True), (19, False)]


def pictures(count, equal, shape=SHAPE):
    made = CHANCE.integers(0, 256, (1 if equal else count, *shape), np.uint8)
    return np.repeat(made, count, axis=0) if equal else made


def table(count, equal, split, **fields):
    """Pictures with labels in turn, or fields with kinds of their own."""
    if not fields:
        fields = {
            "images": (pictures(count, equal), Image(SHAPE)),
            "labels": (np.arange(count, dtype=np.int32) % CLASSES, Class(count=CLASSES)),
        }
    arrays = {name: array for name, (array, _) in fields.items()}
    kinds = {name: kind for name, (_, kind) in fields.items()}
    info = {"split": split, "label_names": list("abc")}
    return Examples.from_arrays(arrays, kinds, [str(i) for i in range(count)], info)


def drawn(latents, **_):
    return {"images": np.tanh(np.resize(latents, (len(latents), *SHAPE))).astype(np.float32)}


def spoken(evaluators, served):
    """What a card would say: (scores, baselines, protocol); all numbers are finite."""
    model, beside, protocol = evaluator.taken(evaluators, served)
    json.dumps([model, beside], allow_nan=False)
    assert "it is no finite number" not in protocol, "each reason is known"
    return model, beside, protocol


@pytest.mark.parametrize(("count", "equal"), SETS)
def test_pictures_from_latents(count, equal):
    train, test = table(2 * count, equal, "train"), table(count, equal, "test")
    model, beside, protocol = spoken([latent.export(Normal(4), train, test)], drawn)
    assert ("1-NN accuracy" in model) == (count > 1)
    assert ("spread" in model) == (count > 1 and not equal)
    if count == 1:
        assert "since it needs two pictures of either side: 1-NN accuracy; " in protocol
        assert "(of the model, training pictures, uniform noise)" in protocol
        assert not model and not beside
    if equal or count == 1:
        assert "since the held-out pictures do not differ from each other: spread (" in protocol
    else:
        assert "Not scored" not in protocol


@pytest.mark.parametrize(("count", "equal"), SETS)
def test_pictures_of_classes(count, equal):
    train, test = table(2 * count, equal, "train"), table(count, equal, "test")
    model, _, protocol = spoken([labels.export(Normal(4), train, test, per_label=2)], drawn)
    assert ("label spread" in model) == (count == 19 and not equal)
    assert ("no label has two held-out" in protocol) == ("label spread" not in model)
    (validation,) = labels.training(Normal(4), train)
    found = validation.measure(drawn)
    assert set(found) == ({"label_spread"} if count == 19 and not equal else set()) or (
        count in (2, 3) and not equal  # whose training pictures are twice as many
    )
    assert np.isfinite(list(found.values())).all()


@pytest.mark.parametrize(("count", "equal"), SETS)
def test_pictures_of_codes(count, equal):
    train, test = table(2 * count, equal, "train"), table(count, equal, "test")

    def read(images):
        return np.full((len(images), CLASSES), 1 / CLASSES)

    class Coded:
        def sample(self, count, seed):
            return np.eye(CLASSES, 4, 1, np.float32)[np.arange(count) % CLASSES]

    found = [codes.export(Coded(), read, lambda pictures: read, CLASSES, 1, train, test)]
    model, _, _ = spoken(found, drawn)
    assert {"information", "own codes read", "code error"} <= set(model)
    assert codes.training(read, CLASSES, train).measure(drawn)["code_error"] >= 0


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize(("count", "equal"), SETS)
def test_translations_without_pairs(count, equal, known):
    class Sets:
        def __init__(self, split):
            images = pictures(2 * count, equal).reshape(2, count, *SHAPE)
            self.a, self.b = (
                table(count, equal, split, **{f"images_{side}": (array, Image(SHAPE))})
                for side, array in zip("ab", images, strict=True)
            )
            both = zip("ab", images, strict=True)
            both = {f"images_{side}": (array, Image(SHAPE)) for side, array in both}
            self.known = table(count, equal, split, **both)

        def pairs(self):
            return self.known

    train, test = Sets("train"), Sets("test")
    found = unpaired.export("a_to_b", lambda images: images, test, train, known)
    model, beside, protocol = spoken([found], lambda images: {"images": np.asarray(images)})
    assert model["cycle_l1"] == 0
    if known:
        assert ("psnr" in model) != equal
    else:
        assert ("1-NN accuracy" in model) == (count > 1) == bool(beside)
        assert ("two pictures of either side" in protocol) == (count == 1)


@pytest.mark.parametrize("side", ["source", "target", None])
@pytest.mark.parametrize(("count", "equal"), [(1, False), (3, True)])
def test_pairs(count, equal, side):
    shape = (12, 12, 3)

    def two(split, times):
        made = {name: pictures(count * times, equal, shape) for name in ("source", "target")}
        if side:
            made[side] = np.uint8(made[side] // 128 * 255)
        kinds = {name: LabelMap(shape) if name == side else Image(shape) for name in made}
        fields = {name: (made[name], kinds[name]) for name in made}
        return table(count * times, equal, split, **fields)

    train, test = two("train", 2), two("test", 1)
    truth = test.fetch(np.arange(count))["target"].astype(np.float32) / 127.5 - 1
    queue = list(truth)

    def right(images):
        return {"images": np.stack([queue.pop(0) for _ in images])}

    model, _, protocol = spoken([pairs.export(test, train)], right)
    assert model["l1"] == 0 and "psnr" not in model
    assert "which makes the ratio infinite: psnr (of the model" in protocol


@pytest.mark.parametrize(("count", "equal"), SETS)
def test_codes_and_back(count, equal):
    train, test = table(2 * count, equal, "train"), table(count, equal, "test")
    model, beside, _ = spoken(
        [encoding.there_and_back(test, train)], lambda images: {"images": np.asarray(images)}
    )
    assert model == {"l1": 0} and np.isfinite(beside["mean training picture"]["l1"])

    def encoded(images):
        flat = np.reshape(images, (len(images), -1))[:, :4]
        return {"means": flat, "log_variances": np.zeros_like(flat)}

    assert set(spoken([encoding.posterior(test)], encoded)[0]) == {"KL", "active dimensions"}


@pytest.mark.parametrize("kind", ["bernoulli", "gaussian"])
@pytest.mark.parametrize(("count", "equal"), [(1, False), (3, True)])
def test_likelihoods(count, equal, kind):
    train, test = table(2 * count, equal, "train"), table(count, equal, "test")

    class Model:
        likelihood, prior = kind, Normal(4)

        def log_likelihood(self, pixels, latents):
            logits = tf.reduce_sum(latents, 1)[:, None] - tf.reshape(pixels, [len(pixels), -1])
            return -tf.reduce_sum(tf.square(logits), 1)

    def encode(images):
        flat = np.reshape(images, (len(images), -1))[:, :4]
        return flat, np.zeros_like(flat)

    def served(latents):
        return drawn(latents) | {"log_variances": np.zeros((len(latents), *SHAPE), np.float32)}

    effort = likelihood.Effort(few=2, samples=2, chains=2, distributions=3)
    model, beside, _ = spoken([likelihood.export(Model(), encode, test, train, effort)], served)
    assert len(model) == 5 and len(beside["independent pixels"]) == 2


@pytest.mark.parametrize("lines", [["a b", "a b", "a b"], ["a", "b c", "d e f", "g"], ["a"] * 19])
def test_text(tmp_path, lines):
    (tmp_path / "lines.txt").write_text("\n".join(lines))
    splits = [
        open_text(str(tmp_path / "lines.txt"), split, Request(max_length=5))
        for split in ("train", "test")
    ]
    words = len(splits[0].fields["tokens"].vocabulary)

    def served(num, seed, temperature):
        return {"tokens": np.random.default_rng(seed).integers(words, size=(num, 5))}

    model, beside, _ = spoken([text.wording_evaluator(*splits, count=20)], served)
    assert {"bleu_2", "self_bleu_5", "distinct", "new"} <= set(model)
    assert beside["training lines"]["bleu_2"] >= 0


def test_errors_of_a_single_picture():
    assert (
        semi_supervised.error(lambda images: np.zeros((len(images), 3)), table(1, True, "t")) == 0
    )
