"""The element that every data source hands on: a random-access table of uint8 examples."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np


class DataError(ValueError):
    """Data that cannot be used as asked; the message says what to do about it."""


class BadFile(DataError):
    """One file that cannot be used.

    Attributes:
        path: the file.
        why: the reason, to be read after the path.
    """

    def __init__(self, path, why: str):
        super().__init__(f"{path}: {why}")
        self.path = path
        self.why = why


@dataclasses.dataclass(frozen=True)
class FieldSpec:
    """One field of an example.

    Attributes:
        shape: `(H, W, C)` of one picture, `()` of a class, `(D,)` of a point.
        dtype: `np.uint8` for pictures, `np.int32` for classes, `np.float32` for points.
        kind: `"image"`, `"labels"` (a label map: its colours must never be mixed), `"class"` or
            `"points"`.
    """

    shape: tuple[int, ...]
    dtype: Any
    kind: str

    @property
    def nbytes(self) -> int:
        """Bytes of one value."""
        return int(np.prod(self.shape, dtype=np.int64)) * np.dtype(self.dtype).itemsize


class Examples:
    """A table of examples that can be read in any order.

    Paired data has the fields `source` and `target`; unpaired data `images` and, where classes
    exist, `labels`; the worlds of `data.worlds` have `points`.

    Attributes:
        fields: `{field name: FieldSpec}`.
        names: one stable name per example.
        info: what is known about the data: `name`, `licence`, `description`, `source`, `split`,
            `split_rule`, and where they exist `palette` ([[r, g, b], ...]), `label_names` and
            `skipped` (the number of files left out of the whole set, all splits together).
    """

    def __init__(
        self,
        fields: Mapping[str, FieldSpec],
        names: Sequence[str],
        info: Mapping[str, Any],
        fetch: Callable[[np.ndarray], dict[str, np.ndarray]],
    ):
        self.fields = dict(fields)
        self.names = list(names)
        self.info = dict(info)
        self._fetch = fetch

    @classmethod
    def from_arrays(cls, arrays, kinds, names, info, rows=None) -> Examples:
        """A table over arrays whose first axis is the example.

        Args:
            arrays: `{field: array [N, ...]}`, in memory or memory-mapped; not copied.
            kinds: `{field: kind}`.
            names: one name per example.
            info: as in the class.
            rows: which rows of the arrays are the examples; all when None.
        """
        fields = {
            name: FieldSpec(tuple(array.shape[1:]), array.dtype.type, kinds[name])
            for name, array in arrays.items()
        }
        if rows is None:
            return cls(fields, names, info, lambda i: {k: a[i] for k, a in arrays.items()})
        rows = np.asarray(rows, np.int64)
        return cls(fields, names, info, lambda i: {k: a[rows[i]] for k, a in arrays.items()})

    def __len__(self) -> int:
        return len(self.names)

    def fetch(self, indices) -> dict[str, np.ndarray]:
        """Examples by number.

        Args:
            indices: int array `[n]`, each in `[0, len(self))`, in any order.

        Returns:
            `{field: array [n, H, W, C] uint8, or [n] int32 for classes}`, the caller's to change.
        """
        return self._fetch(np.asarray(indices, np.int64))

    def subset(self, indices) -> Examples:
        """The table of these examples only, in this order."""
        kept = np.asarray(indices, np.int64)
        return Examples(
            self.fields,
            [self.names[i] for i in kept],
            self.info,
            lambda i: self._fetch(kept[i]),
        )
