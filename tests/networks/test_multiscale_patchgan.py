"""Discriminators of several scales: their shapes, what each sees, and what is refused."""

import keras
import numpy as np
import pytest

from tfgan_zoo.layers.pooling import HalvingAverage
from tfgan_zoo.networks.multiscale_patchgan import feature_patchgan, multiscale_patchgan


def test_the_default_is_the_authors():
    model = multiscale_patchgan((64, 64), 6)
    first, second = model.output
    # Torch: floor((n + 4 - 4) / 2) + 1 at stride 2, n + 1 at stride 1.
    assert [m.shape[1:] for m in first] == [
        (33, 33, 64),
        (17, 17, 128),
        (9, 9, 256),
        (10, 10, 512),
        (11, 11, 1),
    ]
    assert [m.shape[1] for m in second] == [17, 9, 5, 6, 7]
    kernels = [w.shape for w in model.trainable_weights if len(w.shape) == 4]
    one = [(4, 4, 6, 64), (4, 4, 64, 128), (4, 4, 128, 256), (4, 4, 256, 512), (4, 4, 512, 1)]
    assert kernels == 2 * one
    assert all(m.dtype == "float32" for maps in model.output for m in maps)


def test_the_second_scale_is_the_same_net_on_half_the_picture():
    keras.utils.set_random_seed(0)
    model = multiscale_patchgan((16, 24), 3, scales=2, layers=1, filters=3)
    single = feature_patchgan((8, 12), 3, layers=1, filters=3)
    single.set_weights(model.get_layer("discriminator_scale1").get_weights())
    images = np.random.default_rng(0).uniform(-1, 1, (2, 16, 24, 3)).astype(np.float32)
    expected = single(HalvingAverage()(images))
    for found, own in zip(model(images)[1], expected, strict=True):
        np.testing.assert_allclose(found, own, atol=1e-6)


def test_what_cannot_be_is_one_sentence():
    with pytest.raises(ValueError, match="sides of 8 pixels or more, not 32x6"):
        multiscale_patchgan((64, 12), 3)
    with pytest.raises(ValueError, match="two or more"):
        multiscale_patchgan((64, 64), 3, scales=1)
    with pytest.raises(ValueError, match="No normalization 'layer'"):
        multiscale_patchgan((64, 64), 3, normalization="layer")
