"""What a run writes, says and measures while it trains."""

import dataclasses
import fcntl
import io
import json
import os
import re
import struct
import termios

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.training import tiny
from tests.training.tiny import fit
from tfgan_zoo.kinds import image
from tfgan_zoo.training.callbacks import Progress, clock, estimate
from tfgan_zoo.training.drawings import Samples
from tfgan_zoo.training.run_directory import RunDirectory, RunError

LOSSES = (
    "discriminator_loss",
    "generator_loss",
    "discriminator_gradient_norm",
    "generator_gradient_norm",
)
RATES = ("generator_learning_rate", "discriminator_learning_rate")


def train(model, path, *, broken=(), **options):
    run = RunDirectory(path)
    return fit(model, tiny.batches(broken=broken), run=run, batch_size=4, **options)


def history(path):
    return [json.loads(line) for line in (path / "history.jsonl").read_text().splitlines()]


def each_step(function):
    """A callback that calls `function(step)` with the steps from 1."""
    return keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: function(batch + 1, logs)
    )


def events(directory):
    """TensorBoard's values: [(tag, step, value)], pictures as arrays."""
    found = []
    for path in sorted(directory.iterdir()):
        for record in tf.data.TFRecordDataset(str(path)):
            event = tf.compat.v1.Event.FromString(record.numpy())
            for value in event.summary.value:
                tensor = tf.make_ndarray(value.tensor)
                if value.metadata.plugin_data.plugin_name == "images":
                    tensor = tf.io.decode_png(tensor[2]).numpy()
                found.append((value.tag, event.step, tensor))
    return found


def test_history_and_tensorboard(tmp_path, adversary):
    seen = {}
    latents = np.random.default_rng(0).normal(size=(4, 4)).astype("f")
    untrained = adversary(latents).numpy()
    train(
        adversary,
        tmp_path,
        total_steps=10,
        log_every=4,
        sample_every=5,
        validate_every=3,
        draw=tiny.drawing(adversary, latents),
        validate=tiny.brightness(adversary),
        extra_callbacks=[each_step(lambda step, logs: seen.update({step: logs}))],
    )
    rows = {row["step"]: row for row in history(tmp_path)}
    assert list(rows) == [3, 4, 6, 8, 9, 10]
    for step in (4, 8, 10):
        measured = {"validation_brightness"} if step == 10 else set()
        assert (
            rows[step].keys() == {"step", "skipped", "skipped_in_a_row", *LOSSES, *RATES} | measured
        )
        assert all(rows[step][name] == seen[step][name] for name in LOSSES)
        assert rows[step]["generator_learning_rate"] == pytest.approx(2e-3)
        assert rows[step]["skipped"] == 0
    for step in (3, 6, 9):
        assert rows[step].keys() == {"step", "validation_brightness"}
    assert rows[10]["validation_brightness"] == tiny.brightness(adversary)()["brightness"]

    written = events(tmp_path / "tensorboard")
    scalars = {(tag, step): value for tag, step, value in written if tag != "samples"}
    for step in (4, 8, 10):
        for name in (*LOSSES, *RATES, "skipped"):
            assert scalars[name, step] == pytest.approx(rows[step][name], rel=1e-6)
        assert scalars["images_per_second", step] > 0
    assert scalars["validation_brightness", 3] == pytest.approx(rows[3]["validation_brightness"])
    assert ("step", 4) not in scalars

    grids = {step: picture for tag, step, picture in written if tag == "samples"}
    assert list(grids) == [0, 5, 10]
    assert {p.name for p in (tmp_path / "samples").iterdir()} == {
        f"step_{step:07d}.png" for step in grids
    }
    for step, picture in grids.items():
        with Image.open(tmp_path / "samples" / f"step_{step:07d}.png") as file:
            np.testing.assert_array_equal(file, picture)
    np.testing.assert_array_equal(grids[0], image.square_grid(untrained))
    assert (grids[0] != grids[10]).any()


def test_means_are_of_their_own_interval(tmp_path, adversary):
    initial = tiny.state(adversary)
    train(adversary, tmp_path / "one", total_steps=6, log_every=1)
    each = history(tmp_path / "one")
    tiny.set_state(adversary, initial)
    train(adversary, tmp_path / "three", total_steps=6, log_every=3)
    for row, steps in zip(history(tmp_path / "three"), (each[:3], each[3:]), strict=True):
        for name in LOSSES:
            assert row[name] == pytest.approx(np.mean([step[name] for step in steps]), rel=1e-5)


