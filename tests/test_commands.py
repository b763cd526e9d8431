"""`tests.commands` gives what a process of `python` gives: its end and what it printed."""

import subprocess

import pytest

from tests import commands


def test_a_process_has_its_own_end_and_streams():
    code = "import sys; print('out', sys.argv); print('error', file=sys.stderr); sys.exit(int({}))"
    done = commands.run("-c", code.format(3), "--flag", 5)
    assert (done.returncode, done.stdout) == (3, "out ['-c', '--flag', '5']\n")
    assert done.stderr == "error\n"
    assert commands.run("-c", code.format(0)).returncode == 0


def test_an_error_is_a_traceback_and_one():
    done = commands.run("-c", "print('first'); raise KeyError('missing')")
    assert (done.returncode, done.stdout) == (1, "first\n")
    assert "Traceback" in done.stderr and "KeyError: 'missing'" in done.stderr


def test_processes_know_nothing_of_each_other_and_of_trainers():
    code = (
        "import builtins, sys; print(hasattr(builtins, 'mark'), 'tensorflow' in sys.modules,"
        " [m for m in sys.modules if m.startswith('trainers')]); builtins.mark = 1"
    )
    for _ in range(2):
        assert commands.run("-c", code).stdout == "False True []\n"


def test_a_module_is_the_main_one_of_its_process():
    assert "--patch" in commands.run("trainers.pix2pix", "--help").stdout


def test_who_takes_too_long_is_ended():
    with pytest.raises(subprocess.TimeoutExpired) as raised:
        commands.run("-c", "import time; print('begun', flush=True); time.sleep(60)", timeout=2)
    assert raised.value.output == "begun\n"
