"""Records of a run, read again by a later process: whole, cut, or of something else.

A reader gives what is sound of a file. What is not is told and set aside, never thrown away.
"""

import json
import math

from absl import logging


def table(path, *columns):
    """The rows of a JSONL file that have these columns, and only those. A line that a kill cut
    short, or that is no such row, is left out, and a missing file has none.
    """
    rows = []
    if path.exists():
        for line in path.read_text("utf-8", "replace").splitlines():
            try:
                row = json.loads(line)
                rows.append({column: row[column] for column in columns})
            except (ValueError, TypeError, KeyError):
                continue
    return rows


def history(path):
    """The rows of a history.jsonl that are whole.

    Returns:
        ([row], [line]): dicts with a `step`, and the lines that they stand in, with their ends. A
        last line without an end is one that a kill cut, and is left out.
    """
    if not path.exists():
        return [], []
    rows, lines = [], []
    for line in path.read_text("utf-8", errors="replace").splitlines(keepends=True):
        row = _row(line) if line.endswith("\n") else None
        if row is not None:
            rows.append(row)
            lines.append(line)
    return rows, lines


def _row(line):
    try:
        row = json.loads(line)
    except ValueError:
        return None
    numbers = isinstance(row, dict) and all(
        value is None or isinstance(value, int | float) for value in row.values()
    )
    return row if numbers and isinstance(row.get("step"), int) else None


def mend_history(path, start, log_every):
    """Tells what a history lacks of the steps up to `start`; keeps a copy of one with lines that
    are none.

    Args:
        path: of the history.jsonl.
        start: the step that the run goes on from.
        log_every: steps between its rows.

    Returns:
        What `history` does.
    """
    rows, lines = history(path)
    content = path.read_bytes() if path.exists() else b""
    ended = content[: content.rfind(b"\n") + 1]
    if len(rows) < ended.count(b"\n"):
        damaged = path.with_name(f"{path.name}.damaged")
        damaged.write_bytes(content)
        logging.warning(
            "%s has lines that are no rows of a history: they stay in %s, and the run goes on "
            "without them.",
            *(path, damaged.name),
        )
    last = max((row["step"] for row in rows), default=0)
    if last < start - start % log_every:
        logging.warning(
            "%s has no rows for the steps %d to %d: its curves have a gap there.",
            *(path, last + 1, start),
        )
    return rows, lines


def seconds(path):
    """The number in a seconds.json; 0.0 where it is missing, or damaged, which is told."""
    if not path.exists():
        return 0.0
    try:
        found = float(json.loads(path.read_text("utf-8", errors="replace")))
    except (ValueError, TypeError):
        found = math.nan
    if math.isfinite(found) and found >= 0.0:
        return found
    logging.warning("%s is damaged: training time is counted anew from this process on.", path)
    return 0.0


def best(path):
    """The record of a best checkpoint: dict of metric, value and step; None where there is none
    that is sound.
    """
    try:
        record = json.loads(path.read_text("utf-8", errors="replace"))
    except (FileNotFoundError, ValueError):
        return None
    sound = (
        isinstance(record, dict)
        and isinstance(record.get("metric"), str)
        and isinstance(record.get("value"), int | float)
        and isinstance(record.get("step"), int)
    )
    return record if sound else None
