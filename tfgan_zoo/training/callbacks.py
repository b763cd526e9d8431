"""Keras callbacks of a run. Each sees the step number of the whole run, whichever process started
it.
"""

import contextlib
import json
import math
import os
import signal
import sys
import threading
import time

import keras
import numpy as np
import tensorflow as tf
from absl import logging

from tfgan_zoo.training import records, watchdogs
from tfgan_zoo.training.run_directory import Diverged, RunError, write_atomically
from tfgan_zoo.training.strategy import any_worker

CLEARED = "\r\x1b[2K"  # empties a terminal's line
MEASURED = 10.0  # seconds of steps from which a run's length is told
SHORT = 600.0  # seconds of a first look


class StepCallback(keras.callbacks.Callback):
    """Calls `on_step(step, logs)` with the run's step, counted from 1, after each training step.

    Under `steps_per_execution` it is called after each execution. `logs` are floats: Keras converts
    them once for all callbacks.
    """

    def __init__(self, start):
        super().__init__()
        self.start = start

    def on_train_batch_end(self, batch, logs=None):
        self.on_step(self.start + batch + 1, logs)


class Progress(StepCallback):
    """Share, rate, time left and losses: one line on a terminal, redrawn; a line every half minute
    elsewhere.

    Args:
        total: steps of the run.
        batch_size: global.
        unit: what an example is called, in the plural.
        phase: what the line begins with.
        stream: standard error if None.
        shorter: names of flags whose smaller values make the run shorter, of which `steps` is told
            with a number.
    """

    def __init__(self, start, total, batch_size, unit="images", phase="", stream=None, shorter=()):
        super().__init__(start)
        self.total = total
        self.shorter, self.estimated = shorter, False
        self.batch_size, self.unit, self.phase = batch_size, unit, phase
        self.stream = stream or sys.stderr
        self.live = self.stream.isatty()
        self.shown = -math.inf

    def on_train_begin(self, logs=None):
        self.began = None
        self.stream.write("Tracing the training step ...\n")

    def on_step(self, step, logs):
        now = time.monotonic()
        if self.began is None:  # the first step holds the tracing
            self.began, self.began_at = now, step
        if not self.estimated and now - self.began >= MEASURED and step > self.began_at:
            self.estimated = True
            self._say(
                estimate(
                    self.total - step, (now - self.began) / (step - self.began_at), self.shorter
                )
            )
        if now - self.shown < (0.2 if self.live else 30.0) and step < self.total:
            return
        self.shown = now
        done = step - self.began_at
        rate = done / (now - self.began) if done else 0.0
        left = f"{clock((self.total - step) / rate)} left" if rate else "-:-- left"
        losses = "  ".join(
            f"{k.removesuffix('_loss')} {v:.4g}" for k, v in logs.items() if k.endswith("_loss")
        )
        skipped = f"  skipped {logs['skipped']:.0f}" if logs["skipped"] else ""
        line = (
            f"{self.phase}{step / self.total:4.0%} {step}/{self.total}  "
            f"{rate * self.batch_size:.1f} {self.unit}/s  "
            f"{left}  {losses}{skipped}"
        )
        if self.live:
            # A line that wraps could not be redrawn.
            width = os.get_terminal_size(self.stream.fileno()).columns or 80
            cells = min(20, width - len(line) - 4)
            if cells >= 5:
                filled = cells * step // self.total
                line = f"[{'#' * filled}{'.' * (cells - filled)}] {line}"
            line = f"{CLEARED}{line[: width - 1]}"
        self.stream.write(line if self.live else f"{line}\n")
        self.stream.flush()

    def _say(self, text):
        """Writes text, if it is any, on a line of its own."""
        if text:
            self.stream.write(f"{CLEARED}{text}\n" if self.live else f"{text}\n")
            self.stream.flush()

    def warn(self, text):
        """Logs a warning on a line of its own."""
        if self.live:
            self.stream.write(CLEARED)
            self.stream.flush()
        logging.warning(text)

    def on_train_end(self, logs=None):
        if self.live:
            self.stream.write("\n")


