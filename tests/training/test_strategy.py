"""Choosing devices and number formats."""

import json
import types

import keras
import pytest
import tensorflow as tf

from tfgan_zoo.training import strategy
from tfgan_zoo.training.run_directory import RunError


@pytest.mark.parametrize(
    "config",
    [
        None,
        "not json",
        "[]",
        '{"cluster": {}, "task": {"type": "worker", "index": 0}}',
        '{"cluster": {"worker": []}, "task": {"type": "worker", "index": 0}}',
        '{"cluster": {"worker": ["a:1", "b:1"]}}',
        '{"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker"}}',
    ],
)
def test_multi_worker_without_a_usable_tf_config(monkeypatch, config):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    if config is not None:
        monkeypatch.setenv("TF_CONFIG", config)
    with pytest.raises(RunError, match='TF_CONFIG, which is missing .*"worker": .*"index": 0'):
        strategy.strategy("multi_worker")


@pytest.mark.parametrize(
    ("machines", "index", "sentence"),
    [
        (["localhost:1", "no-such-host.invalid:1"], 0, "'no-such-host.invalid', which cannot be"),
        (["localhost:1", "localhost"], 0, "'localhost', which is not of the form HOST:PORT"),
        (["localhost:1", "localhost:70000"], 0, "'localhost:70000', which is not of the form"),
        (["localhost:1"], 1, "this is worker 1, and its cluster has no such machine"),
        (["localhost:1"], -1, "this is worker -1, and its cluster has no such machine"),
    ],
)
def test_machines_that_cannot_be_are_told_at_once(monkeypatch, machines, index, sentence):
    task = {"type": "worker", "index": index}
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": {"worker": machines}, "task": task}))
    with pytest.raises(RunError, match=sentence):
        strategy.strategy("multi_worker")


def test_names():
    assert strategy.strategy("one_device").num_replicas_in_sync == 1
    with pytest.raises(RunError, match="one_device, mirrored, multi_worker"):
        strategy.strategy("tpu")


def test_mirrored_takes_all_devices():
    chosen = strategy.strategy("mirrored")
    kind = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
    assert chosen.num_replicas_in_sync == len(tf.config.list_logical_devices(kind))
    assert strategy.is_chief(chosen)


@pytest.mark.parametrize(
    ("jobs", "task", "expected"),
    [
        (["worker"], ("worker", 0), True),
        (["worker"], ("worker", 1), False),
        (["chief", "worker"], ("chief", 0), True),
        (["chief", "worker"], ("worker", 0), False),
    ],
)
def test_one_process_is_chief(jobs, task, expected):
    cluster = tf.train.ClusterSpec({job: ["localhost:1", "localhost:2"] for job in jobs})
    resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(
        cluster, task_type=task[0], task_id=task[1]
    )
    distributed = types.SimpleNamespace(cluster_resolver=resolver)
    assert strategy.is_chief(distributed) is expected


def test_without_distribution_the_process_is_chief(monkeypatch):
    assert strategy.is_chief(tf.distribute.get_strategy())
    monkeypatch.setenv("TF_CONFIG", json.dumps({}))
    assert strategy.is_chief(tf.distribute.get_strategy())


@pytest.fixture
def restored_policy():
    yield
    keras.mixed_precision.set_dtype_policy("float32")


@pytest.mark.parametrize("name", strategy.PRECISIONS)
def test_precision(restored_policy, name):
    strategy.set_precision(name)
    dense = keras.layers.Dense(1)
    assert dense.variable_dtype == "float32"
    assert dense.compute_dtype == name.removeprefix("mixed_")


def test_unknown_precision():
    with pytest.raises(RunError, match="float32, mixed_float16, mixed_bfloat16"):
        strategy.set_precision("float8")
