"""Synthetic text whose true probability is known: sequences drawn from an LSTM that never learns.

| `--data=`               | what it is                                                            |
|-------------------------|-----------------------------------------------------------------------|
| `oracle`                | 200 tokens, state of 16, 10 tokens in a sequence: hours become minutes|
| `oracle:seed=1`         | another such world; also `vocabulary`, `size`, `length`               |
| `oracle:DIR`            | the parameters that SeqGAN's authors released, as target_params.npz   |

The oracle of SeqGAN (Yu et al. 2016, arXiv 1609.05473): weights and biases all N(0, 1). In nats per
token, its own samples have 5.74 under the released parameters, uniformly drawn tokens 11.43.
"""

from __future__ import annotations

import dataclasses
import pathlib

import numpy as np

from tfgan_zoo.data import splits
from tfgan_zoo.data.examples import DataError, Examples
from tfgan_zoo.data.request import DEFAULT, Request
from tfgan_zoo.kinds.tokens import Tokens, Vocabulary

PREFIX = "oracle"
FILE = "target_params.npz"
RELEASED_LENGTH = 20
ROWS = 256  # sequences at a time
COUNTS = {"train": 10_000, "validation": 5_000, "test": 5_000}
DEFAULTS = {"seed": 0, "vocabulary": 200, "size": 16, "length": 10}


@dataclasses.dataclass(frozen=True)
class Oracle:
    """An LSTM with fixed parameters that draws sequences and knows their probability.

    Attributes:
        parameters: 15 arrays in the order of the authors' file: vectors of the tokens `[V, E]`; for
            each of the gates input, forget, output and cell a matrix `[E, H]` of the input, one
            `[H, H]` of the state, and a bias `[H]`; the matrix `[H, V]` and bias `[V]` of the
            logits.
        length: tokens in a sequence, T.
        start: the token that stands before the first one.
    """

    parameters: tuple[np.ndarray, ...]
    length: int
    start: int = 0

    @classmethod
    def made(cls, seed: int = 0, vocabulary: int = 200, size: int = 16, length: int = 10) -> Oracle:
        """An oracle all of whose parameters are drawn from N(0, 1).

        Args:
            seed: which one.
            vocabulary: number of tokens, V.
            size: of a token's vector and of the state, E and H.
            length: tokens in a sequence, T.
        """
        chance = np.random.default_rng(seed)
        gate = [(size, size), (size, size), (size,)]
        shapes = [(vocabulary, size), *gate * 4, (size, vocabulary), (vocabulary,)]
        return cls(tuple(chance.standard_normal(shape) for shape in shapes), length)

    @classmethod
    def load(cls, folder, length: int = RELEASED_LENGTH) -> Oracle:
        """The oracle whose parameters a folder holds, as arrays p00 to p14 of target_params.npz.

        Raises:
            DataError: if the file is not there, or does not hold such parameters.
        """
        path = pathlib.Path(folder) / FILE
        try:
            with np.load(path, allow_pickle=False) as arrays:
                parameters = tuple(arrays[f"p{number:02d}"] for number in range(15))
        except FileNotFoundError as error:
            raise DataError(f"'{folder}' holds no {FILE}, the parameters of an oracle.") from error
        except (KeyError, ValueError, OSError) as error:
            raise DataError(f"{path} does not hold an oracle's 15 arrays p00 to p14.") from error
        return cls(parameters, length)

    @property
    def vocabulary(self) -> int:
        """Number of tokens."""
        return len(self.parameters[0])

    def sample(self, count: int, seed) -> np.ndarray:
        """Sequences int32 `[count, T]`, drawn from the oracle.

        Args:
            seed: of `np.random.default_rng`.
        """
        chance = np.random.default_rng(seed)

        def draw(_position, log_p):
            reached = np.cumsum(np.exp(log_p), axis=1)
            drawn = chance.random((len(log_p), 1)) * reached[:, -1:]
            return np.minimum((reached < drawn).sum(1), self.vocabulary - 1)

        blocks = [min(ROWS, count - first) for first in range(0, count, ROWS)]
        return np.concatenate([self._run(rows, draw)[0] for rows in blocks])

    def negative_log_likelihood(self, tokens) -> np.ndarray:
        """-log p in nats per token, float64 `[N]`, of sequences int `[N, T]`."""
        tokens = np.asarray(tokens)
        found = []
        for first in range(0, len(tokens), ROWS):
            given = tokens[first : first + ROWS]
            found.append(
                -self._run(len(given), lambda t, _log_p, g=given: g[:, t])[1] / self.length
            )
        return np.concatenate(found)

    def _run(self, rows, choose):
        """(tokens `[rows, T]`, their log p `[rows]`): `choose(position, log p [rows, V])` says the
        token of each row.
        """
        vectors, *gates, weights, bias = self.parameters
        hidden = cell = np.zeros((rows, len(weights)), weights.dtype)
        token, tokens, total = np.full(rows, self.start), [], np.zeros(rows)
        for position in range(self.length):
            x = vectors[token]
            i, f, o, c = (
                x @ gates[k] + hidden @ gates[k + 1] + gates[k + 2] for k in range(0, 12, 3)
            )
            cell = _sigmoid(f) * cell + _sigmoid(i) * np.tanh(c)
            hidden = _sigmoid(o) * np.tanh(cell)
            logits = hidden @ weights + bias
            logits -= logits.max(axis=1, keepdims=True)
            log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
            token = choose(position, log_p)
            tokens.append(token)
            total += log_p[np.arange(rows), token]
        return np.stack(tokens, axis=1).astype(np.int32), total


