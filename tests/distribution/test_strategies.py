"""Two logical CPUs, and two real processes, train as one device does.

Each strategy runs in processes of its own: TensorFlow takes devices and TF_CONFIG once, at start.
"""

import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from tests.cluster import tf_configs
from tests.distribution import worker

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SECONDS = 400


def run(kind, folder, clusters):
    """The results of one process per entry of `clusters` (a TF_CONFIG, or None)."""
    environment = {name: value for name, value in os.environ.items() if name != "TF_CONFIG"}
    processes = []
    try:
        for index, cluster in enumerate(clusters):
            log = (folder / f"{index}.log").open("w")
            processes.append(
                subprocess.Popen(
                    [sys.executable, "-m", "tests.distribution.worker", kind, f"{index}.npz"],
                    env={
                        **environment,
                        "PYTHONPATH": str(REPOSITORY),
                        # A GPU would give each worker a replica per device.
                        "CUDA_VISIBLE_DEVICES": "-1",
                        **({"TF_CONFIG": json.dumps(cluster)} if cluster else {}),
                    },
                    cwd=folder,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
            )
        for process in processes:
            process.wait(SECONDS)
    finally:
        for process in processes:
            process.kill()
    for index, process in enumerate(processes):
        assert process.returncode == 0, (folder / f"{index}.log").read_text()[-4000:]
    return [dict(np.load(folder / f"{index}.npz")) for index in range(len(processes))]


@pytest.fixture(scope="module")
def one_device():
    return worker.scenarios(tf.distribute.get_strategy())


@pytest.fixture(scope="module")
def mirrored(tmp_path_factory):
    return run("mirrored", tmp_path_factory.mktemp("mirrored"), [None])


@pytest.fixture(scope="module")
def multi_worker(tmp_path_factory):
    return run("multi_worker", tmp_path_factory.mktemp("multi_worker"), tf_configs())


@pytest.fixture(params=["mirrored", "multi_worker"])
def results(request):
    """One dict of results per process."""
    return request.getfixturevalue(request.param)


def replicas(results, name):
    """What each of the two replicas has under `name`, whichever processes they live in."""
    return np.concatenate([result[name] for result in results])


def test_ten_steps_of_sgd_equal_those_of_one_device(results, one_device):
    for result in results:
        np.testing.assert_allclose(result["weights"], one_device["weights"], rtol=1e-5, atol=1e-6)
    first, second = replicas(results, "replica_weights")
    np.testing.assert_array_equal(first, second)


def test_the_bound_is_on_the_gradient_of_all_replicas(results, one_device):
    assert 0.1 < np.linalg.norm(one_device["bounded"]) < 0.15  # two players, 0.1 each
    for result in results:
        np.testing.assert_allclose(result["bounded"], one_device["bounded"], atol=1e-6)


def test_running_means_are_those_of_one_device(results, one_device):
    for result in results:
        assert list(result["log_names"]) == list(one_device["log_names"])
        for name, value, expected in zip(
            one_device["log_names"], result["logs"], one_device["logs"], strict=True
        ):
            if "norm" not in name:  # each replica's norm is that of its own part
                np.testing.assert_allclose(value, expected, rtol=1e-5, err_msg=str(name))


def test_one_broken_replica_stops_all(results):
    for result in results:
        np.testing.assert_array_equal(result["weights_after_broken"], result["weights"])
        assert result["skipped"].tolist() == [3, 3]
        assert result["counters"].tolist() == [worker.STEPS + 3, 3]
        assert np.all(np.isfinite(result["broken_logs"]))


@pytest.mark.parametrize("name", ["noise_latents", "noise_mask"])
def test_replicas_draw_different_noise(results, name):
    first, second = replicas(results, name)
    assert np.mean(first != second) > 0.3


def test_loss_scale_falls_in_all_replicas(results):
    np.testing.assert_array_equal(replicas(results, "scale_before"), [256.0, 256.0])
    np.testing.assert_array_equal(replicas(results, "scale_after"), [128.0, 128.0])
    for result in results:
        assert not result["half_precision_moved"]
        assert result["half_precision_goes_on"]


def test_pix2pix_trains_and_its_replicas_agree(mirrored):
    [result] = mirrored
    assert np.all(np.isfinite(result["pix2pix_logs"]))
    first, second = result["pix2pix_weights"]
    np.testing.assert_array_equal(first, second)


def test_settings_that_fail_on_several_replicas_are_refused_at_once(results):
    for result in results:
        assert "on one device only" in str(result["refusal"])
