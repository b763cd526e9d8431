"""Whether a run goes on with the data that it began with."""

import json

from absl import logging

from tfgan_zoo.data import contents
from tfgan_zoo.data.examples import Examples
from tfgan_zoo.training.run_directory import RunError, write_atomically


def moves(directory):
    """Whether the data of the run in `directory` may lie elsewhere by now: their files are known
    by content, so that their place and its name say nothing.
    """
    return bool((_recorded(directory.data) or {}).get("files"))


def check(splits, directory, changed_data, say):
    """Compares the data with those that the run began with, and records them.

    Args:
        splits: `task.Splits`.
        directory: `RunDirectory`. A run of before there was such a record gets one.
        changed_data: whether to go on with other data.
        say: prints a line.

    Raises:
        RunError: for other data; it says what changed.
    """
    fingerprint = splits.info.get("contents")
    if fingerprint is not None:
        now = fingerprint()
    elif isinstance(splits.train, Examples):
        now = contents.of_table(splits.train)
    else:
        return
    recorded = _recorded(directory.data)
    change = contents.difference(recorded["contents"], now) if recorded else None
    if change and not changed_data:
        raise RunError(
            f"The data are not those that the run in {directory.path} began with: {change}. Bring "
            "them back, choose another --run_dir, or go on with these by --changed_data; pictures "
            "of training and test may then have changed places."
        )
    if change:
        say(f"--changed_data: goes on with other data than before: {change}.")
    if change or not recorded:
        record = {"files": fingerprint is not None, "contents": now}
        write_atomically(directory.data, json.dumps(record, indent=0, sort_keys=True) + "\n")


def _recorded(path):
    """The record of a run's data; None where there is none, or a damaged one, which is told."""
    if not path.exists():
        return None
    try:
        record = json.loads(path.read_text("utf-8", errors="replace"))
        if isinstance(record["files"], bool) and isinstance(record["contents"], dict):
            return record
    except (ValueError, KeyError, TypeError):
        pass
    logging.warning(
        "%s is damaged: whether the data are those that the run began with cannot be told.", path
    )
    return None
