"""What may change in a run that goes on although it alters what is learnt: learning rates. The run
remembers each change, for its card.
"""

import json

import keras

from tfgan_zoo.training import records
from tfgan_zoo.training.checkpoints import latest
from tfgan_zoo.training.ema import plain
from tfgan_zoo.training.run_directory import parse_flagfile, write_atomically

ENDING = "_learning_rate"


def noted(directory, flags):
    """Sentences on the learning rates that are other ones than the run's before, which are
    remembered in its changes.jsonl; call it before the flags are recorded.

    Args:
        directory: `RunDirectory`.
        flags: name -> '--name=value', as for `RunDirectory.write`.

    Returns:
        () -> the sentences; call it once the flags are recorded.
    """
    if not directory.flags.exists() or not any(directory.checkpoints.glob("ckpt-*")):
        return list
    before = parse_flagfile(directory.flags.read_text("utf-8", "replace"), flags)
    changed = {
        name: (_value(before[name]), _value(line))
        for name, line in flags.items()
        if name.endswith(ENDING) and line and name in before and before[name] != line
    }

    def remember():
        step = int(str(latest(directory.checkpoints)).rpartition("-")[2])
        rows = [
            {"step": step, "flag": n, "was": was, "now": now} for n, (was, now) in changed.items()
        ]
        if rows:
            kept = [*read(directory), *rows]
            text = "".join(json.dumps(row) + "\n" for row in kept)
            write_atomically(directory.changes, text)
        return [
            f"Going on from step {row['step']} with --{row['flag']}={row['now']}, which was "
            f"{row['was']}."
            for row in rows
        ]

    return remember


def _value(line):
    return line.partition("=")[2]


def read(directory):
    """The rows of changes.jsonl: step, flag, was, now."""
    return records.table(directory.changes, "step", "flag", "was", "now")


def told(directory):
    """The changes of a run as sentences of its card; empty where there were none."""
    return "".join(
        f" From step {row['step']:,} on --{row['flag']} was {row['now']}, before {row['was']}."
        for row in read(directory)
    )


def rates(model):
    """Player -> its learning rate where that is a number, not a schedule."""
    found = {}
    for player, optimizer in model.optimizers.items():
        own = plain(optimizer)
        if not isinstance(own._learning_rate, keras.optimizers.schedules.LearningRateSchedule):
            found[player] = float(keras.ops.convert_to_numpy(own.learning_rate))
    return found


def set_rates(model, found):
    """Gives the players these rates, whatever a checkpoint said; as from `rates`."""
    for player, rate in found.items():
        plain(model.optimizers[player]).learning_rate = rate