def _sigmoid(x):
    return 0.5 * (1 + np.tanh(0.5 * x))


def is_oracle(spec: str) -> bool:
    """Whether `--data` names an oracle."""
    return spec.partition(":")[0] == PREFIX


def find(spec: str) -> Oracle:
    """The oracle of `oracle`, `oracle:key=number,key=number` or `oracle:DIR`.

    Raises:
        DataError: for an unknown key, a number that it cannot be, or a folder without parameters.
    """
    _, _, text = spec.partition(":")
    if text and "=" not in text:
        return Oracle.load(text)
    options = dict(DEFAULTS)
    for part in filter(None, text.split(",")):
        key, _, value = part.partition("=")
        if key not in DEFAULTS:
            raise DataError(f"'{spec}': an oracle has no '{key}'; it has {', '.join(DEFAULTS)}.")
        if not value.isdecimal() or (key != "seed" and int(value) < 1):
            raise DataError(f"'{spec}': {key} must be a whole number above zero, not '{value}'.")
        options[key] = int(value)
    return Oracle.made(**options)


def open_oracle(spec: str, split: str, request: Request = DEFAULT) -> Examples:
    """A table of sequences drawn from an oracle: field `tokens`, int32 `[T]`.

    Args:
        spec: see the module.
        split: `train` (10,000 sequences, as in the paper), `validation` or `test` (5,000 each).
        request: its `seed` says which sequences, `num_examples` another number of them.

    Raises:
        DataError: for an unknown option or split, or a folder without parameters.
    """
    oracle, split = find(spec), splits.canonical(split)
    if split not in COUNTS:
        raise DataError(f"'{spec}' has no split '{split}'; it has {', '.join(COUNTS)}.")
    count = request.num_examples or COUNTS[split]
    tokens = oracle.sample(count, [request.seed, list(COUNTS).index(split)])
    info = {
        "name": spec.partition("/")[0].rstrip(":"),  # no folder of one machine
        "source": spec,
        "split": split,
        "split_rule": f"drawn with seed {request.seed}",
        "licence": "none needed: random numbers",
        "description": (
            f"Sequences of {oracle.length} of {oracle.vocabulary} tokens, drawn from an LSTM whose "
            "parameters are random numbers (the oracle of SeqGAN, arXiv 1609.05473)"
        ),
    }
    kind = Tokens(oracle.length, Vocabulary.of_numbers(oracle.vocabulary, oracle.start))
    names = [f"{split}-{index:06d}" for index in range(count)]
    return Examples.from_arrays({"tokens": tokens}, {"tokens": kind}, names, info)