def estimate(steps, seconds, shorter):
    """How long the rest of a run takes and what makes it shorter, in two or three sentences; empty
    where it takes less than a minute.

    Args:
        steps: that are left.
        seconds: of a step.
        shorter: as for `Progress`.
    """
    if steps * seconds < 60:
        return ""
    told = (
        f"About {clock(steps * seconds)} for the {steps:,} steps that are left, {seconds:.2g} s "
        "each, beside validations, drawings and the export."
    )
    few = max(1, int(float(f"{SHORT / seconds:.0e}")))  # one digit that is not zero
    if "steps" in shorter and few < steps:
        told += f" A first look: --steps={few} takes about {clock(few * seconds)}."
    others = [f"--{name}" for name in shorter if name != "steps"]
    if others:
        told += f" Smaller values of {', '.join(others)} make the run shorter."
    return told


def clock(seconds):
    """Seconds as h:mm:ss, or m:ss under an hour."""
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


class RunningMeans(StepCallback):
    """Begins new running means every `every` steps, after `Log` has written the old ones.

    Gives restored ones (tracker name -> [total, count]) back to `fit`, which resets all metrics
    when it begins.
    """

    def __init__(self, start, every, restored):
        super().__init__(start)
        self.every = every
        self.restored = restored

    def on_epoch_begin(self, epoch, logs=None):
        with self.model.distribute_strategy.scope():
            for name, values in self.restored.items():
                variables = self.model.tracker(name).variables
                for variable, value in zip(variables, values, strict=True):
                    variable.assign(value)

    def on_step(self, step, logs):
        if step % self.every == 0:
            self.model.reset_metrics()


class SkipGuard(StepCallback):
    """Stops a run of which `max_skipped` steps in a row were not finite.

    Under `steps_per_execution` it looks at the last step of each execution.
    """

    def __init__(self, start, max_skipped):
        super().__init__(start)
        self.max_skipped = max_skipped

    def on_step(self, step, logs):
        if logs["skipped_in_a_row"] < self.max_skipped:
            return
        means = {k: v for k, v in logs.items() if not k.startswith("skipped")}
        last = ", ".join(f"{k} {v:.4g}" for k, v in means.items())
        found = f"The finite steps before had these means: {last}. " if any(means.values()) else ""
        raise Diverged(
            f"Stopped at step {step}: the last {logs['skipped_in_a_row']:.0f} steps gave losses or "
            f"gradients that are not finite, and were skipped ({logs['skipped']:.0f} in all; "
            f"--max_skipped={self.max_skipped}). No weight has changed since. {found}Usual causes: "
            "a learning rate that is too high, --precision=mixed_float16 where a loss overflows "
            "(try mixed_bfloat16 or float32), or pictures that are not finite."
        )


@contextlib.contextmanager
def written(writer, step):
    """Within the block, summaries go to TensorBoard's `writer` under `step`; then they are on disk.

    Numbers should be NumPy's, because TensorFlow keeps each Python number that it converts, for
    ever.

    Raises:
        OSError: if they cannot be written.
    """
    try:
        with writer.as_default(np.int64(step)):
            yield
            writer.flush()
    except tf.errors.OpError as error:
        raise OSError(error.message) from error


