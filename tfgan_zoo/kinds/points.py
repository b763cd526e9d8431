"""Points: rows of plain numbers, stored and taken as float32."""

from __future__ import annotations

import dataclasses

import numpy as np
from PIL import Image as pillow
from PIL import ImageDraw

from tfgan_zoo.kinds.kind import Kind, KindError, mean_deviation

_SIDE = 256
_RADIUS = 2


@dataclasses.dataclass(frozen=True)
class Points(Kind):
    """Points of some dimension.

    Attributes:
        shape: `(D,)`.
    """

    shape: tuple[int]

    name = "points"
    dtype = np.float32

    def spread(self, values) -> float:
        """The standard deviation of each coordinate over `[N, D]`, its mean over coordinates."""
        return mean_deviation(values)

    def preview(self, values):
        """The points `[N, D]` by their first two coordinates, in a square `PIL.Image` that just
        holds them; points of one coordinate lie on a line.
        """
        points = np.asarray(values, np.float64)
        flat = np.concatenate([points, np.zeros_like(points)], 1)[:, :2]
        low, high = flat.min(0), flat.max(0)
        # One scale for both directions, so that a ring stays round.
        scale = (_SIDE - 4 * _RADIUS) / max(float(np.max(high - low)), 1e-12)
        places = _SIDE / 2 + (flat - (low + high) / 2) * scale * (1, -1)
        sheet = pillow.new("RGB", (_SIDE, _SIDE), "white")
        draw = ImageDraw.Draw(sheet)
        for x, y in places:
            draw.ellipse((x - _RADIUS, y - _RADIUS, x + _RADIUS, y + _RADIUS), fill="black")
        return sheet

    def encode(self, stored) -> bytes:
        """The coordinates as text, with blanks between; `decode` gives the same bits."""
        return (" ".join(map(str, np.asarray(stored, np.float32).tolist())) + "\n").encode("utf-8")

    def decode(self, content) -> np.ndarray:
        """float32 `[D]` from the text of `encode`."""
        try:
            point = np.array(content.split(), np.float32)
        except ValueError as error:
            raise KindError("holds something that is no number") from error
        if point.shape != tuple(self.shape):
            raise KindError(f"holds {len(point)} numbers, not {self.shape[0]}")
        return point
