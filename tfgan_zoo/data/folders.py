"""Folders of pictures: pairs side by side, pairs in two folders, plain images, class folders.

Names decide which example belongs to which split, so a damaged file moves no other example. Nothing
is dropped in silence: only hidden files, `Thumbs.db` and `desktop.ini` are passed over.
"""

from __future__ import annotations

import pathlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping

from tfgan_zoo.data import images, places, splits, suspicions
from tfgan_zoo.data.errors import DataError
from tfgan_zoo.data.examples import BadFile
from tfgan_zoo.data.files import Listing, Record, describe

_PASSED_OVER = ("thumbs.db", "desktop.ini", "__macosx")


def list_images(
    root: pathlib.Path,
    hold_out: splits.HoldOut,
    parts: Mapping[str, pathlib.Path] | None = None,
) -> Listing:
    """Lists a folder of images or of class folders, with or without split folders.

    Classes are numbered in the order of `by_numbers`: the folder '2' is label 2 among '0' to '11'.

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
                name = places.composed(inner.name)
                if name in tree[split]:
                    raise DataError(f"{inner}: two folders of this name mean the same class.")
                tree[split][name] = _pictures(files, problems)
                if not tree[split][name]:
                    problems.append(BadFile(inner, "is a class folder without pictures"))
    names = {name for part in tree.values() for name in part if name is not None}
    classes = sorted(names, key=by_numbers)
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
    return _listing((root,), found, problems, hold_out, classes or None)


def by_numbers(name: str) -> tuple:
    """A key that sorts names by the numbers in them: '2' before '10', 'class 9' before 'class 10'.

    What is no number sorts as text does; names that differ in leading zeros alone sort as text.
    """
    parts = re.split(r"([0-9]+)", name)
    return [int(part) if place % 2 else part for place, part in enumerate(parts)], name


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
    return _listing((root,), found, problems, hold_out)


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
    return _listing((root_a, root_b), found, problems, hold_out)


def label_palette(
    records: Iterable[Record], number: int, place: str | None = None
) -> list[list[int]] | None:
    """The palette that all files of one side share, if all are palette PNGs: a set of label maps.

    Args:
        records: of all splits.
        number: which file of each record.
        place: of the side, for a warning; None where its user has said that it holds label maps.
            Otherwise photographs of few colours are told from them.

    Returns:
        [[r, g, b], ...]; an empty list if the palettes differ; None if not all have one. Files
        that cannot be read do not count.
    """
    found, paths = {}, []
    for record in records:
        path = record.files[number]
        try:
            colours = images.palette(path)
        except images.ImageError:
            continue  # Reported with its reason when it is decoded.
        if colours is None:
            if place is not None and paths:
                suspicions.tell_mixed(place, paths[0], path)
            return None
        found[tuple(map(tuple, colours))] = colours
        paths.append(path)
    if not found:
        return None
    palettes = list(found.values())
    if place is not None and not suspicions.label_maps(place, paths, palettes):
        return None
    return palettes[0] if len(palettes) == 1 else []


def _listing(roots, found, problems, hold_out, label_names=None) -> Listing:
    """Adds the splits that the folders do not have; `found` is {"": all} without split folders."""
    root = ",".join(map(str, roots))
    if not any(found.values()):
        empty = f"{root} holds no pictures that can be used ({', '.join(images.SUFFIXES)})."
        raise DataError(f"{empty} {describe(problems)}" if problems else empty)
    if "" in found:
        parts, origin = {"train": found[""]}, "sorted names"
    else:
        parts, origin = found, f"folders {', '.join(found)}"
        problems = problems + [
            BadFile(pathlib.Path(root) / split, "is a split folder without pictures")
            for split, records in found.items()
            if not records
        ]
    missing = [split for split in splits.NAMES if split not in parts]
    hold_out.refuse_idle(missing)
    if parts.get("train"):
        ranges = hold_out.ranges(len(parts["train"]), missing)
        source = parts["train"]
        parts = {**parts, **{split: source[start:stop] for split, (start, stop) in ranges.items()}}
        if missing:
            origin += f"; {' and '.join(missing)} from the end of train"
    counts = ", ".join(f"{split} {len(parts[split])}" for split in splits.NAMES if split in parts)
    again = None
    if "" in found:

        def again(paths, problems):
            left = [r for r in found[""] if not any(str(file) in paths for file in r.files)]
            return _listing(roots, {"": left}, problems, hold_out, label_names)

    return Listing(parts, f"{origin}: {counts}", problems, label_names, tuple(roots), again)


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
        paths = sorted(
            pathlib.Path(folder).iterdir(), key=lambda path: (places.composed(path.name), path)
        )
    except OSError as error:
        raise DataError(f"{folder} cannot be listed: {error.strerror}.") from error
    paths = [p for p in paths if p.name[0] != "." and p.name.lower() not in _PASSED_OVER]
    is_folder = {p: p.is_dir() and p.suffix.lower() not in images.SUFFIXES for p in paths}
    return [p for p in paths if not is_folder[p]], [p for p in paths if is_folder[p]]


def _order(path):
    return places.composed(path.name), path


def _pictures(files, problems) -> list[pathlib.Path]:
    pictures = [path for path in files if path.suffix.lower() in images.SUFFIXES]
    why = f"does not end in {', '.join(images.SUFFIXES)}"
    problems += [BadFile(path, why) for path in files if path.suffix.lower() not in images.SUFFIXES]
    # A pipe would be waited for, for ever.
    special = [p for p in pictures if p.exists() and not (p.is_file() or p.is_dir())]
    problems += [BadFile(path, "is a pipe or a device, not a file") for path in special]
    return [path for path in pictures if path not in special]


def _by_stem(pictures) -> dict[str, list[pathlib.Path]]:
    stems: dict[str, list[pathlib.Path]] = {}
    for path in pictures:
        stems.setdefault(places.composed(path.stem), []).append(path)
    return stems


def _unique_stems(pictures) -> list[tuple[str, pathlib.Path]]:
    """(stem, path); the whole name stands for the stem where two files share it."""
    counts = Counter(places.composed(path.stem) for path in pictures)
    return [
        (stem if counts[stem := places.composed(path.stem)] == 1 else path.name, path)
        for path in pictures
    ]
