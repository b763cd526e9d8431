"""Reads the picture files of a listing: checks all of them, and opens one split as a table.

Every file of every split is decoded before anything is handed out, and nothing is dropped in
silence.
"""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from tfgan_zoo.data import cache as cache_lib
from tfgan_zoo.data import contents, images, places, splits, suspicions
from tfgan_zoo.data.errors import DataError
from tfgan_zoo.data.examples import BadFile, Examples
from tfgan_zoo.data.request import Request
from tfgan_zoo.kinds.class_ import Class
from tfgan_zoo.kinds.image import Image
from tfgan_zoo.kinds.label_map import LabelMap


@dataclasses.dataclass(frozen=True)
class Record:
    """One example as it lies on disk."""

    name: str
    files: tuple[pathlib.Path, ...]
    label: int | None = None


@dataclasses.dataclass(frozen=True)
class Side:
    """How one field is read from its picture.

    Attributes:
        field: its name.
        channels: 1 to 4.
        kind: `image`, `labels` for label maps, or `auto` as long as that is not decided.
        palette: `((r, g, b), ...)` that the files of label maps share, if they do.
    """

    field: str
    channels: int
    kind: str = "image"
    palette: tuple | None = None

    def kind_at(self, image_size) -> Image:
        """The field's kind, its pictures resized to `image_size`, `(height, width)`."""
        shape = (*image_size, self.channels)
        return LabelMap(shape, self.palette) if self.kind == "labels" else Image(shape)


