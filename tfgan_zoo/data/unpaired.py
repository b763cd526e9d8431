"""Two sets of pictures that do not belong together: what `--data` says, and the training stream.

| `--data=`             | A                                  | B                               |
|-----------------------|------------------------------------|---------------------------------|
| `facades`             | the drawn label maps               | the buildings, in another order |
| `people`              | drawn people in the street         | others, in a station            |
| `DIR`                 | `DIR/trainA`, `DIR/testA`          | `DIR/trainB`, `DIR/testB`       |
| `tfds:cycle_gan/NAME` | its splits trainA and testA        | trainB and testB                |
| `SPEC_A,SPEC_B`       | any source of single images        | another; see `data.sources`     |

Where there is no validation split it is cut from the end of the training pictures.
"""

from __future__ import annotations

import dataclasses

import tensorflow as tf

from tfgan_zoo.data import (
    contents,
    folders,
    people,
    pipeline,
    places,
    sources,
    splits,
    tfds_source,
)
from tfgan_zoo.data.errors import DataError, IdleCount
from tfgan_zoo.data.examples import Examples
from tfgan_zoo.data.files import Reader, Side, open_listing
from tfgan_zoo.data.request import DEFAULT, Request

FORMS = (
    "'facades' or 'people' (built in), a folder that holds trainA, trainB, testA and testB, "
    "'tfds:cycle_gan/NAME', or any two sources of pictures 'SPEC_A,SPEC_B'"
)
PEOPLE = ",".join(f"people_{place}" for place in people.PLACES)
# Between the seeds of the two orders. One seed would give two sets of one length one order, which
# would hand out the pairs of a paired set.
_OTHER_ORDER = 2**62


class Unpaired:
    """One split of both sets.

    Attributes:
        a, b: `Examples` with the one field `images_a`, or `images_b`.
        fields: those two.
        info: as of `Examples`, for both together.
    """

    def __init__(self, a: Examples, b: Examples, info: dict):
        self.a, self.b, self.info = a, b, info
        self.fields = {**a.fields, **b.fields}

    def __len__(self) -> int:
        """The length of an epoch: that of the longer set."""
        return max(len(self.a), len(self.b))

    def pairs(self) -> Examples:
        """What belongs together by name, as a table with both fields: the truth that scores need
        and training must not see.

        Raises:
            DataError: if the names of the two sets differ.
        """
        if self.a.names != self.b.names:
            raise DataError(
                f"The pairs of {self.info['name']} are not known: the names of its "
                f"{self.info['split']} pictures differ between A and B."
            )
        return Examples(
            self.fields, self.a.names, self.info, lambda i: self.a.fetch(i) | self.b.fetch(i)
        )


def open_unpaired(spec: str, split: str, request: Request = DEFAULT) -> Unpaired:
    """Opens two sets of pictures: fields `images_a` and `images_b`.

    Args:
        spec: see the table above.
        split: `train`, `validation` or `test`.
        request: shares and counts are of each set; `image_size` is what everything is resized to,
            before the cache.

    Raises:
        DataError: a sentence that says what is wrong with the data and what to do.
    """
    request.check_labels("unpaired")
    split = splits.canonical(split)
    channels = {"a": request.channels_a, "b": request.channels_b}
    kinds = {
        side: "auto"
        if request.labels == "auto"
        else "labels"
        if request.labels == side
        else "image"
        for side in channels
    }
    sides = {side: Side("images", channels[side], kinds[side]) for side in channels}
    folder = places.home(spec)
    if spec == "people" and not folder.is_dir():
        spec = PEOPLE
    if folder.is_dir():
        tables = _both(
            request, lambda side, own: _folder(folder, side.upper(), split, sides[side], own)
        )
        name = folder.resolve().name
    elif spec == "facades":
        return _facades(split, request)
    elif spec.startswith("tfds:") and "," not in spec:
        builder = tfds_source.find(spec[5:], data_dir=request.data_dir, download=request.download)
        tables = _both(
            request, lambda side, own: _tfds(builder, spec, side.upper(), split, sides[side], own)
        )
        name = tables["a"].info["name"]
    else:
        parts = dict(zip(sides, _two(spec), strict=True))

        def opened(side, own):
            one = dataclasses.replace(own, channels=channels[side], kind=kinds[side])
            return sources.open_images(parts[side], split, one)

        tables = _both(request, opened)
        name = ",".join(table.info["name"] for table in tables.values())
    a, b = (_only(table, "images", f"images_{side}") for side, table in tables.items())
    return Unpaired(a, b, _joint_info(a.info, b.info, name))


