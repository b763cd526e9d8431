"""What the commands of the experiments share: how they begin and fail, the models of runs, and
rows that are kept.
"""

import json
import os

from tfgan_zoo import command
from tfgan_zoo.command import UsageError


def run(main, about):
    """Runs an experiment; what a user can mend ends in one sentence.

    Args:
        main: () -> None; it reads absl's flags.
        about: the module's docstring, for `--help`.
    """

    def act(words):
        if len(words) > 1:
            raise UsageError(f"Unexpected argument '{words[1]}'; every option is a --flag=value.")
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        try:
            main()
        except ValueError as error:
            # Here and not above: these take seconds, which a wrong word need not wait for.
            from tfgan_zoo.data.errors import DataError
            from tfgan_zoo.training.run_directory import RunError

            if isinstance(error, DataError | RunError):
                raise UsageError(str(error)) from error
            raise

    command.run(act, about)


def numbers(words):
    """The seeds that `--seeds` names, ints."""
    if not all(word.isdecimal() for word in words):
        raise UsageError("--seeds are whole numbers from 0 on, with commas between.")
    return [int(word) for word in words]


def size(text):
    """(height, width) that `--image_size` says."""
    from trainers import flags

    if not flags.is_size(text):
        raise UsageError(f"--image_size={text}: give 256, or 256x512 (height, width), say.")
    return flags.size(text)


def directory_of(folder, name):
    """The `RunDirectory` of a run that `trainers.NAME` wrote.

    Raises:
        RunError: for a folder without a run, which is not made.
    """
    from tfgan_zoo.training.run_directory import RunDirectory, RunError, is_run

    if not is_run(folder):
        raise RunError(f"{folder} is no folder of a run of trainers.{name}: name one.")
    return RunDirectory(folder)


def settings(trainer, folder):
    """The flags of a run of `trainer`."""
    directory = directory_of(folder, trainer.name)
    return trainer.parse([f"--flagfile={directory.flags}", f"--run_dir={folder}"])


def trained(trainer, folder, splits=None):
    """The model of a run at its newest checkpoint; `splits` where its trainer builds by them."""
    from tfgan_zoo.training.checkpoints import Checkpointer
    from tfgan_zoo.training.run_directory import RunError

    model = trainer.build(settings(trainer, folder), splits, 1)
    checkpoints = directory_of(folder, trainer.name).checkpoints
    if not Checkpointer(checkpoints, model, writes=False).restore():
        raise RunError(f"{folder} has no checkpoint.")
    return model


def loaded(path):
    """The newest SavedModel of an export; its signatures alone do not keep its variables alive."""
    import tensorflow as tf

    from tfgan_zoo.metrics.extractors import saved_model_folder

    folder = saved_model_folder(path)
    if folder is None:
        raise UsageError(f"{path} holds no saved_model.pb.")
    return tf.saved_model.load(str(folder))


def written(numbers, output):
    """Writes numbers as the JSON that lies beside the picture `output`, a `pathlib.Path`."""
    from tfgan_zoo.training.run_directory import write_atomically

    write_atomically(output.with_suffix(".json"), json.dumps(numbers, indent=1) + "\n")


def recorded(output, cells, measure):
    """The rows of a JSON file, which is written whenever one is there: a repeated command goes on
    behind the last.

    Args:
        output: `pathlib.Path` of the file.
        cells: list of (arm, seed, settings): what is measured, and by which flags.
        measure: (arm, seed) -> scores by name.

    Returns:
        A list of dicts with `arm`, `seed`, `settings` and the scores.

    Raises:
        UsageError: for a file whose rows were measured with other settings.
    """
    from tfgan_zoo.training.run_directory import write_atomically

    rows = json.loads(output.read_text("utf-8")) if output.exists() else []
    known = {(row["arm"], row["seed"]): row.get("settings", {}) for row in rows}
    for arm, seed, own in cells:
        before = known.get((arm, seed), own)
        other = [name for name in own if before.get(name) != own[name]]
        if other:
            raise UsageError(
                f"--output={output} holds '{arm}' of seed {seed}, measured with another "
                f"--{other[0]}: name another file."
            )
    for arm, seed, own in cells:
        if (arm, seed) in known:
            continue
        found = measure(arm, seed)
        rows.append({"arm": arm, "seed": seed, "settings": own, **found})
        write_atomically(output, json.dumps(rows, indent=1) + "\n")
        print(f"{arm}, seed {seed}: {said(found)}", flush=True)
    return rows


def said(scores):
    """Scores by name, as a line."""
    return ", ".join(f"{name} {value:.3f}" for name, value in scores.items())
