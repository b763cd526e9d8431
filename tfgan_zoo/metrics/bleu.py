"""BLEU of generated sentences against real ones: how much of their wording occurs in real text.

Papineni et al. 2002, as SeqGAN (arXiv 1609.05473) and Texygen (arXiv 1802.01886) take it of text
that answers to nothing: each generated sentence against all reference sentences at once, and the
mean over the generated ones. The arithmetic is NLTK's; what is kept between sentences are the
counts of the references, which NLTK's own `sentence_bleu` takes anew for each sentence.
"""

import collections
import math

import numpy as np
from nltk.translate import bleu_score

ORDERS = (2, 3, 4, 5)
EPSILON = 0.1  # matches that count for an order without any: NLTK's smoothing method 1
PROTOCOL = (
    "Mean over sentences of NLTK's sentence BLEU: uniform weights over n-grams of 1 to n tokens, "
    f"brevity penalty against the closest length of a reference, smoothing method 1 (epsilon "
    f"{EPSILON})."
)


def bleu(sentences, references, orders=ORDERS):
    """BLEU of `sentences` against `references`: 1 where all their n-grams occur there.

    Args:
        sentences: generated ones, lists of tokens.
        references: real ones, lists of tokens.
        orders: n of each score, the longest n-grams that it counts.

    Returns:
        floats in [0, 1] by `bleu_2` and so on.

    Raises:
        ValueError: for no sentences, no references, or orders under 1.
    """
    if not len(sentences) or not len(references):
        raise ValueError(
            f"BLEU compares sentences with references; there are {len(sentences)} and "
            f"{len(references)}."
        )
    counted = References(references, max(checked_orders(orders)))
    scores = [[counted.score(sentence, n) for n in orders] for sentence in sentences]
    return {f"bleu_{n}": float(mean) for n, mean in zip(orders, np.mean(scores, 0), strict=True)}


class References:
    """The n-grams of all references, counted once.

    Args:
        references: lists of tokens.
        longest: longest n-grams that are counted.
    """

    def __init__(self, references, longest):
        self.lengths = collections.Counter(len(reference) for reference in references)
        # n-gram: [most occurrences in one reference, number of that reference, most in any other]
        self.most = {}
        for number, reference in enumerate(references):
            for n in range(1, longest + 1):
                for gram, count in ngram_counts(reference, n).items():
                    entry = self.most.setdefault(gram, [0, None, 0])
                    if count > entry[0]:
                        entry[:] = [count, number, entry[0]]
                    elif count > entry[2]:
                        entry[2] = count

    def score(self, sentence, order, without=None):
        """BLEU of one sentence.

        Args:
            sentence: list of tokens.
            order: longest n-grams.
            without: (number, length) of the reference that is left out; None leaves out none.

        Returns:
            float in [0, 1]; 0 for a sentence of which not one token occurs.
        """
        precisions = []
        for n in range(1, order + 1):
            counts = ngram_counts(sentence, n)
            matches = sum(min(k, self.occurrences(gram, without)) for gram, k in counts.items())
            if n == 1 and not matches:
                return 0.0
            total = max(1, counts.total())
            precisions.append(bleu_score.Fraction(matches, total, _normalize=False))
        smoothed = bleu_score.SmoothingFunction(epsilon=EPSILON).method1(precisions)
        penalty = bleu_score.brevity_penalty(
            self.closest_length(len(sentence), without), len(sentence)
        )
        return penalty * math.exp(math.fsum(math.log(p) / order for p in smoothed))

    def occurrences(self, gram, without):
        """How often the n-gram occurs in the reference, but for `without`, that has most of it."""
        first, number, second = self.most.get(gram, (0, None, 0))
        return second if without is not None and number == without[0] else first

    def closest_length(self, length, without):
        """The length of a reference, but for `without`, that is closest; of two the shorter."""
        lengths = self.lengths
        if without is not None and lengths[without[1]] == 1:
            lengths = [one for one in lengths if one != without[1]]
        return min(lengths, key=lambda one: (abs(one - length), one))


def ngram_counts(tokens, n):
    """How often each n-gram occurs in a list of tokens: a `Counter` of tuples."""
    return collections.Counter(zip(*(tokens[start:] for start in range(n)), strict=False))


def checked_orders(orders):
    """`orders`, unless they are none or under 1, which raises ValueError."""
    if not len(orders) or min(orders) < 1:
        raise ValueError(f"The orders {orders} of BLEU must be one or more numbers from 1 on.")
    return orders
