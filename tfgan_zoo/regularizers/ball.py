"""The unit ball, in which a table of latents is held."""

import tensorflow as tf


def in_unit_ball(latents):
    """The nearest to each of `latents [B, D]` of at most the length 1; what is shorter stays as it
    is, bit by bit.
    """
    lengths = tf.norm(latents, axis=-1, keepdims=True)
    return tf.where(lengths > 1.0, tf.math.divide_no_nan(latents, lengths), latents)


def hold_in_unit_ball(table, rows):
    """Projects these rows of a table onto the unit ball, on each replica; the others are not
    touched.

    Args:
        table: a Keras variable `[N, D]`.
        rows: int32 `[B]`, of this replica's examples; one may be there twice.
    """

    def project(strategy, table, rows):
        strategy.extended.update(table, in_place, args=(rows,))

    def in_place(variable, rows):
        return variable.scatter_nd_update(rows[:, None], in_unit_ball(tf.gather(variable, rows)))

    # Replicas share the table, so it is projected where the replicas meet, for the rows of all.
    replica = tf.distribute.get_replica_context()
    if replica.num_replicas_in_sync > 1:
        rows = replica.all_gather(rows, axis=0)
    replica.merge_call(project, args=(table.value, rows))
