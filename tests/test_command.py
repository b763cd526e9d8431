"""What every command does around its work: flagfiles in flagfiles, --help, Ctrl-C."""

import os
import signal
import subprocess
import sys
import time

import pytest
from absl import flags

from tests import commands
from tfgan_zoo import command, command_line
from trainers import gan, mode_lab


def test_flagfiles_stand_where_they_are_named(tmp_path, monkeypatch):
    inner, outer = tmp_path / "sets" / "inner.flags", tmp_path / "sets" / "outer.flags"
    inner.parent.mkdir()
    inner.write_bytes(b"\xef\xbb\xbf# what is shared\r\n--seed=1\r\n\r\n// and\n--steps=2\n")
    outer.write_text("--batch_size=3\n--flagfile=inner.flags\n--seed=4\n")
    monkeypatch.chdir("/")
    found = ["--batch_size=3", "--seed=1", "--steps=2", "--seed=4"]
    for words in ([f"--flagfile={outer}"], ["--flagfile", str(outer)]):
        assert command_line.expanded(["--a", *words, "--b"])[0] == ["--a", *found, "--b"]
    # A path from where the command runs is one too, as absl has it.
    outer.write_text("--flagfile=sets/inner.flags\n")
    monkeypatch.chdir(tmp_path)
    assert command_line.expanded(["--flagfile=sets/outer.flags"])[0] == ["--seed=1", "--steps=2"]
    assert gan.TRAINER.parse(["--flagfile=sets/outer.flags", "--steps=5"]).steps == 5


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "--flagfile=.*a.flags does not exist"),
        (b"--flagfile=other.flags", "other.flags, which .*a.flags names, does not exist"),
        (b"--flagfile=a.flags", "a.flags names itself"),
        (b"--seed=1\n--data=caf\xe9\n", "a.flags, line 2: is no text in UTF-8"),
        (b"--flagfile", "--flagfile names no file"),
        ("folder", "a.flags cannot be read: Is a directory"),
    ],
)
def test_a_flagfile_that_cannot_be_read_is_one_sentence(content, sentence, tmp_path):
    file = tmp_path / "a.flags"
    if content == "folder":
        file.mkdir()
    elif content is not None:
        file.write_bytes(content)
    with pytest.raises(flags.Error, match=sentence):
        command_line.expanded([f"--flagfile={file}"])


COMMANDS = (
    *("tfgan_zoo.explore", "tfgan_zoo.metrics.score", "tfgan_zoo.export.reexport"),
    *("trainers.gan", "trainers.mode_lab", "trainers.experiments.seqgan_plane"),
)


@pytest.mark.parametrize("module", COMMANDS)
def test_help_is_an_answer_and_no_failure(module):
    done = commands.run(module, "--help")
    assert done.returncode == 0 and not done.stderr
    assert "--" in done.stdout and "Traceback" not in done.stdout
    done = commands.run(module)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert len((done.stdout + done.stderr).splitlines()) <= 3, "one sentence, not the help"


@pytest.mark.parametrize("value", ["", None])
def test_an_empty_folder_is_a_missing_one(value, capsys):
    for program in (gan.TRAINER, mode_lab.TRAINER):
        given = [] if value is None else [f"--run_dir={value}"]
        with pytest.raises(SystemExit) as ended:
            program.main(given)
        assert ended.value.code == 2
        assert capsys.readouterr().out.startswith("\nerror: --run_dir is missing: name a folder")


@pytest.mark.parametrize("raised", [KeyboardInterrupt, SystemError, ValueError])
def test_ctrl_c_ends_in_a_sentence_wherever_it_comes(raised, capsys):
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(SystemExit) as ended, command.interruptible("Interrupted."):
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt as error:
            raise raised("a call returned a result with an exception set") from error
    assert ended.value.code == 130 and capsys.readouterr().err == "\nInterrupted.\n"
    assert signal.getsignal(signal.SIGINT) is before
    with pytest.raises(raised), command.interruptible("Interrupted."):
        raise raised


def test_ctrl_c_of_a_command_prints_no_traceback(tmp_path):
    code = (
        "import sys, time; from tfgan_zoo import command\n"
        "def main(words): print('begun', flush=True); time.sleep(60)\n"
        "sys.argv = ['x']; command.run(main, 'Sleeps.')"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "begun\n"
    time.sleep(0.05)
    os.kill(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130 and said == "\nInterrupted; nothing was written.\n"
