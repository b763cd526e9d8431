"""Checkpoints of everything a run's future depends on."""

import json
import math
import shutil

import tensorflow as tf

from tfgan_zoo.training.run_directory import RunError, write_atomically


class Checkpointer:
    """Saves and restores a model with its optimizers, counters, seeds and running
    means.

    The data need no entry: the batch of step k is a function of k (see `data.pipeline`), and so is
    the noise. TensorFlow writes a checkpoint beside its final name and renames it, then names it
    in the file `checkpoint`; a kill at any moment leaves the previous one in force.

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
        return json.loads(self._best_record.read_text()) if self._best_record.exists() else None

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
        """Restores the latest checkpoint; returns its step, or 0 if there is none.

        Raises:
            RunError: if it is damaged or of another model.
        """
        if self.writes:
            # What a kill left of a checkpoint that it interrupted.
            for folder in (self.directory, self.directory / "best"):
                for remains in folder.glob("*_temp"):
                    shutil.rmtree(remains)
        return self._read(self.directory)

    def restore_best(self):
        """Restores the best checkpoint; returns its step, or 0 if there is none. Raises as
        `restore` does.
        """
        return self._read(self.directory / "best")

    def _read(self, directory):
        path = latest(directory)
        if path is None:
            return 0
        means = tf.Variable("")
        try:
            self._checkpoint(means).restore(path).assert_consumed()
        except (
            AssertionError,
            LookupError,
            RuntimeError,
            ValueError,
            tf.errors.OpError,
        ) as error:  # all of them have been seen for files cut short or of another model
            raise RunError(
                f"The checkpoint {path} is damaged or of another model. Remove its files "
                f"({path}.*) to go on from the checkpoint before, or choose another --run_dir. "
                f"TensorFlow says: {error}"
            ) from error
        self.means = json.loads(means.numpy())
        return int(self.model.step.numpy())

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


def latest(directory):
    """Path of the newest checkpoint that is named in `directory` and not removed; None if none was
    ever named.
    """
    index = directory / "checkpoint"
    if not index.exists():
        return None
    state = tf.train.get_checkpoint_state(str(directory))
    for path in reversed(state.all_model_checkpoint_paths if state else []):
        if any(directory.glob(f"{path.rpartition('/')[2]}.*")):
            return path
    raise RunError(
        f"{index} is damaged, or all checkpoints that it names are gone; bring them back, or "
        f"remove {directory} to start the run anew."
    )
