"""Grey pictures in coloured ink on dark or light ground: a set whose every attribute is known.

A training picture has one of six looks, drawn by chance; a held-out one has all of them, one after
the other, so that the true picture of each look is there to compare with.
"""

from __future__ import annotations

import itertools

import numpy as np

from tfgan_zoo.data import contents
from tfgan_zoo.data.examples import Examples
from tfgan_zoo.kinds.class_ import Class
from tfgan_zoo.kinds.image import Image

INKS = {"red": (222, 58, 48), "green": (44, 168, 84), "blue": (58, 96, 226)}
GROUNDS = {"": (18, 18, 22), "light": (238, 236, 228)}
LOOKS = {
    "+".join(filter(None, (ink, ground))): (INKS[ink], GROUNDS[ground])
    for ink, ground in itertools.product(INKS, GROUNDS)
}


def coloured(grey: Examples, seed: int = 0) -> Examples:
    """A table of its pictures in the looks of `LOOKS`.

    Args:
        grey: with a field `images`, uint8 `[H, W, 1]`.
        seed: which look a training picture has.

    Returns:
        Examples with `images`, uint8 `[H, W, 3]`, and `labels`, the look; `info["views"]` says of
        held-out pictures how many in a row show one of `grey`.
    """
    height, width, _ = grey.fields["images"].shape
    names, count, info = list(LOOKS), len(grey), dict(grey.info)
    if str(info.get("split")).startswith("train"):
        sources = np.arange(count)
        looks = np.random.default_rng([seed, count]).integers(len(names), size=count)
    else:
        sources = np.repeat(np.arange(count), len(names))
        looks = np.tile(np.arange(len(names)), count)
        info["views"] = len(names)
    info |= {"name": f"coloured {info['name']}", "label_names": names}
    if info.get("contents"):
        info["contents"] = contents.prefixed("coloured/", info["contents"])
    inks, grounds = (np.array(part, np.float32) for part in zip(*LOOKS.values(), strict=True))

    def fetch(rows):
        strength = grey.fetch(sources[rows])["images"].astype(np.float32) / 255
        chosen = looks[rows]
        ink, ground = inks[chosen][:, None, None], grounds[chosen][:, None, None]
        pixels = np.rint(ground + strength * (ink - ground)).astype(np.uint8)
        return {"images": pixels, "labels": chosen.astype(np.int32)}

    own = [f"{grey.names[i]}-{names[look]}" for i, look in zip(sources, looks, strict=True)]
    fields = {"images": Image((height, width, 3)), "labels": Class(tuple(names))}
    return Examples(fields, own, info, fetch)
