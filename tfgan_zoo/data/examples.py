"""The element that every data source hands on: a random-access table of named fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tfgan_zoo.data.errors import DataError
from tfgan_zoo.kinds.class_ import Class
from tfgan_zoo.kinds.kind import Kind


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


class Examples:
    """A table of examples that can be read in any order.

    Paired data has the fields `source` and `target`; unpaired data `images` and, where classes
    exist, `labels`; the worlds of `data.worlds` have `points`, and text has `tokens`.

    Attributes:
        fields: `{field name: its kind}`.
        names: one stable name per example.
        info: what is known about the data: `name`, `licence`, `description`, `source`, `split`,
            `split_rule`, and where they exist `palette` ([[r, g, b], ...]), `label_names` and
            `skipped` (the number of files left out of the whole set, all splits together).
    """

    def __init__(
        self,
        fields: Mapping[str, Kind],
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
            kinds: `{field: its kind}`, of the shape and type of its array.
            names: one name per example.
            info: as in the class.
            rows: which rows of the arrays are the examples; all when None.

        Raises:
            ValueError: if an array is not what its kind says.
        """
        fields = {name: kinds[name] for name in arrays}
        for name, kind in fields.items():
            array = arrays[name]
            if array.shape[1:] != tuple(kind.shape) or array.dtype != kind.dtype:
                raise ValueError(
                    f"The field '{name}' holds {array.dtype} {array.shape[1:]}; its kind "
                    f"{kind.name} is {np.dtype(kind.dtype)} {tuple(kind.shape)}."
                )
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
            `{field: array [n, *shape of its kind]}`, the caller's to change.
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

    def numbered(self) -> Examples:
        """The table with a field more, `rows`: the number of each example, from 0, as a class. A
        model that keeps something for each example finds it by this.
        """
        return Examples(
            {**self.fields, "rows": Class(count=len(self))},
            self.names,
            self.info,
            lambda i: {**self._fetch(i), "rows": i.astype(np.int32)},
        )
