"""SNGAN on two replicas; a process of its own for `test_sngan.py`.

python -m tests.models.sngan_replicas RESULT.npz
"""

import sys

import keras
import numpy as np
import tensorflow as tf

from tfgan_zoo.models.unconditional.sngan import SNGAN
from tfgan_zoo.networks import points as point_nets
from tfgan_zoo.optimizers.adam import Adam

PASSES = 1 + 2 * 2  # of the generator's step and of two steps of the discriminator


def by_replica(strategy, variables):
    """`[replicas, all numbers of the variables]`."""
    local = [strategy.experimental_local_results(v.value) for v in variables]
    return np.stack(
        [np.concatenate([np.ravel(v) for v in parts]) for parts in zip(*local, strict=True)]
    )


def power_iterations(layer, count):
    """The layer's vector after `count` more."""
    kernel, u = np.array(layer.kernel, np.float64), np.array(layer.u, np.float64)
    for _ in range(count):
        v = kernel @ u
        u = kernel.T @ (v / np.linalg.norm(v))
        u /= np.linalg.norm(u)
    return u


def main(path):
    (device,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(device, [tf.config.LogicalDeviceConfiguration()] * 2)
    tf.config.threading.set_inter_op_parallelism_threads(4)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    # Of some initial weights the vectors are so near to their ends that they would hardly move.
    keras.utils.set_random_seed(2)
    with strategy.scope():
        model = SNGAN(
            (2,), 3, discriminator_steps=2, dequantised=False, **point_nets.sngan(2, 3, 6, 5)
        )
        model.compile(generator=Adam(1e-3), discriminator=Adam(1e-3))
    points = np.random.default_rng(0).normal(size=(16, 2)).astype(np.float32)

    def batches(context):
        return tf.data.Dataset.from_tensor_slices({"images": points}).batch(4, drop_remainder=True)

    def fit(steps):
        data = strategy.distribute_datasets_from_function(batches)
        model.fit(data, steps_per_epoch=steps, verbose=0)
        return by_replica(strategy, model.discriminator.non_trainable_variables)

    results = {"vectors": fit(2), "weights": by_replica(strategy, model.trainable_variables)}
    for optimizer in model.optimizers.values():
        optimizer.learning_rate = 0.0
    layers = [layer for layer in model.discriminator.layers if layer.weights]
    expected = np.concatenate([power_iterations(layer, PASSES) for layer in layers])
    np.savez(path, vectors_still=fit(1), expected=expected, **results)


if __name__ == "__main__":
    main(sys.argv[1])
