"""Self-BLEU: how alike generated sentences are among each other; 1 where all are the same.

Zhu et al. 2018, Texygen, arXiv 1802.01886: the BLEU of each sentence against all the others. Low is
varied, and so is noise, so that it stands beside BLEU and beside that of real sentences.
"""

import numpy as np

from tfgan_zoo.metrics.bleu import ORDERS, References, checked_orders


def self_bleu(sentences, orders=ORDERS):
    """BLEU of each sentence against all others, the mean over `sentences`; protocol as `bleu`.

    It grows with the number of sentences: compare figures of as many.

    Args:
        sentences: at least two lists of tokens.
        orders: n of each score, the longest n-grams that it counts.

    Returns:
        floats in [0, 1] by `self_bleu_2` and so on.

    Raises:
        ValueError: for fewer sentences, or orders under 1.
    """
    if len(sentences) < 2:
        raise ValueError(f"Self-BLEU compares at least two sentences; there are {len(sentences)}.")
    counted = References(sentences, max(checked_orders(orders)))
    scores = [
        [counted.score(sentence, n, without=(number, len(sentence))) for n in orders]
        for number, sentence in enumerate(sentences)
    ]
    return {
        f"self_bleu_{n}": float(mean) for n, mean in zip(orders, np.mean(scores, 0), strict=True)
    }
