"""Lines of text, or sequences of plain numbers, as rows of token numbers of one length."""

from __future__ import annotations

import dataclasses
import functools
from collections import Counter
from collections.abc import Iterable

import numpy as np

from tfgan_zoo.kinds.drawing import draw_lines
from tfgan_zoo.kinds.kind import Kind, KindError, share_of_unequal_pairs

PAD, START, END, UNKNOWN = "<pad>", "<start>", "<end>", "<unknown>"
MARKS = (PAD, START, END, UNKNOWN)


@dataclasses.dataclass(frozen=True)
class Vocabulary:
    """The words that tokens stand for: token i is `words[i]`.

    Attributes:
        words: all of them, the marks included; no word stands twice.
        separator: what stands between two words of a line: a space, or nothing where the words are
            characters.
        start: the token that a model is given before the first one.
        pad: the token that fills a row behind its end, or None.
        end: the token that ends a line, or None where rows are always full.
        unknown: the token for words that are not in the vocabulary, or None.
    """

    words: tuple[str, ...]
    separator: str = " "
    start: int = 0
    pad: int | None = None
    end: int | None = None
    unknown: int | None = None

    def __post_init__(self):
        if len(set(self.words)) < len(self.words):
            raise ValueError("A vocabulary holds each word once.")

    @classmethod
    def of_lines(
        cls, lines: Iterable[list[str]], size: int | None = None, separator: str = " "
    ) -> Vocabulary:
        """The most frequent words of some lines, after the marks PAD 0, START 1, END 2, UNKNOWN 3.

        Args:
            lines: each a list of words; those of the training split alone.
            size: the most tokens there may be, the four marks included; None takes all words.
            separator: as in the class.

        Words that are equally frequent come in the order of their letters.
        """
        if size is not None and size <= len(MARKS):
            raise ValueError(f"A vocabulary of {size} has no room beside its {len(MARKS)} marks.")
        counts = Counter(word for line in lines for word in line if word not in MARKS)
        ranked = sorted(counts, key=lambda word: (-counts[word], word))
        words = MARKS + tuple(ranked[: None if size is None else size - len(MARKS)])
        return cls(words, separator, start=1, pad=0, end=2, unknown=3)

    @classmethod
    def of_numbers(cls, size: int, start: int = 0) -> Vocabulary:
        """The numbers from 0 to `size - 1`, without marks: what a synthetic oracle speaks."""
        return cls(tuple(map(str, range(size))), start=start)

    def __len__(self) -> int:
        return len(self.words)

    def split(self, text: str) -> list[str]:
        """The words of a line of text; its characters where words are characters."""
        return text.split() if self.separator else list(text)

    def tokens(self, words: list[str], length: int) -> np.ndarray:
        """A row of tokens: the words, then one end mark, then padding.

        A line of `length` words or more keeps its first `length` words and has no end mark.

        Args:
            words: of one line.
            length: T, tokens in the row.

        Returns:
            int32 `[T]`.

        Raises:
            KindError: for a word that is not in a vocabulary without a token for unknown ones, or
                for a line that is too short where there is no padding.
        """
        row = [self._number(word) for word in words[:length]]
        if len(row) < length:
            if self.pad is None or self.end is None:
                raise KindError(
                    f"A row of {length} tokens cannot be made of {len(row)} words: "
                    "this vocabulary has no padding."
                )
            row += [self.end] + [self.pad] * (length - len(row) - 1)
        return np.array(row, np.int32)

    def text(self, tokens) -> str:
        """The line of text that a row of tokens `[T]` stands for, up to its end mark.

        Padding and the start mark are left out; unknown words appear as their mark.
        """
        words = []
        for token in np.asarray(tokens).tolist():
            if token == self.end:
                break
            # Where there is no end mark every token is a word, the one to start from too.
            if self.end is None or token not in (self.pad, self.start):
                words.append(self.words[token])
        return self.separator.join(words)

    def _number(self, word):
        number = self._numbers.get(word, self.unknown)
        if number is None:
            raise KindError(f"'{word}' is not in the vocabulary of {len(self)} words.")
        return number

    @functools.cached_property
    def _numbers(self) -> dict[str, int]:
        # A text that happens to hold the word of a mark must not end or pad a row: it is unknown.
        marks = () if self.unknown is None else (self.pad, self.start, self.end)
        return {word: number for number, word in enumerate(self.words) if number not in marks}


@dataclasses.dataclass(frozen=True)
class Tokens(Kind):
    """Rows of tokens: stored and taken as int32 `[T]`, each at least 0 and below
    `len(vocabulary)`.

    Attributes:
        length: T.
        vocabulary: what the tokens mean.
    """

    length: int
    vocabulary: Vocabulary

    name = "tokens"
    dtype = np.int32

    @property
    def shape(self) -> tuple[int]:
        """`(T,)`."""
        return (self.length,)

    def lines(self, values) -> list[str]:
        """The text of each row of `[N, T]`."""
        return [self.vocabulary.text(row) for row in np.asarray(values)]

    def spread(self, values) -> float:
        """Of all pairs of rows `[N, T]`, the mean share of places in which the two differ."""
        return share_of_unequal_pairs(values)

    def preview(self, values):
        """The text of each row of `[N, T]`, line by line, as a `PIL.Image`."""
        return draw_lines(self.lines(values))

    def encode(self, stored) -> bytes:
        """One line of text in UTF-8."""
        return (self.vocabulary.text(stored) + "\n").encode("utf-8")

    def decode(self, content: bytes) -> np.ndarray:
        """int32 `[T]` from one line of text in UTF-8; a longer line is cut."""
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise KindError("is not text in UTF-8") from error
        return self.vocabulary.tokens(self.vocabulary.split(text.rstrip("\r\n")), self.length)
