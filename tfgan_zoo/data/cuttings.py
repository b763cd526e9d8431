"""Pictures of any size: whole, for scores, and cut into tiles of one size, for training.

What enlarges pictures must not learn from resized ones: those of a folder keep their pixels here.
Built-in sets are drawn at the size asked for, and pictures of TensorFlow Datasets are resized to
it as for other models.
"""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable, Sequence

import numpy as np

from tfgan_zoo.data import cache, contents, folders, images, places, sources, splits
from tfgan_zoo.data.errors import DataError
from tfgan_zoo.data.examples import BadFile, Examples
from tfgan_zoo.data.files import describe
from tfgan_zoo.data.request import Request
from tfgan_zoo.kinds.image import Image


@dataclasses.dataclass(frozen=True)
class Pictures:
    """Pictures in colour, each of its own size.

    Attributes:
        names: of the pictures.
        shapes: `(height, width, channels)` of each as it lies there; channels are 1 for grey, else
            3.
        info: as of `Examples`.
        read: number -> uint8 `[height, width, 3]`.
    """

    names: Sequence[str]
    shapes: Sequence[tuple[int, int, int]]
    info: dict
    read: Callable[[int], np.ndarray]

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, number: int) -> np.ndarray:
        if not 0 <= number < len(self):  # by which a loop over the pictures ends
            raise IndexError(number)
        return self.read(number)

    def first(self, count: int) -> Pictures:
        """The first pictures, at most `count` of them."""
        return dataclasses.replace(self, names=self.names[:count], shapes=self.shapes[:count])


def open_pictures(spec: str, split: str, request: Request) -> Pictures:
    """Opens pictures at the size that they have.

    Args:
        spec: as for `sources.open_images`.
        split: `train`, `validation` (`val`) or `test`.
        request: its `image_size` is that of drawn and prepared sets, and nothing to a folder.

    Raises:
        DataError: as `open_images` does.
    """
    folder = places.home(spec)
    if not folder.is_dir():
        return _of_table(sources.open_images(spec, split, request))
    if request.max_pixels is not None:
        images.allow(request.max_pixels)
    split, listing = splits.canonical(split), folders.list_images(folder, request.hold_out)
    records = listing.splits.get(split, [])
    if not records:
        known = ", ".join(f"{name} ({len(part)})" for name, part in listing.splits.items())
        raise DataError(f"{spec} has no examples for '{split}'; it has {known}.")
    kept, shapes, problems = [], [], list(listing.problems)
    for record in records:
        try:  # whole, so that a damaged file is told now
            images.decode(record.files[0])
            shapes.append(images.shape(record.files[0]))
            kept.append(record)
        except images.ImageError as error:
            problems.append(BadFile(record.files[0], str(error)))
    if problems and not (request.skip_bad and kept):
        raise DataError(describe(problems))
    info = {
        "name": places.printable(folder.resolve().name),
        "source": places.printable(spec),
        "licence": "not stated",
        "description": f"{sum(map(len, listing.splits.values()))} pictures in files",
        "split": split,
        "split_rule": places.printable(listing.rule),
        "skipped": len(problems),
        "contents": contents.of_folder(
            listing.roots, [(0, r.files[0]) for part in listing.splits.values() for r in part]
        ),
    }
    names = [record.name for record in kept]
    return Pictures(names, shapes, info, lambda number: images.decode(kept[number].files[0]))


def open_folder(place: str | pathlib.Path) -> Pictures:
    """All pictures of one folder, in the order of their names, at the size that they have.

    Raises:
        DataError: for a folder without pictures, or a picture that cannot be read.
    """
    root = places.home(str(place))
    if not root.is_dir():
        raise DataError(f"{place} is no folder: name one that holds pictures.")
    shapes = folders.picture_shapes(root)
    info = {"name": places.printable(root.resolve().name), "source": places.printable(str(place))}

    def read(number):
        path = root / names[number]
        try:
            return images.decode(path)
        except images.ImageError as error:
            raise BadFile(path, str(error)) from error

    names = list(shapes)
    return Pictures(names, list(shapes.values()), info, read)


def cut(pictures: Pictures, size: tuple[int, int], skip_bad: bool = False) -> Examples:
    """A table of tiles that cover the pictures: field `images`, uint8 `[*size, 3]`.

    Tiles of one picture overlap by as much as it takes to reach its edges.

    Args:
        pictures: whose pixels become tiles as they are.
        size: (height, width) of a tile.
        skip_bad: whether to go on without the pictures that are smaller than that.

    Raises:
        DataError: for those otherwise, where none is left, or where memory is short.
    """
    large = [n for n, s in enumerate(pictures.shapes) if s[0] >= size[0] and s[1] >= size[1]]
    if len(large) < len(pictures) and not skip_bad or not large:
        small = next(n for n in range(len(pictures)) if n not in large)
        height, width, _ = pictures.shapes[small]
        raise DataError(
            f"{len(pictures) - len(large)} of the {len(pictures)} pictures are smaller than "
            f"--image_size={size[0]}x{size[1]}, such as {pictures.names[small]} with "
            f"{height}x{width}: give a smaller --image_size, or --skip_bad to go on without them."
        )
    corners = [
        (number, top, left)
        for number in large
        for top in _starts(pictures.shapes[number][0], size[0])
        for left in _starts(pictures.shapes[number][1], size[1])
    ]
    cache.check_memory(len(corners), 3 * size[0] * size[1], "give fewer pictures, or smaller ones.")
    tiles, seen, picture = np.empty((len(corners), *size, 3), np.uint8), None, None
    for row, (number, top, left) in enumerate(corners):
        if number != seen:
            seen, picture = number, pictures[number]
        tiles[row] = picture[top : top + size[0], left : left + size[1]]
    names = [f"{pictures.names[number]}+{left}+{top}" for number, top, left in corners]
    return Examples.from_arrays(
        {"images": tiles}, {"images": Image((*size, 3))}, names, pictures.info
    )


def _starts(length, size):
    """Where tiles begin on a side: as few as cover it, evenly apart."""
    count = -(-length // size)
    return np.unique(np.linspace(0, length - size, count).round().astype(int)).tolist()


def _of_table(examples):
    shape = examples.fields["images"].shape

    def read(number):
        return examples.fetch(np.array([number]))["images"][0]

    return Pictures(examples.names, [shape] * len(examples), examples.info, read)
