"""The front door: what `--data` says, opened as a table of examples.

| `--data`            | paired                              | single images                    |
|---------------------|-------------------------------------|----------------------------------|
| `facades`           | drawn label maps and buildings      | the buildings                    |
| `facade_edges`      | line drawings of them and buildings | the line drawings                |
| `facade_materials`  |                                     | the buildings in twelve looks    |
| `facade_walk`       | the frames of `data.clips`'s clips  |                                  |
| `digits`            |                                     | scikit-learn's handwritten digits|
| `people`            |                                     | drawn people, who they are       |
| `people_street`     |                                     | those of one place; also         |
|                     |                                     | `people_station`                 |
| `tfds:NAME[/CONFIG]`| features source, target             | features image and label         |
| `DIR`               | pictures that hold A left, B right  | pictures, or one folder a class  |
| `DIR_A,DIR_B`       | two folders with equal names        |                                  |
| `stacked:SPEC`      |                                     | three grey ones in the channels  |
| `coloured:SPEC`     |                                     | grey ones in ink of six looks    |

Folders may hold the folders train, val (or validation) and test; what is missing is cut from the
end of the sorted names.
"""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Mapping

import numpy as np
from absl import logging
from PIL import Image

from tfgan_zoo.data import (
    cache,
    clips,
    coloured,
    digits,
    edges,
    facade_materials,
    facades,
    folders,
    images,
    people,
    places,
    splits,
    stacked,
    suspicions,
    tfds_source,
)
from tfgan_zoo.data.errors import DataError
from tfgan_zoo.data.examples import Examples
from tfgan_zoo.data.files import Listing, Reader, Side, open_listing
from tfgan_zoo.data.request import DEFAULT, Request
from tfgan_zoo.kinds.class_ import Class

FORMS = (
    "'facades', 'facade_edges', 'facade_materials', 'digits' or 'people' (built in), 'tfds:NAME' "
    "or 'tfds:NAME/CONFIG', a folder, or two folders 'DIR_A,DIR_B'; single images also as "
    "'stacked:' or 'coloured:' and one of these"
)
DRAWN = ("facades", "facade_edges")
# Whose people each of them is.
PEOPLE = {"people": people.PLACES, **{f"people_{place}": (place,) for place in people.PLACES}}
SINGLE = ("digits", "facade_materials", *PEOPLE)
# Of three grey pictures in the channels, and of grey ones in coloured ink.
MADE_OF_GREY = {"stacked:": stacked.stacked, "coloured:": coloured.coloured}
JUDGED = 50  # pictures of a folder that are asked whether they are pairs


def open_pairs(spec: str, split: str, request: Request = DEFAULT) -> Examples:
    """Opens paired data: fields `source` and `target`, uint8 `[H, W, C]`.

    Args:
        spec: see the table above; a folder that exists wins over any other meaning.
        split: `train`, `validation` (`val`) or `test`; for TFDS also a slice like `train[:10%]`.
        request: its `image_size` is what everything is resized to, before the cache. With jitter
            this is the load size, from which the pipeline crops.

    Raises:
        DataError: a sentence that says what is wrong with the data and what to do.
    """
    request.check_labels("pairs")
    # The fields in the order of the files: A first.
    order = ("source", "target") if request.direction == "AtoB" else ("target", "source")
    channels = {"source": request.source_channels, "target": request.target_channels}
    place, labels = _place(spec), request.labels

    def sides(label_maps, palettes=(None, None)):
        """`label_maps` says of A and of B whether it is found to be a label map."""
        chosen = label_maps
        if labels != "auto":
            chosen = [name == labels for name in order]
        return tuple(
            Side(name, channels[name], "labels", colours)
            if is_map
            else Side(name, channels[name], "image")
            for name, is_map, colours in zip(order, chosen, palettes, strict=True)
        )

    if place in DRAWN:
        palette = _tuples(facades.PALETTE.tolist()) if place == "facades" else None
        drawn = sides((place == "facades", False), (palette, None))
        return _open_facades(spec, split, request, ("source", "target"), drawn)
    if place == clips.WALK:
        return clips.pairs(clips.open_clips(spec, split, request))
    if place in SINGLE:
        raise DataError(f"'{spec}' holds single images; pairs are needed here: use 'facades'.")
    if isinstance(place, str):
        builder = tfds_source.find(place, data_dir=request.data_dir, download=request.download)
        keys = tfds_source.picture_keys(builder)
        pair = next((p for p in tfds_source.PAIRS if set(p) <= set(keys)), None)
        if pair is None:
            raise DataError(
                f"'{spec}' is not a paired set: it has the pictures {', '.join(keys) or 'none'}, "
                f"not {' nor '.join(' and '.join(p) for p in tfds_source.PAIRS)}. "
                "Use it with a model that trains on single images."
            )
        found = sides([tfds_source.is_label_map(builder, key) for key in pair])
        return tfds_source.open_tfds(builder, split, found, pair, request, {"source": spec})
    info = {"name": ",".join(p.name for p in place), "source": spec}
    if len(place) == 2:
        listing = folders.list_two_folders(*place, request.hold_out)
        records = [record for part in listing.splits.values() for record in part]
        palettes = [
            folders.label_palette(records, number, place[number] if labels == "auto" else None)
            if labels in ("auto", name)
            else None
            for number, name in enumerate(order)
        ]
        maps = [colours is not None for colours in palettes]
        reader = Reader(sides(maps, [_tuples(colours) for colours in palettes]))
        for side, colours in zip(reader.sides, palettes, strict=True):
            if side.kind == "labels" and colours and "palette" not in info:
                info["palette"] = colours
    else:
        listing = folders.list_joined_pairs(*place, request.hold_out)
        reader = Reader(sides((False, False)), joined=True)
        if request.side_by_side:
            _warn_if_stretched(listing, 2, request.image_size, "cut into two halves")
        else:
            _check_halves(place[0], listing, request.image_size)
        left, right = order
        info["note"] = f"Each picture is a pair: its left half the {left}, its right the {right}."
    return open_listing(listing, split, reader, request, info)


