"""Held-out examples of a data set beside an export: one picture file that people and pages read."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image

from tfgan_zoo.kinds.image import to_uint8

FILE = "examples.png"
WIDEST = 1024  # pixels in a row of the sheet, unless that were fewer examples than FEWEST
FEWEST, MOST = 4, 16


def columns(width: int) -> int:
    """How many examples of so many pixels in width a sheet holds: 4 to 16."""
    return max(FEWEST, min(MOST, WIDEST // width))


@dataclasses.dataclass(frozen=True)
class Sheet:
    """Examples side by side, without gaps: a row for each of `rows`, a column for each example.

    Attributes:
        rows: name -> pictures float32 `[N, H, W, C]` in [-1, 1], all of one shape. "real" are
            pictures such as the export draws, in a column with its input where there is one; other
            names are inputs of the interface.
        labels: the class number of each example, or None.
    """

    rows: Mapping[str, np.ndarray]
    labels: Sequence[int] | None = None

    def picture(self) -> Image.Image:
        """The sheet; label maps have their exact colours."""
        pixels = np.concatenate(
            [np.concatenate(list(pictures), axis=1) for pictures in self.rows.values()]
        )
        pixels = to_uint8(pixels)
        return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)

    def section(self) -> dict:
        """The part `examples` of a card."""
        count, height, width, _ = next(iter(self.rows.values())).shape
        return {
            "file": FILE,
            "tile": [height, width],
            "columns": count,
            "rows": list(self.rows),
            "labels": None if self.labels is None else [int(label) for label in self.labels],
        }


def matching(rows: Mapping[str, np.ndarray], labels: Sequence[int] | None = None) -> Sheet | None:
    """A `Sheet` of as many of these examples as it holds; None where pictures differ in shape, or
    there are none.
    """
    shapes = {pictures.shape[1:] for pictures in rows.values()}
    if len(shapes) != 1 or not min(map(len, rows.values())):
        return None
    ((_, width, _),) = shapes
    count = min(columns(width), *map(len, rows.values()))
    kept = {name: pictures[:count] for name, pictures in rows.items()}
    return Sheet(kept, None if labels is None else labels[:count])