def test_resume_drops_later_rows_and_torn_ones(tmp_path, adversary):
    train(adversary, tmp_path, total_steps=4, log_every=2)
    expected = (tmp_path / "history.jsonl").read_text()
    with (tmp_path / "history.jsonl").open("a") as file:
        file.write('{"step": 6, "generator_loss": 1.0}\n{"step": 8, "gen')
    train(adversary, tmp_path, total_steps=6, log_every=2)
    assert (tmp_path / "history.jsonl").read_text().startswith(expected)
    assert [row["step"] for row in history(tmp_path)] == [2, 4, 6]
    assert len(history(tmp_path)[-1]) > 5


def test_a_finished_run_is_left_alone(tmp_path, adversary):
    train(adversary, tmp_path, total_steps=2)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert train(adversary, tmp_path, total_steps=2) is None
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_isolated_steps_that_are_not_finite_are_counted(tmp_path, adversary):
    train(adversary, tmp_path, broken=(1, 2, 5, 8), total_steps=9, log_every=3, max_skipped=3)
    rows = history(tmp_path)
    assert [row["skipped"] for row in rows] == [2, 3, 4]
    assert [row["skipped_in_a_row"] for row in rows] == [2, 1, 1]
    assert all(np.isfinite(row[name]) for row in rows for name in LOSSES)


def test_too_many_in_a_row_stop_the_run(tmp_path, adversary):
    broken = (1, *range(4, 9))
    with pytest.raises(RunError) as stop:
        train(adversary, tmp_path, broken=broken, total_steps=50, checkpoint_every=2, max_skipped=3)
    said = str(stop.value)
    assert said.startswith("Stopped at step 7: the last 3 steps gave losses or gradients that are")
    assert "4 in all; --max_skipped=3" in said
    assert re.search(r"means: discriminator_gradient_norm [\d.]+, discriminator_loss [\d.]+", said)
    assert "learning rate" in said and "mixed_float16" in said
    # Repeating the command under a patience that suffices goes on.
    train(adversary, tmp_path, broken=broken, total_steps=12, checkpoint_every=2, max_skipped=6)
    assert int(adversary.skipped) == 6


def test_no_finite_step_at_all(tmp_path, adversary):
    with pytest.raises(RunError) as stop:
        train(adversary, tmp_path, broken=range(9), total_steps=9, log_every=1, max_skipped=2)
    assert "means" not in str(stop.value) and "Stopped at step 2" in str(stop.value)
    # What has no mean is null, not zero, and sets off no watchdog.
    assert all(row[name] is None for row in history(tmp_path) for name in LOSSES)


@pytest.mark.parametrize(
    "option", ["log_every", "sample_every", "validate_every", "checkpoint_every", "total_steps"]
)
def test_intervals_must_be_whole_executions(tmp_path, option):
    model = tiny.build(steps_per_execution=4)
    options = {"total_steps": 8, "log_every": 8, option: 6} | {option: 6}
    with pytest.raises(RunError, match=f"--{option.removeprefix('total_')}=6 must be .* multiple"):
        train(model, tmp_path, **{"sample_every": 8, "validate_every": 8, **options})


def test_a_run_between_executions_cannot_go_on_in_larger_ones(tmp_path, adversary):
    train(adversary, tmp_path, total_steps=3)
    with pytest.raises(RunError, match="stopped at step 3, which is no multiple of"):
        train(tiny.build(ema=0.9, steps_per_execution=2), tmp_path, total_steps=8)


def test_healthy_runs_give_no_warning(tmp_path, adversary, caplog):
    train(adversary, tmp_path, total_steps=20, log_every=5, sample_every=5,
          draw=tiny.drawing(adversary))  # fmt: skip
    assert caplog.messages == []


def test_a_best_metric_needs_a_validation(tmp_path, adversary):
    with pytest.raises(RunError, match="--best_metric=brightness .* does not have: leave it out"):
        train(adversary, tmp_path, total_steps=2, best_metric="brightness")