def open_images(spec: str, split: str, request: Request = DEFAULT) -> Examples:
    """Opens single images: field `images`, and `labels` (int32) where there are classes; of
    `people` instead `persons` and `cameras` (int32).

    Args:
        spec: see the table above; of `facades` the buildings.
        split: as for `open_pairs`.
        request: `kind` says what the pictures are; with `auto` they are label maps where the data
            says so, which is a folder of palette PNGs and a TFDS LabeledImage.

    The errors are those of `open_pairs`.
    """
    for prefix, made_of in MADE_OF_GREY.items():
        if spec.startswith(prefix):
            if request.channels != 3:
                raise DataError(f"'{spec}' has 3 channels, not {request.channels}.")
            grey = dataclasses.replace(request, channels=1)
            return made_of(open_images(spec.removeprefix(prefix), split, grey))
    place = _place(spec)
    side = Side("images", request.channels, request.kind)
    built_in = dataclasses.replace(side, kind="labels" if side.kind == "labels" else "image")
    if place == "facades":
        return _open_facades(spec, split, request, ("target",), (built_in,))
    if place == "facade_edges":
        return _open_facades(spec, split, request, ("source",), (built_in,))
    if place == "facade_materials":
        return _open_materials(spec, split, request, built_in)
    if place == "digits":
        return _open_digits(spec, split, request, built_in)
    if place in PEOPLE:
        return _open_people(spec, split, request, built_in)
    if place == clips.WALK:
        raise DataError(f"'{spec}' holds pairs, and single images are needed here: use 'facades'.")
    if isinstance(place, str):
        builder = tfds_source.find(place, data_dir=request.data_dir, download=request.download)
        keys = tfds_source.picture_keys(builder)
        if "image" not in keys:
            raise DataError(
                f"'{spec}' has no picture named 'image' but {', '.join(keys) or 'none at all'}. "
                "A paired set needs a model that trains on pairs."
            )
        found = (kind_declared(side, builder, "image"),)
        return tfds_source.open_tfds(builder, split, found, ("image",), request, {"source": spec})
    if len(place) == 2:
        raise DataError(
            f"'{spec}' names two folders, which is paired data; single images are needed here: "
            "give one of the two folders."
        )
    listing = folders.list_images(*place, request.hold_out)
    _warn_if_stretched(listing, 1, request.image_size, "resized")
    info = {"name": place[0].name, "source": spec}
    return open_listing(listing, split, Reader((kind_found(side, listing),)), request, info)


def kind_found(side: Side, listing: Listing) -> Side:
    """The side with the kind that its files show, where it is 'auto'."""
    if side.kind != "auto":
        return side
    records = [record for part in listing.splits.values() for record in part]
    colours = folders.label_palette(records, 0, records[0].files[0].parent if records else None)
    if colours is None:
        return dataclasses.replace(side, kind="image")
    return dataclasses.replace(side, kind="labels", palette=_tuples(colours))


