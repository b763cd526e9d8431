"""Weight clipping; `tests/models/test_wgan.py` clips on two replicas."""

import keras
import numpy as np
import tensorflow as tf

from tfgan_zoo.regularizers.clipping import clip_weights, share_at_bound


def net():
    return keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(2), keras.layers.BatchNormalization()]
    )


def test_every_trainable_weight_goes_to_the_nearest_in_the_cube():
    model = net()
    model.set_weights([3.0 * np.ones_like(w) for w in model.get_weights()])
    model.layers[0].kernel.assign([[-2.0, 0.005], [0.01, 7.0], [-0.01, 0.0]])
    tf.function(lambda: clip_weights(model.trainable_variables, 0.01))()
    np.testing.assert_allclose(
        model.layers[0].kernel, [[-0.01, 0.005], [0.01, 0.01], [-0.01, 0.0]], rtol=1e-6
    )
    for weight in model.trainable_variables[1:]:  # bias, scale and offset
        np.testing.assert_allclose(weight, [0.01, 0.01], rtol=1e-6)
    for weight in model.non_trainable_variables:  # moving statistics are no weights
        np.testing.assert_allclose(weight, [3.0, 3.0])


def test_share_counts_weights_within_a_percent_of_the_bound_or_over_it():
    weights = [tf.constant([0.01, -0.01, 0.0098]), tf.constant([[0.00991], [-0.02]])]
    np.testing.assert_allclose(share_at_bound(weights, 0.01), 4 / 5)
