"""Likelihoods, the curve of temperatures, collapse, and the wording of samples."""

import numpy as np
import pytest

from tfgan_zoo.data.examples import Examples
from tfgan_zoo.data.oracle import Oracle
from tfgan_zoo.evaluate import text
from tfgan_zoo.evaluate.text import Point
from tfgan_zoo.kinds.tokens import Tokens, Vocabulary


class Tempered:
    """The oracle itself as a model, at any temperature: NumPy, served and likelihood in one."""

    def __init__(self, oracle):
        self.oracle = oracle

    def at(self, temperature):
        *others, weights, bias = self.oracle.parameters
        parameters = (*others, weights / temperature, bias / temperature)
        return Oracle(parameters, self.oracle.length, self.oracle.start)

    def served(self, num, seed, temperature):
        return {"tokens": self.at(temperature).sample(int(num), int(seed))}

    def likelihood(self, tokens, temperature):
        nll = self.at(temperature).negative_log_likelihood(tokens)
        return {"log_probability": -np.repeat(nll[:, None], tokens.shape[1], axis=1)}


@pytest.fixture(scope="module")
def oracle():
    return Oracle.made(2, vocabulary=30, size=8, length=5)


@pytest.fixture(scope="module")
def curve(oracle):
    model = Tempered(oracle)
    test = oracle.sample(2500, 5)
    return text.curve(model.served, model.likelihood, oracle, test, (1.0, 0.8, 0.5), count=2500)


def test_samples_come_in_batches_of_other_seeds(oracle):
    tokens = text.drawn(Tempered(oracle).served, 2300)
    assert tokens.shape == (2300, 5)
    assert (tokens[:300] != tokens[1000:1300]).any() and (tokens[:300] != tokens[2000:]).any()
    np.testing.assert_array_equal(tokens, text.drawn(Tempered(oracle).served, 2300))


def test_the_oracle_as_model_has_its_own_likelihoods(oracle, curve):
    own = oracle.negative_log_likelihood(oracle.sample(5000, 8)).mean()
    assert curve[0].nll_oracle == pytest.approx(own, abs=0.05)
    assert curve[0].nll_test == pytest.approx(own, abs=0.05)


def test_a_low_temperature_buys_one_likelihood_with_the_other(curve):
    assert curve[0].nll_oracle > curve[1].nll_oracle > curve[2].nll_oracle
    assert curve[0].nll_test < curve[1].nll_test < curve[2].nll_test
    assert curve[0].distinct > curve[2].distinct


def test_the_gain_is_measured_at_the_same_likelihood_of_the_oracle():
    tempered = [Point(1.0, 4.0, 3.0, 1), Point(0.9, 3.0, 4.0, 1), Point(0.8, 2.0, 6.0, 1)]
    assert text.gain(Point(1.0, 3.5, 3.2, 1), tempered) == pytest.approx(0.3)
    assert text.gain(Point(1.0, 2.5, 5.5, 1), tempered) == pytest.approx(-0.5)
    assert text.gain(tempered[1], tempered) == pytest.approx(0)
    assert text.gain(Point(1.0, 1.9, 5.5, 1), tempered) is None


def test_a_collapse_is_reported(oracle):
    model = Tempered(oracle)
    evaluator = text.oracle_evaluator(oracle, count=500)
    assert evaluator.findings() == ""
    alike = evaluator.measure(
        lambda num, seed, temperature: model.served(num, seed, temperature / 10)
    )
    assert "Collapsed" in evaluator.findings() and alike["distinct"] < 0.5
    own = evaluator.baselines()["the oracle itself"]
    assert (
        alike["NLL_oracle"]
        < own["NLL_oracle"]
        < evaluator.baselines()["uniform tokens"]["NLL_oracle"]
    )
    evaluator.measure(lambda num, seed, temperature: model.served(num, seed, temperature * 2))
    assert evaluator.findings() == ""


def test_the_likelihood_of_a_split(oracle):
    class Split:
        info = {"split": "validation"}
        tokens = oracle.sample(1700, 3)

        def __len__(self):
            return 1700

        def fetch(self, rows):
            return {"tokens": self.tokens[rows]}

    evaluator = text.likelihood_evaluator(Split(), training=True)
    found = evaluator.measure(Tempered(oracle).likelihood)["NLL_validation"]
    assert found == pytest.approx(oracle.negative_log_likelihood(Split.tokens).mean())
    assert evaluator.training and "1700" in evaluator.protocol


def test_sentences_of_a_grammar_are_counted():
    kind = Tokens(3, Vocabulary.of_lines([["a", "dog"], ["a", "cat"]]))
    rows = np.stack([kind.vocabulary.tokens(line.split(), 3) for line in ("a dog", "a cat", "a")])

    def served(num, seed, temperature):
        return {"tokens": rows[np.arange(num) % 3]}

    evaluator = text.grammar_evaluator(kind, ["a dog", "dog a", "a"], count=300)
    assert evaluator.measure(served) == {"grammatical": pytest.approx(2 / 3)}


def test_wording_is_compared_with_the_test_split():
    pytest.importorskip("nltk")
    kind = Tokens(4, Vocabulary.of_lines([["a", "dog", "runs"], ["a", "cat", "sits"]]))
    train, test = (
        table(kind, [kind.vocabulary.tokens(line.split(), 4) for line in lines])
        for lines in (["a dog runs", "a cat sits"], ["a cat runs", "a dog sits"])
    )

    def served(num, seed, temperature):
        return {"tokens": np.resize(train.fetch(np.arange(2))["tokens"], (num, 4))}

    evaluator = text.wording_evaluator(train, test, count=4)
    found = evaluator.measure(served)
    assert found["new"] == 0 and found["distinct"] == 0.5 and found["self_bleu_2"] == 1
    assert 0 < found["bleu_3"] < found["bleu_2"] < 1
    assert evaluator.baselines()["training lines"]["distinct"] == 1


def table(kind, rows):
    names, info = [str(number) for number in range(len(rows))], {"split": "test"}
    return Examples.from_arrays({"tokens": np.stack(rows)}, {"tokens": kind}, names, info)


def test_the_plane_is_a_picture(curve):
    groups = {"SeqGAN": ({"tempered": curve, "control": curve[:2]}, Point(1.0, 3.0, 3.0, 1))}
    picture = text.plane(groups, own=2.9)
    assert picture.mode == "RGB" and np.ptp(np.asarray(picture)) > 100