def kind_declared(side: Side, builder, key: str) -> Side:
    """The side with the kind that the TFDS set declares for its picture `key`, where it is
    'auto'.
    """
    if side.kind != "auto":
        return side
    labels = tfds_source.is_label_map(builder, key)
    return dataclasses.replace(side, kind="labels" if labels else "image")


def exists(spec: str) -> bool:
    """Whether `spec` means something that --data accepts; of a TFDS set only its form is read."""
    for prefix in MADE_OF_GREY:
        spec = spec.removeprefix(prefix)
    try:
        _place(spec)
    except DataError:
        return False
    return True


def is_facades(spec: str) -> bool:
    """Whether `spec` means the drawn facades; raises `DataError` where it means nothing."""
    return _place(spec) == "facades"


def _place(spec: str) -> str | tuple[pathlib.Path, ...]:
    """What `spec` means: one or two folders, a built-in set, or the name of a TFDS set."""
    if not spec:
        raise DataError(f"--data is empty; it accepts {FORMS}.")
    folder = places.home(spec)
    if folder.is_dir():
        return (folder.resolve(),)
    if spec in (*DRAWN, *SINGLE, clips.WALK):
        return spec
    if spec.startswith("tfds:") and spec != "tfds:":
        return spec.removeprefix("tfds:")
    # Any comma may be the one between the folders.
    cuts = [i for i, letter in enumerate(spec) if letter == ","]
    pairs = [tuple(places.home(part.strip()) for part in (spec[:i], spec[i + 1 :])) for i in cuts]
    for pair in pairs:
        if all(part.is_dir() for part in pair):
            return tuple(part.resolve() for part in pair)
    if len(pairs) == 1:
        absent = ", ".join(str(part) for part in pairs[0] if not part.is_dir())
        raise DataError(f"'{spec}' names two folders, but these are none: {absent}.")
    what = "is a file" if folder.exists() else "is not a folder that exists"
    raise DataError(f"'{spec}' {what}; --data accepts {FORMS}.")


def _only_memory(spec, cache):
    if cache != "memory":
        raise DataError(f"'{spec}' is always held in memory: leave out --cache={cache}.")


def _built_in(load, split, **arguments):
    try:
        arrays, names, info = load(split, **arguments)
        return arrays, names, {"split_rule": "built in", **info}
    except (ValueError, OSError, ImportError) as error:
        raise DataError(str(error)) from error


def _tuples(colours):
    """A palette as a kind holds it; None where there is none, or none in common."""
    return tuple(map(tuple, colours)) if colours else None


def _from_arrays(arrays: Mapping, keys, sides, names, info) -> Examples:
    """A table whose sides are these arrays, uint8 `[N, H, W, C]`, in their channels."""
    columns, kinds = {}, {}
    for key, side in zip(keys, sides, strict=True):
        pixels = arrays[key]
        if side.channels < 3 <= pixels.shape[-1]:
            suspicions.grey_is_told(info["name"], side)
        if pixels.shape[-1] != side.channels:
            pixels = np.stack([images.to_channels(p, side.channels, side.kind) for p in pixels])
        columns[side.field], kinds[side.field] = pixels, side.kind_at(pixels.shape[1:3])
    classes = {
        "labels": lambda: Class(tuple(info["label_names"])),
        "persons": lambda: Class(count=int(arrays["persons"].max()) + 1),
        "cameras": lambda: Class(tuple(info["camera_names"])),
    }
    for name in [name for name in classes if name in arrays]:
        columns[name], kinds[name] = arrays[name], classes[name]()
    return Examples.from_arrays(columns, kinds, names, info)


def _fits(count, image_size, channels):
    """Raises `DataError` for pictures of a built-in set for which there is no memory."""
    height, width = image_size
    side = int((cache.available_memory() / 2 / count / channels) ** 0.5)
    cache.check_memory(
        count, height * width * channels, f"--image_size={side} is the largest square that fits."
    )


def _open_facades(spec, split, request, keys, sides):
    _only_memory(spec, request.cache)
    request.hold_out.refuse_idle(())
    # As read: two pictures in colour, whatever is kept of them.
    count = request.num_examples or facades.COUNTS.get(splits.canonical(split), 1)
    _fits(count, request.image_size, 6)
    arrays, names, info = _built_in(
        facades.load,
        splits.canonical(split),
        image_size=request.image_size,
        seed=request.seed,
        num_examples=request.num_examples,
        data_dir=request.data_dir,
    )
    if spec == "facade_edges":
        arrays["source"] = edges.edges(arrays["target"])
        info = {key: value for key, value in info.items() if key not in facades.OF_LABELS} | {
            "name": info["name"].replace("facades", "facade_edges"),
            "description": "Drawn buildings, and line drawings of them where colours change.",
        }
    return _from_arrays(arrays, keys, sides, names, info)


