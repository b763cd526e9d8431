"""Runs over two replicas: in one process on two logical CPUs, and in two processes on loopback."""

import json
import signal

import keras
import numpy as np

from tests.cluster import tf_configs
from tests.training import tiny
from tests.training.program import assert_same_state, files

OPTIONS = {
    "model": {"ema": 0.9},
    "data": {"broken": (4,)},
    "total_steps": 16,
    "checkpoint_every": 1,
    "log_every": 3,
    "validate_every": 5,
    "sample_every": 8,
    "best_metric": "brightness",
}
RUN = {name: value for name, value in OPTIONS.items() if name != "model"}


def _whole_and_interrupted(directory, worker, devices, config=None, interrupts=True):
    """A process that trains to the end, begins the same run anew elsewhere, and is interrupted in
    it.
    """

    def interrupt(batch, logs):
        if batch == 6 and interrupts:
            signal.raise_signal(signal.SIGINT)

    adversary, strategy = tiny.begin(devices, config, OPTIONS["model"])
    initial = tiny.state(adversary)
    tiny.run(adversary, strategy, directory / "whole", directory / f"whole{worker}.npz", **RUN)
    tiny.set_state(adversary, initial)
    tiny.run(
        adversary,
        strategy,
        directory / "part",
        directory / f"part{worker}.npz",
        extra_callbacks=[keras.callbacks.LambdaCallback(on_train_batch_end=interrupt)],
        **RUN,
    )


def finish(*running):
    for process in running:
        process.start()
    for process in running:
        process.join(300)
        assert process.exitcode == 0


def outcomes(directory, name, workers):
    return [dict(np.load(directory / f"{name}{worker}.npz")) for worker in range(workers)]


def without_moving_statistics(state):
    """Keras leaves these to each replica, and those of the chief are the model's."""
    return {name: value for name, value in state.items() if "moving" not in name}


def test_two_processes(processes, tmp_path):
    finish(
        *(
            processes.Process(
                target=_whole_and_interrupted,
                # The second worker alone is told to stop.
                args=(tmp_path, worker, "multi_worker", config, worker == 1),
            )
            for worker, config in enumerate(tf_configs())
        )
    )
    whole = outcomes(tmp_path, "whole", 2)
    assert_same_state(*map(without_moving_statistics, whole))
    assert [int(part["stopped"]) for part in outcomes(tmp_path, "part", 2)] == [7, 7]

    finish(
        *(
            processes.Process(
                target=tiny.train,
                args=(tmp_path / "part", tmp_path / f"rest{worker}.npz"),
                kwargs={"devices": "multi_worker", "config": config, **OPTIONS},
            )
            for worker, config in enumerate(tf_configs())
        )
    )
    rest = outcomes(tmp_path, "rest", 2)
    assert_same_state(rest[0], whole[0])
    assert_same_state(*map(without_moving_statistics, rest))
    assert files(tmp_path / "part") == files(tmp_path / "whole")

    # Rows are means over both workers and over their own interval.
    rows = [json.loads(line) for line in (tmp_path / "part/history.jsonl").read_text().splitlines()]
    logged = [row for row in rows if "generator_loss" in row]
    assert [row["step"] for row in logged] == [3, 6, 9, 12, 15, 16]
    assert [row["skipped"] for row in logged[:2]] == [0, 1]
    # The chief alone has written.
    found = {path.name for path in (tmp_path / "part").iterdir()}
    assert found == {"checkpoints", "history.jsonl", "samples", "spread.jsonl", "tensorboard"}
    writers = {path.name.split(".")[-3] for path in (tmp_path / "part/tensorboard").iterdir()}
    assert len(writers) == 2  # process ids


def test_mirrored(processes, tmp_path):
    finish(processes.Process(target=_whole_and_interrupted, args=(tmp_path, 0, "mirrored")))
    finish(
        processes.Process(
            target=tiny.train,
            args=(tmp_path / "part", tmp_path / "rest0.npz"),
            kwargs={"devices": "mirrored", **OPTIONS},
        )
    )
    assert int(outcomes(tmp_path, "part", 1)[0]["stopped"]) == 7
    assert_same_state(*outcomes(tmp_path, "rest", 1), *outcomes(tmp_path, "whole", 1))
    assert files(tmp_path / "part") == files(tmp_path / "whole")
