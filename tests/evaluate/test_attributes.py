"""Scores of pictures drawn anew with other attributes, by answers that are known."""

import numpy as np
import pytest

from tfgan_zoo.data import attributes
from tfgan_zoo.data.coloured import LOOKS, coloured
from tfgan_zoo.data.examples import Examples
from tfgan_zoo.evaluate import attributes as scores
from tfgan_zoo.kinds.image import Image


def table(split, count, seed):
    """Bars of chance in ink of six looks."""
    chance = np.random.default_rng(seed)
    pixels = np.where(chance.random((count, 1, 16, 1)) < 0.4, 255, 0) * np.ones((1, 16, 1, 1))
    names = [str(i) for i in range(count)]
    info = {"name": "bars", "split": split, "licence": "none", "description": "bars"}
    info |= {"source": "bars", "split_rule": "all"}
    grey = Examples.from_arrays(
        {"images": pixels.astype(np.uint8)}, {"images": Image((16, 16, 1))}, names, info
    )
    return coloured(grey)


@pytest.fixture(scope="module")
def judged():
    train, test = table("train", 240, 0), table("test", 6, 1)
    return scores.export(attributes.of(train), train, test)


def painted(images, labels):
    """The right answer: the bars found again, in the look of the label."""
    distances = [
        np.abs(images - np.float32(np.array(ground) / 127.5 - 1)).sum(-1)
        for ground in ((18, 18, 22), (238, 236, 228))
    ]
    paper = np.minimum(*distances) < 0.05
    looks = list(LOOKS.values())
    answer = np.zeros_like(images)
    for number, label in enumerate(labels):
        ink, ground = (np.array(part) / 127.5 - 1 for part in looks[label])
        answer[number] = np.where(paper[number][..., None], ground, ink)
    return answer.astype(np.float32)


def test_the_right_answer_is_read_as_asked_for_and_is_the_true_picture(judged):
    found = judged.measure(lambda images, labels: {"images": painted(images, labels)})
    assert {found[name] for name in scores.READ} == {1.0}
    for name in ("identity_l1", "back_l1", "true_l1"):
        assert found[name] == pytest.approx(0.0, abs=1e-6)


def test_who_leaves_the_picture_as_it_is_flips_nothing(judged):
    found = judged.measure(lambda images, labels: {"images": images})
    assert found["flip_accuracy"] == 0.0 and found["identity_l1"] == found["back_l1"] == 0.0
    assert found["true_l1"] > 0.2 and 0.2 < found["attribute_accuracy"] < 0.8
    baselines = judged.baselines()
    assert baselines["the picture as it is"]["true_l1"] == found["true_l1"]
    assert baselines["real pictures"]["all_right"] == 1.0
    assert "flip_accuracy" not in baselines["real pictures"]


def test_who_ignores_what_is_asked_for_is_seen(judged):
    found = judged.measure(
        lambda images, labels: {"images": painted(images, np.zeros_like(labels))}
    )
    assert found["identity_l1"] > 0.2 and found["flip_accuracy"] < 0.7 and found["all_right"] < 0.4


def test_validations_declare_what_they_measure():
    train, held = table("train", 240, 0), table("validation", 4, 2)
    evaluator = scores.training(attributes.of(train), train, held)
    found = evaluator.measure(lambda images, labels: {"images": painted(images, labels)})
    assert list(found) == list(evaluator.better()) and found["flip_accuracy"] > 0.9
    assert evaluator.better()["true_l1"] == "lower"


def test_of_several_data_sets_each_is_asked_for_its_own_labels():
    first, second = table("train", 240, 0), table("train", 240, 3)
    names = [f"{name} bar" for name in second.info["label_names"]]
    second.info["label_names"] = [name.replace("+", " on ") for name in names]
    joined = attributes.joined([first, second])
    asked = []

    def answer(images, labels):
        asked.extend(labels)
        return {"images": painted(images, labels % 6)}

    found = scores.training(attributes.of(joined), joined, joined).measure(answer)
    assert found["attribute_accuracy"] > 0.99 and "true_l1" not in found
    assert set(asked) == set(range(12))
    judge = scores.Judge(attributes.of(joined), joined, joined, 50)
    for part, low in zip(judge.parts, (0, 6), strict=True):
        assert len(part.labels) == 50 and (part.labels // 6 * 6 == low).all()
        assert (part.wanted // 6 * 6 == low).all() and (part.wanted != part.labels).all()
    assert [part.exclusive for part in judge.parts] == [False, True]
