"""Checkpoints of everything a run's future depends on."""

import json
import shutil

import tensorflow as tf

from tfgan_zoo.training.run_directory import RunError, write_atomically


class Checkpointer:
    """Saves and restores an adversarial model with its optimizers, counters, seeds and running
    means.

    The data need no entry: the batch of step k is a function of k (see `data.pipeline`), and so is
    the noise. TensorFlow writes a checkpoint beside its final name and renames it, then names it
    in the file `checkpoint`; a kill at any moment leaves the previous one in force.

    Args:
        directory: pathlib.Path; the best checkpoint lies in its sub-folder `best`.
        model: a compiled `Adversarial`.
        keep: how many of the last to keep.
        writes: False in the workers of a distributed run that are not its chief: they take part in
            reading variables and leave no file.
    """

    def __init__(self, directory, model, keep=3, writes=True):
        self.model = model
        self.writes = writes
        self.directory = directory if writes else directory.with_name("checkpoints_of_worker")
        self._latest_in = directory
        self._keep = keep
        self._best_record = directory / "best" / "metric.json"

    def _checkpoint(self):
        model = self.model
        running_means = {id(variable) for variable in model.metrics_variables}
        state = {
            "step": model.step,
            "skipped": model.skipped,
            "skipped_in_a_row": model.skipped_in_a_row,
            # `variables` holds weights, statistics of normalisation and states of seed generators.
            "model": [v.value for v in model.variables if id(v) not in running_means],
            "optimizers": {
                player: [v.value for v in optimizer.variables]
                for player, optimizer in model.optimizers.items()
            },
            "trackers": {
                name: [v.value for v in tracker.variables]
                for name, tracker in model.trackers.items()
            },
        }
        return tf.train.Checkpoint(**state)

    def save(self):
        """Saves the model's present state as the latest."""
        self._write(self.directory, self._keep)

    def save_best(self, name, value):
        """Keeps the present state as the best so far by metric `name`."""
        self._write(self.directory / "best", keep=1)
        if self.writes:
            record = {"metric": name, "value": value, "step": int(self.model.step)}
            write_atomically(self._best_record, json.dumps(record) + "\n")

    def best(self):
        """The record of the best checkpoint: dict of metric, value and step; None if there is
        none.
        """
        return json.loads(self._best_record.read_text()) if self._best_record.exists() else None

    def _write(self, directory, keep):
        manager = tf.train.CheckpointManager(self._checkpoint(), str(directory), max_to_keep=keep)
        manager.save(checkpoint_number=int(self.model.step))
        if not self.writes:
            shutil.rmtree(self.directory)

    def restore(self):
        """Restores the latest checkpoint; returns its step, or 0 if there is none."""
        return self._read(self._latest_in)

    def restore_best(self):
        """Restores the best checkpoint; returns its step, or 0 if there is none."""
        return self._read(self._latest_in / "best")

    def _read(self, directory):
        path = tf.train.latest_checkpoint(str(directory))
        if path is None:
            return 0
        names = (name.split("/") for name, _ in tf.train.list_variables(path))
        for name in sorted({parts[1] for parts in names if parts[0] == "trackers"}):
            self.model.tracker(name)
        try:
            self._checkpoint().restore(path).assert_existing_objects_matched()
        except (AssertionError, ValueError, tf.errors.OpError) as error:
            raise RunError(
                f"The checkpoint {path} does not fit this model or is damaged; remove it to go on "
                f"from the one before, or choose another --run_dir. TensorFlow says: {error}"
            ) from error
        return int(self.model.step)

    def size(self):
        """Bytes of one checkpoint."""
        checkpoint = self._checkpoint()
        variables = tf.nest.flatten(
            [checkpoint.model, {k: list(v) for k, v in checkpoint.optimizers.items()}]
        )
        return sum(v.shape.num_elements() * v.dtype.size for v in variables)
