"""1 - cosine, against NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.losses.identity import cosine_loss


def test_it_is_the_mean_of_one_less_the_cosine_and_the_real_features_stand_still():
    chance = np.random.default_rng(0)
    real, fake = (tf.constant(chance.normal(size=(3, 2, 2, 4)), tf.float32) for _ in range(2))
    with tf.GradientTape() as tape:
        tape.watch([real, fake])
        loss = cosine_loss(real, fake)
    a, b = (x.numpy().reshape(3, -1).astype(np.float64) for x in (real, fake))
    cosines = (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    assert float(loss) == pytest.approx(1 - cosines.mean(), rel=1e-5)
    to_real, to_fake = tape.gradient(loss, [real, fake])
    assert to_real is None and np.abs(to_fake).max() > 0
    assert float(cosine_loss(real, 3 * real)) == pytest.approx(0, abs=1e-6)
    assert np.isfinite(cosine_loss(real, 0 * real))
