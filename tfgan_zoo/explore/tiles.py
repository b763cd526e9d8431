"""Large pictures in tiles that show no seam.

A tile is cut out with a margin as wide as what its pixels depend on (`AnySize.reach`), and of what
is drawn the margin is thrown away. At the edges of the picture there is no margin: what the network
sees there is what it sees in the whole picture. So the answer is that of the whole picture.
"""

import math

import numpy as np

from tfgan_zoo.explore.generator import ExploreError

SIDE = 256  # pixels of a tile with its margins: of more the memory grows, and no speed


def in_tiles(call, picture, sizes, most, side=SIDE):
    """What `call` would make of the whole picture.

    Args:
        call: float32 `[1, h, w, C]` -> `[1, scale * h, scale * w, C']`.
        picture: float32 `[H, W, C]`.
        sizes: `AnySize` of the model.
        most: pixels that one call takes.
        side: of a tile with its margins, in pixels of the picture; less where `most` asks for it.

    Returns:
        float32 `[scale * H, scale * W, C']`.

    Raises:
        ExploreError: where one call takes too little for a tile with its margins.
    """
    inner = min(side, math.isqrt(most)) - 2 * sizes.reach
    if inner < 1:
        raise ExploreError(
            f"The model looks {sizes.reach} pixels to each side and takes {most} pixels at once: "
            "that is no tile, and its pictures must fit in one request."
        )
    height, width, _ = picture.shape
    rows = []
    for top in range(0, height, inner):
        row = []
        for left in range(0, width, inner):
            ys, xs = _margins(top, height, inner, sizes), _margins(left, width, inner, sizes)
            drawn = call(picture[None, ys[0] : ys[1], xs[0] : xs[1]])[0]
            row.append(drawn[ys[2] : ys[3], xs[2] : xs[3]])
        rows.append(np.concatenate(row, axis=1))
    return np.concatenate(rows)


def _margins(start, length, inner, sizes):
    """(from, to) of a tile with its margins on one side of the picture, and where in what is drawn
    of it the tile itself lies.
    """
    end = min(start + inner, length)
    low, high = max(0, start - sizes.reach), min(length, end + sizes.reach)
    return low, high, sizes.scale * (start - low), sizes.scale * (end - low)