def train_batches(
    data: Unpaired, *, global_batch_size: int, seed: int, **options
) -> tf.data.Dataset:
    """The endless training stream: `pipeline.train_batches` of each set, side by side.

    Each set has epochs, crops and flips of its own. The position of both follows from the step
    alone.

    Args:
        data: both sets.
        global_batch_size: pictures of each set in a step.
        seed: from 0 to 2**62 - 1.
        options: as in `pipeline.train_batches`.

    Returns:
        `tf.data.Dataset` of `{"images_a": float32 [b, h, w, C], "images_b": ...}` in [-1, 1].
    """
    streams = [
        pipeline.train_batches(
            table, global_batch_size=global_batch_size, seed=seed + offset, **options
        )
        for table, offset in ((data.a, 0), (data.b, _OTHER_ORDER))
    ]
    return tf.data.Dataset.zip(*streams).map(lambda a, b: {**a, **b})


def _both(request, opened):
    """Side -> table. A count of held-out examples may say nothing on one side, not on both.

    Args:
        request: of both.
        opened: (side, request) -> table.
    """
    tables, idle = {}, {}
    for side in ("a", "b"):
        own, idle[side] = request, {}
        while side not in tables:
            try:
                tables[side] = opened(side, own)
            except IdleCount as error:
                idle[side][error.field] = error
                own = dataclasses.replace(own, **{error.field: None})
    for field in idle["a"].keys() & idle["b"].keys():
        raise idle["a"][field]
    return tables


def _facades(split, request) -> Unpaired:
    """The built-in pairs, taken apart."""
    paired = dataclasses.replace(
        request,
        source_channels=request.channels_a,
        target_channels=request.channels_b,
        direction="AtoB",
        labels={"a": "source", "b": "target"}.get(request.labels, request.labels),
    )
    pairs = sources.open_pairs("facades", split, paired)
    a, b = _only(pairs, "source", "images_a"), _only(pairs, "target", "images_b")
    return Unpaired(a, b, pairs.info)


def _folder(root, letter, split, side, request) -> Examples:
    """One set of the authors' layout: trainA, testA and perhaps valA."""
    parts = {
        splits.canonical(name): root / f"{name}{letter}"
        for name in ("train", "val", "validation", "test")
        if (root / f"{name}{letter}").is_dir()
    }
    if "train" not in parts:
        raise DataError(f"{root} holds no folder train{letter}; --data accepts {FORMS}.")
    listing = folders.list_images(root, request.hold_out, parts)
    reader = Reader((sources.kind_found(side, listing),))
    info = {"name": root.resolve().name, "source": f"{root} ({letter})"}
    return open_listing(listing, split, reader, request, info)


def _tfds(builder, spec, letter, split, side, request) -> Examples:
    """One set of TFDS' cycle_gan: the splits trainA and testA."""
    have = builder.info.splits
    if f"train{letter}" not in have or "image" not in tfds_source.picture_keys(builder):
        raise DataError(
            f"'{spec}' is no set of two domains: it needs a picture 'image' and a split "
            f"train{letter}, and has the splits {', '.join(have)}."
        )
    missing = [name for name in splits.NAMES[1:] if f"{name}{letter}" not in have]
    ranges = request.hold_out.ranges(have[f"train{letter}"].num_examples, missing)
    start, stop = ranges.get(split, (0, 0))
    part = f"train{letter}[{start}:{stop}]" if split in ranges else f"{split}{letter}"
    sides = (sources.kind_declared(side, builder, "image"),)
    examples = tfds_source.open_tfds(builder, part, sides, ("image",), request, {"source": spec})
    examples.info["split"] = split
    return examples


def _two(spec):
    """The two sources; any comma may be the one between them."""
    cuts = [i for i, letter in enumerate(spec) if letter == ","]
    halves = [(spec[:i].strip(), spec[i + 1 :].strip()) for i in cuts]
    if not halves:
        raise DataError(f"'{spec}' is one source of pictures; --data accepts {FORMS}.")
    return next((pair for pair in halves if all(map(sources.exists, pair))), halves[0])


def _only(examples, field, name) -> Examples:
    """The table of one field alone, under another name."""
    return Examples(
        {name: examples.fields[field]},
        examples.names,
        examples.info,
        lambda indices: {name: examples.fetch(indices)[field]},
    )


def _joint_info(a, b, name):
    def both(key):
        return a[key] if a[key] == b[key] else f"A: {a[key]} B: {b[key]}"

    return {
        **{key: both(key) for key in ("licence", "description", "source", "split_rule")},
        "name": places.printable(name),
        "split": a["split"],
        "skipped": a.get("skipped", 0) + b.get("skipped", 0),
        "contents": contents.joined(a.get("contents"), b.get("contents")),
    }
