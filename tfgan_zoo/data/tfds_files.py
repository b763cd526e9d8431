"""What is wrong with the files of a prepared TensorFlow Datasets set, told by name."""

from __future__ import annotations

import json
import pathlib

import tensorflow as tf

from tfgan_zoo.data import images
from tfgan_zoo.data.errors import DataError

REMEDY = "Bring it back, or delete the folder and prepare the set again with --download"


def check_present(builder, subset: str):
    """Raises `DataError` for a file of the split `subset` that is missing, empty or not fetched."""
    for path, _ in _shards(builder, subset):
        if not path.is_file():
            raise DataError(f"{path} is gone. {REMEDY}.")
        with path.open("rb") as stream:
            start = stream.read(len(images.GIT_LFS))
        if start == images.GIT_LFS:
            raise DataError(f"{path} is {images.LFS_POINTER}.")


def why_unreadable(builder, subset: str) -> DataError:
    """The error to raise once reading the split `subset` has failed: names the file."""
    for path, expected in _shards(builder, subset):
        try:
            found = sum(1 for _ in tf.data.TFRecordDataset(str(path)))
        except tf.errors.OpError:
            return DataError(f"{path} is damaged: its records do not agree with their checksums, "
                             f"or it is cut short. {REMEDY}.")  # fmt: skip
        if found != expected:
            return DataError(f"{path} holds {found} of its {expected} records. {REMEDY}.")
    return DataError(f"The set in {builder.data_path} cannot be read. {REMEDY}.")


def check_descriptions(folder: pathlib.Path):
    """Raises `DataError` for a description below `folder`, of any version of a set, that is damaged
    or not fetched.
    """
    for path in sorted(folder.rglob("*.json")):
        content = path.read_bytes()
        if content.startswith(images.GIT_LFS):
            raise DataError(f"{path} is {images.LFS_POINTER}.")
        try:
            json.loads(content)
        except ValueError as error:
            raise DataError(f"{path} is damaged: it is no JSON ({error}). {REMEDY}.") from error


def _shards(builder, subset):
    """`(path, records)` of each file that the split takes examples from."""
    split = builder.info.splits[subset]
    names = {pathlib.Path(one.filename).name for one in split.file_instructions}
    lengths = {
        pathlib.Path(path).name: length
        for whole in builder.info.splits.values()
        for path, length in zip(whole.filepaths, whole.shard_lengths, strict=True)
    }
    return [(pathlib.Path(builder.data_path) / name, lengths[name]) for name in sorted(names)]
