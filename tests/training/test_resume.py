"""A run that is killed, interrupted or out of disk ends as an uninterrupted one does, bit for
bit.
"""

import json
import pathlib
import resource
import signal

import keras
import pytest

from tests.training import tiny
from tests.training.program import Program, assert_same_state, files
from tests.training.tiny import fit
from tfgan_zoo.training.checkpoints import Checkpointer
from tfgan_zoo.training.run_directory import RunDirectory, RunError

# Under mixed precision with a moving average: the state has all its parts. Means are logged every
# three steps, so that most checkpoints hold half a mean; the last step is no multiple.
EACH_STEP = {
    "model": {"precision": "mixed_float16", "ema": 0.9, "schedule": "linear", "total_steps": 50},
    # Not finite: two steps in a row, and all steps of the row of step 33.
    "data": {"broken": (7, 8, 30, 31, 32)},
    "total_steps": 50,
    "checkpoint_every": 1,
    "log_every": 3,
    "validate_every": 10,
    "sample_every": 10,
    "best_metric": "-brightness",
    "max_skipped": 5,
    "pause": 0.05,
}
SEVERAL_STEPS = {
    "model": {"steps_per_execution": 4},
    "total_steps": 240,
    "checkpoint_every": 8,
    "log_every": 12,
    "validate_every": 100,
    "sample_every": 100,
    "pause": 0.02,
}


def test_killed_at_any_moment(processes, tmp_path):
    reference = Program(processes, tmp_path / "reference", EACH_STEP)
    uninterrupted = reference.start()
    program = Program(processes, tmp_path / "killed", EACH_STEP)

    def writing():
        return any(program.run.checkpoints.glob("*_temp*"))

    def between():
        return not writing()

    for moment in (writing, between, writing):
        process = program.start()
        program.stop(process, signal.SIGKILL, 5, moment)
        process.join(60)
        assert process.exitcode == -signal.SIGKILL
        assert 0 < program.saved() < EACH_STEP["total_steps"]

    outcome = program.finish(program.start())
    expected = reference.finish(uninterrupted)
    assert_same_state(outcome, expected)
    assert files(program.run.path) == files(reference.run.path)
    assert program.run.path.joinpath("checkpoints/best/metric.json").read_bytes() == (
        reference.run.path.joinpath("checkpoints/best/metric.json").read_bytes()
    )
    # The parts that make it exact are there, and moved.
    seeds = [k for k in outcome if "seed_generator_state" in k]
    assert len(seeds) == 2 and all(outcome[k].any() for k in seeds)
    assert any("average" in k for k in outcome) and any("dynamic_scale" in k for k in outcome)

    rows = [json.loads(line) for line in program.run.history.read_text().splitlines()]
    skipped = {row["step"]: row["skipped"] for row in rows if "skipped" in row}
    assert (skipped[6], skipped[9], skipped[33], skipped[50]) == (0, 2, 5, 5)
    missing = [row["step"] for row in rows if row.get("generator_loss", 0) is None]
    assert missing == [33]


PHASES = {
    "model": {"ema": 0.9},
    "total_steps": 44,
    # No multiple of what is logged: the first phase ends with a row of its own.
    "warm_steps": 22,
    "checkpoint_every": 1,
    "log_every": 4,
    "validate_every": 10,
    "sample_every": 10,
    "pause": 0.05,
}


def test_killed_in_each_phase(processes, tmp_path):
    reference = Program(processes, tmp_path / "reference", PHASES)
    uninterrupted = reference.start()
    program = Program(processes, tmp_path / "killed", PHASES)
    for step in (9, 22, 33):  # in the first, at the border, in the second
        process = program.start()
        program.stop(process, signal.SIGKILL, step - program.saved())
        process.join(60)
        assert step <= program.saved() < PHASES["total_steps"]

    outcome = program.finish(program.start())
    assert_same_state(outcome, reference.finish(uninterrupted))
    assert files(program.run.path) == files(reference.run.path)
    rows = [json.loads(line) for line in program.run.history.read_text().splitlines()]
    logged = {row["step"]: row for row in rows if "skipped" in row}
    assert list(logged) == [4, 8, 12, 16, 20, 22, 24, 28, 32, 36, 40, 44]
    assert all(("warm_loss" in row) == (step <= 22) for step, row in logged.items())
    assert all(("generator_loss" in row) == (step > 22) for step, row in logged.items())


