"""TensorFlow Datasets as a source: `tfds:NAME[/CONFIG][:VERSION]`, never downloaded unasked."""

from __future__ import annotations

import difflib
import pathlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import tensorflow as tf
import tensorflow_datasets as tfds
from google.protobuf import json_format

from tfgan_zoo.data import cache as cache_lib
from tfgan_zoo.data import contents, images, places, splits, suspicions, tfds_files
from tfgan_zoo.data.builtin import bars_only_on_terminals
from tfgan_zoo.data.errors import DataError
from tfgan_zoo.data.examples import Examples
from tfgan_zoo.data.files import Side
from tfgan_zoo.data.request import Request
from tfgan_zoo.kinds.class_ import Class

# What TFDS raises for descriptions that are missing or damaged.
_UNREADABLE = (
    *(ValueError, OSError, KeyError, TypeError, AttributeError, AssertionError),
    *(tf.errors.OpError, json_format.ParseError),
)
PAIRS = (("source", "target"), ("input_image", "target_image"))


def find(name: str, *, data_dir=None, download: bool = False) -> tfds.core.DatasetBuilder:
    """The builder of a prepared set. Without `download` nothing but `data_dir` is looked at.

    Args:
        name: as after `tfds:`, for example `mnist` or `cycle_gan/facades:2.0.0`.
        data_dir: folder of prepared sets; that of TFDS (`~/tensorflow_datasets`) when None.
        download: fetch and prepare the set if it is not there yet.

    Raises:
        DataError: if the set is not prepared, not known, or cannot be downloaded.
    """
    place = places.home(data_dir or tfds.core.constants.DATA_DIR)
    try:
        # Reads what lies on disk without the set's own code, which would ask the network.
        builder = tfds.core.read_only_builder.builder_from_files(name, data_dir=str(place))
    except _UNREADABLE as error:
        base = name.split("/")[0].split(":")[0]
        known = tfds.list_builders(with_community_datasets=False)
        prepared = [path.name for path in place.glob("*") if path.is_dir()]
        tfds_files.check_descriptions(place / base)
        if base not in known and base not in prepared:
            close = difflib.get_close_matches(base, sorted({*known, *prepared}), n=5)
            hint = f"Did you mean {', '.join(close)}?" if close else "No known name is close to it."
            raise DataError(f"TFDS knows no data set '{base}'. {hint}") from error
        if not download:
            inside = sorted(path.name for path in (place / base).glob("*") if path.is_dir())
            has = f" (there is {', '.join(inside)} of {base})" if inside else ""
            raise DataError(
                f"The TFDS set '{name}' is not prepared in {place}{has}: name the folder that "
                "holds it with --data_dir, or prepare it with --download, which needs a network."
            ) from error
        builder = _download(name, place)
    if not builder.info.splits:
        raise DataError(
            f"The TFDS set '{name}' in {place} has no examples: its preparation was not completed. "
            "Delete its folder and prepare it again with --download."
        )
    return builder


