"""Prepares a built-in TFDS set, whoever else is preparing it, and reads it back."""

import contextlib
import io
import random
import sys

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds
from absl import logging

BATCH = 256


def describe(builder, description, licence, features):
    """The `tfds.core.DatasetInfo` of a built-in set, whose example i is always the i-th.

    Args:
      builder: the set's builder.
      description, licence: sentences.
      features: name -> feature; the first two make a supervised pair, the input first.
    """
    return tfds.core.DatasetInfo(
        builder=builder,
        description=description,
        license=licence,
        features=tfds.features.FeaturesDict(features),
        supervised_keys=tuple(features)[:2],
        disable_shuffling=True,
    )


def read_split(make_builder, split):
    """Prepare the set if that has not been done, then read one split in the order of generation.

    TFDS writes to a folder with a random name and renames it when it is complete, so a run that was
    killed leaves nothing that counts, and of two that prepare at once the slower one fails to
    rename: it then uses what the faster one has written.

    Args:
      make_builder: callable that returns a fresh `tfds.core.DatasetBuilder`, whose `DatasetInfo`
        has `disable_shuffling=True`.
      split: name of the split.

    Returns:
      `(arrays, builder)`: feature name -> array [N, ...], and the prepared builder.

    Raises:
      OSError: where the set can be neither found nor written.
    """
    with quiet():
        builder = make_builder()
        if not builder.info.splits:
            builder = _prepare(builder, make_builder)
    # One shard at a time: interleaved reading would change the order.
    config = tfds.ReadConfig(interleave_cycle_length=1)
    wanted = builder.info.splits[split].num_examples
    # Example by example takes several times as long.
    examples = builder.as_dataset(split=split, read_config=config, batch_size=BATCH)
    try:
        batches = list(examples.as_numpy_iterator())
    except tf.errors.OpError as error:
        raise OSError(_damaged(builder)) from error
    if sum(len(next(iter(batch.values()))) for batch in batches) != wanted:
        raise OSError(_damaged(builder))
    return {key: np.concatenate([b[key] for b in batches]) for key in batches[0]}, builder


def _damaged(builder):
    place = builder.data_dir
    return f"{place} holds a damaged copy of the set; delete that folder, and it is drawn anew."


@contextlib.contextmanager
def quiet():
    """Within the block TFDS says nothing but by a bar on a terminal: nothing is downloaded, and in
    a file its bars are control characters.
    """
    bars_only_on_terminals()
    verbosity = logging.get_verbosity()
    logging.set_verbosity(logging.ERROR)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        logging.set_verbosity(verbosity)


def bars_only_on_terminals():
    """Lets TFDS draw no bars where standard error is no terminal."""
    if not sys.stderr.isatty():
        tfds.disable_progress_bar()


def _prepare(builder, make_builder):
    folder, state = builder.data_dir, random.getstate()
    # TFDS names its folder with the global generator, which two workers seed alike.
    random.seed()
    try:
        builder.download_and_prepare()
    except (OSError, tf.errors.OpError) as error:
        builder = make_builder()  # a builder looks at the disk when it is made
        if not builder.info.splits:
            raise OSError(
                f"Cannot write the built-in set {builder.name} to {folder} ({error}); "
                "name a data folder on a disk with free space that you may write to."
            ) from error
    finally:
        random.setstate(state)
    if not builder.info.splits:  # TFDS takes any folder of that name for a prepared set
        raise OSError(f"{folder} holds an incomplete copy of the set; delete that folder.")
    return builder