def _open_materials(spec, split, request, side):
    _only_memory(spec, request.cache)
    request.hold_out.refuse_idle(())
    split = splits.canonical(split)
    if split not in facade_materials.BUILDINGS:
        raise DataError(f"'{spec}' has no split '{split}'; it has {', '.join(splits.NAMES)}.")
    buildings = request.num_examples or facade_materials.BUILDINGS[split]
    _fits(
        len(facade_materials.rows_of(split, buildings)), request.image_size, max(3, side.channels)
    )
    arrays, names, info = _built_in(
        facade_materials.load,
        split,
        image_size=request.image_size,
        seed=request.seed,
        num_examples=request.num_examples,
        data_dir=request.data_dir,
    )
    return _from_arrays(arrays, ("images",), (side,), names, info)


def _open_digits(spec, split, request, side):
    _only_memory(spec, request.cache)
    split = splits.canonical(split)
    part = "test" if split == "test" else "train"
    request.hold_out.refuse_idle(("validation",))
    if split not in splits.NAMES:
        raise DataError(f"'digits' has no split '{split}'; it has {', '.join(splits.NAMES)}.")
    _fits(digits.COUNT, request.image_size, max(4, side.channels))  # drawn in float32
    arrays, names, info = _built_in(
        digits.load, part, image_size=request.image_size, data_dir=request.data_dir
    )
    examples = _from_arrays(arrays, ("images",), (side,), names, info)
    if part == "test":
        return examples
    start, stop = request.hold_out.ranges(len(examples), ("validation",))[split]
    if start == stop:
        raise DataError("'digits' has no validation split when val_count or val_share is zero.")
    examples = examples.subset(range(start, stop))
    examples.info |= {"split": split, "split_rule": f"examples {start} to {stop - 1} of train"}
    return examples


def _open_people(spec, split, request, side):
    _only_memory(spec, request.cache)
    request.hold_out.refuse_idle(())
    split = splits.canonical(split)
    count = request.num_examples or people.PEOPLE.get(split, 1)
    _fits(2 * len(people.NAMES) * people.VIEWS * count, request.image_size, 3)
    arrays, names, info = _built_in(
        people.load,
        split,
        image_size=request.image_size,
        places=PEOPLE[spec],
        seed=request.seed,
        num_people=request.num_examples,
        data_dir=request.data_dir,
    )
    return _from_arrays(arrays, ("images",), (side,), names, info)


def _check_halves(root, listing, image_size):
    """Raises `DataError` where most pictures are no pairs: their halves are of another shape than
    is asked for.
    """
    shapes = {}
    for record in [record for part in listing.splits.values() for record in part][:JUDGED]:
        try:
            shapes[record.files[0]] = images.shape(record.files[0])[:2]
        except images.ImageError:
            continue  # Reported with its reason when it is decoded.
    wanted = 2 * image_size[1] / image_size[0]
    others = {
        path: (height, width)
        for path, (height, width) in shapes.items()
        if not 1 / 1.05 < width / height / wanted < 1.05
    }
    if 2 * len(others) <= len(shapes):
        return
    path, (height, width) = next(iter(others.items()))
    raise DataError(
        f"{root} seems to hold plain pictures, not pairs: {path.name} is {width}x{height} pixels, "
        f"and two halves side by side would be {wanted:g} times as wide as high for this "
        "--image_size. Give --side_by_side if they are pairs all the same; pairs in two folders "
        "are --data=DIR_A,DIR_B; pictures without pairs are for trainers.cyclegan."
    )


def _warn_if_stretched(listing, halves, image_size, what):
    """Warns where the first picture is far from the shape asked for: often the wrong folder."""
    first = next(record for part in listing.splits.values() for record in part).files[0]
    try:
        with Image.open(first, formats=images.FORMATS) as image:
            width, height = image.width / halves, image.height
    except (OSError, SyntaxError, ValueError):
        return  # Reported with its reason when it is decoded.
    stretch = (width / height) / (image_size[1] / image_size[0])
    if not 1 / 1.9 < stretch < 1.9:
        logging.warning(
            "%s is %dx%d pixels and will be %s and stretched to %dx%d: is this the right folder?",
            *(first, width * halves, height, what, image_size[1], image_size[0]),
        )
