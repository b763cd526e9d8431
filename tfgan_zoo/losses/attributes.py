"""The loss of a classifier of attributes, of which each data set may know others."""

import tensorflow as tf


def attribute_loss(logits, attributes, sets, sizes, exclusive):
    """How surprised a classifier is by the attributes that are known: the sum over those of a
    picture's data set, the mean over pictures (StarGAN, arXiv 1711.09020, equations 2, 3 and 8).

    Args:
        logits: float32 `[B, A]`, the attributes of all data sets side by side.
        attributes: float32 `[B, A]` of 0 and 1; other sets' columns are not looked at.
        sets: int32 `[B]`, the data set of each picture.
        sizes: how many attributes each data set has, A together.
        exclusive: of each data set whether exactly one of its attributes holds, which is a softmax
            over them; otherwise each is a logistic unit of its own.

    Returns:
        float32 `[]`, in nats.
    """
    found = zip(tf.split(logits, sizes, 1), tf.split(attributes, sizes, 1), exclusive, strict=True)
    total = 0.0
    for number, (own_logits, own_attributes, one_of) in enumerate(found):
        if one_of:
            losses = tf.nn.softmax_cross_entropy_with_logits(own_attributes, own_logits)
        else:
            losses = tf.reduce_sum(
                tf.nn.sigmoid_cross_entropy_with_logits(own_attributes, own_logits), 1
            )
        total += tf.reduce_mean(tf.where(sets == number, losses, 0.0))
    return total
