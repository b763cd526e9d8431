"""Keras callbacks of a run. Each sees the step number of the whole run, whichever process started
it.
"""

import json
import signal
import sys
import threading
import time

import keras
import numpy as np
import tensorflow as tf

from tfgan_zoo.training import pictures, watchdogs
from tfgan_zoo.training.run_directory import RunError, write_atomically


class StepCallback(keras.callbacks.Callback):
    """Calls `on_step(step, logs)` with the run's step, counted from 1, after each training step.

    Under `steps_per_execution` it is called after each execution.
    """

    def __init__(self, start):
        super().__init__()
        self.start = start

    def on_train_batch_end(self, batch, logs=None):
        self.on_step(self.start + batch + 1, {k: float(np.mean(v)) for k, v in logs.items()})


class Progress(StepCallback):
    """One line on a terminal, redrawn; a line every half minute elsewhere: share, rate, time left,
    losses.
    """

    def __init__(self, start, total, batch_size, stream=None):
        super().__init__(start)
        self.total = total
        self.batch_size = batch_size
        self.stream = stream or sys.stderr
        self.live = self.stream.isatty()
        self.shown = 0.0

    def on_train_begin(self, logs=None):
        self.began = None
        self.stream.write("Tracing the training step ...\n")

    def on_step(self, step, logs):
        now = time.monotonic()
        if self.began is None:  # the first step holds the tracing
            self.began, self.began_at = now, step
        if now - self.shown < (0.2 if self.live else 30.0) and step < self.total:
            return
        self.shown = now
        done = step - self.began_at
        rate = done / (now - self.began) if done else 0.0
        left = f"{clock((self.total - step) / rate)} left" if rate else "-:-- left"
        filled = round(20 * step / self.total)
        losses = "  ".join(f"{k} {v:.4g}" for k, v in logs.items() if k.endswith("loss"))
        skipped = f"  skipped {logs['skipped']:.0f}" if logs["skipped"] else ""
        line = (
            f"[{'#' * filled}{'.' * (20 - filled)}] {step}/{self.total}  "
            f"{rate * self.batch_size:.1f} images/s  {left}  {losses}{skipped}"
        )
        self.stream.write(f"\r\x1b[2K{line}" if self.live else f"{line}\n")
        self.stream.flush()

    def on_train_end(self, logs=None):
        if self.live:
            self.stream.write("\n")


def clock(seconds):
    """Seconds as h:mm:ss, or m:ss under an hour."""
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


class RunningMeans(keras.callbacks.Callback):
    """Gives restored running means back to `fit`, which resets all metrics when it begins an
    epoch.
    """

    def set_model(self, model):
        super().set_model(model)
        self.restored = {name: m.variables for name, m in model.trackers.items()}
        self.restored = {name: [v.numpy() for v in vs] for name, vs in self.restored.items()}

    def on_epoch_begin(self, epoch, logs=None):
        for name, values in self.restored.items():
            for variable, value in zip(self.model.tracker(name).variables, values, strict=True):
                variable.assign(value)


class SkipGuard(StepCallback):
    """Stops a run of which `max_skipped` steps in a row were not finite."""

    def __init__(self, start, max_skipped):
        super().__init__(start)
        self.max_skipped = max_skipped

    def on_step(self, step, logs):
        if logs["skipped_in_a_row"] >= self.max_skipped:
            last = ", ".join(f"{k} {v:.4g}" for k, v in logs.items() if not k.startswith("skipped"))
            raise RunError(
                f"Stopped at step {step}: the last {logs['skipped_in_a_row']:.0f} steps gave "
                "losses or gradients that are not finite, and were skipped "
                f"({logs['skipped']:.0f} in all; --max_skipped={self.max_skipped}). No weight has "
                f"changed since; the last finite means were: {last}. Usual causes: a learning "
                "rate that is too high, --precision=mixed_float16 where a loss overflows (try "
                "mixed_bfloat16 or float32), or pictures that are not finite."
            )


