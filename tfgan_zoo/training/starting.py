"""Weights that a run starts from, and the file that it leaves for others to start from."""

import math
import shutil
import zipfile

import keras
import tensorflow as tf

from tfgan_zoo.export import onnx_file, places
from tfgan_zoo.training.checkpoints import latest, weight_variables
from tfgan_zoo.training.run_directory import RunError, expanded, usable

FILE = "model.keras"
# Bytes of a TFLite file as a share of the weights'.
SHARES = {"float32": 1.0, "float16": 0.5, "int8": 0.25}


def export_folder(model, settings, directory):
    """The folder of what is exported of `model`."""
    return expanded(settings.export_dir or directory.export / model.name)


def check_export(model, settings, directory):
    """How many bytes the export will take about where the run itself writes.

    Raises:
        RunError: if it cannot be written where it shall be, another disk has not the room, or what
            writes it is not installed.
    """
    if settings.export_onnx and onnx_file.complaint():
        raise RunError(f"--export_onnx: {onnx_file.complaint()}")
    folder = export_folder(model, settings, directory)
    usable(places.check_name, folder, "--export_dir")
    place = usable(places.check_writable, folder, "--export_dir")
    weights = sum(math.prod(v.shape) * v.dtype.size for v in weight_variables(model))
    # All players' weights: some more than what is exported, which leaves room for the rest.
    needed = weights * (1 + settings.export_onnx + sum(SHARES[kind] for kind in settings.tflite))
    if place.stat().st_dev == directory.path.stat().st_dev:
        return needed
    free = shutil.disk_usage(place).free
    if free < needed:
        raise RunError(
            f"The export needs about {needed / 1e6:,.0f} MB under {place} and {free / 1e6:,.0f} MB "
            "are free: free some, or choose another --export_dir."
        )
    return 0


def save(model, settings, directory):
    """Writes `model` with all players, optimizers and its step beside the export; returns the
    path.
    """
    path = export_folder(model, settings, directory) / FILE
    partial = places.partial(path.with_name("training")).with_suffix(".keras")
    try:
        model.save(partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
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
    folder = expanded(source)
    saved = sorted(folder.glob(FILE)) or sorted(folder.glob(f"export/*/{FILE}"))
    checkpoint = None
    if (folder / "checkpoints").is_dir():
        usable(places.check_name, folder, "--init_from")  # or TensorFlow would find none there
        checkpoint = latest(folder / "checkpoints")
    if not saved and checkpoint is None:
        raise RunError(
            f"--init_from={source} holds neither {FILE} nor checkpoints: name the folder of a run, "
            "or of an export that was written with --export_training."
        )
    try:
        if checkpoint is not None:
            mine = tf.train.Checkpoint(model=weight_variables(model))
            mine.restore(str(checkpoint)).assert_existing_objects_matched().expect_partial()
        else:
            model.set_weights(_whole(saved[0]).get_weights())
    except RunError:
        raise
    except (AssertionError, TypeError, ValueError, tf.errors.OpError) as error:
        raise RunError(
            f"--init_from={source} holds weights of another model than {model.name} with these "
            f"settings: repeat the settings that it was trained with. {error}"
        ) from error


def _whole(path):
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
    except (zipfile.BadZipFile, OSError) as error:
        raise RunError(f"{path} is damaged ({error}): bring it back.") from error
    if damaged:
        raise RunError(f"{path} is damaged (its part {damaged}): bring it back.")
    return keras.saving.load_model(path, compile=False)
