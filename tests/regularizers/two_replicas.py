"""An image pool on two replicas; a process of its own for `test_image_pool.py`.

python -m tests.regularizers.two_replicas RESULT.npz
"""

import sys

import numpy as np
import tensorflow as tf

from tfgan_zoo.regularizers.image_pool import ImagePool


def main(path):
    (device,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(device, [tf.config.LogicalDeviceConfiguration()] * 2)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    with strategy.scope():
        pool = ImagePool(3, (1, 1, 1))

    def query(images, step):
        # The second replica comes with a seed that must not count.
        replica = tf.distribute.get_replica_context().replica_id_in_sync_group
        return pool(images, tf.stack([7 + replica, step]))

    run = tf.function(lambda images, step: strategy.run(query, (images, step)))
    answers = []
    for step in range(6):
        numbers = tf.reshape(tf.range(4, dtype=tf.float32) + (1.0 + 4.0 * step), [2, 2, 1, 1, 1])
        images = strategy.experimental_distribute_values_from_function(
            lambda context, numbers=numbers: numbers[context.replica_id_in_sync_group]
        )
        parts = strategy.experimental_local_results(run(images, tf.constant(step)))
        answers.append(np.ravel(parts))
    stored = strategy.experimental_local_results(pool.images.value)
    np.savez(path, answers=answers, stored=[np.ravel(part.numpy()) for part in stored])


if __name__ == "__main__":
    main(sys.argv[1])
