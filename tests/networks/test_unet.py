"""The U-Net: sizes, wiring, and that its only noise is the seed."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.layers.convolution import DoublingConvolution, HalvingConvolution
from tfgan_zoo.layers.dropout import SeededDropout
from tfgan_zoo.layers.normalization import BatchStatisticsNormalization
from tfgan_zoo.networks.unet import unet


def layers(model, kind):
    return [layer for layer in model.layers if type(layer) is kind]


def noise(*seed):
    return tf.constant(seed, tf.int32)


@pytest.mark.parametrize(
    "size, source_channels, target_channels",
    [((8, 8), 1, 4), ((16, 32), 3, 1), ((64, 16), 2, 3), ((32, 32), 3, 3)],
)
def test_picture_has_the_size_of_its_source(size, source_channels, target_channels):
    net = unet(size, source_channels, target_channels, filters=2)
    source = np.random.default_rng(0).uniform(-1, 1, (3, *size, source_channels))
    for training in (True, False):
        fake = net([tf.constant(source, tf.float32), noise(0, 1)], training=training)
        assert fake.shape == (3, *size, target_channels) and fake.dtype == tf.float32
        assert np.all(np.abs(fake) < 1.0) and np.std(fake) > 0.0


def test_paper_size_has_the_parameters_of_the_paper():
    net = unet((256, 256))
    down = [3, 64, 128, 256, 512, 512, 512, 512, 512]
    up = [(512, 512), (1024, 512), (1024, 512), (1024, 512), (1024, 256), (512, 128), (256, 64)]
    weights = sum(16 * a * b for a, b in zip(down, down[1:], strict=False))
    weights += sum(16 * a * b for a, b in [*up, (128, 3)])
    scales_and_offsets = 2 * (sum(down[2:-1]) + sum(b for _, b in up))
    # The authors' PyTorch port has 54,413,955: these and three biases of its last layer.
    assert net.count_params() == weights + scales_and_offsets == 54_413_952


def test_wiring():
    net = unet((64, 64), filters=2)
    encoder, decoder = (layers(net, k) for k in (HalvingConvolution, DoublingConvolution))
    widths = [2, 4, 8, 16, 16, 16]
    assert [layer.filters for layer in encoder] == widths
    assert [layer.filters for layer in decoder] == [*widths[-2::-1], 3]
    assert encoder[-1].output.shape[1:3] == (1, 1)
    for layer in encoder + decoder:
        assert (layer.kernel_size, layer.strides, layer.use_bias) == ((4, 4), (2, 2), False)

    norms = {id(n.input): n.output for n in layers(net, BatchStatisticsNormalization)}
    normalised = [id(layer.output) in norms for layer in encoder + decoder]
    assert normalised == [False, True, True, True, True, False] + [True] * 5 + [False]

    # A skip carries what the encoder had before its activation.
    skips = [join.input[1] for join in layers(net, keras.layers.Concatenate)]
    features = [norms.get(id(layer.output), layer.output) for layer in encoder[-2::-1]]
    assert [id(skip) for skip in skips] == [id(feature) for feature in features]

    # Dropout follows the normalisation of the first three decoder layers, and nothing else.
    dropped = layers(net, SeededDropout)
    normalised_decoder = [norms[id(layer.output)] for layer in decoder[:3]]
    assert [id(d.input[0]) for d in dropped] == [id(feature) for feature in normalised_decoder]
    assert [d.rate for d in dropped] == [0.5] * 3
    assert len({d.stream for d in dropped}) == 3


def test_skips_carry_detail_past_the_bottleneck():
    net = unet((16, 16), filters=2)
    bottleneck = layers(net, HalvingConvolution)[-1]
    bottleneck.kernel.assign(tf.zeros_like(bottleneck.kernel))
    source = np.random.default_rng(0).uniform(-1, 1, (2, 16, 16, 3)).astype("float32")
    first, second = np.array(net([tf.constant(source), noise(0, 0)], training=False))
    assert np.abs(first - second).max() > 0.0


def test_seed_is_the_noise():
    net = unet((16, 16), filters=4)
    source = tf.constant(np.random.default_rng(0).uniform(-1, 1, (1, 16, 16, 3)), tf.float32)
    for training in (True, False):
        draw = [np.array(net([source, noise(0, s)], training=training)) for s in (1, 1, 2)]
        np.testing.assert_array_equal(draw[0], draw[1])
        assert np.abs(draw[0] - draw[2]).max() > 0.0


def test_without_dropout_the_seed_changes_nothing():
    net = unet((16, 16), filters=2, dropout=0.0)
    source = tf.ones([1, 16, 16, 3])
    a, b = (net([source, noise(0, s)], training=True) for s in (1, 2))
    np.testing.assert_array_equal(a, b)


def test_picture_does_not_depend_on_the_rest_of_its_batch_at_inference():
    net = unet((16, 16), filters=4)
    source = tf.constant(np.random.default_rng(0).uniform(-1, 1, (3, 16, 16, 3)), tf.float32)
    together = net([source, noise(0, 5)], training=False)
    alone = [net([source[i : i + 1], noise(0, 5)], training=False) for i in range(3)]
    np.testing.assert_allclose(together, np.concatenate(alone), atol=1e-5)


@pytest.mark.parametrize("size", [(4, 4), (24, 24), (16, 24), (100, 64)])
def test_size_that_does_not_halve_evenly_is_refused(size):
    with pytest.raises(ValueError, match=f"power of two.*{size[0]}x{size[1]}"):
        unet(size)