@dataclasses.dataclass(frozen=True)
class Reader:
    """Reads the pictures of a record at their own size.

    Attributes:
        sides: in the order of the record's files, or from left to right.
        joined: whether one file holds both sides.
    """

    sides: tuple[Side, ...]
    joined: bool = False

    def __call__(self, record: Record) -> dict[str, np.ndarray]:
        """`{field: uint8 [H, W, C]}`; raises `BadFile`."""
        pictures = {}
        for number, side in enumerate(self.sides):
            path = record.files[0 if self.joined else number]
            if path.is_dir():
                raise BadFile(path, "is a folder, not a picture")
            try:
                pixels = images.decode(path, side.channels, side.kind)
            except images.ImageError as error:
                raise BadFile(path, str(error)) from error
            if self.joined:
                width = pixels.shape[1]
                if width % 2:
                    raise BadFile(path, f"is {width} pixels wide, which two equal halves cannot be")
                pixels = pixels[:, number * width // 2 : (number + 1) * width // 2]
            pictures[side.field] = pixels
        sizes = [picture.shape[:2] for picture in pictures.values()]
        if len(set(sizes)) > 1:
            (height, width), (other_height, other_width) = sizes
            raise BadFile(
                record.files[0],
                f"is {width}x{height} pixels and its partner {record.files[1]} is "
                f"{other_width}x{other_height}",
            )
        return pictures


@dataclasses.dataclass
class Listing:
    """What the names in a folder say, before any file is opened.

    Attributes:
        splits: `{split: records}`, sorted.
        rule: one sentence on how the splits came about.
        problems: what the names already show to be wrong.
        label_names: the classes, or None.
        roots: the folder, or the one of each file of a record.
        again: (paths, problems) -> the listing without the files at these paths, its splits cut
            anew, and with these problems; None where the folders are the splits.
    """

    splits: dict[str, list[Record]]
    rule: str
    problems: list[BadFile]
    label_names: list[str] | None = None
    roots: tuple[pathlib.Path, ...] = ()
    again: Callable | None = None


def open_listing(
    listing: Listing,
    split: str,
    reader: Reader,
    request: Request,
    info: dict,
) -> Examples:
    """Checks every file of a listing and opens one of its splits.

    A file that was found sound once in this process is not decoded again to check it.

    Args:
        listing: from one of the `list_` functions.
        split: `train`, `validation` (or `val`) or `test`.
        reader: reads a record.
        request: its size, cache, `skip_bad` and `progress`, which is called with (records done,
            records in all) while files are decoded.
        info: `name`, `source` and so on; completed here.

    Raises:
        DataError: if the split does not exist, or if a file cannot be used and `skip_bad` is not
            set; the message counts the problems and lists the first ten.
    """
    split = splits.canonical(split)
    records = listing.splits.get(split, [])
    if not records:
        known = ", ".join(f"{name} ({len(part)})" for name, part in listing.splits.items())
        raise DataError(f"{info['source']} has no examples for '{split}'; it has {known}.")
    others = [r for name, part in listing.splits.items() if name != split for r in part]
    stamps = {record: _stamp(record) for record in (*others, *records)}
    others = [record for record in others if (reader, stamps[record]) not in _sound]
    total = len(others) + len(records)

    def advance(done):
        if request.progress:
            request.progress(done, total)

    def refuse(problems):
        if problems and not request.skip_bad:
            raise DataError(describe(problems))

    if request.max_pixels is not None:
        images.allow(request.max_pixels)
    every = [record for name in splits.NAMES for record in listing.splits.get(name, ())]
    for number, side in enumerate(reader.sides):
        files = [record.files[0 if reader.joined else number] for record in every]
        suspicions.tell(info["source"], side, files, number if reader.joined else None)
    problems = listing.problems + [bad for _, bad in _read_all(reader, others, advance)]
    fields = {side.field: side.kind_at(request.image_size) for side in reader.sides}

    def resized(pictures):
        return {
            side.field: images.resize(pictures[side.field], request.image_size, side.kind)
            for side in reader.sides
        }

    def fill(arrays):
        def store(row, pictures):
            if arrays:
                for name, pixels in resized(pictures).items():
                    arrays[name][row] = pixels

        bad = _read_all(reader, records, lambda done: advance(len(others) + done), store)
        refuse(problems + [error for _, error in bad])
        return [(row, str(error.path), error.why) for row, error in bad]

    if request.cache == "none":
        arrays, report = {}, fill({})
    else:
        key = [dataclasses.astuple(reader), [stamps[record] for record in records]]
        arrays, report = cache_lib.tabulate(
            fields, len(records), fill, mode=request.cache, cache_dir=request.cache_dir, key=key
        )
    advance(total)
    problems += [BadFile(path, why) for _, path, why in report]
    refuse(problems)
    broken = {str(problem.path) for problem in problems}
    if listing.again and any(map(all, _broken(listing, broken))):
        # A split that was cut off and of which nothing is left: it is cut off what can be used.
        return open_listing(listing.again(broken, problems), split, reader, request, info)
    bad_rows = {row for row, _, _ in report}
    rows = [row for row in range(len(records)) if row not in bad_rows]
    if not rows:
        raise DataError(f"No file of the {split} split can be used. {describe(problems)}")
    _sound.update(
        (reader, stamp)
        for stamp in stamps.values()
        if not any(path in broken for path, _, _ in stamp)
    )

    names = [records[row].name for row in rows]
    info = {
        "licence": "not stated",
        "description": f"{sum(map(len, listing.splits.values()))} examples in files",
        **info,
        "split": split,
        "split_rule": listing.rule,
        "skipped": len(problems),
        "contents": contents.of_folder(
            listing.roots, [pair for record in every for pair in enumerate(record.files)]
        ),
    }
    # They stand in cards and in the generator's documentation.
    for name in ("name", "source", "split_rule"):
        info[name] = places.printable(info[name])
    if listing.label_names:
        info["label_names"] = [places.printable(name) for name in listing.label_names]
        labels = np.array([record.label for record in records], np.int32)
        arrays = {**arrays, "labels": labels}
        fields["labels"] = Class(tuple(info["label_names"]))
    if request.cache != "none":
        return Examples.from_arrays(arrays, fields, names, info, rows)

    rows = np.array(rows)

    def unchanged(record):
        for path, before, now in zip(record.files, stamps[record], _stamp(record), strict=True):
            if before != now:
                why = "is gone" if now[1] < 0 else "was replaced"
                raise BadFile(path, f"{why} since it was checked")
        return record

    def fetch(indices):
        read = [resized(reader(unchanged(records[row]))) for row in rows[indices]]
        batch = {side.field: np.stack([r[side.field] for r in read]) for side in reader.sides}
        return batch | {name: array[rows[indices]] for name, array in arrays.items()}

    return Examples(fields, names, info, fetch)


def _broken(listing, paths):
    """For each split that has records, whether each of them holds one of these paths."""
    return [
        [any(str(file) in paths for file in record.files) for record in part]
        for part in listing.splits.values()
        if part
    ]


# What this process has decoded without complaint: (reader, stamp of the record).
_sound: set[tuple] = set()


def _read_all(reader, records, advance, store=None) -> list[tuple[int, BadFile]]:
    """Decodes records on all cores and hands (number, pictures) to `store`.

    Returns the (number, error) of those that cannot be used.
    """

    def read(row):
        try:
            pictures = reader(records[row])
        except BadFile as error:
            return row, error
        if store:
            store(row, pictures)
        return None

    bad = []
    with ThreadPoolExecutor() as pool:
        for done, result in enumerate(pool.map(read, range(len(records))), 1):
            if result:
                bad.append(result)
            advance(done)
    return bad


def _stamp(record: Record) -> tuple:
    """What changes when one of the record's files does: (path, bytes, time in ns) of each."""
    stamp = []
    for path in record.files:
        try:
            status = path.stat()
            stamp.append((str(path), status.st_size, status.st_mtime_ns))
        except OSError:
            stamp.append((str(path), -1, -1))
    return tuple(stamp)


def describe(problems: list[BadFile]) -> str:
    lines = [f"  {problem}" for problem in sorted(problems, key=str)[:10]]
    if len(problems) > 10:
        lines.append(f"  and {len(problems) - 10} more")
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    return "\n".join([f"{count} in the data (--skip_bad goes on without these):", *lines])
