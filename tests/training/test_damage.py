"""Every file that a run's folder holds, deleted, emptied, cut and overwritten: the run goes on to
the same bits, or says in a sentence what to do, and nothing is lost.
"""

import dataclasses
import json
import os
import shutil

import numpy as np
import pytest
from absl import logging

from tests.training import tiny
from tests.training.program import assert_same_state
from tfgan_zoo.training import lock, records
from tfgan_zoo.training.exporting import Origin
from tfgan_zoo.training.run import run
from tfgan_zoo.training.run_directory import RunDirectory, RunError
from tfgan_zoo.training.settings import Settings
from tfgan_zoo.training.task import Splits, Task, Validation

SETTINGS = {
    "batch_size": 4,
    "checkpoint_every": 2,
    "keep_checkpoints": 2,
    "log_every": 2,
    "validate_every": 4,
    "sample_every": 3,
    "best_metric": "brightness",
    "export": False,
}
STOPPED, END = 6, 9
TASK = Task(
    open=lambda directory: Splits(tiny.Table()),
    preview=lambda model, splits: tiny.drawing(model)(),
    validation=lambda model, splits: Validation(
        lambda model: tiny.brightness(model)(), lambda: {"brightness": "higher"}
    ),
    batches=lambda table, start_step, **options: tiny.batches()(start_step),
)
ORIGIN = Origin({"seed": "--seed=0", "rate": "--rate=0.002"}, "command", {}, free=("steps",))


def go_on(model, initial, folder, steps):
    """The state of a run in `folder` after `steps`, and the lines that it said."""
    tiny.set_state(model, initial)
    model.reset_metrics()
    said = []
    run(TASK, model, Settings(run_dir=str(folder), steps=steps, **SETTINGS), origin=ORIGIN,
        say=said.append)  # fmt: skip
    return tiny.state(model), said


@pytest.fixture(scope="module")
def runs(_traced, tmp_path_factory):
    """(model, initial state, folder of a stopped run, state where it went on, that folder)."""
    model, initial = _traced
    root = tmp_path_factory.mktemp("runs")
    go_on(model, initial, root / "stopped", STOPPED)
    shutil.copytree(root / "stopped", root / "whole")
    expected, _ = go_on(model, initial, root / "whole", END)
    return model, initial, root / "stopped", expected, root / "whole"


