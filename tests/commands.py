"""Commands of this repository in processes of their own, six seconds sooner.

Each process is forked from a server that has imported TensorFlow and what else takes long, and used
nothing of it. `tests/trainers/test_cli.py` starts a few commands the way a user does.
"""

import multiprocessing
import multiprocessing.connection
import os
import pathlib
import runpy
import subprocess
import sys
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parents[1]
# A process's end is told once, to whoever asks first, and `start` asks after all that run.
_LOCK = threading.Lock()


def context():
    """The multiprocessing context of these processes: one server for the whole session."""
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(["tests.preloaded"])
    return found


def run(module, *arguments, timeout=600):
    """What `subprocess.run` of `python -m module *arguments` in the repository's root would return.

    Args:
        module: of the repository; or "-c", and the first argument is code.
        timeout: in seconds.

    Raises:
        subprocess.TimeoutExpired: when the time is over.
    """
    arguments = [str(argument) for argument in arguments]
    with tempfile.TemporaryDirectory() as folder:
        process = context().Process(target=_execute, args=(module, arguments, folder))
        with _LOCK:
            process.start()
        ended = multiprocessing.connection.wait([process.sentinel], timeout)
        if not ended:
            process.kill()
        with _LOCK:
            process.join()
        printed = [(pathlib.Path(folder) / name).read_text() for name in ("stdout", "stderr")]
    if not ended:
        raise subprocess.TimeoutExpired([module, *arguments], timeout, *printed)
    return subprocess.CompletedProcess([module, *arguments], process.exitcode, *printed)


def _execute(module, arguments, folder):
    """What `python -m` or `python -c` does, printing into files of `folder`."""
    for name, stream in (("stdout", sys.stdout), ("stderr", sys.stderr)):
        opened = os.open(pathlib.Path(folder) / name, os.O_WRONLY | os.O_CREAT)
        os.dup2(opened, stream.fileno())
    os.chdir(ROOT)
    sys.argv = ["", *arguments]
    if module == "-c":
        sys.argv = ["-c", *arguments[1:]]
        exec(arguments[0], {"__name__": "__main__"})
    else:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
