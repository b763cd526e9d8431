"""What is sound and yet hardly what its owner means; told once, as a warning, before training.

A few files stand for all, since the look must cost little beside reading them.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
from absl import logging

from tfgan_zoo.data import images

LOOKED_AT = 16  # files, spread over the set
_COLOURED = 16  # levels between the channels of a colour picture, which compression does not make
_WIDE = 65535
_LABELS = 256  # colours that label maps can have among them
_FEW = 32  # colours of a picture that may be as restless as it likes and still be a label map


def tell(place, side, sources: Sequence, half: int | None = None):
    """Warns of what the pictures of a side lose.

    Args:
        place: of the data, for the sentence.
        side: `files.Side`.
        sources: paths, or bytes of files.
        half: which half of each is the side, 0 or 1; None where it is the whole.
    """
    wide, coloured = [], 0
    for source in spread(sources):
        try:
            if (largest := images.largest_value(source)) is not None:
                wide.append(largest)
            elif side.channels in (1, 2):
                pixels = images.decode(source, 3, side.kind)
                if half is not None:
                    pixels = np.array_split(pixels, 2, axis=1)[half]
                coloured += is_coloured(pixels)
        except images.ImageError:
            continue  # Reported with its reason when it is decoded.
    if side.kind != "labels" and wide and max(wide) <= _WIDE // 4:
        _once(
            f"{place}: pictures of '{side.field}' have 16 bits but no value above "
            f"{max(wide):,} of {_WIDE:,}, so that they are read as almost black "
            f"({max(wide) * 255 // _WIDE} of 255 at most). If they hold fewer bits, multiply "
            "their values to the full range before training."
        )
    if coloured:
        grey_is_told(place, side)


def grey_is_told(place, side):
    """Warns that the coloured pictures of a side become grey."""
    loss = (
        "labels whose colours are equally bright become one"
        if side.kind == "labels"
        else "their colours are lost"
    )
    _once(
        f"{place}: the pictures of '{side.field}' are coloured and are read as grey, since "
        f"{side.channels} channel{'s are' if side.channels > 1 else ' is'} asked for: {loss}. Ask "
        "for 3 channels to keep them."
    )


def is_coloured(pixels) -> bool:
    """Whether channels of a picture, uint8 `[H, W, 3]`, differ beyond what compression does."""
    pixels = pixels.astype(np.int16)
    return bool((pixels.max(-1) - pixels.min(-1)).max() > _COLOURED)


def label_maps(place, paths: Sequence, palettes: Sequence) -> bool:
    """Whether palette PNGs are label maps rather than photographs with few colours; says which.

    Label maps share one list of colours, or have few of them in flat regions. Photographs of 256
    colours have other ones in each file, or change from pixel to pixel.

    Args:
        place: of the data, for the sentence.
        paths: of all files.
        palettes: theirs that differ, each `[[r, g, b], ...]`.
    """
    colours = {tuple(colour) for palette in palettes for colour in palette}
    used, restless = [], []
    for path in spread(paths):
        try:
            indices = images.decode(path, 1, "labels")[..., 0]
        except images.ImageError:
            continue  # Reported with its reason when it is decoded.
        used.append(len(np.unique(indices)))
        if indices.shape[1] > 1:
            restless.append(float((indices[:, 1:] != indices[:, :-1]).mean()))
    greys = len(palettes) == 1 and len(colours) > _FEW and all(r == g == b for r, g, b in colours)
    many = bool(used) and float(np.mean(used)) > _FEW
    photographs = (
        greys
        or (len(palettes) > 1 and len(colours) > _LABELS)
        or ((many or len(palettes) > 1) and bool(restless) and float(np.mean(restless)) > 0.5)
    )
    _once(
        f"{place}: palette PNGs with {len(colours)} colours in all are taken for "
        + (
            "photographs; --labels says which side is a label map, if one is."
            if photographs
            else "label maps, whose colours are never mixed; --labels=none takes photographs."
        )
    )
    return not photographs


def tell_mixed(place, with_palette, without):
    """Warns of a side that holds label maps and other pictures."""
    _once(
        f"{place}: {with_palette.name} is a palette PNG, as label maps are, and {without.name} is "
        "none: all are taken for photographs, whose colours are mixed. If they are label maps, "
        "--labels says so."
    )


def spread(sources: Sequence) -> list:
    """Up to `LOOKED_AT` of them, evenly spread."""
    chosen = np.linspace(0, len(sources) - 1, min(LOOKED_AT, len(sources))).astype(int)
    return [sources[number] for number in chosen]


@functools.cache
def _once(sentence):
    """Warns, once in a process: a set is opened for each of its splits."""
    logging.warning("%s", sentence)
