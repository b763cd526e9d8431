"""A run in processes of its own, to be killed and compared."""

import os
import time

import numpy as np
import tensorflow as tf

from tests.training import tiny
from tfgan_zoo.training.run_directory import RunDirectory


class Program:
    """A command of a user: each `start` is a new process that trains to the end in the same
    directory.
    """

    def __init__(self, processes, directory, options):
        self.processes, self.options = processes, options
        self.run = RunDirectory(directory / "run")
        self.outcome = directory / "outcome.npz"

    def start(self):
        process = self.processes.Process(
            target=tiny.train, args=(self.run.path, self.outcome), kwargs=self.options
        )
        process.start()
        return process

    def finish(self, process):
        """The model's state at the end of a process: name -> array."""
        process.join(120)
        assert process.exitcode == 0
        return dict(np.load(self.outcome))

    def saved(self):
        """Step of the latest checkpoint."""
        path = tf.train.latest_checkpoint(self.run.checkpoints)
        return int(path.rpartition("-")[2]) if path else 0

    def stop(self, process, number, steps, moment=lambda: True):
        """Sends a signal at the first `moment` that the run has come `steps` further."""
        goal, patience = self.saved() + steps, time.monotonic() + 120
        while self.saved() < goal or not moment():
            assert process.is_alive() and time.monotonic() < patience
            time.sleep(0.0005)
        os.kill(process.pid, number)


def files(directory):
    """History and pictures of a run, as bytes by name."""
    run = RunDirectory(directory)
    return {path.name: path.read_bytes() for path in [run.history, *run.samples.iterdir()]}


def assert_same_state(state, expected):
    """Bit for bit."""
    assert state.keys() == expected.keys()
    differing = [k for k, v in expected.items() if v.tobytes() != state[k].tobytes()]
    assert not differing, differing
