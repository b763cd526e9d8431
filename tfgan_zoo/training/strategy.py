"""Devices and number formats."""

import json
import os

import keras
import tensorflow as tf

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
        return tf.distribute.MultiWorkerMirroredStrategy()
    raise RunError(f"No strategy '{name}'; choose one of {', '.join(STRATEGIES)}.")


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