class Log(StepCallback):
    """Every `every` steps and at the last: a row in history.jsonl, TensorBoard scalars and the
    watchdogs.

    A mean over steps that were all skipped does not exist: null in the row. Validation metrics of
    the same step (see `Validate`) are part of its row, or a row of their own. Rates of examples go
    to TensorBoard alone, so that two runs of one seed have the same history byte for byte.
    """

    def __init__(
        self,
        start,
        every,
        total,
        run,
        batch_size,
        unit,
        gradient_norm_bound,
        validate,
        warn,
        begin=0,
    ):
        super().__init__(start)
        self.every, self.total, self.run, self.begin = every, total, run, begin
        self.batch_size, self.unit = batch_size, unit
        self.gradient_norm_bound = gradient_norm_bound
        self.validate = validate
        self.warn = warn

    def on_train_begin(self, logs=None):
        # Rows from after the checkpoint that the run goes on from would come twice.
        found = zip(*records.mend_history(self.run.history, self.start, self.every), strict=True)
        kept = [(row, line) for row, line in found if row["step"] <= self.start]
        write_atomically(self.run.history, "".join(line for _, line in kept))
        # What the means of the next row begin after.
        ended = [row for row, _ in kept if row["step"] % self.every == 0 or self._ends_phase(row)]
        self.before = ended[-1] if ended else {"step": 0, "skipped": 0.0}
        self.writer = tf.summary.create_file_writer(str(self.run.tensorboard))
        self.since, self.counted = time.monotonic(), self.start

    def _ends_phase(self, row):
        return row["step"] == self.begin and "skipped" in row

    def on_step(self, step, logs):
        measured = self.validate.at(step) if self.validate else {}
        if step % self.every and step != self.total:
            if measured:
                self._write(step, measured)
            return
        means = {name: value for name, value in logs.items() if name in self.model.trackers}
        if logs["skipped"] - self.before["skipped"] == step - self.before["step"]:
            means = dict.fromkeys(means)
        else:
            for warning in watchdogs.check_losses(means, self.gradient_norm_bound):
                self.warn(f"Step {step}: {warning}")
        rates = {
            f"{player}_learning_rate": float(tf.convert_to_tensor(optimizer.learning_rate))
            for player, optimizer in self.model.optimizers.items()
        }
        now = time.monotonic()
        rate = (step - self.counted) * self.batch_size / (now - self.since)
        self._write(step, {**logs, **means, **measured, **rates}, rate)
        self.since, self.counted = now, step
        if step % self.every == 0:
            self.before = {"step": step, "skipped": logs["skipped"]}

    def _write(self, step, row, rate=None):
        with self.run.history.open("a") as history:
            history.write(json.dumps({"step": step, **row}) + "\n")
        with written(self.writer, step):
            for name, value in {**row, f"{self.unit}_per_second": rate}.items():
                if value is not None:
                    tf.summary.scalar(name, np.float32(value))

    def on_train_end(self, logs=None):
        self.writer.close()


class Validate(StepCallback):
    """Every `every` steps and at the last: `measure()` -> metrics by name; keeps the checkpoint
    that is best by one of them.

    Of several workers the chief measures.

    Args:
        best_metric: name in the result of `measure`, with a leading '-' if lower is better; None
            keeps none. NaN is never best.
    """

    def __init__(self, start, every, total, measure, checkpointer, best_metric=None):
        super().__init__(start)
        self.every, self.total = every, total
        self.measure = measure
        self.checkpointer = checkpointer
        self.best_metric = best_metric
        self.measured = {}

    def on_train_begin(self, logs=None):
        # One that was chosen by another metric stays until a validation of this one.
        record = self.checkpointer.best_by(self.best_metric)
        self.best = record["value"] if record else None

    def at(self, step):
        """The metrics measured at `step`, or an empty dict."""
        return self.measured.get(step, {})

    def on_step(self, step, logs):
        if step % self.every and step != self.total:
            return
        improved = self.checkpointer.writes and self._improves(step)
        if any_worker(self.model.distribute_strategy, improved):
            self.checkpointer.save_best(self.best_metric.removeprefix("-"), self.best)

    def _improves(self, step):
        metrics = self.measure()
        self.measured = {step: {f"validation_{name}": value for name, value in metrics.items()}}
        if not self.best_metric:
            return False
        name = self.best_metric.removeprefix("-")
        if name not in metrics:
            raise RunError(
                f"--best_metric={self.best_metric} is not measured here; choose one of "
                f"{', '.join(metrics)}, with a leading '-' where lower is better."
            )
        value = metrics[name]
        sign = -1.0 if self.best_metric.startswith("-") else 1.0
        if math.isnan(value) or (self.best is not None and sign * value <= sign * self.best):
            return False
        self.best = value
        return True


class Save(StepCallback):
    """Every `every` steps, at the end, and when a signal asks the run to stop: a checkpoint."""

    def __init__(self, start, every, total, checkpointer):
        super().__init__(start)
        self.every, self.total = every, total
        self.checkpointer = checkpointer
        self.stop_requested = False
        self.stopped_at = None
        self.previous = {}

    def on_train_begin(self, logs=None):
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self.previous[number] = signal.signal(number, self._request_stop)

    def _request_stop(self, number, frame):
        self.stop_requested = True
        # A second signal means now.
        self.restore_signals()

    def on_step(self, step, logs):
        # Workers stop at one step, or those that go on would wait for the others for ever.
        stop = any_worker(self.model.distribute_strategy, self.stop_requested)
        if stop:
            self.stopped_at = step
            self.model.stop_training = True
        if stop or step % self.every == 0 or step == self.total:
            self.checkpointer.save()

    def restore_signals(self):
        """Gives SIGINT and SIGTERM back to whoever had them."""
        for number, handler in self.previous.items():
            signal.signal(number, handler)
