"""Folders of pictures: pairs side by side, pairs in two folders, plain images, class folders.

Names decide which example belongs to which split, so a damaged file moves no other example. Every
file of every split is decoded before anything is handed out, and nothing is dropped in silence:
only hidden files, `Thumbs.db` and `desktop.ini` are passed over.
"""

from __future__ import annotations

import dataclasses
import pathlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from tfgan_zoo.data import cache as cache_lib
from tfgan_zoo.data import images, splits
from tfgan_zoo.data.examples import BadFile, DataError, Examples, FieldSpec

_PASSED_OVER = ("thumbs.db", "desktop.ini", "__macosx")


@dataclasses.dataclass(frozen=True)
class Record:
    """One example as it lies on disk."""

    name: str
    files: tuple[pathlib.Path, ...]
    label: int | None = None


@dataclasses.dataclass(frozen=True)
class Side:
    """How one field is read from its picture."""

    field: str
    channels: int
    kind: str = "image"


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
    """

    splits: dict[str, list[Record]]
    rule: str
    problems: list[BadFile]
    label_names: list[str] | None = None


def list_images(
    root: pathlib.Path,
    hold_out: splits.HoldOut,
    parts: Mapping[str, pathlib.Path] | None = None,
) -> Listing:
    """Lists a folder of images or of class folders, with or without split folders.

    Args:
        root: the folder.
        hold_out: what to cut off where a split is missing.
        parts: `{split: its folder}` where the folders of the splits have names of their own.

    Raises:
        DataError: if it is empty or cannot be listed.
    """
    problems: list[BadFile] = []
    parts = parts or _split_folders(root, problems) or {"": root}
    tree = {}
    for split, folder in parts.items():
        files, folders = _entries(folder)
        pictures = _pictures(files, problems)
        if pictures or not folders:
            problems += [BadFile(f, "is a folder among pictures, not read") for f in folders]
            tree[split] = {None: pictures}
        else:
            tree[split] = {}
            for inner in folders:
                files, nested = _entries(inner)
                problems += [BadFile(f, "is a folder in a class folder, not read") for f in nested]
                tree[split][inner.name] = _pictures(files, problems)
                if not tree[split][inner.name]:
                    problems.append(BadFile(inner, "is a class folder without pictures"))
    classes = sorted({name for part in tree.values() for name in part if name is not None})
    if classes and any(None in part for part in tree.values()):
        raise DataError(
            f"{root}: some of its split folders hold pictures and some hold class folders; "
            "arrange them all alike."
        )
    found = {}
    for split, part in tree.items():
        ranked = []
        for name, pictures in part.items():
            label = None if name is None else classes.index(name)
            for rank, (stem, path) in enumerate(_unique_stems(pictures)):
                stem = stem if name is None else f"{name}/{stem}"
                # Classes are interleaved in proportion, so that each end of the list holds all.
                ranked.append(((rank + 0.5) / len(pictures), Record(stem, (path,), label)))
        ranked.sort(key=lambda item: (item[0], item[1].name))
        found[split] = [record for _, record in ranked]
    return _listing(root, found, problems, hold_out, classes or None)


def picture_shapes(root: pathlib.Path) -> dict[str, tuple[int, int, int]]:
    """How large each picture in a folder and the folders in it is, as it lies there.

    Returns:
        `{path from root: (height, width, channels)}`, sorted; channels are 1 (grey) or 3, alpha
        not counted. Hidden files and folders are passed over, and what does not end like a picture.

    Raises:
        DataError: if there is none, or one cannot be read.
    """
    root = pathlib.Path(root)
    shapes, left = {}, [root]
    while left:
        files, inner = _entries(left.pop())
        left += inner
        for path in _pictures(files, []):
            try:
                shapes[path.relative_to(root).as_posix()] = images.shape(path)
            except images.ImageError as error:
                raise BadFile(path, str(error)) from error
    if not shapes:
        raise DataError(f"{root} holds no pictures ({', '.join(images.SUFFIXES)}).")
    return dict(sorted(shapes.items()))


def list_joined_pairs(root: pathlib.Path, hold_out: splits.HoldOut) -> Listing:
    """Lists a folder of pictures that each hold a pair side by side (the pix2pix data sets).

    Raises:
        DataError: if it is empty, cannot be listed or holds only folders.
    """
    problems: list[BadFile] = []
    parts = _split_folders(root, problems) or {"": root}
    found = {}
    for split, folder in parts.items():
        files, folders = _entries(folder)
        pictures = _pictures(files, problems)
        if folders and not pictures:
            names = ", ".join(f.name for f in folders[:5])
            raise DataError(
                f"{folder} holds no pictures but folders ({names}): for pairs give a folder of "
                "side-by-side pictures, or two folders with equal names as --data=DIR_A,DIR_B. "
                "Class folders are for models that train on single images."
            )
        problems += [BadFile(f, "is a folder among pictures, not read") for f in folders]
        found[split] = [Record(stem, (path,)) for stem, path in _unique_stems(pictures)]
    return _listing(root, found, problems, hold_out)


def list_two_folders(
    root_a: pathlib.Path, root_b: pathlib.Path, hold_out: splits.HoldOut
) -> Listing:
    """Lists two folders whose files belong together by stem (the name without its ending).

    Raises:
        DataError: if there is no pair, or only one of the two has split folders.
    """
    problems: list[BadFile] = []
    parts_a = _split_folders(root_a, problems)
    parts_b = _split_folders(root_b, problems)
    if set(parts_a) != set(parts_b):
        raise DataError(
            f"{root_a} has the split folders {sorted(parts_a) or 'none'} and {root_b} has "
            f"{sorted(parts_b) or 'none'}: give both the same."
        )
    found = {}
    for split, folder_a in (parts_a or {"": root_a}).items():
        folder_b = parts_b.get(split, root_b)
        sides = []
        for folder in (folder_a, folder_b):
            files, folders = _entries(folder)
            problems += [BadFile(f, "is a folder among pictures, not read") for f in folders]
            sides.append(_by_stem(_pictures(files, problems)))
        for here, there, folder in ((*sides, folder_b), (*sides[::-1], folder_a)):
            for stem, paths in here.items():
                if stem not in there:
                    why = f"has no partner of the same name in {folder}"
                    problems += [BadFile(path, why) for path in paths]
                elif len(paths) > 1:
                    why = f"shares its name with {len(paths) - 1} other file(s) of its folder"
                    problems += [BadFile(path, why) for path in paths]
                elif len(there[stem]) > 1:
                    why = f"has {len(there[stem])} partners of the same name in {folder}"
                    problems.append(BadFile(paths[0], why))
        a, b = sides
        stems = sorted(s for s in a if len(a[s]) == 1 and len(b.get(s, ())) == 1)
        found[split] = [Record(stem, (a[stem][0], b[stem][0])) for stem in stems]
    return _listing(f"{root_a},{root_b}", found, problems, hold_out)


def label_palette(records: Iterable[Record], number: int) -> list[list[int]] | None:
    """The palette that all files of one side share, if all are palette PNGs: a set of label maps.

    Args:
        records: of all splits.
        number: which file of each record.

    Returns:
        [[r, g, b], ...]; an empty list if the palettes differ; None if not all have one. Files
        that cannot be read do not count.
    """
    common = None
    for record in records:
        try:
            colours = images.palette(record.files[number])
        except images.ImageError:
            continue  # Reported with its reason when it is decoded.
        if colours is None:
            return None
        common = colours if common in (None, colours) else []
    return common


def open_listing(
    listing: Listing,
    split: str,
    reader: Reader,
    *,
    image_size: tuple[int, int],
    info: dict,
    skip_bad: bool = False,
    cache: str = "memory",
    cache_dir=None,
    progress: Callable[[int, int], None] | None = None,
) -> Examples:
    """Checks every file of a listing and opens one of its splits.

    A file that was found sound once in this process is not decoded again to check it.

    Args:
        listing: from one of the `list_` functions.
        split: `train`, `validation` (or `val`) or `test`.
        reader: reads a record.
        image_size: `(height, width)` to resize to, before the cache.
        info: `name`, `source` and so on; completed here.
        skip_bad: go on without the files that cannot be used.
        cache: `memory`, `disk` or `none` (decode at each access).
        cache_dir: folder for `disk`.
        progress: called with (records done, records in all) while files are decoded.

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
        if progress:
            progress(done, total)

    def refuse(problems):
        if problems and not skip_bad:
            raise DataError(_describe(problems))

    problems = listing.problems + [bad for _, bad in _read_all(reader, others, advance)]
    fields = {
        side.field: FieldSpec((*image_size, side.channels), np.uint8, side.kind)
        for side in reader.sides
    }

    def resized(pictures):
        return {
            name: images.resize(pixels, image_size, fields[name].kind)
            for name, pixels in pictures.items()
        }

    def fill(arrays):
        def store(row, pictures):
            if arrays:
                for name, pixels in resized(pictures).items():
                    arrays[name][row] = pixels

        bad = _read_all(reader, records, lambda done: advance(len(others) + done), store)
        refuse(problems + [error for _, error in bad])
        return [(row, str(error.path), error.why) for row, error in bad]

    if cache == "none":
        arrays, report = {}, fill({})
    else:
        key = [dataclasses.astuple(reader), [stamps[record] for record in records]]
        arrays, report = cache_lib.tabulate(
            fields, len(records), fill, mode=cache, cache_dir=cache_dir, key=key
        )
    advance(total)
    problems += [BadFile(path, why) for _, path, why in report]
    refuse(problems)
    bad_rows = {row for row, _, _ in report}
    rows = [row for row in range(len(records)) if row not in bad_rows]
    if not rows:
        raise DataError(f"No file of the {split} split can be used. {_describe(problems)}")
    broken = {str(problem.path) for problem in problems}
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
    }
    kinds = {name: spec.kind for name, spec in fields.items()}
    if listing.label_names:
        info["label_names"] = listing.label_names
        labels = np.array([record.label for record in records], np.int32)
        arrays = {**arrays, "labels": labels}
        kinds["labels"] = "class"
        fields["labels"] = FieldSpec((), np.int32, "class")
    if cache != "none":
        return Examples.from_arrays(arrays, kinds, names, info, rows)

    rows = np.array(rows)

    def fetch(indices):
        read = [resized(reader(records[row])) for row in rows[indices]]
        batch = {side.field: np.stack([r[side.field] for r in read]) for side in reader.sides}
        return batch | {name: array[rows[indices]] for name, array in arrays.items()}

    return Examples(fields, names, info, fetch)


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


