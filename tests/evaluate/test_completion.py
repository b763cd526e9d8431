"""Scores of filled holes, against NumPy and answers that are known."""

import numpy as np
import pytest

from tfgan_zoo.data.examples import Examples
from tfgan_zoo.evaluate import completion
from tfgan_zoo.kinds.image import Image


def table(count=70, seed=0):
    pixels = np.random.default_rng(seed).integers(0, 256, (count, 8, 8, 3), np.uint8)
    names = [str(number) for number in range(count)]
    fields = {"images": Image((8, 8, 3))}
    return Examples.from_arrays({"images": pixels}, fields, names, {"split": "test"})


def masks(count):
    found = np.zeros((count, 8, 8, 1), np.float32)
    found[:, 2:5, 1:7] = 1.0
    found[::2, 0] = 1.0
    return found


def truth(examples):
    pixels = examples.fetch(np.arange(len(examples)))["images"]
    return pixels.astype(np.float32) / np.float32(127.5) - 1


def scored(answer, count=70):
    test, train = table(count), table(30, seed=1)
    evaluator = completion.export(test, train, masks, "with holes")
    return evaluator, evaluator.measure(lambda images, masks: {"images": answer(images, masks)})


def test_errors_are_means_over_the_missing_numbers_in_colours_from_0_to_1():
    real, holes = truth(table()), masks(70) > 0.5
    noise = np.random.default_rng(2).uniform(-0.5, 0.5, real.shape).astype(np.float32)
    answers = iter(np.split(np.where(holes, real + noise, real), [50]))
    _, scores = scored(lambda images, masks: next(answers))
    missing = noise[np.broadcast_to(holes, real.shape)].astype(np.float64) / 2
    assert scores["hole_mse"] == pytest.approx(np.mean(missing**2), rel=1e-5)
    assert scores["hole_l1"] == pytest.approx(np.mean(np.abs(missing)), rel=1e-5)
    assert scores["known_changed"] == 0


def test_the_mean_fill_has_a_share_of_one_and_is_a_baseline():
    train = truth(table(30, seed=1))
    colour = train.mean((0, 1, 2), dtype=np.float64).astype(np.float32)
    evaluator, scores = scored(lambda images, masks: np.where(masks > 0.5, colour, images))
    assert scores["share_of_mean_fill"] == pytest.approx(1.0, abs=1e-6)
    baselines = evaluator.baselines()
    assert baselines["the mean colour"]["hole_mse"] == pytest.approx(scores["hole_mse"], rel=1e-6)
    real, holes = truth(table()), np.broadcast_to(masks(70) > 0.5, (70, 8, 8, 3))
    expected = np.mean((((train.mean(0) - real) / 2)[holes]) ** 2)
    assert baselines["the mean training picture"]["hole_mse"] == pytest.approx(expected, rel=1e-5)


def test_a_smooth_fill_is_the_mean_of_its_neighbours_and_a_baseline():
    rows, columns = np.indices((8, 8))
    slope = (0.1 * rows - 0.05 * columns)[None, ..., None].repeat(2, 0).astype(np.float32)
    holes = masks(2)
    holes[:, 0] = 0.0  # the edge of a picture asks for nothing, and the slope would go on
    given = np.where(holes > 0.5, 9.0, slope)
    np.testing.assert_allclose(completion.smooth(given, holes), slope, atol=1e-6)
    evaluator, _ = scored(lambda images, masks: images, count=4)
    scores = evaluator.baselines()["a smooth fill, of 4"]
    assert 0.5 < scores["share_of_mean_fill"] < 2.0  # of noise, of which neighbours say nothing


def test_known_numbers_that_change_are_counted_to_the_last_bit():
    def touched(images, masks):
        images = images.copy()
        images[:, 7, 7, 0] = np.nextafter(images[:, 7, 7, 0], np.float32(2))
        return images

    assert scored(touched)[1]["known_changed"] == 70


def test_what_is_missing_is_not_handed_out():
    seen = []
    scored(lambda images, masks: seen.append((images, masks)) or images, count=4)
    ((images, given),) = seen
    assert (images[np.broadcast_to(given > 0.5, images.shape)] == 0).all()


def test_a_validation_takes_the_errors_alone_and_always_of_the_same_holes():
    asked = []

    def counted(count):
        asked.append(count)
        return masks(count)

    evaluator = completion.training(table(), counted)
    assert evaluator.training and set(evaluator.better()) == {"hole_mse", "hole_l1"}
    for _ in range(2):
        scores = evaluator.measure(lambda images, masks: {"images": images})
        assert set(scores) == {"hole_mse", "hole_l1"} and scores["hole_mse"] > 0
    assert asked == [70]
