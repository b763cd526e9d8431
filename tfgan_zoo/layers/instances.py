"""Label maps and instance maps as a network takes them (pix2pixHD, arXiv 1711.11585, sections 3.3
and 3.4).

An instance map, int32 `[B, H, W, 1]`, has one number for all pixels of a thing; which number that
is means nothing.
"""

import keras
import numpy as np
import tensorflow as tf


def one_hot_labels(images, palette):
    """Which label each pixel has: that whose colour is nearest.

    Args:
        images: label maps float32 `[B, H, W, C]` in [-1, 1].
        palette: colours `[K, C]` in [0, 255].

    Returns:
        float32 `[B, H, W, K]` of zeros and ones.
    """
    colours = np.asarray(palette, np.float32) / 127.5 - 1.0
    # |x - c|^2 without |x|^2, which all colours share.
    kernel = tf.constant(2.0 * colours.T[None, None])
    likeness = tf.nn.conv2d(images, kernel, 1, "VALID") - tf.constant(np.square(colours).sum(-1))
    return tf.one_hot(tf.argmax(likeness, axis=-1), len(colours))


def label_numbers(labels):
    """int32 `[B, H, W, 1]` of one-hot labels `[B, H, W, K]`."""
    return tf.argmax(labels, axis=-1, output_type=tf.int32)[..., None]


def boundaries(instances):
    """1.0 where one of the four neighbours of a pixel belongs to another thing, else 0.0:
    `[B, H, W, 1]` of an instance map.
    """
    below = tf.cast(instances[:, 1:] != instances[:, :-1], tf.float32)
    beside = tf.cast(instances[:, :, 1:] != instances[:, :, :-1], tf.float32)
    rows = [tf.pad(below, [[0, 0], pad, [0, 0], [0, 0]]) for pad in ([0, 1], [1, 0])]
    columns = [tf.pad(beside, [[0, 0], [0, 0], pad, [0, 0]]) for pad in ([0, 1], [1, 0])]
    return tf.maximum(tf.maximum(*rows), tf.maximum(*columns))


def things(instances):
    """All things of all maps of a batch, numbered from 0.

    Returns:
        (int32 `[B * H * W]`: the number of each pixel's thing, int32 `[]`: how many there are).
    """
    shape = tf.shape(instances)
    picture = tf.reshape(tf.range(shape[0], dtype=tf.int64), [-1, 1, 1, 1])
    # Equal numbers in two pictures are two things.
    keys = tf.cast(instances, tf.int64) + picture * 2**32
    found = tf.unique(tf.reshape(keys, [-1]))
    return found.idx, tf.size(found.y)


def mean_of_each(features, numbers, count):
    """`[count, C]`: the mean of the features `[B, H, W, C]` over each thing; see `things`."""
    return tf.math.unsorted_segment_mean(
        tf.reshape(features, [-1, features.shape[-1]]), numbers, count
    )


def pooled(features, instances):
    """The features `[B, H, W, C]`, each pixel's replaced by the mean over its thing."""
    numbers, count = things(instances)
    means = mean_of_each(features, numbers, count)
    return tf.reshape(tf.gather(means, numbers), tf.shape(features))


@keras.saving.register_keras_serializable("tfgan_zoo")
class Styles(keras.layers.Layer):
    """The styles that things of each label may have, which were found once a model was trained:
    clusters of their features. Before `keep` is called, all features are 0.

    Args:
        labels: K.
        clusters: the most that a label can have.
        channels: C, of a feature.
    """

    def __init__(self, labels, clusters, channels, **kwargs):
        super().__init__(**kwargs, dtype="float32")
        self.labels, self.clusters, self.channels = labels, clusters, channels
        shape = (labels, clusters, channels)
        self.centres = self.add_weight(
            shape=shape, initializer="zeros", trainable=False, name="centres"
        )
        self.counts = self.add_weight(
            shape=(labels,), initializer="zeros", trainable=False, name="counts"
        )

    def keep(self, centres):
        """Keeps the centres of each label's clusters: a list of K arrays `[n, C]`, with n from 0 to
        `clusters`.
        """
        values = np.zeros(self.centres.shape, np.float32)
        for label, own in enumerate(centres):
            values[label, : len(own)] = own
        self.centres.assign(values)
        self.counts.assign([float(len(own)) for own in centres])

    def call(self, labels, uniforms):
        """One style each.

        Args:
            labels: float32 `[N, K]`, one-hot.
            uniforms: float32 `[N]` in [0, 1), which choose among the label's clusters.

        Returns:
            features `[N, C]`.
        """
        # Products in place of gathers, which TFLite files of all kinds can hold.
        counts = tf.linalg.matvec(labels, tf.convert_to_tensor(self.counts))
        chosen = tf.one_hot(tf.cast(uniforms * counts, tf.int32), self.clusters)
        of_label = tf.tensordot(labels, tf.convert_to_tensor(self.centres), 1)  # [N, clusters, C]
        return tf.reduce_sum(chosen[..., None] * of_label, axis=1)

    def get_config(self):
        own = {"labels": self.labels, "clusters": self.clusters, "channels": self.channels}
        config = super().get_config()
        return {"name": config["name"], "trainable": config["trainable"], **own}
