"""Checkpoints of everything a run's future depends on."""

import json
import math
import re
import shutil

import tensorflow as tf
from absl import logging

from tfgan_zoo.training import records
from tfgan_zoo.training.run_directory import RunError, write_atomically

# What a kill leaves of a checkpoint, and of the file that names it, while they are written.
_REMAINS = ("*_temp", "*.tempstate*", "checkpoint.tmp*", "*.tmp")
# What TensorFlow raises for files cut short or of another model.
_UNSUITABLE = (AssertionError, LookupError, RuntimeError, ValueError, tf.errors.OpError)


class Checkpointer:
    """Saves and restores a model with its optimizers, counters, seeds and running
    means.

    The data need no entry: the batch of step k is a function of k (see `data.pipeline`), and so is
    the noise. TensorFlow writes a checkpoint beside its final name and renames it, so that a kill
    at any moment leaves the previous one in force. Which one is newest is told by the names of the
    files alone; the file `checkpoint`, in which TensorFlow lists them, may be lost.

    Args:
        directory: pathlib.Path; the best checkpoint lies in its sub-folder `best`.
        model: a compiled `Trained`.
        keep: how many of the last to keep.
        writes: False in the workers of a distributed run that are not its chief: they take part in
            reading the means and leave no file.
    """

    def __init__(self, directory, model, keep=3, writes=True):
        self.directory = directory
        self.model = model
        self.keep = keep
        self.writes = writes
        # Restored running means: tracker name -> [total, count]; see `callbacks.RunningMeans`.
        self.means = {}
        self._best_record = directory / "best" / "metric.json"

    def _optimizers(self):
        return {
            player: [v.value for v in optimizer.variables]
            for player, optimizer in self.model.optimizers.items()
        }

    def _checkpoint(self, means):
        return tf.train.Checkpoint(
            step=self.model.step,
            skipped=self.model.skipped,
            skipped_in_a_row=self.model.skipped_in_a_row,
            model=weight_variables(self.model),
            optimizers=self._optimizers(),
            means=means,
        )

    def save(self):
        """Saves the model's present state as the latest.

        Raises:
            RunError: if it cannot be written; the one before stays in force.
        """
        self._write(self.directory, self.keep)

    def save_best(self, name, value):
        """Keeps the present state as the best so far by metric `name`. Raises as `save` does."""
        self._write(self.directory / "best", keep=1)
        if self.writes:
            record = {"metric": name, "value": value, "step": int(self.model.step.numpy())}
            write_atomically(self._best_record, json.dumps(record) + "\n")

    def best(self):
        """The record of the best checkpoint: dict of metric, value and step; None if there is
        none.
        """
        return records.best(self._best_record)

    def best_by(self, choice):
        """That record if the checkpoint was chosen by this metric, with or without a leading '-';
        else None.
        """
        record = self.best()
        chosen = record and choice and record["metric"] == choice.removeprefix("-")
        return record if chosen else None

    def _write(self, directory, keep):
        # Over several workers this sums, so that each of them has to come here, in one order.
        means = {
            name: [float(v.numpy()) for v in tracker.variables]
            for name, tracker in self.model.trackers.items()
        }
        if not self.writes:
            return
        checkpoint = self._checkpoint(tf.Variable(json.dumps(means)))
        manager = tf.train.CheckpointManager(checkpoint, str(directory), max_to_keep=keep)
        step = int(self.model.step.numpy())
        try:
            manager.save(checkpoint_number=step)
        except tf.errors.OpError as error:
            raise RunError(
                f"The checkpoint of step {step} ({self.size() / 1e6:,.1f} MB) cannot be written "
                f"to {directory}: {error.message} Make room there and repeat the command; it goes "
                "on from the checkpoint before."
            ) from error

    def restore(self):
        """Restores the newest whole checkpoint; returns its step, or 0 if there was never one.

        Raises:
            RunError: if all are damaged, or it is of another model.
        """
        if self.writes:
            for folder in (self.directory, self.directory / "best"):
                for pattern in _REMAINS:
                    for remains in folder.glob(pattern):
                        shutil.rmtree(remains) if remains.is_dir() else remains.unlink()
        path = self._read(self.directory)
        if path and self.writes:
            _list(
                self.directory, [p for p in written(self.directory) if step_of(p) <= step_of(path)]
            )
        return step_of(path) if path else 0

    def restore_best(self):
        """Restores the best checkpoint; returns its step, or 0 if there is none. Raises as
        `restore` does.
        """
        path = self._read(self.directory / "best")
        return step_of(path) if path else 0

    def mend_best(self, start, name, history):
        """Makes record and weights of the best checkpoint whole again where one of them is lost.

        Args:
            start: the step that the run goes on from; what came later is measured again.
            name: of the metric that chooses.
            history: path of the run's history.jsonl, which knows what was measured.

        Raises:
            RunError: if they cannot be had back.
        """
        folder = self.directory / "best"
        record = records.best(self._best_record)
        sound = [path for path in written(folder) if readable(path)]
        kept = step_of(sound[-1]) if sound else record["step"] if record else None
        if kept is None or kept > start:
            if not sound or not record:
                self._best_record.unlink(missing_ok=True)
            return
        if not sound:
            same = self.directory / f"ckpt-{kept}"
            if not readable(same):
                raise RunError(
                    f"The best checkpoint of {folder}, of step {kept}, is damaged or gone: bring "
                    "its files back, or move the folder away; then the best is chosen from the "
                    "validations to come."
                )
            for file in self.directory.glob(f"ckpt-{kept}.*"):
                shutil.copyfile(file, folder / file.name)
        if not record:
            rows = {row["step"]: row for row in records.history(history)[0]}
            value = rows.get(kept, {}).get(f"validation_{name}")
            if value is None:
                raise RunError(
                    f"{self._best_record} is damaged or gone, and {history} does not know the "
                    f"{name} of step {kept}: bring it back, or move {folder} away; then the best "
                    "is chosen from the validations to come."
                )
            record = {"metric": name, "value": value, "step": kept}
            write_atomically(self._best_record, json.dumps(record) + "\n")

    def _read(self, directory):
        """Restores the newest whole checkpoint; returns its path, or None if there was never
        one.
        """
        damaged = []
        for path in reversed(written(directory)):
            means = tf.Variable("")
            try:
                self._checkpoint(means).restore(str(path)).assert_consumed()
                self.means = json.loads(means.numpy())
            except _UNSUITABLE as error:
                if readable(path):
                    raise RunError(
                        f"The checkpoint {path} is sound and of another model than "
                        f"{self.model.name} with these settings: repeat the settings that it was "
                        f"trained with, or choose another --run_dir. TensorFlow says: {error}"
                    ) from error
                damaged.append(path)
                continue
            for lost in damaged:
                logging.warning(
                    "The checkpoint %s is damaged: the run goes on from that of step %d.",
                    *(lost, step_of(path)),
                )
            return path
        if damaged or begun(directory):
            raise RunError(
                f"All checkpoints in {directory} are damaged or gone. Bring them back to go on, or "
                "choose another --run_dir."
            )
        return None

    def size(self):
        """Bytes of one checkpoint."""
        variables = sum(self._optimizers().values(), weight_variables(self.model))
        return sum(math.prod(v.shape) * v.dtype.size for v in variables)


