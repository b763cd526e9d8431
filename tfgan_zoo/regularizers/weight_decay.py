"""Weight decay as a part of the loss, whose gradient an optimizer takes for one with the others.

Not what Keras' optimizers call `weight_decay`: that shrinks the weights beside Adam's step (AdamW),
where this goes through its moments, as the first codes of GANs have it.
"""

import tensorflow as tf


def l2_penalty(variables, weight):
    """weight / 2 * sum of w^2, float32, whose gradient is `weight * w`.

    Args:
        variables: of any shapes.
        weight: 0 gives the constant 0.
    """
    if not weight:
        return tf.constant(0.0)
    return weight * tf.add_n([tf.nn.l2_loss(tf.cast(v, tf.float32)) for v in variables])
