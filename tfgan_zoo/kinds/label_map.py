"""Label maps: pictures whose colours name classes, so that they must never be mixed."""

from __future__ import annotations

import dataclasses

from tfgan_zoo.kinds.image import Image


@dataclasses.dataclass(frozen=True)
class LabelMap(Image):
    """Label maps of one size; all that pictures do they do too, since none of it mixes colours.

    Attributes:
        shape: `(H, W, C)`.
        palette: `((r, g, b), ...)` in [0, 255], the colour of each class; None where it is not
            known.
    """

    palette: tuple[tuple[int, int, int], ...] | None = None

    name = "label_map"
