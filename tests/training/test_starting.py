"""Weights that a run starts from, and what it leaves for others."""

import os
import shutil
import sys
import types

import keras
import numpy as np
import pytest

from tests.training import tiny
from tests.training.tiny import fit
from tfgan_zoo.training import starting
from tfgan_zoo.training.run_directory import RunDirectory, RunError
from tfgan_zoo.training.settings import Settings


def same(first, second):
    return all(map(np.array_equal, first.get_weights(), second.get_weights()))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """(a run's directory, its model), with model.keras beside the export."""
    run = RunDirectory(tmp_path_factory.mktemp("trained"))
    model = tiny.build()
    fit(model, tiny.batches(), run=run, total_steps=3, batch_size=4)
    (run.export / "tiny").mkdir(parents=True)
    starting.save(model, Settings(), run)
    return run, model


@pytest.mark.parametrize("place", [".", "export/tiny"])
def test_a_new_run_starts_from_a_run_or_an_export(trained, place, tmp_path):
    run, model = trained
    fresh = tiny.build(seed=1)
    assert not same(fresh, model)
    starting.weights(fresh, run.path / place, RunDirectory(tmp_path))
    assert same(fresh, model) and int(fresh.step) == 0


def test_a_run_that_goes_on_keeps_its_own_weights(trained, tmp_path):
    own, model = RunDirectory(tmp_path), tiny.build(seed=1)
    fit(model, tiny.batches(), run=own, total_steps=1, batch_size=4)
    before = model.get_weights()
    starting.weights(model, trained[0].path, own)
    assert all(map(np.array_equal, before, model.get_weights()))


def test_what_is_saved_trains_on(trained):
    run, model = trained
    again = keras.saving.load_model(run.export / "tiny" / "model.keras")
    assert same(again, model) and int(again.step) == 3
    assert [p.name for p in (run.export / "tiny").iterdir()] == ["model.keras"]


def test_nothing_to_start_from_and_another_model_are_refused(trained, tmp_path):
    empty = RunDirectory(tmp_path / "run")
    with pytest.raises(RunError, match="holds neither model.keras nor checkpoints"):
        starting.weights(tiny.build(), tmp_path, empty)
    other = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    other.save(tmp_path / "model.keras")
    with pytest.raises(RunError, match="of another model than tiny"):
        starting.weights(tiny.build(), tmp_path, empty)


def test_checkpoints_in_a_folder_that_tensorflow_cannot_find_again_are_told_so(trained, tmp_path):
    run, _ = trained
    folder = shutil.copytree(run.path, tmp_path / "old [1]")
    own = RunDirectory(tmp_path / "run")
    with pytest.raises(RunError, match=r"--init_from: the name .* has \[ and \] in it.* rename"):
        starting.weights(tiny.build(), folder, own)
    starting.weights(tiny.build(), folder / "export" / "tiny", own)  # Keras' own file is found


def test_the_room_of_an_export_is_asked_for_where_it_will_be(trained, tmp_path, monkeypatch):
    run, model = trained
    weights = sum(np.asarray(v).nbytes for v in starting.weight_variables(model))
    settings = Settings(tflite=("float16", "int8"))
    assert starting.check_export(model, settings, run) == weights * 1.75
    elsewhere = Settings(export_dir="/dev/shm/tfgan_zoo_elsewhere", tflite=())
    if os.stat("/dev/shm").st_dev == run.path.stat().st_dev:
        pytest.skip("one disk")
    assert starting.check_export(model, elsewhere, run) == 0
    monkeypatch.setattr(shutil, "disk_usage", lambda path: types.SimpleNamespace(free=weights - 1))
    with pytest.raises(RunError, match="The export needs .* under /dev/shm and .* --export_dir"):
        starting.check_export(model, elsewhere, run)


def test_an_onnx_file_without_its_extra_is_refused_before_training(trained, tmp_path, monkeypatch):
    run, settings = RunDirectory(tmp_path), Settings(tflite=(), export_onnx=True)
    alone = starting.check_export(trained[1], Settings(tflite=()), run)
    assert starting.check_export(trained[1], settings, run) == 2 * alone
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(RunError, match=r"^--export_onnx: .*onnxruntime.*tfgan_zoo\[onnx\]"):
        starting.check_export(trained[1], settings, run)


def test_a_model_that_has_trained_counts_a_new_run_from_its_beginning(trained, tmp_path):
    _, model = trained
    model.step.assign(3)
    fit(model, tiny.batches(), run=RunDirectory(tmp_path), total_steps=2, batch_size=4)
    assert int(model.step) == 2
