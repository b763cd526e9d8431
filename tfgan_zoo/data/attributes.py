"""Attributes of pictures, read from the names of their classes, in one data set or in several.

A class whose name is words joined by "+", such as `brick+night`, has these words for its
attributes; each attribute then holds for itself. In a set without such names the classes themselves
are the attributes, of which exactly one holds.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence

import numpy as np

from tfgan_zoo.data import contents
from tfgan_zoo.data.errors import DataError
from tfgan_zoo.data.examples import Examples
from tfgan_zoo.kinds.class_ import Class

JOINT = "+"


@dataclasses.dataclass(frozen=True)
class Known:
    """What one data set knows of its pictures.

    Attributes:
        words: the attributes' names.
        exclusive: whether exactly one of them holds.
        table: float32 `[labels, attributes]` of 0 and 1, a row for each class of the set.
    """

    words: tuple[str, ...]
    exclusive: bool
    table: np.ndarray


def known(names: Sequence[str]) -> Known:
    """The attributes of classes with these names."""
    if not any(JOINT in name for name in names):
        return Known(tuple(names), True, np.eye(len(names), dtype=np.float32))
    parts = [[part for part in name.split(JOINT) if part] for name in names]
    words = tuple(dict.fromkeys(word for row in parts for word in row))
    table = np.array([[word in row for word in words] for row in parts], np.float32)
    return Known(words, False, table)


@dataclasses.dataclass(frozen=True)
class Attributes:
    """The attributes of several data sets, whose labels are counted on through all of them.

    Attributes:
        sets: of each data set, in its order.
        names: of all labels.
    """

    sets: tuple[Known, ...]
    names: tuple[str, ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many attributes each set has."""
        return tuple(len(one.words) for one in self.sets)

    @property
    def exclusive(self) -> tuple[bool, ...]:
        """Of each set whether exactly one of its attributes holds."""
        return tuple(one.exclusive for one in self.sets)

    @property
    def table(self) -> np.ndarray:
        """float32 `[labels, attributes]`: what each label says, and zeros for what other sets
        know.
        """
        rows, columns = len(self.names), sum(self.sizes)
        table, row, column = np.zeros((rows, columns), np.float32), 0, 0
        for one in self.sets:
            height, width = one.table.shape
            table[row : row + height, column : column + width] = one.table
            row, column = row + height, column + width
        return table

    @property
    def set_of_label(self) -> np.ndarray:
        """int32 `[labels]`."""
        counts = [len(one.table) for one in self.sets]
        return np.repeat(np.arange(len(counts)), counts).astype(np.int32)


def of(table: Examples) -> Attributes:
    """The attributes of a table that `joined` made."""
    sets = table.info.get("label_sets") or [table.info["label_names"]]
    return Attributes(tuple(map(known, sets)), tuple(name for names in sets for name in names))


def check(tables: Sequence[Examples]):
    """Raises `DataError` for tables without at least two named labels, or with one name in two."""
    whole = []
    for table in tables:
        names = table.info.get("label_names")
        if "labels" not in table.fields or not names or len(names) < 2:
            raise DataError(
                f"{table.info['name']} has no attributes to choose from: give a folder with one "
                "folder for each class, named by its attributes, such as brick, or brick+night "
                "where several hold together."
            )
        whole += names
    twice = sorted({name for name in whole if whole.count(name) > 1})
    if twice:
        raise DataError(
            f"Two data sets have the class '{twice[0]}', and a name must say which is meant: name "
            "classes of one meaning apart, such as 'young' and 'young face'."
        )


def joined(tables: Sequence[Examples]) -> Examples:
    """One table of several data sets, in which each has as many examples as the largest: those of
    smaller ones come again. Labels are counted on, and `info["label_sets"]` has the names of each.

    Raises:
        DataError: as `check`, and if their pictures differ in shape.
    """
    check(tables)
    if len(tables) == 1:
        return tables[0]
    shapes = [table.fields["images"].shape for table in tables]
    if len(set(shapes)) > 1:
        raise DataError(f"The data sets' pictures differ in shape: {shapes}.")
    counts = [len(table.info["label_names"]) for table in tables]
    firsts, largest = np.cumsum([0, *counts[:-1]]), max(map(len, tables))
    names = [name for table in tables for name in table.info["label_names"]]

    def fetch(rows):
        found = {}
        for number, (table, first) in enumerate(zip(tables, firsts, strict=True)):
            places = np.flatnonzero(rows // largest == number)
            own = table.fetch(rows[places] % largest % len(table))
            own["labels"] = own["labels"] + np.int32(first)
            for name in ("images", "labels"):
                whole = found.setdefault(
                    name, np.zeros((len(rows), *own[name].shape[1:]), own[name].dtype)
                )
                whole[places] = own[name]
        return found

    def all_of(key):
        return "; ".join(dict.fromkeys(str(table.info[key]) for table in tables))

    info = {
        **{key: all_of(key) for key in ("licence", "description", "source", "split_rule")},
        "name": ", ".join(table.info["name"] for table in tables),
        "split": tables[0].info["split"],
        "skipped": sum(table.info.get("skipped", 0) for table in tables),
        "contents": functools.reduce(
            contents.joined, (table.info.get("contents") for table in tables)
        ),
        "label_names": names,
        "label_sets": [table.info["label_names"] for table in tables],
    }
    fields = {"images": tables[0].fields["images"], "labels": Class(tuple(names))}
    whole = [
        f"{table.info['name']} {table.names[i % len(table)]}"
        for table in tables
        for i in range(largest)
    ]
    return Examples(fields, whole, info, fetch)
