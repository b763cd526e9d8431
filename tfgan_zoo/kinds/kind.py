"""What all kinds have in common.

A kind says what one field of an example, or one answer of a model, is: how it is stored, what a
model takes, how it is augmented, how a person looks at it, and how it becomes a file. Another kind
is another file beside this one; whoever handles fields asks their kinds and needs no change.
"""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import numpy as np


class KindError(ValueError):
    """A value that its kind cannot take; the message says what is wrong with it."""


@dataclasses.dataclass(frozen=True)
class Kind:
    """The base of all kinds: values that a model takes as they are stored, never augmented.

    Attributes:
        name: the word for the kind, as cards and messages have it.
        dtype: NumPy type in which values are stored.
        suffix: how the name of a file with one value ends.
        shape: of one example as stored; each kind has it, as a field or a property.
    """

    name: ClassVar[str]
    dtype: ClassVar[Any]
    suffix: ClassVar[str] = ".txt"

    @property
    def nbytes(self) -> int:
        """Bytes of one stored example."""
        return int(np.prod(self.shape, dtype=np.int64)) * np.dtype(self.dtype).itemsize

    def normalise(self, stored):
        """What a model takes, as a tensor.

        Args:
            stored: `[..., *shape]` in `dtype`.
        """
        return stored

    def restore(self, values) -> np.ndarray:
        """The stored form `[..., *shape]` of what a model takes or gives; the way back from
        `normalise`.
        """
        return np.asarray(values, self.dtype)

    def cropped(self, crop_size: tuple[int, int]) -> Kind:
        """The kind of the examples after a crop: itself for what has no height and width.

        Args:
            crop_size: `(height, width)` in pixels.

        Raises:
            KindError: if the crop is larger than the pictures.
        """
        del crop_size
        return self

    def augment(self, stored: np.ndarray, words: np.ndarray, crop_size=None, flip: bool = False):
        """A random crop and a random flip left to right, of kinds that have them.

        Fields of one example that get the same words are cropped and flipped alike.

        Args:
            stored: `[b, *shape]`, the caller's own, which may be changed.
            words: uint64 `[b, 4]`, random.
            crop_size: `(height, width)` in pixels; None takes the examples whole.
            flip: whether every other example, on average, is flipped.

        Returns:
            `[b, *cropped(crop_size).shape]` in `dtype`.
        """
        del words, crop_size, flip
        return stored

    def spread(self, values) -> float:
        """How far samples are apart: 0 when all are the same. Collapse is a small spread beside
        that of real examples.

        Args:
            values: `[N, *shape]` as a model takes them or gives them; N at least 2.
        """
        raise NotImplementedError

    def preview(self, values):
        """A `PIL.Image` in which a person sees the values `[N, *shape]`, as a model gives them."""
        raise NotImplementedError

    def encode(self, stored) -> bytes:
        """The contents of a file, whose name ends in `suffix`, with one stored example."""
        raise NotImplementedError

    def decode(self, content: bytes) -> np.ndarray:
        """One stored example from the contents of a file that `encode` made.

        Raises:
            KindError: if the file does not hold one.
        """
        raise NotImplementedError


def mean_deviation(values) -> float:
    """The spread of numbers: the standard deviation over the first axis, its mean over the rest."""
    return float(np.mean(np.std(np.asarray(values, np.float64), axis=0)))


def share_of_unequal_pairs(numbers) -> float:
    """The spread of what is equal or not: of all pairs of samples, the mean share of places in
    which the two differ.

    Args:
        numbers: int `[N, ...]`, at least 0; N at least 2.
    """
    columns = np.asarray(numbers).reshape(len(numbers), -1).T
    count = columns.shape[1]
    alike = [np.sum(n * (n - 1)) for n in (np.unique(c, return_counts=True)[1] for c in columns)]
    return 1.0 - float(np.mean(alike)) / (count * (count - 1))
