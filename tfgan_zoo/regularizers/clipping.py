"""Weight clipping: the crude way to a Lipschitz function."""

import tensorflow as tf


def clip_weights(variables, bound):
    """Sets every weight to the nearest in [-bound, bound], on each replica.

    w <- clip(w, -c, c): Arjovsky et al. 2017, arXiv 1701.07875, algorithm 1, line 7.

    Args:
        variables: Keras variables; biases and the scales of normalisation included.
        bound: c.
    """

    def clip(strategy, variables):
        for variable in variables:
            strategy.extended.update(
                variable, lambda v: v.assign(tf.clip_by_value(v, -bound, bound))
            )

    # Replicas share the weights, so they are clipped where the replicas meet.
    replica = tf.distribute.get_replica_context()
    replica.merge_call(clip, args=([variable.value for variable in variables],))


def share_at_bound(variables, bound, tolerance=0.01):
    """Share of all weights whose size is within `tolerance` of `bound`, as a part of it."""
    sizes = tf.abs(tf.concat([tf.reshape(variable, [-1]) for variable in variables], 0))
    return tf.reduce_mean(tf.cast(sizes >= (1.0 - tolerance) * bound, tf.float32))
