"""DCGAN's networks: sizes, widths and where normalisation is not."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.networks.dcgan import dcgan_discriminator, dcgan_generator


def layers(model, kind):
    return [layer for layer in model.layers if type(layer) is kind]


@pytest.mark.parametrize("side, channels", [(16, 1), (32, 3), (64, 4)])
def test_latents_become_pictures_and_pictures_logits(side, channels):
    generator = dcgan_generator((side, side), channels, latent_dim=7, filters=2)
    latents = np.random.default_rng(0).uniform(-1, 1, (3, 7)).astype("float32")
    images = generator(latents, training=True)
    assert images.shape == (3, side, side, channels) and images.dtype == tf.float32
    assert np.all(np.abs(images) < 1.0) and np.std(images) > 0.0
    logits = dcgan_discriminator((side, side), channels, filters=2)(images, training=True)
    assert logits.shape == (3, 1) and logits.dtype == tf.float32


def test_widths_of_the_paper():
    generator = dcgan_generator((64, 64), 3, filters=2)
    discriminator = dcgan_discriminator((64, 64), 3, filters=2)
    # 1024, 512, 256, 128 at the paper's width of 128.
    assert layers(generator, keras.layers.Reshape)[0].output.shape == (None, 4, 4, 16)
    drawing = layers(generator, keras.layers.Conv2DTranspose)
    assert [layer.filters for layer in drawing] == [8, 4, 2, 3]
    judging = layers(discriminator, keras.layers.Conv2D)
    assert [layer.filters for layer in judging] == [2, 4, 8, 16]
    assert judging[-1].output.shape == (None, 4, 4, 16)
    for layer in drawing + judging:
        assert (layer.kernel_size, layer.strides) == ((5, 5), (2, 2))


def test_normalisation_everywhere_but_on_the_picture():
    for net, expected in (
        (dcgan_generator((32, 32), 3, 5, filters=2), [True, True, True, False]),
        (dcgan_discriminator((32, 32), 3, filters=2), [False, True, True, False]),
    ):
        normalised = {id(layer.input) for layer in layers(net, keras.layers.BatchNormalization)}
        reshaped = {id(r.input): id(r.output) for r in layers(net, keras.layers.Reshape)}
        weighted = [layer for layer in net.layers if hasattr(layer, "kernel")]
        outputs = [reshaped.get(id(layer.output), id(layer.output)) for layer in weighted]
        flags = [output in normalised for output in outputs]
        assert flags == expected
        # What is normalised has an offset already.
        assert [layer.use_bias for layer in weighted] == [not flag for flag in flags]


def test_without_normalisation_every_layer_has_an_offset():
    for net in (
        dcgan_generator((32, 32), 3, 5, filters=2, normalised=False),
        dcgan_discriminator((32, 32), 3, filters=2, normalised=False),
    ):
        assert not layers(net, keras.layers.BatchNormalization)
        assert all(layer.use_bias for layer in net.layers if hasattr(layer, "kernel"))


@pytest.mark.parametrize("net", [dcgan_generator, dcgan_discriminator])
@pytest.mark.parametrize("size", [(8, 8), (48, 48), (32, 64)])
def test_other_size_is_refused(net, size):
    with pytest.raises(ValueError, match=f"16, 32, 64.*{size[0]}x{size[1]}"):
        net(size, 3)
