"""The front door: what `--data` says, opened as a table of examples.

| `--data`            | paired                              | single images                    |
|---------------------|-------------------------------------|----------------------------------|
| `facades`           | drawn label maps and buildings      | the buildings                    |
| `digits`            |                                     | scikit-learn's handwritten digits|
| `tfds:NAME[/CONFIG]`| features source, target             | features image and label         |
| `DIR`               | pictures that hold A left, B right  | pictures, or one folder a class  |
| `DIR_A,DIR_B`       | two folders with equal names        |                                  |
| `stacked:SPEC`      |                                     | three grey ones in the channels  |

Folders may hold the folders train, val (or validation) and test; what is missing is cut from the
end of the sorted names.
"""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable, Mapping

import numpy as np
from absl import logging
from PIL import Image

from tfgan_zoo.data import cache as cache_lib
from tfgan_zoo.data import digits, facades, folders, images, splits, stacked, tfds_source
from tfgan_zoo.data.examples import DataError, Examples
from tfgan_zoo.data.folders import Reader, Side

FORMS = (
    "'facades' or 'digits' (built in), 'tfds:NAME' or 'tfds:NAME/CONFIG', a folder, "
    "or two folders 'DIR_A,DIR_B'; single images also as 'stacked:' and one of these"
)
STACKED = "stacked:"
DIRECTIONS = ("AtoB", "BtoA")
LABELS = ("auto", "source", "target", "none")


