"""Losses of feature maps in closed form."""

import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.losses.feature_maps import feature_matching_loss, perceptual_loss


def maps(*values):
    """Constant maps, coarser and coarser."""
    return [tf.fill([2, 8 // (1 + k), 8, 3 + k], float(value)) for k, value in enumerate(values)]


def test_feature_matching_weighs_scales_and_features_alike():
    real = [maps(0, 0, 0, 9), maps(1, 1, 1, 9)]
    fake = [maps(1, -2, 3, 0), maps(1, 1, 5, 0)]
    # 4 / 3 features / 2 scales of |1| + |2| + |3| and of |4|; logits do not count.
    assert float(feature_matching_loss(real, fake)) == pytest.approx(4 / 3 / 2 * (6 + 4))
    assert float(feature_matching_loss(real, real)) == 0


def test_the_perceptual_loss_weighs_coarse_maps_most():
    real, fake = maps(0, 0, 0, 0, 0), maps(1, 2, 3, 4, 5)
    expected = 1 / 32 + 2 / 16 + 3 / 8 + 4 / 4 + 5
    assert float(perceptual_loss(real, fake)) == pytest.approx(expected)
    assert float(perceptual_loss(real[:3], fake[:3])) == pytest.approx(1 / 8 + 2 / 4 + 3)
    with pytest.raises(ValueError):
        perceptual_loss(maps(*range(6)), maps(*range(6)))


def test_real_maps_are_what_is_to_be_reached():
    real, fake = maps(0, 1, 2), maps(3, 3, 3)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch((real, fake))
        total = feature_matching_loss([real], [fake]) + perceptual_loss(real, fake)
    assert all(gradient is None for gradient in tape.gradient(total, real))
    last = tape.gradient(total, fake)[-1].numpy()
    # Logits: of the perceptual loss alone, whose last map weighs 1.
    np.testing.assert_allclose(last, 1 / last.size)