def _describe(problems: list[BadFile]) -> str:
    lines = [f"  {problem}" for problem in sorted(problems, key=str)[:10]]
    if len(problems) > 10:
        lines.append(f"  and {len(problems) - 10} more")
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    return "\n".join([f"{count} in the data (--skip_bad goes on without these):", *lines])


def _listing(root, found, problems, hold_out, label_names=None) -> Listing:
    """Adds the splits that the folders do not have; `found` is {"": all} without split folders."""
    if not any(found.values()):
        empty = f"{root} holds no pictures that can be used ({', '.join(images.SUFFIXES)})."
        raise DataError(f"{empty} {_describe(problems)}" if problems else empty)
    if "" in found:
        parts, origin = {"train": found[""]}, "sorted names"
    else:
        parts, origin = found, f"folders {', '.join(found)}"
        problems = problems + [
            BadFile(pathlib.Path(str(root)) / split, "is a split folder without pictures")
            for split, records in found.items()
            if not records
        ]
    missing = [split for split in splits.NAMES if split not in parts]
    if parts.get("train"):
        ranges = hold_out.ranges(len(parts["train"]), missing)
        source = parts["train"]
        parts = {**parts, **{split: source[start:stop] for split, (start, stop) in ranges.items()}}
        if missing:
            origin += f"; {' and '.join(missing)} from the end of train"
    counts = ", ".join(f"{split} {len(parts[split])}" for split in splits.NAMES if split in parts)
    return Listing(parts, f"{origin}: {counts}", problems, label_names)