class Log(StepCallback):
    """Every `every` steps: a row in history.jsonl, TensorBoard scalars and the watchdogs; then new
    means.

    Validation metrics of the same step (see `Validate`) are part of its row. Rates go to
    TensorBoard alone, so that two runs of one seed have the same history byte for byte.
    """

    def __init__(self, start, every, total, run, batch_size, gradient_norm_bound, validate, warn):
        super().__init__(start)
        self.every, self.total, self.run = every, total, run
        self.batch_size = batch_size
        self.gradient_norm_bound = gradient_norm_bound
        self.validate = validate
        self.warn = warn

    def on_train_begin(self, logs=None):
        # Rows from after the checkpoint that the run goes on from would come twice.
        self.run.history.touch()
        rows = self.run.history.read_text().splitlines(keepends=True)
        complete = [row for row in rows if row.endswith("\n")]
        write_atomically(
            self.run.history,
            "".join(row for row in complete if json.loads(row)["step"] <= self.start),
        )
        self.writer = tf.summary.create_file_writer(str(self.run.tensorboard))
        self.since, self.counted = time.monotonic(), self.start

    def on_step(self, step, logs):
        if step % self.every and step != self.total:
            return
        row = {"step": step, **logs, **(self.validate.at(step) if self.validate else {})}
        row["learning_rates"] = {
            player: float(optimizer.learning_rate)
            for player, optimizer in self.model.optimizers.items()
        }
        with self.run.history.open("a") as history:
            history.write(json.dumps(row) + "\n")
        now = time.monotonic()
        with self.writer.as_default(step):
            for name, value in row.items():
                if isinstance(value, float):
                    tf.summary.scalar(name, value)
            for player, rate in row["learning_rates"].items():
                tf.summary.scalar(f"{player}_learning_rate", rate)
            images = (step - self.counted) * self.batch_size
            tf.summary.scalar("images_per_second", images / (now - self.since))
        self.writer.flush()
        self.since, self.counted = now, step
        for warning in watchdogs.check_losses(logs, self.gradient_norm_bound):
            self.warn(f"Step {step}: {warning}")
        self.model.reset_metrics()

    def on_train_end(self, logs=None):
        self.writer.close()


class Validate(StepCallback):
    """Every `every` steps: `measure()` -> metrics by name; keeps the checkpoint that is best by
    one of them.

    Args:
        best_metric: name in the result of `measure`, with a leading '-' if lower is better; None
            keeps none.
    """

    def __init__(self, start, every, total, measure, checkpointer, best_metric=None):
        super().__init__(start)
        self.every, self.total = every, total
        self.measure = measure
        self.checkpointer = checkpointer
        self.best_metric = best_metric
        self.measured = {}

    def at(self, step):
        """The metrics measured at `step`, or an empty dict."""
        return self.measured.get(step, {})

    def on_step(self, step, logs):
        if step % self.every and step != self.total:
            return
        metrics = self.measure()
        self.measured = {step: {f"validation_{name}": value for name, value in metrics.items()}}
        if not self.best_metric:
            return
        name = self.best_metric.removeprefix("-")
        if name not in metrics:
            raise RunError(
                f"--best_metric={self.best_metric} is not measured here; choose one of "
                f"{', '.join(metrics)}, with a leading '-' where lower is better."
            )
        sign = -1.0 if self.best_metric.startswith("-") else 1.0
        best = self.checkpointer.best()
        if best is None or sign * metrics[name] > sign * best["value"]:
            self.checkpointer.save_best(name, metrics[name])


class Samples(StepCallback):
    """Every `every` steps, and before the first: a picture grid on a fixed batch, and the collapse
    watchdog.

    Args:
        draw: () -> (picture `PIL.Image`, samples `[N, H, W, C]`, real `[N, H, W, C]`).
    """

    def __init__(self, start, every, total, run, draw, warn):
        super().__init__(start)
        self.every, self.total, self.run = every, total, run
        self.draw = draw
        self.warn = warn

    def on_train_begin(self, logs=None):
        self.writer = tf.summary.create_file_writer(str(self.run.tensorboard))
        if self.start == 0:
            self.on_step(0, None)

    def on_step(self, step, logs):
        if step % self.every and step != self.total:
            return
        picture, samples, real = self.draw()
        pictures.save(picture, self.run.samples / f"step_{step:07d}.png")
        with self.writer.as_default(step):
            tf.summary.image("samples", np.asarray(picture)[None])
        self.writer.flush()
        for warning in watchdogs.check_samples(samples, real) if step else []:
            self.warn(f"Step {step}: {warning}")

    def on_train_end(self, logs=None):
        self.writer.close()


class Save(StepCallback):
    """Every `every` steps, at the end, and when a signal asks the run to stop: a checkpoint."""

    def __init__(self, start, every, total, checkpointer):
        super().__init__(start)
        self.every, self.total = every, total
        self.checkpointer = checkpointer
        self.stop_requested = False
        self.stopped_at = None

    def on_train_begin(self, logs=None):
        self.previous = {}
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self.previous[number] = signal.signal(number, self._request_stop)

    def _request_stop(self, number, frame):
        self.stop_requested = True
        # A second signal means now.
        signal.signal(number, self.previous[number])

    def on_step(self, step, logs):
        if self.stop_requested:
            self.stopped_at = step
            self.model.stop_training = True
        if self.stop_requested or step % self.every == 0 or step == self.total:
            self.checkpointer.save()

    def restore_signals(self):
        """Gives SIGINT and SIGTERM back to whoever had them."""
        for number, handler in self.previous.items():
            signal.signal(number, handler)
