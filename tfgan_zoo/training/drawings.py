"""What a run draws while it trains, and what is judged by it."""

import json
import time

import numpy as np
import tensorflow as tf

from tfgan_zoo.kinds.kind import KindError
from tfgan_zoo.training import pictures, records, watchdogs
from tfgan_zoo.training.callbacks import StepCallback, written
from tfgan_zoo.training.run_directory import RunError, write_atomically

EARLY = 30.0  # seconds after which a run that has drawn no step yet draws once


class Samples(StepCallback):
    """Every `every` steps, before the first and after half a minute: a preview of fixed inputs, and
    the collapse watchdog. Before the first step also a picture of real examples.

    A run's file spread.jsonl remembers how much samples differed at each step that was due, so that
    one that goes on judges as one that was never stopped.

    Args:
        preview: () -> `task.Preview`.
        max_collapsed: previews in a row whose samples may hardly differ, once they did; after the
            last of them the run stops, since a collapsed generator does not recover. See
            `watchdogs.Collapse`.
        early: seconds after which a run draws that has not drawn what it learnt.
    """

    def __init__(
        self, start, every, total, run, preview, warn, max_collapsed, checkpointer, early=EARLY
    ):
        super().__init__(start)
        self.every, self.total, self.run = every, total, run
        self.preview = preview
        self.warn = warn
        self.watchdog = watchdogs.Collapse(max_collapsed)
        self.checkpointer = checkpointer
        self.early = early

    def on_train_begin(self, logs=None):
        self.writer = tf.summary.create_file_writer(str(self.run.tensorboard))
        rows = [row for row in read_rows(self.run.spread) if row["step"] <= self.start]
        write_atomically(self.run.spread, "".join(json.dumps(row) + "\n" for row in rows))
        for row in rows:
            self.watchdog.see(row["share"])
        drawn = {path.name for path in self.run.samples.glob("step_*.png")}
        self.waits = not drawn - {self._path(0).name}
        self.began = time.monotonic()
        if self.start == 0:
            self._draw(0, real=True)

    def on_step(self, step, logs):
        if step % self.every == 0 or step == self.total:
            self._judge(step, self._draw(step))
        elif self.waits and time.monotonic() - self.began >= self.early:
            self._draw(step)

    def _path(self, step):
        return self.run.samples / f"step_{step:07d}.png"

    def _draw(self, step, real=False):
        """The preview, which is written; `real`: with the picture of real examples."""
        self.waits = self.waits and not step
        try:
            seen = self.preview()
        except KindError as error:
            raise RunError(
                f"Stopped at step {step}: what the model generates cannot be drawn. {error} Go "
                "back to an earlier checkpoint with a lower learning rate."
            ) from error
        drawn = {"samples": seen.picture}
        pictures.save(seen.picture, self._path(step))
        if real and seen.real_picture is not None:
            drawn["real"] = seen.real_picture()
            pictures.save(drawn["real"], self.run.samples / "real.png")
        for name, content in seen.files.items():
            write_atomically(self._path(step).with_suffix(name), content)
        with written(self.writer, step):
            for name, picture in drawn.items():
                tf.summary.image(name, np.asarray(picture)[None])
        return seen

    def _judge(self, step, seen):
        share = watchdogs.share_of_spread(seen)
        with self.run.spread.open("a") as file:
            file.write(json.dumps({"step": step, "share": share}) + "\n")
        warning = self.watchdog.see(share)
        if warning:
            self.warn(f"Step {step}: {warning}")
        if self.watchdog.collapsed:
            best = self.checkpointer.best()
            kept = (
                f"The best checkpoint, of step {best['step']}, is kept: the same command with "
                f"--steps={best['step']} exports it."
                if best
                else "With --best_metric the best checkpoint would have been kept."
            )
            raise RunError(
                f"Stopped at step {step}: the samples have hardly differed for "
                f"{self.watchdog.same} grids (mode collapse; --max_collapsed). {kept}"
            )

    def on_train_end(self, logs=None):
        self.writer.close()


def read_rows(path):
    """The rows of spread.jsonl; without one the watchdog has a drawing less to judge by."""
    return [
        row
        for row in records.table(path, "step", "share")
        if isinstance(row["step"], int) and isinstance(row["share"], float | None)
    ]
