"""Scores of class probabilities: oracles, torch-fidelity's numbers, and what they refuse."""

import pathlib

import numpy as np
import pytest
from scipy.special import softmax
from scipy.stats import entropy

from tfgan_zoo.metrics.class_scores import class_histogram, inception_score, mode_score

GOLDEN = pathlib.Path(__file__).parents[1] / "golden" / "metric_golden.npz"


def one_hots(labels, classes=10):
    return np.eye(classes)[labels]


def random_probabilities(samples=300, classes=10, scale=2.0):
    rng = np.random.default_rng(1)
    return softmax(rng.normal(0, scale, (samples, classes)) + np.linspace(-1, 1, classes), axis=1)


@pytest.mark.parametrize(("seed", "suffix"), [(2020, ""), (None, "_unshuffled")])
def test_inception_score_is_that_of_torch_fidelity(seed, suffix):
    golden = np.load(GOLDEN)
    probabilities = softmax(golden["logits"].astype(np.float64), axis=1)
    score = inception_score(probabilities, splits=int(golden["isc_splits"]), shuffle_seed=seed)
    assert score["mean"] == pytest.approx(float(golden[f"isc_mean{suffix}"]), rel=1e-9)
    assert score["std"] == pytest.approx(float(golden[f"isc_std{suffix}"]), rel=1e-9)


def test_inception_score_of_sure_and_uniform_classes_is_their_number():
    for classes in (2, 10, 37):
        sure = one_hots(np.tile(np.arange(classes), 20), classes)
        assert inception_score(sure) == pytest.approx({"mean": classes, "std": 0}, abs=1e-9)


@pytest.mark.parametrize("row", [np.eye(10)[3], np.full(10, 0.1), [0.5, 0.5] + 8 * [0]])
def test_inception_score_of_a_constant_is_one(row):
    assert inception_score(np.tile(row, (200, 1))) == pytest.approx({"mean": 1, "std": 0}, abs=1e-9)


def test_inception_score_takes_splits_in_order_and_their_population_deviation():
    # Five splits: two of one class (score 1) and three of two classes (score 2).
    labels = np.concatenate([np.zeros(40), np.tile([0, 1], 30)]).astype(int)
    score = inception_score(one_hots(labels, 2), splits=5)
    assert score["mean"] == pytest.approx(np.mean([1, 1, 2, 2, 2]))
    assert score["std"] == pytest.approx(np.std([1, 1, 2, 2, 2]))
    shuffled = inception_score(one_hots(labels, 2), splits=5, shuffle_seed=0)
    assert shuffled["std"] < score["std"] / 2


def test_inception_score_uses_every_sample_where_splits_are_unequal():
    probabilities = random_probabilities(103)
    parts = [probabilities[i * 103 // 4 : (i + 1) * 103 // 4] for i in range(4)]
    assert sum(map(len, parts)) == 103
    expected = [np.exp(entropy(p, p.mean(0, keepdims=True), axis=1).mean()) for p in parts]
    score = inception_score(probabilities, splits=4)
    assert score["mean"] == pytest.approx(np.mean(expected), rel=1e-12)


@pytest.mark.parametrize(("samples", "splits"), [(99, 10), (9, 1), (100, 11), (100, 0)])
def test_inception_score_refuses_too_few_samples(samples, splits):
    with pytest.raises(ValueError, match=rf"{splits} splits of 10 classes need .* are {samples}:"):
        inception_score(random_probabilities(samples), splits=splits)
    assert inception_score(random_probabilities(100))["mean"] > 1


def test_collapse_to_one_mode_is_seen_by_the_mode_score_only():
    collapsed = one_hots(np.zeros(500, int))
    assert inception_score(collapsed)["mean"] == pytest.approx(1)
    assert mode_score(collapsed, np.full(10, 0.1)) == pytest.approx(0.1)


def test_mode_score_of_the_right_shares_is_the_inception_score():
    probabilities = random_probabilities()
    score = mode_score(probabilities, probabilities.mean(0))
    assert score == pytest.approx(inception_score(probabilities, splits=1)["mean"], rel=1e-12)


def test_mode_score_falls_as_the_shares_go_wrong():
    """With p(y*) in both terms it would be the Inception Score whatever p(y*) is."""
    probabilities = random_probabilities()
    marginal = probabilities.mean(0)
    real = np.linspace(9, 1, 10) / 50
    score = mode_score(probabilities, real)
    plain = inception_score(probabilities, splits=1)["mean"]
    assert score < 0.8 * plain
    assert score == pytest.approx(plain / np.exp(entropy(marginal, real)), rel=1e-12)
    # Which of the two divergences it is: KL(generated || real), not the reverse.
    assert score != pytest.approx(plain / np.exp(entropy(real, marginal)), rel=0.01)
    trap = np.exp(entropy(probabilities, real[None], axis=1).mean() - entropy(marginal, real))
    assert trap == pytest.approx(plain, rel=1e-12)


@pytest.mark.parametrize(
    ("real", "message"),
    [
        (np.full(9, 1 / 9), r"must be \[10\], one share a class"),
        (random_probabilities(), "come second"),
        (np.full(10, 0.2), "rows that sum to one"),
        (np.eye(10)[1], "No real sample has class 0"),
    ],
)
def test_mode_score_names_wrong_real_shares(real, message):
    with pytest.raises(ValueError, match=message):
        mode_score(random_probabilities(), real)


def test_mode_score_names_swapped_arguments_and_too_few_samples():
    with pytest.raises(ValueError, match="one row a sample"):
        mode_score(np.full(10, 0.1), random_probabilities())
    with pytest.raises(ValueError, match="10 classes needs at least as many samples; these are 9"):
        mode_score(random_probabilities(9), np.full(10, 0.1))


def test_class_histogram_counts_the_likeliest():
    probabilities = [[0.6, 0.4, 0, 0], [0.5, 0.1, 0.4, 0], [0, 1, 0, 0], [0.4, 0.3, 0.3, 0]]
    histogram = class_histogram(probabilities)
    assert histogram["shares"] == [0.75, 0.25, 0, 0]
    assert histogram["entropy"] == pytest.approx(entropy([0.75, 0.25]))
    assert histogram["effective_classes"] == pytest.approx(np.exp(entropy([0.75, 0.25])))
    assert histogram["missing"] == 2


def test_class_histogram_at_its_ends():
    even = class_histogram(one_hots(np.tile(np.arange(10), 7)))
    assert even["effective_classes"] == pytest.approx(10) and even["missing"] == 0
    alike = class_histogram(one_hots([4] * 30))
    assert alike["entropy"] == 0 and alike["effective_classes"] == 1 and alike["missing"] == 9


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.full((200, 10), np.nan), "not finite"),
        (np.zeros((200, 10)), "sum to one"),
        (np.random.default_rng(0).normal(size=(200, 10)), "must be probabilities"),
        (np.full(10, 0.1), "one row a sample"),
        (np.zeros((0, 10)), "0 samples"),
    ],
)
def test_what_are_not_probabilities_is_named(values, message):
    for score in (inception_score, class_histogram, lambda p: mode_score(p, np.full(10, 0.1))):
        with pytest.raises(ValueError, match=message):
            score(values)