def open_pairs(
    spec: str,
    split: str,
    *,
    image_size: tuple[int, int],
    source_channels: int = 3,
    target_channels: int = 3,
    direction: str = "AtoB",
    labels: str = "auto",
    data_dir=None,
    download: bool = False,
    skip_bad: bool = False,
    cache: str = "memory",
    cache_dir=None,
    val_count: int | None = None,
    val_share: float = 0.05,
    test_count: int | None = None,
    test_share: float = 0.1,
    seed: int = 0,
    num_examples: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Examples:
    """Opens paired data: fields `source` and `target`, uint8 `[H, W, C]`.

    Args:
        spec: see the table above; a folder that exists wins over any other meaning.
        split: `train`, `validation` (`val`) or `test`; for TFDS also a slice like `train[:10%]`.
        image_size: `(height, width)` that everything is resized to, before the cache. With jitter
            this is the load size, from which the pipeline crops.
        source_channels: 1 to 4.
        target_channels: 1 to 4.
        direction: `AtoB`, or `BtoA` to swap. A is the left half, the first folder, the `source`.
        labels: which side, after `direction`, is a label map: `source`, `target`, `none`, or
            `auto`: a folder of palette PNGs, a TFDS LabeledImage, the source of `facades`.
        data_dir: folder of prepared TFDS sets.
        download: prepare a TFDS set that is not there.
        skip_bad: go on without files that cannot be used; `info["skipped"]` counts those of all
            splits.
        cache: `memory`, `disk`, or `none` (decode at each access; folders only).
        cache_dir: folder for `disk`; `~/.cache/tfgan_zoo` when None.
        val_count: examples for validation, where the data has no such split.
        val_share: the same as a share, used when `val_count` is None.
        test_count: as `val_count`.
        test_share: as `val_share`.
        seed: which set of drawn facades.
        num_examples: how many drawn facades.
        progress: called with (done, total) while the data is read.

    Raises:
        DataError: a sentence that says what is wrong with the data and what to do.
    """
    _check(image_size, (source_channels, target_channels), cache)
    _choice("direction", direction, DIRECTIONS)
    _choice("labels", labels, LABELS)
    hold_out = splits.HoldOut(val_count, test_count, val_share, test_share)
    # The fields in the order of the files: A first.
    order = ("source", "target") if direction == "AtoB" else ("target", "source")
    channels = {"source": source_channels, "target": target_channels}
    place = _place(spec)

    def sides(label_maps):
        """`label_maps` says of A and of B whether it is found to be a label map."""
        found = dict(zip(order, label_maps, strict=True))
        chosen = found if labels == "auto" else {name: name == labels for name in order}
        return tuple(
            Side(name, channels[name], "labels" if chosen[name] else "image") for name in order
        )

    if place == "facades":
        _only_memory(spec, cache)
        arrays, names, info = _built_in(
            facades.load,
            splits.canonical(split),
            image_size=image_size,
            seed=seed,
            num_examples=num_examples,
            data_dir=data_dir,
        )
        return _from_arrays(arrays, ("source", "target"), sides((True, False)), names, info)
    if place == "digits":
        raise DataError(f"'{spec}' holds single images; pairs are needed here: use 'facades'.")
    if isinstance(place, str):
        builder = tfds_source.find(place, data_dir=data_dir, download=download)
        keys = tfds_source.picture_keys(builder)
        pair = next((p for p in tfds_source.PAIRS if set(p) <= set(keys)), None)
        if pair is None:
            raise DataError(
                f"'{spec}' is not a paired set: it has the pictures {', '.join(keys) or 'none'}, "
                f"not {' nor '.join(' and '.join(p) for p in tfds_source.PAIRS)}. "
                "Use it with a model that trains on single images."
            )
        declared = [tfds_source.is_label_map(builder, key) for key in pair]
        return tfds_source.open_tfds(
            builder,
            split,
            sides(declared),
            pair,
            image_size=image_size,
            hold_out=hold_out,
            info={"source": spec},
            cache=cache,
            cache_dir=cache_dir,
            progress=progress,
        )
    info = {"name": ",".join(p.name for p in place), "source": spec}
    if len(place) == 2:
        listing = folders.list_two_folders(*place, hold_out)
        records = [record for part in listing.splits.values() for record in part]
        palettes = [
            folders.label_palette(records, number) if labels in ("auto", name) else None
            for number, name in enumerate(order)
        ]
        reader = Reader(sides([colours is not None for colours in palettes]))
        for side, colours in zip(reader.sides, palettes, strict=True):
            if side.kind == "labels" and colours and "palette" not in info:
                info["palette"] = colours
    else:
        listing = folders.list_joined_pairs(*place, hold_out)
        reader = Reader(sides((False, False)), joined=True)
        _warn_if_stretched(listing, 2, image_size, "cut into two halves")
    return folders.open_listing(
        listing,
        split,
        reader,
        image_size=image_size,
        info=info,
        skip_bad=skip_bad,
        cache=cache,
        cache_dir=cache_dir,
        progress=progress,
    )


def open_images(
    spec: str,
    split: str,
    *,
    image_size: tuple[int, int],
    channels: int = 3,
    kind: str = "image",
    data_dir=None,
    download: bool = False,
    skip_bad: bool = False,
    cache: str = "memory",
    cache_dir=None,
    val_count: int | None = None,
    val_share: float = 0.05,
    test_count: int | None = None,
    test_share: float = 0.1,
    seed: int = 0,
    num_examples: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Examples:
    """Opens single images: field `images`, and `labels` (int32) where there are classes.

    Args:
        spec: see the table above; of `facades` the buildings.
        channels: 1 to 4.
        kind: `image`; `labels` for label maps; `auto`: label maps where the data says so, which is
            a folder of palette PNGs and a TFDS LabeledImage.

    The other arguments and the errors are those of `open_pairs`.
    """
    if spec.startswith(STACKED):
        if channels != 3:
            raise DataError(f"'{spec}' has 3 channels, a picture in each; not {channels}.")
        grey = open_images(
            spec.removeprefix(STACKED),
            split,
            image_size=image_size,
            channels=1,
            kind=kind,
            data_dir=data_dir,
            download=download,
            skip_bad=skip_bad,
            cache=cache,
            cache_dir=cache_dir,
            val_count=val_count,
            val_share=val_share,
            test_count=test_count,
            test_share=test_share,
            seed=seed,
            num_examples=num_examples,
            progress=progress,
        )
        return stacked.stacked(grey)
    _check(image_size, (channels,), cache)
    hold_out = splits.HoldOut(val_count, test_count, val_share, test_share)
    place = _place(spec)
    side = Side("images", channels, kind)
    built_in = dataclasses.replace(side, kind="labels" if kind == "labels" else "image")
    if place == "facades":
        _only_memory(spec, cache)
        arrays, names, info = _built_in(
            facades.load,
            splits.canonical(split),
            image_size=image_size,
            seed=seed,
            num_examples=num_examples,
            data_dir=data_dir,
        )
        return _from_arrays(arrays, ("target",), (built_in,), names, info)
    if place == "digits":
        _only_memory(spec, cache)
        return _open_digits(split, image_size, (built_in,), data_dir, hold_out)
    if isinstance(place, str):
        builder = tfds_source.find(place, data_dir=data_dir, download=download)
        keys = tfds_source.picture_keys(builder)
        if "image" not in keys:
            raise DataError(
                f"'{spec}' has no picture named 'image' but {', '.join(keys) or 'none at all'}. "
                "A paired set needs a model that trains on pairs."
            )
        return tfds_source.open_tfds(
            builder,
            split,
            (kind_declared(side, builder, "image"),),
            ("image",),
            image_size=image_size,
            hold_out=hold_out,
            info={"source": spec},
            cache=cache,
            cache_dir=cache_dir,
            progress=progress,
        )
    if len(place) == 2:
        raise DataError(
            f"'{spec}' names two folders, which is paired data; single images are needed here: "
            "give one of the two folders."
        )
    listing = folders.list_images(*place, hold_out)
    _warn_if_stretched(listing, 1, image_size, "resized")
    return folders.open_listing(
        listing,
        split,
        Reader((kind_found(side, listing),)),
        image_size=image_size,
        info={"name": place[0].name, "source": spec},
        skip_bad=skip_bad,
        cache=cache,
        cache_dir=cache_dir,
        progress=progress,
    )


def kind_found(side: Side, listing: folders.Listing) -> Side:
    """The side with the kind that its files show, where it is 'auto'."""
    if side.kind != "auto":
        return side
    records = [record for part in listing.splits.values() for record in part]
    palette = folders.label_palette(records, 0)
    return dataclasses.replace(side, kind="image" if palette is None else "labels")


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
    try:
        _place(spec.removeprefix(STACKED))
    except DataError:
        return False
    return True


def _place(spec: str) -> str | tuple[pathlib.Path, ...]:
    """What `spec` means: one or two folders, `facades`, `digits`, or the name of a TFDS set."""
    if not spec:
        raise DataError(f"--data is empty; it accepts {FORMS}.")
    folder = pathlib.Path(spec).expanduser()
    if folder.is_dir():
        return (folder.resolve(),)
    if spec in ("facades", "digits"):
        return spec
    if spec.startswith("tfds:") and spec != "tfds:":
        return spec.removeprefix("tfds:")
    # Any comma may be the one between the folders.
    cuts = [i for i, letter in enumerate(spec) if letter == ","]
    pairs = [
        tuple(pathlib.Path(part.strip()).expanduser() for part in (spec[:i], spec[i + 1 :]))
        for i in cuts
    ]
    for pair in pairs:
        if all(part.is_dir() for part in pair):
            return tuple(part.resolve() for part in pair)
    if len(pairs) == 1:
        absent = ", ".join(str(part) for part in pairs[0] if not part.is_dir())
        raise DataError(f"'{spec}' names two folders, but these are none: {absent}.")
    what = "is a file" if folder.exists() else "is not a folder that exists"
    raise DataError(f"'{spec}' {what}; --data accepts {FORMS}.")


def _check(image_size, channels, cache):
    _choice("cache", cache, cache_lib.MODES)
    if len(image_size) != 2 or min(image_size) < 1:
        raise DataError(f"image_size={image_size}: give (height, width), at least 1 pixel each.")
    for count in channels:
        _choice("channels", count, (1, 2, 3, 4))


def _choice(name, value, allowed):
    if value not in allowed:
        raise DataError(f"{name}={value}: choose one of {', '.join(map(str, allowed))}.")


def _only_memory(spec, cache):
    if cache != "memory":
        raise DataError(f"'{spec}' is always held in memory: leave out --cache={cache}.")


def _built_in(load, split, **arguments):
    try:
        arrays, names, info = load(split, **arguments)
        return arrays, names, {"split_rule": "built in", **info}
    except (ValueError, OSError, ImportError) as error:
        raise DataError(str(error)) from error


def _from_arrays(arrays: Mapping, keys, sides, names, info) -> Examples:
    """A table whose sides are these arrays, uint8 `[N, H, W, C]`, in their channels."""
    columns, kinds = {}, {}
    for key, side in zip(keys, sides, strict=True):
        pixels = arrays[key]
        if pixels.shape[-1] != side.channels:
            pixels = np.stack([images.to_channels(p, side.channels, side.kind) for p in pixels])
        columns[side.field], kinds[side.field] = pixels, side.kind
    if "labels" in arrays:
        columns["labels"], kinds["labels"] = arrays["labels"], "class"
    return Examples.from_arrays(columns, kinds, names, info)


def _open_digits(split, image_size, sides, data_dir, hold_out):
    split = splits.canonical(split)
    part = "test" if split == "test" else "train"
    if split not in splits.NAMES:
        raise DataError(f"'digits' has no split '{split}'; it has {', '.join(splits.NAMES)}.")
    arrays, names, info = _built_in(digits.load, part, image_size=image_size, data_dir=data_dir)
    examples = _from_arrays(arrays, ("images",), sides, names, info)
    if part == "test":
        return examples
    start, stop = hold_out.ranges(len(examples), ("validation",))[split]
    if start == stop:
        raise DataError("'digits' has no validation split when val_count or val_share is zero.")
    examples = examples.subset(range(start, stop))
    examples.info |= {"split": split, "split_rule": f"examples {start} to {stop - 1} of train"}
    return examples


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