def open_tfds(
    builder: tfds.core.DatasetBuilder,
    split: str,
    sides: Sequence[Side],
    keys: Sequence[str],
    request: Request,
    info: dict,
) -> Examples:
    """Reads one split of a prepared set; `info` is completed.

    Args:
        builder: from `find`.
        split: `train`, `validation` or `test`, or any TFDS slice such as `train[:10%]`. What the
            set has no split for is cut from the end of its `train`.
        sides: how the pictures become fields.
        keys: the feature of each side.
        request: its size, cache, held-out counts and progress.
        info: at least the `source`.

    Raises:
        DataError: if the split does not exist or the cache cannot hold it.
    """
    if request.cache == "none":
        raise DataError("TFDS sets cannot be read in random order: use --cache=memory or disk.")
    if request.max_pixels is not None:
        images.allow(request.max_pixels)
    name = builder.info.full_name
    subset, rule = resolve_split(builder, split, request.hold_out)
    try:
        count = builder.info.splits[subset].num_examples
    except (ValueError, KeyError) as error:
        raise DataError(
            f"tfds:{name} has no split '{split}'; it has {', '.join(builder.info.splits)}."
        ) from error
    tfds_files.check_present(builder, subset)
    if not count:
        raise DataError(f"The split {subset} of tfds:{name} is empty.")
    fields = {side.field: side.kind_at(request.image_size) for side in sides}
    label_key = _label_key(builder) if "images" in fields else None
    if label_key:
        fields["labels"] = Class(tuple(builder.info.features[label_key].names))

    def fill(arrays):
        # The bytes of the pictures go through the same decoder as files do.
        decoders = tfds.decode.PartialDecoding(
            dict.fromkeys((*keys, label_key) if label_key else keys, True),
            decoders={key: tfds.decode.SkipDecoding() for key in keys},
        )
        # One shard after the other, so that the order is that of the files.
        config = tfds.ReadConfig(interleave_cycle_length=1, add_tfds_id=True)
        stream = builder.as_dataset(split=subset, decoders=decoders, read_config=config)
        names = []

        def store(row, identity, data):
            for side, pixels in zip(sides, data, strict=True):
                try:
                    picture = images.decode(pixels, side.channels, side.kind)
                except images.ImageError as error:
                    raise DataError(
                        f"Example {identity.decode()} of tfds:{name} {error}."
                    ) from error
                arrays[side.field][row] = images.resize(picture, request.image_size, side.kind)

        batches = _until_damage(stream.batch(256).prefetch(2), builder, subset)
        with ThreadPoolExecutor() as pool:
            for batch in batches:
                rows = range(len(names), len(names) + len(batch["tfds_id"]))
                if not names:
                    for key, side in zip(keys, sides, strict=True):
                        suspicions.tell(f"tfds:{name}", side, list(batch[key]))
                data = zip(*(batch[key] for key in keys), strict=True)
                list(pool.map(store, rows, batch["tfds_id"], data))
                if label_key:
                    arrays["labels"][rows.start : rows.stop] = batch[label_key]
                names += [identity.decode() for identity in batch["tfds_id"]]
                if request.progress:
                    request.progress(len(names), count)
        if len(names) != count:
            raise tfds_files.why_unreadable(builder, subset)
        return names

    files = sorted(path for path in pathlib.Path(builder.data_path).iterdir() if path.is_file())
    key = [
        [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files],
        [subset, [str(side) for side in sides], list(keys), label_key],
    ]
    arrays, names = cache_lib.tabulate(
        fields, count, fill, mode=request.cache, cache_dir=request.cache_dir, key=key
    )
    info = {
        **info,
        "name": name,
        "licence": builder.info.redistribution_info.license or "not stated",
        "description": builder.info.description or "",
        "split": splits.canonical(split),
        "split_rule": rule,
        # Its descriptions are written anew by each version of TFDS.
        "contents": contents.of_files({p.name: p for p in files if p.suffix != ".json"}),
    }
    if label_key:
        info["label_names"] = list(builder.info.features[label_key].names)
    return Examples.from_arrays(arrays, fields, names, info)


def _until_damage(stream, builder, subset):
    """The elements of a stream from the files of a set; raises `DataError` for damage."""
    try:
        yield from stream.as_numpy_iterator()
    except tf.errors.OpError as error:
        raise tfds_files.why_unreadable(builder, subset) from error


def resolve_split(builder, split: str, hold_out: splits.HoldOut) -> tuple[str, str]:
    """The TFDS split to read for `split`, and one sentence that says so."""
    # A set may hold both `val` and `validation`: the name that we use wins.
    names = sorted(builder.info.splits, key=lambda name: name in splits.NAMES)
    have = {splits.canonical(name): name for name in names}
    wanted = splits.canonical(split)
    missing = [name for name in splits.NAMES[1:] if name not in have]
    if wanted in splits.NAMES:
        hold_out.refuse_idle(missing)
    cut = wanted in missing or (wanted == "train" and missing)
    if not cut or "train" not in have:
        subset = have.get(wanted, split)
        return subset, f"TFDS split {subset}"
    total = builder.info.splits[have["train"]].num_examples
    start, stop = hold_out.ranges(total, missing)[wanted]
    subset = f"{have['train']}[{start}:{stop}]"
    return subset, f"TFDS split {subset}, because the set has no {' and no '.join(missing)} split"


def picture_keys(builder) -> list[str]:
    """The names of the set's picture features."""
    features = builder.info.features
    return sorted(key for key in features if isinstance(features[key], tfds.features.Image))


def is_label_map(builder, key: str) -> bool:
    """Whether a feature is declared to be a label map."""
    return isinstance(builder.info.features[key], tfds.features.LabeledImage)


def _label_key(builder) -> str | None:
    """The class feature: `label`, or else the only one that there is."""
    features = builder.info.features
    keys = [key for key in features if isinstance(features[key], tfds.features.ClassLabel)]
    return "label" if "label" in keys else keys[0] if len(keys) == 1 else None


def _download(name, place):
    bars_only_on_terminals()
    try:
        builder = tfds.builder(name, data_dir=str(place))
        builder.download_and_prepare()
    except Exception as error:  # Each data set raises its own; all mean the same to the user.
        raise DataError(
            f"The TFDS set '{name}' could not be downloaded to {place}: {error}. Check the network "
            "and the free space, or name a folder with the prepared set with --data_dir."
        ) from error
    return builder