def test_watchdog_of_a_discriminator_that_wins(tmp_path, adversary, caplog):
    for optimizer in adversary.optimizers.values():
        optimizer.learning_rate = 0.0
    # White pictures, against a discriminator that says how dark a picture is.
    adversary.generator.layers[-2].bias.assign(tf.fill([64], 9.0))
    hidden, verdict = (v for v in adversary.discriminator.layers if hasattr(v, "kernel"))
    hidden.kernel.assign(tf.fill([64, 16], -1.0))
    hidden.bias.assign(tf.fill([16], 40.0))
    verdict.kernel.assign(tf.fill([16, 1], 1.0))
    train(adversary, tmp_path, total_steps=4, log_every=2)
    assert [m[:35] for m in caplog.messages] == [
        f"Step {step}: The discriminator's loss is" for step in (2, 4)
    ]


def test_watchdog_of_gradients(tmp_path, adversary, caplog):
    train(adversary, tmp_path, total_steps=4, log_every=2, gradient_norm_bound=2.0)
    assert caplog.messages[0].startswith("Step 2: The discriminator's gradient norm is")


def test_watchdog_of_samples_that_do_not_differ(tmp_path, adversary, caplog):
    adversary.optimizers["generator"].learning_rate = 0.0
    for variable in adversary.generator.trainable_variables:
        variable.assign(tf.zeros_like(variable))
    train(adversary, tmp_path, total_steps=4, sample_every=2, draw=tiny.drawing(adversary))
    assert [m[:45] for m in caplog.messages] == [
        f"Step {step}: The samples hardly differ yet: their " for step in (2, 4)
    ]
    assert [json.loads(line)["step"] for line in (tmp_path / "spread.jsonl").open()] == [2, 4]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0:00"),
        (59.9, "0:59"),
        (61, "1:01"),
        (3599, "59:59"),
        (3600, "1:00:00"),
        (90061, "25:01:01"),
    ],
)
def test_clock(seconds, text):
    assert clock(seconds) == text


def test_progress_in_a_pipe(tmp_path, adversary, capsys):
    train(adversary, tmp_path, total_steps=8, broken=(1,))
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "Tracing the training step ..."
    number = r"\d+\.?\d*"
    assert re.fullmatch(rf" 12% 1/8  0.0 images/s  -:-- left  discriminator {number}  .*", lines[1])
    assert re.fullmatch(
        rf"100% 8/8  {number} images/s  0:00 left  discriminator {number}  generator {number}  "
        "skipped 1",
        lines[2],
    )
    assert len(lines) == 3


class Terminal:
    """A pseudo-terminal of some width, and what was written to it."""

    def __init__(self, columns):
        self.master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.stream = os.fdopen(slave, "w")

    def text(self):
        self.stream.close()
        with os.fdopen(self.master, "rb") as master:
            text = b""
            while True:
                try:
                    text += master.read(1)
                except OSError:  # Linux reports the end of a terminal so
                    return text.decode().replace("\r\n", "\n")


@pytest.mark.parametrize("columns", [120, 100, 40])
def test_progress_on_a_terminal(tmp_path, adversary, monkeypatch, columns):
    terminal = Terminal(columns)
    monkeypatch.setattr("sys.stderr", terminal.stream)
    train(adversary, tmp_path, total_steps=40)
    monkeypatch.undo()
    tracing, progress = terminal.text().split("\n", 1)
    assert tracing == "Tracing the training step ..."
    drawn = progress.removesuffix("\n").split("\r\x1b[2K")[1:]
    assert len(drawn) >= 2 and "\n" not in "".join(drawn)
    assert all(len(line) < columns for line in drawn)
    assert drawn[-1].lstrip("[#] ").startswith("100% 40/40  ")
    bars = {120: "#" * 20, 100: r"#{10,20}", 40: ""}
    assert re.match(rf"(\[{bars[columns]}\] )?100%", drawn[-1])
    assert drawn[-1].startswith("[#") is (columns > 40)


def test_a_warning_has_a_line_of_its_own(caplog):
    terminal = Terminal(80)
    progress = Progress(0, 10, 1, stream=terminal.stream)
    progress.on_train_begin()
    progress.on_step(1, {"generator_loss": 1.0, "skipped": 0.0})
    progress.warn("Look out.")
    assert caplog.messages == ["Look out."]
    assert terminal.text().endswith("generator 1\r\x1b[2K")