def _split_folders(root, problems) -> dict[str, pathlib.Path]:
    """The folders train, validation (val) and test of `root`, if that is how it is arranged."""
    files, folders = _entries(root)
    named: dict[str, pathlib.Path] = {}
    for folder in folders:
        split = splits.canonical(folder.name.lower())
        if split in splits.NAMES:
            if split in named:
                raise DataError(f"{named[split]} and {folder} mean the same split: join them.")
            named[split] = folder
    pictures = any(path.suffix.lower() in images.SUFFIXES for path in files)
    alone = len(named) == len(folders) and not pictures
    if not named or not (alone or ("train" in named and len(named) > 1)):
        return {}
    beside = [path for path in (*files, *folders) if path not in named.values()]
    problems += [BadFile(path, "lies beside the split folders, not read") for path in beside]
    return {split: named[split] for split in splits.NAMES if split in named}


def _entries(folder) -> tuple[list[pathlib.Path], list[pathlib.Path]]:
    """(files, folders) by name; a folder named like a picture counts as a (bad) file."""
    try:
        paths = sorted(pathlib.Path(folder).iterdir())
    except OSError as error:
        raise DataError(f"{folder} cannot be listed: {error.strerror}.") from error
    paths = [p for p in paths if p.name[0] != "." and p.name.lower() not in _PASSED_OVER]
    is_folder = {p: p.is_dir() and p.suffix.lower() not in images.SUFFIXES for p in paths}
    return [p for p in paths if not is_folder[p]], [p for p in paths if is_folder[p]]


def _pictures(files, problems) -> list[pathlib.Path]:
    pictures = [path for path in files if path.suffix.lower() in images.SUFFIXES]
    why = f"does not end in {', '.join(images.SUFFIXES)}"
    problems += [BadFile(path, why) for path in files if path.suffix.lower() not in images.SUFFIXES]
    return pictures


def _by_stem(pictures) -> dict[str, list[pathlib.Path]]:
    stems: dict[str, list[pathlib.Path]] = {}
    for path in pictures:
        stems.setdefault(path.stem, []).append(path)
    return stems


def _unique_stems(pictures) -> list[tuple[str, pathlib.Path]]:
    """(stem, path); the whole name stands for the stem where two files share it."""
    counts = Counter(path.stem for path in pictures)
    return [(path.stem if counts[path.stem] == 1 else path.name, path) for path in pictures]
