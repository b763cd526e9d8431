"""Clips that lie in two folders: a folder of numbered frames each, or an animated GIF."""

from __future__ import annotations

import pathlib

import numpy as np

from tfgan_zoo.data import folders, images, places, splits
from tfgan_zoo.data.errors import DataError
from tfgan_zoo.data.examples import BadFile
from tfgan_zoo.data.files import Record
from tfgan_zoo.kinds.clip import gif_frames

GIF = ".gif"


def read(roots, request):
    """All clips of two folders, whole.

    Args:
        roots: the folders of A and of B. A clip is a folder of pictures, in the order of the
            numbers in their names, or a GIF file; its name is that of the folder, or of the file
            without its ending.
        request: `data.request.Request`.

    Returns:
        `({split: [(name, source, target)]}, info)`: sorted, uint8 `[T, H, W, C]` each; the split is
        "" where the folders do not say it. `info` has `label_maps` too: of source and target,
        whether they are.

    Raises:
        DataError: if a clip cannot be read, has no partner, or as many frames as it has not.
    """
    sides = [_listed(root) for root in roots]
    if set(sides[0]) != set(sides[1]):
        raise DataError(
            f"{roots[0]} has the split folders {sorted(filter(None, sides[0])) or 'none'} and "
            f"{roots[1]} has {sorted(filter(None, sides[1])) or 'none'}: give both the same."
        )
    order = ("source", "target") if request.direction == "AtoB" else ("target", "source")
    maps = {
        name: _are_label_maps(name, number, sides, roots, request)
        for number, name in enumerate(order)
    }
    parts = {}
    for split, of_a in sides[0].items():
        of_b = sides[1][split]
        alone = sorted(set(of_a) ^ set(of_b))
        if alone:
            raise DataError(
                f"The clip '{alone[0]}' lies in one of {roots[0]} and {roots[1]} alone: give both "
                "folders clips of the same names."
            )
        parts[split] = []
        for name in sorted(of_a, key=folders.by_numbers):
            clips = {
                side: _frames(place, getattr(request, f"{side}_channels"), maps[side])
                for side, place in zip(order, (of_a[name], of_b[name]), strict=True)
            }
            if len(clips["source"]) != len(clips["target"]):
                raise DataError(
                    f"{of_a[name]} has {len(clips[order[0]])} frames and {of_b[name]} has "
                    f"{len(clips[order[1]])}: a pair of clips has as many."
                )
            both = (maps["source"], maps["target"])
            parts[split].append((name, *fitted(clips["source"], clips["target"], request, both)))
    return parts, {
        "name": ",".join(root.name for root in roots),
        "source": ",".join(map(str, roots)),
        "licence": "that of your clips",
        "description": f"Clips of {roots[0].name} and {roots[1].name}",
        "label_maps": (maps["source"], maps["target"]),
    }


def fitted(source, target, request, label_maps):
    """Two clips `[T, H, W, C]` at the size of the request; label maps are not blended."""
    kinds = ["labels" if is_map else "image" for is_map in label_maps]
    both = zip((source, target), kinds, strict=True)
    return [
        np.stack([images.resize(frame, tuple(request.image_size), kind) for frame in clip])
        for clip, kind in both
    ]


def frame_paths(folder):
    """The pictures of a folder in the order of the numbers in their names.

    Raises:
        DataError: if there is none.
    """
    try:
        paths = [
            path
            for path in pathlib.Path(folder).iterdir()
            if path.suffix.lower() in images.SUFFIXES and path.name[0] != "."
        ]
    except OSError as error:
        raise DataError(f"{folder} cannot be listed: {error.strerror}.") from error
    if not paths:
        raise DataError(f"{folder} holds no frames ({', '.join(images.SUFFIXES)}).")
    return sorted(paths, key=lambda path: folders.by_numbers(path.name))


def _listed(root):
    """{split: {name: place}} of the clips of a folder."""
    try:
        entries = sorted(path for path in root.iterdir() if path.name[0] != ".")
    except OSError as error:
        raise DataError(f"{root} cannot be listed: {error.strerror}.") from error
    named = {splits.canonical(path.name.lower()): path for path in entries if path.is_dir()}
    if "train" in named and set(named) <= set(splits.NAMES):
        return {split: _listed(path)[""] for split, path in named.items()}
    found = {}
    for path in entries:
        if path.is_dir() or path.suffix.lower() == GIF:
            name = places.composed(path.stem if path.is_file() else path.name)
            if name in found:
                raise DataError(f"{found[name]} and {path} are two clips of one name: rename one.")
            found[name] = path
    if not found:
        raise DataError(f"{root} holds no clips: give folders of numbered frames, or GIF files.")
    return {"": found}


def _frames(place, channels, is_map):
    """uint8 `[T, H, W, C]` of a clip."""
    kind = "labels" if is_map else "image"
    if place.is_file():
        try:
            frames = gif_frames(place)
        except (OSError, SyntaxError, EOFError, ValueError) as error:
            raise BadFile(place, "is not a GIF file that can be read") from error
        return np.stack([images.to_channels(frame, channels, kind) for frame in frames])
    frames = []
    for path in frame_paths(place):
        try:
            frames.append(images.decode(path, channels, kind))
        except images.ImageError as error:
            raise BadFile(path, str(error)) from error
        if frames[-1].shape != frames[0].shape:
            raise BadFile(path, "is of another size than the first frame of its clip")
    return np.stack(frames)


def _are_label_maps(name, number, sides, roots, request):
    """Whether a side holds label maps: as --labels says, or as its palette PNGs do."""
    if request.labels != "auto":
        return request.labels == name
    clips = [place for part in sides[number].values() for place in part.values()]
    if any(place.is_file() for place in clips):  # of a GIF every frame has a palette
        return False
    records = [Record(path.name, (path,)) for place in clips for path in frame_paths(place)]
    return folders.label_palette(records, 0, roots[number]) is not None