def resident():
    """Bytes of memory that this process holds."""
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_memory_is_flat(tmp_path, adversary):
    memory = {}
    measure = each_step(lambda step, logs: memory.update({step: resident()}))
    train(
        adversary,
        tmp_path,
        total_steps=400,
        log_every=2,
        sample_every=10,
        validate_every=10,
        checkpoint_every=10,
        draw=tiny.drawing(adversary),
        validate=tiny.brightness(adversary),
        best_metric="brightness",
        extra_callbacks=[measure],
    )
    assert memory[400] - memory[150] < 16e6


def test_a_collapse_stops_the_run_and_names_the_best_checkpoint(tmp_path, adversary):
    varied, same = tiny.images(0, 4).numpy(), np.zeros((4, 8, 8, 1), np.float32)
    # Two have to differ before those that do not count.
    grids = iter([same, same, varied, same, varied, same, same, same])

    def draw():
        return dataclasses.replace(tiny.drawing(adversary)(), samples=next(grids), real=varied)

    with pytest.raises(
        RunError, match=r"step 12: .* for 2 grids .*of step \d+, .*--steps="
    ) as stop:
        train(
            adversary,
            tmp_path,
            total_steps=20,
            sample_every=2,
            validate_every=2,
            checkpoint_every=2,
            draw=draw,
            validate=tiny.brightness(adversary),
            best_metric="brightness",
            max_collapsed=2,
        )
    best = json.loads((tmp_path / "checkpoints" / "best" / "metric.json").read_text())
    assert f"--steps={best['step']}" in str(stop.value)


def test_a_run_that_goes_on_judges_as_one_that_was_never_stopped(tmp_path, adversary):
    varied, same = tiny.images(0, 4).numpy(), np.zeros((4, 8, 8, 1), np.float32)
    shown = {2: varied, 4: varied, 6: same, 8: same}

    def draw():
        samples = shown.get(int(adversary.step), same)
        return dataclasses.replace(tiny.drawing(adversary)(), samples=samples, real=varied)

    options = {"sample_every": 2, "draw": draw, "max_collapsed": 2}
    train(adversary, tmp_path, total_steps=6, **options)
    with (tmp_path / "spread.jsonl").open("a") as file:
        file.write('[]\n{"step": 7, "share": 0.0}\n{"step": "8"}\n{"st')
    with pytest.raises(RunError, match="Stopped at step 8: .* for 2 grids"):
        train(adversary, tmp_path, total_steps=8, **options)


def test_the_first_grid_comes_early_beside_real_pictures(tmp_path, adversary, monkeypatch):
    """Not after --sample_every steps, which may take an hour."""
    monkeypatch.setattr(Samples.__init__, "__defaults__", (0.0,))
    white = Image.new("RGB", (8, 8), "white")

    def draw():
        return dataclasses.replace(tiny.drawing(adversary)(), real_picture=lambda: white)

    for total in (3, 5):
        train(adversary, tmp_path, total_steps=total, sample_every=1000, draw=draw)
    # The second process had a grid to look at already. An early one is no evidence of a collapse.
    assert sorted(path.name for path in (tmp_path / "samples").iterdir()) == [
        "real.png",
        *(f"step_{step:07d}.png" for step in (0, 1, 3, 5)),
    ]
    assert [json.loads(line)["step"] for line in (tmp_path / "spread.jsonl").open()] == [3, 5]
    with Image.open(tmp_path / "samples" / "real.png") as real:
        assert real.getextrema() == ((255, 255),) * 3


def test_the_length_of_a_run_is_told_and_what_makes_it_shorter():
    told = estimate(20_000, 3.6, ("steps", "image_size", "filters"))
    for words in ("About 20:00:00 for the 20,000 steps", "3.6 s", "--steps=200 takes about 12:00"):
        assert words in told
    assert "Smaller values of --image_size, --filters make" in told
    assert estimate(100, 0.1, ("steps",)) == ""
    assert "--steps" not in estimate(100, 1.0, ("steps",))


def test_the_length_of_a_run_is_told_once_and_early(monkeypatch):
    stream = io.StringIO()
    now = iter([0.0, 6.0, 12.0, 18.0, 24.0])
    monkeypatch.setattr("time.monotonic", lambda: next(now))
    progress = Progress(0, 1000, 1, stream=stream, shorter=("steps",))
    progress.on_train_begin()
    for step in range(1, 6):
        progress.on_step(step, {"skipped": 0.0})
    assert stream.getvalue().count("About 1:39:42 for the 997 steps that are left, 6 s each") == 1
