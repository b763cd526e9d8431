"""Glow on two replicas; a process of its own for `test_glow.py`.

python -m tests.models.glow_replicas RESULT.npz
"""

import sys

import keras
import numpy as np
import tensorflow as tf

from tests.models.sngan_replicas import by_replica
from tfgan_zoo.models.likelihood.glow import Glow
from tfgan_zoo.optimizers.adamax import Adamax


def main(path):
    (device,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(device, [tf.config.LogicalDeviceConfiguration()] * 2)
    tf.config.threading.set_inter_op_parallelism_threads(4)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    keras.utils.set_random_seed(0)
    with strategy.scope():
        model = Glow((4, 4, 1), levels=1, depth=1, width=4)
        model.compile(Adamax(1e-12))
    grey = np.random.default_rng(0).integers(0, 256, (8, 4, 4, 1))
    images = (grey / 127.5 - 1).astype(np.float32)

    def batches(context):
        return tf.data.Dataset.from_tensor_slices({"images": images}).batch(4, drop_remainder=True)

    def fit():
        data = strategy.distribute_datasets_from_function(batches)
        model.fit(data, steps_per_epoch=1, verbose=0)
        return by_replica(strategy, model.trainable_variables)

    # What each replica draws, in the first step, of its half of the batch.
    numbers = []
    for replica, part in enumerate(np.split(images, 2)):
        seed = tf.random.fold_in(tf.constant([0, 0]), np.int64(0), alg="philox")
        numbers.append(model.dequantise(part, tf.random.fold_in(seed, replica, alg="philox")))
    results = {"first": fit()}
    model.optimizers["flow"].learning_rate = 1e-2
    results["weights"] = fit()

    keras.utils.set_random_seed(0)
    alone = Glow((4, 4, 1), levels=1, depth=1, width=4)
    alone.initialise(tf.concat(numbers, 0))
    expected = np.concatenate([np.ravel(v) for v in alone.trainable_variables])
    np.savez(path, expected=expected, **results)


if __name__ == "__main__":
    main(sys.argv[1])
