"""The residual generator: the paper's layers, and what its borders and norms do."""

import keras
import numpy as np
import pytest

from tfgan_zoo.networks.patchgan import patchgan
from tfgan_zoo.networks.resnet_generator import resnet_generator


def test_default_has_the_parameters_of_the_paper():
    # The authors' PyTorch net of 9 blocks has 11,378,179: these and the biases before its norms.
    before_norms = 64 + 128 + 256 + 18 * 256 + 128 + 64
    assert resnet_generator((256, 256)).count_params() == 11_378_179 - before_norms


def test_discriminator_of_the_paper():
    # The authors' has 2,764,737: these, the first bias, and those before three norms.
    net = patchgan((256, 256), 3, normalization="instance")
    assert net.count_params() == 2_764_737 - 64 - (128 + 256 + 512)
    assert not [x for x in net.layers if "batch" in x.name]


def test_unknown_normalization_is_refused():
    with pytest.raises(ValueError, match="No normalization 'layer'; choose one of batch, "):
        patchgan((64, 64), 3, normalization="layer")


def test_halves_twice_and_doubles_twice():
    net = resnet_generator((16, 24), 1, 3, filters=2, blocks=2)
    assert net.output_shape == (None, 16, 24, 3)
    convolutions = (keras.layers.Conv2D, keras.layers.Conv2DTranspose)
    widths = [x.filters for x in net.layers if isinstance(x, convolutions)]
    assert widths == [2, 4, 8, 8, 8, 8, 8, 4, 2, 3]
    inner = net.get_layer(next(x.name for x in net.layers if isinstance(x, keras.layers.Add)))
    assert inner.output.shape == (None, 4, 6, 8)


def test_brightness_and_contrast_of_a_layer_are_normalised_away():
    """The first norm comes right after a convolution without bias."""
    net = resnet_generator((16, 16), filters=2, blocks=1)
    images = np.random.default_rng(0).uniform(-1, 1, (1, 16, 16, 3)).astype("float32")
    np.testing.assert_allclose(net(images), net(images * 0.5 + 0.25), atol=2e-3)


@pytest.mark.parametrize("size", [(18, 16), (16, 18), (4, 4)])
def test_sizes_that_do_not_halve_twice(size):
    with pytest.raises(ValueError, match="multiples of 4, at least 8"):
        resnet_generator(size)
