"""What a card tells of a command line: no place of one machine, and a command that can be read."""

import importlib
import shlex

import pytest

from tests.trainers import programs
from trainers import told

TRAINER = importlib.import_module("trainers.dcgan").TRAINER


def command(*arguments):
    return told.command("dcgan", arguments, TRAINER.all_knobs())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--run_dir=/home/me/run"], "--run_dir=RUN_DIR"),
        (["--run_dir", "runs/mine"], "--run_dir=RUN_DIR"),
        (["-run_dir", "runs/mine"], "--run_dir=RUN_DIR"),
        (["--init_from", "/home/me/other", "--flip"], "--init_from=INIT_FROM --flip"),
        (["--noflip", "--data_dir", "x"], "--noflip --data_dir=DATA_DIR"),
        (["--steps", "5", "--flip=true"], "--steps=5 --flip=true"),
        (["--data", "digits"], "--data=digits"),
        (["--data=tfds:mnist/3.0.1"], "--data=tfds:mnist/3.0.1"),
        (["--data=stacked:tfds:mnist"], "--data=stacked:tfds:mnist"),
        (["--data=oracle:vocabulary=12,size=4"], "--data=oracle:vocabulary=12,size=4"),
        (["--data", "/home/me/faces"], "--data=DATA"),
        (["--data", "faces/gone"], "--data=DATA"),
        (["--data=~/faces"], "--data=DATA"),
        (["--data=stacked:/home/me/faces"], "--data=DATA"),
        (["--data=coloured:tfds:mnist"], "--data=coloured:tfds:mnist"),
        (["--data=coloured:/home/me/greys"], "--data=DATA"),
        (["--data=../a,../b"], "--data=DATA_A,DATA_B"),
        (["--data", "/home/me/a,/home/me/b"], "--data=DATA_A,DATA_B"),
        (["--data=tfds:mnist,/home/me/b"], "--data=tfds:mnist,DATA_B"),
        (["--extractor", "/home/me/model"], "--extractor=EXTRACTOR"),
        (["--extractor=inception"], "--extractor=inception"),
        (["--best_metric=/odd"], "--best_metric=BEST_METRIC"),
        (["--flagfile", "/home/me/a.flags"], "--flagfile=FLAGFILE"),
        (["--flagfile=a.flags"], "--flagfile=FLAGFILE"),
        (["--flagfile", programs.TINY.format("dcgan")], f"--flagfile={programs.TINY}"),
        ([f"--flagfile={told.FLAGFILES}/dcgan_tiny.flags"], f"--flagfile={programs.TINY}"),
    ],
)
def test_words(arguments, words):
    found = shlex.split(command(*arguments))
    assert found == ["python", "-m", "trainers.dcgan", *words.format("dcgan").split()]


def test_a_folder_that_is_there_is_a_place_whatever_its_name(tmp_path, monkeypatch):
    (tmp_path / "digits").mkdir()
    (tmp_path / "a,b").mkdir()
    assert told.value("data", "digits") == "digits"
    monkeypatch.chdir(tmp_path)
    assert told.value("data", "digits") == "DATA"
    assert told.value("data", "a,b") == "DATA"
    assert told.value("data", "a,b,digits") == "DATA"
    assert told.value("labels", "digits") == "digits", "which is no flag for a place"
    assert told.value("beside", ["tfds:a", "/home/me/b"]) == ["tfds:a", "BESIDE_B"]
    assert told.value("metrics", ["fid", "kid"]) == ["fid", "kid"]


def test_the_listed_flags_name_no_place_and_are_read_again(tmp_path):
    arguments = ["--data", str(tmp_path), "--run_dir", str(tmp_path), "--flip", "--steps", "3"]
    arguments += ["--test_count=0", "--tflite=", "--metrics="]
    values = programs.values("dcgan", *arguments)
    listed = values.told()
    assert listed["data"] == "DATA" and listed["steps"] == 3 and "run_dir" not in listed
    assert listed["test_count"] == 0 and listed["tflite"] == [] and "metrics" not in listed
    words = shlex.split(command(f"--flagfile={programs.TINY.format('dcgan')}", *arguments))[3:]
    again = TRAINER.parse(words)
    assert again.told() == listed and (again.data, again.run_dir) == ("DATA", "RUN_DIR")
