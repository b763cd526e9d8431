"""Weights that a run starts from, and the file that it leaves for others to start from."""

import pathlib

import keras
import tensorflow as tf

from tfgan_zoo.training.checkpoints import latest, weight_variables
from tfgan_zoo.training.run_directory import RunError

FILE = "model.keras"


def export_folder(model, settings, directory):
    """The folder of what is exported of `model`."""
    return pathlib.Path(settings.export_dir or directory.export / model.name)


def save(model, settings, directory):
    """Writes `model` with all players, optimizers and its step beside the export; returns the
    path.
    """
    path = export_folder(model, settings, directory) / FILE
    partial = path.with_name(f"partial.{FILE}")
    model.save(partial)
    partial.replace(path)
    return path


def weights(model, source, directory):
    """Gives `model` the weights of `source`, unless the run in `directory` has begun.

    Args:
        model: a `Trained`.
        source: folder of a run, or of an export with a model.keras; None leaves all as it is.
        directory: `RunDirectory` of this run.

    Raises:
        RunError: if there is nothing to start from, or it is of another model.
    """
    if source is None or any(directory.checkpoints.glob("ckpt-*")):
        return
    folder = pathlib.Path(source).expanduser()
    saved = sorted(folder.glob(FILE)) or sorted(folder.glob(f"export/*/{FILE}"))
    checkpoint = latest(folder / "checkpoints") if (folder / "checkpoints").is_dir() else None
    if not saved and checkpoint is None:
        raise RunError(
            f"--init_from={source} holds neither {FILE} nor checkpoints: name the folder of a run, "
            "or of an export that was written with --export_training."
        )
    try:
        if checkpoint is not None:
            mine = tf.train.Checkpoint(model=weight_variables(model))
            mine.restore(checkpoint).assert_existing_objects_matched().expect_partial()
        else:
            model.set_weights(keras.saving.load_model(saved[0], compile=False).get_weights())
    except (AssertionError, TypeError, ValueError, tf.errors.OpError) as error:
        raise RunError(
            f"--init_from={source} holds weights of another model than {model.name} with these "
            f"settings: repeat the settings that it was trained with. {error}"
        ) from error
