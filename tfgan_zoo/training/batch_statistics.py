"""Batch normalisation's statistics over a whole set.

What a discriminator keeps of its batches is a moving mean over real and generated ones, which fits
neither. Who looks at its features takes those of the real pictures, as the authors of DCGAN do
(github.com/Newmu/dcgan_code, svhn/svhn_semisup_analysis.py).
"""

import keras
import numpy as np
import tensorflow as tf


def recomputed(network, batches):
    """A copy of a network whose batch normalisation holds the moments of a set.

    Layer after layer in their order: what one sees is normalised by the new moments of those before
    it, so that the result does not depend on the batches. (The authors average the moments of
    batches, each normalised by its own.)

    Args:
        network: functional `keras.Model`; it stays as it is.
        batches: () -> iterable of inputs `[B, ...]`, or of lists of them where the network takes
            several, the same set each time; read once for each layer of batch normalisation.

    Returns:
        The copy: mean and population variance over the set and all axes but the normalised one.

    Raises:
        ValueError: if the set is empty.
    """
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    for layer in copy.layers:
        if not isinstance(layer, keras.layers.BatchNormalization):
            continue
        before = keras.Model(copy.input, layer.input)
        rank = len(layer.input.shape)
        axes = tuple(axis for axis in range(rank) if axis != layer.axis % rank)
        count, total, squares = 0, 0.0, 0.0
        for batch in batches():
            inputs = tf.nest.map_structure(tf.convert_to_tensor, batch)
            values = np.asarray(before(inputs, training=False), np.float64)
            count += values.size // values.shape[layer.axis]
            total = total + values.sum(axes)
            squares = squares + (values**2).sum(axes)
        if not count:
            raise ValueError("There is nothing to take the statistics of batch normalisation over.")
        mean = total / count
        layer.moving_mean.assign(mean)
        layer.moving_variance.assign(np.maximum(squares / count - mean**2, 0.0))
    return copy