def weight_variables(model):
    """Weights, statistics of normalisation and states of seed generators, as a checkpoint holds
    them.
    """
    means = {id(variable) for variable in model.metrics_variables}
    return [v.value for v in model.variables if id(v) not in means]


def written(directory):
    """Paths of the checkpoints that were written to their end, the oldest first, as TensorFlow
    names them: without the endings of their files. The index is written last.
    """
    indices = [path for path in directory.glob("ckpt-*.index") if path.stem[5:].isdigit()]
    return sorted((path.with_suffix("") for path in indices), key=step_of)


def step_of(path):
    """The step of the checkpoint `path`."""
    return int(path.name.removeprefix("ckpt-"))


def begun(directory):
    """Whether a checkpoint was ever completed in `directory`, even if it is gone."""
    return (directory / "checkpoint").exists() or any(directory.glob("ckpt-*.index"))


def readable(path):
    """Whether every number of the checkpoint `path` is there, by TensorFlow's checksums."""
    try:
        reader = tf.train.load_checkpoint(str(path))
        for name in reader.get_variable_to_shape_map():
            reader.get_tensor(name)
    except _UNSUITABLE:
        return False
    return True


def latest(directory):
    """Path of the newest checkpoint that is whole; None if there was never one.

    Raises:
        RunError: if all are damaged or gone.
    """
    for path in reversed(written(directory)):
        if readable(path):
            return path
    if begun(directory):
        raise RunError(f"All checkpoints in {directory} are damaged or gone: bring them back.")
    return None


def _list(directory, paths):
    """Names the checkpoints in the file `checkpoint`, from which TensorFlow takes those that it
    removes in time.
    """
    names = [path.name for path in paths]
    place = directory / "checkpoint"
    listed = place.read_text("utf-8", errors="replace") if place.exists() else ""
    times = listed.count("all_model_checkpoint_timestamps: ")
    named = re.findall(r'all_model_checkpoint_paths: "(.*)"', listed)
    if named == names and times == len(names) and listed.endswith("\n"):
        return
    lines = [f'model_checkpoint_path: "{names[-1]}"']
    lines += [f'all_model_checkpoint_paths: "{name}"' for name in names]
    # Without times TensorFlow would keep them for ever; any in order will do.
    lines += [f"all_model_checkpoint_timestamps: {number}.0" for number in range(1, len(names) + 1)]
    lines += ["last_preserved_timestamp: 0.0"]
    write_atomically(place, "\n".join(lines) + "\n")
