"""Classes: one whole number for each example."""

from __future__ import annotations

import dataclasses

import numpy as np

from tfgan_zoo.kinds.drawing import draw_lines
from tfgan_zoo.kinds.kind import Kind, KindError, share_of_unequal_pairs


@dataclasses.dataclass(frozen=True)
class Class(Kind):
    """Classes, stored and taken as int32, each at least 0 and below `count`.

    Attributes:
        names: the name of each class, or None where they have none.
        count: how many classes there are; None where names do not say it and nobody knows.
    """

    names: tuple[str, ...] | None = None
    count: int | None = None

    name = "class"
    dtype = np.int32

    def __post_init__(self):
        if self.names is not None:
            if self.count not in (None, len(self.names)):
                raise ValueError(f"{len(self.names)} names cannot name {self.count} classes.")
            object.__setattr__(self, "names", tuple(self.names))
            object.__setattr__(self, "count", len(self.names))

    @property
    def shape(self) -> tuple[()]:
        """`()`."""
        return ()

    def words(self, values) -> list[str]:
        """The name of each class of `[N]`; its number where it has none."""
        return [self._word(int(number)) for number in np.asarray(values)]

    def spread(self, values) -> float:
        """Of all pairs of the classes `[N]`, the share that differ."""
        return share_of_unequal_pairs(values)

    def preview(self, values):
        """The names of the classes `[N]`, one under another, as a `PIL.Image`."""
        return draw_lines(self.words(values))

    def encode(self, stored) -> bytes:
        """The name, or the number, as text in UTF-8."""
        return (self._word(int(stored)) + "\n").encode("utf-8")

    def decode(self, content) -> np.ndarray:
        """int32 `[]` from the text of `encode`."""
        word = content.decode("utf-8", "replace").rstrip("\r\n")
        if self.names is not None and word in self.names:
            return np.array(self.names.index(word), np.int32)
        if self.names is not None or not word.isdecimal():
            raise KindError(f"holds '{word}', which names no class")
        return np.array(int(word), np.int32)

    def _word(self, number):
        return str(number) if self.names is None else self.names[number]