DAMAGE = {
    "deleted": lambda path: path.unlink(),
    "empty": lambda path: path.write_bytes(b""),
    "cut": lambda path: os.truncate(path, path.stat().st_size // 2),
    "junk": lambda path: path.write_bytes(np.random.default_rng(0).bytes(300)),
}
# Every file that a run leaves; those of a group have nothing to do with each other.
GROUPS = [
    ["flags.flagfile", "checkpoints/ckpt-4.index", "checkpoints/ckpt-4.data-00000-of-00001"],
    [
        *("history.jsonl", "versions.json", "seconds.json", "curves.png", "samples.gif"),
        *("data.json", "spread.jsonl"),
        *("samples/step_0000000.png", "samples/step_0000003.png", "samples/step_0000006.png"),
        *("checkpoints/checkpoint", "checkpoints/best/checkpoint", "tensorboard"),
        "checkpoints/best/ckpt-BEST.data-00000-of-00001",
    ],
    ["checkpoints/ckpt-6.index", "checkpoints/best/metric.json"],
    ["checkpoints/ckpt-6.data-00000-of-00001", "checkpoints/best/ckpt-BEST.index"],
]
REFUSED = {
    ("flags.flagfile", "empty"): "flags.flagfile is damaged",
    ("flags.flagfile", "cut"): "flags.flagfile is damaged",
    ("flags.flagfile", "junk"): "flags.flagfile is damaged",
}


def in_folder(folder, group):
    """The paths of a group, which may name a folder for its files, and BEST for a step."""
    best = json.loads((folder / "checkpoints/best/metric.json").read_text())["step"]
    paths = [folder / name.replace("BEST", str(best)) for name in group]
    return [file for path in paths for file in (path.iterdir() if path.is_dir() else [path])]


def test_the_table_holds_every_file(runs):
    _, _, stopped, _, _ = runs
    named = {path for group in GROUPS for path in in_folder(stopped, group)}
    assert named == {path for path in stopped.rglob("*") if path.is_file()}


def history(folder):
    """The rows, without the validation that the stop at step 6 made and a later start need not."""
    rows, _ = records.history(folder / "history.jsonl")
    return [
        {name: value for name, value in row.items() if row["step"] != STOPPED or "_loss" in name}
        | {"step": row["step"]}
        for row in rows
    ]


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group[0])
def test_damage(runs, tmp_path, group, damage, monkeypatch):
    model, initial, stopped, expected, whole = runs
    told = []
    monkeypatch.setattr(logging, "warning", lambda text, *values: told.append(text % values))
    folder = tmp_path / "run"
    shutil.copytree(stopped, folder)
    paths = in_folder(folder, group)
    for path in paths:
        DAMAGE[damage](path)
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    try:
        state, _ = go_on(model, initial, folder, END)
    except RunError as error:
        assert REFUSED[group[0], damage] in str(error) and str(paths[0]) in str(error)
        assert "\n" not in str(error)
        assert before == {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
        return
    assert (group[0], damage) not in REFUSED
    assert_same_state(state, expected)
    for name in ("checkpoints/best/metric.json", "samples/step_0000009.png"):
        assert (folder / name).read_bytes() == (whole / name).read_bytes()
    written = sorted(path.name for path in (folder / "checkpoints").glob("*.index"))
    assert written == ["ckpt-8.index", "ckpt-9.index"]

    rows, expected_rows = history(folder), history(whole)
    if "history.jsonl" not in group:
        assert rows == expected_rows
        return
    assert rows[-1]["step"] == END and all(row in expected_rows for row in rows)
    sentences = "\n".join(told)
    assert f"{folder}/history.jsonl has no rows for the steps" in sentences
    if damage != "deleted":
        assert f"{folder}/samples/step_0000000.png is no picture any more" in sentences
    if damage in ("empty", "junk"):
        assert f"{folder}/seconds.json is damaged" in sentences


def test_a_run_from_two_processes(tmp_path, runs):
    model, initial, _, _, _ = runs
    with lock.held(tmp_path), pytest.raises(RunError) as refusal:
        go_on(model, initial, tmp_path, 1)
    assert f"process {os.getpid()} on {os.uname().nodename}, since 20" in str(refusal.value)
    assert "Wait for its end or stop it" in str(refusal.value)
    assert not (tmp_path / "lock").exists() and not (tmp_path / "flags.flagfile").exists()


def _hold(folder, held):
    with lock.held(folder):
        held.set()
        held.wait(60)
        os.kill(os.getpid(), 9)


def test_a_dead_process_holds_no_lock(processes, tmp_path):
    held = processes.Event()
    process = processes.Process(target=_hold, args=(tmp_path, held))
    process.start()
    assert held.wait(60)
    process.join(60)
    assert process.exitcode == -9 and (tmp_path / "lock").exists()
    with lock.held(tmp_path):
        assert json.loads((tmp_path / "lock").read_text())["pid"] == os.getpid()
    assert not (tmp_path / "lock").exists()


def test_a_run_whose_lock_file_names_nobody_is_refused_too(tmp_path):
    with lock.held(tmp_path):
        (tmp_path / "lock").write_text("")
        with pytest.raises(RunError, match="it has not told its name"), lock.held(tmp_path):
            pass


def test_what_a_kill_left_is_removed(tmp_path):
    run = RunDirectory(tmp_path)
    for place in (tmp_path / "history.jsonl.tmp", run.samples / "step_0000001.png.tmp"):
        place.write_bytes(b"half")
    run.tidy()
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("content", ["{}", "null", "-3", "NaN", "1e999", "[1]", '"5"'])
def test_a_number_of_seconds_is_one(tmp_path, content):
    (tmp_path / "seconds.json").write_text(content)
    assert RunDirectory(tmp_path).add_seconds(2.0) == (7.0 if content == '"5"' else 2.0)


@pytest.mark.parametrize(
    "content", ["{}", "[]", '{"metric": "a", "value": "high", "step": 1}', '{"metric": 1}', "null"]
)
def test_a_record_of_the_best_is_one(tmp_path, content):
    (tmp_path / "metric.json").write_text(content)
    assert records.best(tmp_path / "metric.json") is None


def test_rows_of_a_history_are_rows(tmp_path):
    path = tmp_path / "history.jsonl"
    good = '{"step": 2, "a": null}\n'
    path.write_text(good + '5\nnull\n{"a": 1}\n{"step": 3, "a": "x"}\n' + good.replace("2", "4"))
    rows, lines = records.mend_history(path, 4, 2)
    assert [row["step"] for row in rows] == [2, 4] and lines[0] == good
    assert "null" in (tmp_path / "history.jsonl.damaged").read_text()


def test_other_data_are_refused_unless_told(runs, tmp_path):
    model, initial, stopped, expected, _ = runs
    folder = tmp_path / "run"
    shutil.copytree(stopped, folder)
    recorded = (folder / "data.json").read_text()

    def go(contents, spec, end=END, **settings):
        class Other(tiny.Table):
            info = {"name": "tiny", "contents": lambda: contents}

        said = []
        task = dataclasses.replace(TASK, open=lambda directory: Splits(Other()))
        origin = dataclasses.replace(ORIGIN, flags={**ORIGIN.flags, "data": f"--data={spec}"})
        tiny.set_state(model, initial)
        run(task, model, Settings(run_dir=str(folder), steps=end, **SETTINGS, **settings),
            origin=origin, say=said.append)  # fmt: skip
        return said

    with pytest.raises(RunError) as refusal:
        go({"b": "1"}, "elsewhere")
    assert "1 removed (a), 1 added (b)" in str(refusal.value)
    assert "--changed_data" in str(refusal.value) and str(folder) in str(refusal.value)
    assert (folder / "data.json").read_text() == recorded
    assert "data" not in (folder / "flags.flagfile").read_text()
    go({"a": "1"}, "elsewhere")  # the same, from another place
    assert_same_state(tiny.state(model), expected)
    said = go({"a": "2"}, "elsewhere", changed_data=True)
    assert "1 replaced (a)" in "\n".join(said)
    go({"a": "2"}, "elsewhere")

    # A run of before there were fingerprints goes on, from the same place, and gets one.
    (folder / "data.json").unlink()
    with pytest.raises(RunError, match="data: was --data=elsewhere, now --data=other"):
        go({"a": "3"}, "other")
    flags = (folder / "flags.flagfile").read_text()
    (folder / "flags.flagfile").write_text(flags.replace("elsewhere", str(tmp_path)))
    go({"a": "3"}, f"{tmp_path}/./run/..")
    assert json.loads((folder / "data.json").read_text())["contents"] == {"a": "3"}
