"""BLEU and self-BLEU: a case computed by hand, and NLTK's own number for sentences at random."""

import math

import numpy as np
import pytest
from nltk.translate import bleu_score

from tfgan_zoo.metrics.bleu import bleu
from tfgan_zoo.metrics.self_bleu import self_bleu


def test_by_hand():
    references = [["the", "cat", "sat", "on", "the", "mat"], ["a", "dog", "sat"]]
    # 4 tokens; "the" counts twice, since one reference has it twice: 3 of 4 occur, of the bigrams
    # (the the), (the cat), (cat ran) one of 3, of the trigrams none of 2, which counts as 0.1. The
    # closest length is 3, so that brevity costs nothing.
    found = bleu([["the", "the", "cat", "ran"]], references, orders=(1, 2, 3))
    assert found["bleu_1"] == pytest.approx(3 / 4)
    assert found["bleu_2"] == pytest.approx(math.sqrt(3 / 4 * 1 / 3))
    assert found["bleu_3"] == pytest.approx((3 / 4 * 1 / 3 * 0.1 / 2) ** (1 / 3))
    # Two tokens against the closest length of three: exp(1 - 3/2).
    assert bleu([["dog", "sat"]], references, orders=(2,))["bleu_2"] == pytest.approx(
        math.exp(-0.5)
    )
    assert bleu([["nothing"], []], references, orders=(1,)) == {"bleu_1": 0.0}
    # The mean over sentences, not over their n-grams.
    both = bleu([["dog", "sat"], ["nothing"]], references, orders=(2,))["bleu_2"]
    assert both == pytest.approx(math.exp(-0.5) / 2)


def test_self_bleu_by_hand():
    # Each has one token of two in the other; no bigram, which counts as 0.1.
    found = self_bleu([["a", "b"], ["a", "c"]], orders=(1, 2))
    assert found == pytest.approx({"self_bleu_1": 0.5, "self_bleu_2": math.sqrt(0.5 * 0.1)})
    assert self_bleu([["a", "b", "c"]] * 3, orders=(2,))["self_bleu_2"] == pytest.approx(1.0)
    # The third is a copy of nothing; a sentence is no reference of its own.
    found = self_bleu([["a", "a"], ["a", "a"], ["b", "b"]], orders=(1,))
    assert found["self_bleu_1"] == pytest.approx(2 / 3)


@pytest.fixture
def sentences():
    """Forty sentences of 1 to 9 of six words, and thirty references; the words are integers."""
    chance = np.random.default_rng(3)
    drawn = [chance.integers(0, 6, chance.integers(1, 10)).tolist() for _ in range(70)]
    return drawn[:40], drawn[40:]


def test_number_is_that_of_nltk(sentences):

    method = bleu_score.SmoothingFunction().method1
    generated, references = sentences

    def mean(n, pairs):
        weights = (1 / n,) * n
        scores = [
            bleu_score.sentence_bleu(others, sentence, weights, method)
            for sentence, others in pairs
        ]
        return np.mean(scores)

    found, own = bleu(generated, references), self_bleu(generated)
    for n in (2, 3, 4, 5):
        expected = mean(n, [(sentence, references) for sentence in generated])
        assert found[f"bleu_{n}"] == pytest.approx(expected, rel=1e-9)
        others = [(s, generated[:i] + generated[i + 1 :]) for i, s in enumerate(generated)]
        assert own[f"self_bleu_{n}"] == pytest.approx(mean(n, others), rel=1e-9)
    assert 0 < own["self_bleu_5"] < own["self_bleu_2"] < 1


def test_what_cannot_work_is_one_sentence():
    with pytest.raises(ValueError, match="there are 0 and 1"):
        bleu([], [["a"]])
    with pytest.raises(ValueError, match="there are 1 and 0"):
        bleu([["a"]], [])
    with pytest.raises(ValueError, match="from 1 on"):
        bleu([["a"]], [["a"]], orders=(0, 2))
    with pytest.raises(ValueError, match="at least two sentences"):
        self_bleu([["a"]])