def test_interrupted_under_several_steps_per_execution(processes, tmp_path):
    reference = Program(processes, tmp_path / "reference", SEVERAL_STEPS)
    uninterrupted = reference.start()
    program = Program(processes, tmp_path / "interrupted", SEVERAL_STEPS)
    process = program.start()
    program.stop(process, signal.SIGINT, 16)
    stopped = int(program.finish(process)["stopped"])
    assert stopped == program.saved() and stopped % 4 == 0
    assert 0 < stopped < SEVERAL_STEPS["total_steps"]

    outcome = program.finish(program.start())
    assert outcome["stopped"] == -1
    assert_same_state(outcome, reference.finish(uninterrupted))
    assert files(program.run.path) == files(reference.run.path)


def _run_out_of_disk(directory):
    """After step 5 no file may grow over a limit: less than the history, than TensorBoard's events,
    or than a checkpoint.
    """
    adversary = tiny.build()
    initial = tiny.state(adversary)
    errors = {}
    for name, more_than_history in (("history", 0), ("events", 700), ("checkpoint", 15_000)):
        tiny.set_state(adversary, initial)
        run = RunDirectory(directory / name)

        def fill_disk(batch, logs, run=run, more_than_history=more_than_history):
            if batch == 4:
                limit = run.history.stat().st_size + more_than_history
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))

        try:
            fit(
                adversary,
                tiny.batches(),
                run=run,
                total_steps=8,
                batch_size=4,
                checkpoint_every=3,
                log_every=1,
                extra_callbacks=[keras.callbacks.LambdaCallback(on_train_batch_end=fill_disk)],
            )
        except RunError as error:
            errors[name] = str(error)
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    (directory / "errors.json").write_text(json.dumps(errors))


def test_disk_full_in_the_middle(processes, tmp_path):
    process = processes.Process(target=_run_out_of_disk, args=(tmp_path,))
    process.start()
    process.join(120)
    assert process.exitcode == 0
    errors = json.loads((tmp_path / "errors.json").read_text())
    assert errors["checkpoint"].startswith("The checkpoint of step 6 (0.0 MB) cannot be written")
    assert "Make room there and repeat the command" in errors["checkpoint"]
    for name in ("history", "events"):
        assert errors[name].startswith("Stopped after step 6, because a file could not be read or")
        assert "repeat the command; it goes on from the last checkpoint" in errors[name]
    assert "tfevents" in errors["events"] and "tfevents" not in errors["history"]

    model = tiny.build()
    for name in errors:
        assert Checkpointer(tmp_path / name / "checkpoints", model).restore() == 3
        assert int(model.step) == 3


@pytest.fixture
def interruptible():
    """Python's own handler of SIGINT, which a shell takes from what it starts in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_second_signal_stops_at_once(tmp_path, adversary, interruptible):
    seen = []

    def twice(step, logs):
        seen.append(step)
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    impatient = keras.callbacks.LambdaCallback(on_train_batch_end=twice)
    run = RunDirectory(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        fit(adversary, tiny.batches(), run=run, total_steps=9, batch_size=4,
            extra_callbacks=[impatient])  # fmt: skip
    assert len(seen) == 1
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_a_checkpoint_and_gives_handlers_back(tmp_path, adversary, number):
    def once(step, logs):
        if step == 2:
            signal.raise_signal(number)

    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    patient = keras.callbacks.LambdaCallback(on_train_batch_end=once)
    stopped = fit(adversary, tiny.batches(), run=RunDirectory(tmp_path), total_steps=9,
                  batch_size=4, extra_callbacks=[patient])  # fmt: skip
    assert stopped == 3
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
    assert pathlib.Path(tmp_path, "checkpoints", "ckpt-3.index").exists()
