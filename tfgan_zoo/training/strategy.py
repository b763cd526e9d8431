"""Devices and number formats."""

import json
import os
import socket

import keras
import tensorflow as tf
from absl import logging

from tfgan_zoo.training.run_directory import RunError

PRECISIONS = ("float32", "mixed_float16", "mixed_bfloat16")
STRATEGIES = ("one_device", "mirrored", "multi_worker")


def strategy(name):
    """A `tf.distribute.Strategy`; call it before anything else uses TensorFlow.

    Args:
        name: 'one_device'; 'mirrored', all GPUs of this machine (or, without one, all its logical
            CPUs); 'multi_worker', the machines that the environment variable TF_CONFIG lists.

    Raises:
        RunError: for another name, or 'multi_worker' without a usable TF_CONFIG.
    """
    if name == "one_device":
        return tf.distribute.get_strategy()
    if name == "mirrored":
        kind = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
        return tf.distribute.MirroredStrategy(
            [device.name for device in tf.config.list_logical_devices(kind)]
        )
    if name == "multi_worker":
        example = (
            '{"cluster": {"worker": ["host0:port", "host1:port"]}, '
            '"task": {"type": "worker", "index": 0}}'
        )
        try:
            config = json.loads(os.environ.get("TF_CONFIG", ""))
            config["cluster"]["worker"][0], config["task"]["type"], config["task"]["index"]
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise RunError(
                "--strategy=multi_worker reads the machines from the environment variable "
                f"TF_CONFIG, which is missing or not of the form {example}."
            ) from error
        check_machines(config)
        places = [place for job in config["cluster"].values() for place in job]
        if len(places) > 1:
            logging.warning("Waiting until all machines of TF_CONFIG run: %s.", ", ".join(places))
        return tf.distribute.MultiWorkerMirroredStrategy()
    raise RunError(f"No strategy '{name}'; choose one of {', '.join(STRATEGIES)}.")


def check_machines(config):
    """Raises `RunError` for a machine of TF_CONFIG that no network knows: TensorFlow would wait for
    it without a word.

    Args:
        config: content of TF_CONFIG.
    """
    jobs, task = config["cluster"], config["task"]
    own = jobs.get(task["type"])
    if not isinstance(own, list) or task["index"] not in range(len(own)):
        raise RunError(
            f"TF_CONFIG says that this is {task['type']} {task['index']}, and its cluster has no "
            "such machine."
        )
    for place in (place for places in jobs.values() for place in places):
        host, _, port = str(place).rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 2**16:
            raise RunError(f"TF_CONFIG names '{place}', which is not of the form HOST:PORT.")
        try:
            socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise RunError(
                f"TF_CONFIG names the machine '{host}', which cannot be found ({error}): correct "
                "its name, or give its address."
            ) from error


def is_chief(chosen):
    """Whether this process writes files: true for one process of a distributed run, and without
    one.
    """
    resolver = chosen.cluster_resolver
    if resolver is None or resolver.task_type is None:
        return True
    if "chief" in resolver.cluster_spec().jobs:
        return resolver.task_type == "chief"
    return resolver.task_id == 0


def any_worker(chosen, flag):
    """Whether `flag` is true in any worker of a distributed run; all of them have to ask."""
    if isinstance(chosen, tf.distribute.MultiWorkerMirroredStrategy):
        return bool(chosen.reduce("SUM", tf.constant(float(flag)), axis=None) > 0)
    return flag


def set_precision(name):
    """Sets Keras' policy for the layers built from here on.

    Raises:
        RunError: for a name that is none of `PRECISIONS`.
    """
    if name not in PRECISIONS:
        raise RunError(f"No precision '{name}'; choose one of {', '.join(PRECISIONS)}.")
    keras.mixed_precision.set_dtype_policy(name)
