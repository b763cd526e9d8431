"""A finished run that is repeated, fails to be exported, or is told to be shorter than it was."""

import json
import resource
import shutil

import pytest

from tests.trainers import programs
from tfgan_zoo.training.run_directory import RunError


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The folder of a run of two steps that was not exported."""
    folder = tmp_path_factory.mktemp("finished") / "a run, ä"
    _, said = programs.run("lsgan", folder, "--noexport")
    assert "This run is finished, at step 2." in said
    return folder


def files(folder):
    return {path: path.read_bytes() for path in (folder / "export").rglob("*") if path.is_file()}


def told(folder):
    return json.loads((folder / "export" / "lsgan" / "card.json").read_text())["training"]


def export(folder, *arguments):
    return programs.run("lsgan", folder, "--tflite=", *arguments)[1]


def test_a_full_disk_after_the_last_checkpoint_costs_no_training(finished):
    folder = finished
    checkpoints = sorted(path.name for path in (folder / "checkpoints").iterdir())
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # What a run draws of its course is smaller, the graph of the generator larger.
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, hard))
    try:
        with pytest.raises(RunError) as refusal:
            export(folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    said = str(refusal.value)
    assert "checkpoints are whole, but its export failed: " in said and "File too large" in said
    assert "remove" not in said and "trains no step again" in said
    assert not files(folder)
    assert sorted(path.name for path in (folder / "checkpoints").iterdir()) == checkpoints


def test_a_repeat_writes_no_second_version(finished, tmp_path):
    folder = shutil.copytree(finished, tmp_path / "run")
    assert "Scores on the held-out split" in export(folder)
    assert (folder / "export" / "lsgan" / "1" / "saved_model.pb").is_file()
    before = files(folder)
    assert "This run is finished, at step 2, and" in export(folder)
    said = export(folder, "--steps=1")
    assert "The run has taken 2 steps, not 1" in said and "Nothing was written." in said
    assert files(folder) == before
    assert told(folder)["steps"] == 2 and told(folder)["commits"] is None

    # What is asked for beside it is written, and no flag is passed over.
    assert "Nothing was written." not in export(folder, "--export_onnx")
    assert (folder / "export" / "lsgan" / "model.onnx").is_file()
    shutil.rmtree(folder / "export")
    export(folder)

    (folder / "export" / "lsgan" / "samples.png").unlink()
    export(folder, "--steps=1")  # damaged: written again, and told as it was trained
    assert (folder / "export" / "lsgan" / "2").is_dir()
    assert told(folder)["steps"] == told(folder)["flags"]["steps"] == 2
    assert told(folder)["command"].endswith("--tflite= --steps=1 --steps=2")

    versions = json.loads((folder / "versions.json").read_text())
    commit = versions["commits"][0]
    versions["commits"] = ["0123abc", commit]
    (folder / "versions.json").write_text(json.dumps(versions))
    export(folder, "--steps=3")
    assert told(folder)["steps"] == 3 and told(folder)["commits"] == ["0123abc", commit]
    text = (folder / "export" / "lsgan" / "README.md").read_text()
    assert "3 steps in" in text and f"at the commits `0123abc`, `{commit}` in turn" in text
    assert str(tmp_path) not in text + json.dumps(told(folder))


@pytest.mark.parametrize("place", ["file/deeper", "a[b]"])
def test_an_export_that_could_not_be_written_is_refused_at_the_start(tmp_path, place):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="--export_dir: .*(cannot be written|pattern of names)"):
        programs.run("lsgan", tmp_path / "run", f"--export_dir={tmp_path / place}")
    assert not (tmp_path / "run" / "checkpoints").exists()
