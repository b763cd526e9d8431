"""DCGAN's networks: sizes, widths and where normalisation is not."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.networks.dcgan import (
    conditional_discriminator,
    conditional_generator,
    dcgan_discriminator,
    dcgan_generator,
)


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


def test_conditional_nets_have_the_authors_weights_and_no_others():
    """`gen_params` and `discrim_params` of mnist/train_cond_dcgan.py: each layer's input has ten
    more for the label; no biases, no scales.
    """
    generator = conditional_generator((28, 28), 1)
    discriminator = conditional_discriminator((28, 28), 1)
    assert [tuple(v.shape) for v in generator.trainable_variables] == [
        *((110, 1024), (1034, 6272)),
        *((5, 5, 64, 138), (5, 5, 1, 74)),  # of a transposed convolution: outputs, inputs
    ]
    assert [tuple(v.shape) for v in discriminator.trainable_variables] == [
        *((5, 5, 11, 64), (5, 5, 74, 128), (6282, 1024), (1034, 1)),
    ]
    for net, count in ((generator, 3), (discriminator, 2)):
        assert len(layers(net, keras.layers.BatchNormalization)) == count
        assert all(abs(v.numpy().std() - 0.02) < 0.002 for v in net.trainable_variables)
    images = generator(np.eye(110, dtype="float32")[:5], training=True)
    assert images.shape == (5, 28, 28, 1) and images.dtype == tf.float32
    assert np.all(np.abs(images) < 1.0)
    assert discriminator([images, tf.eye(10)[:5]]).shape == (5, 1)


@pytest.mark.parametrize("layer", range(4))
@pytest.mark.parametrize("judges", [False, True])
def test_the_label_reaches_every_layer_by_itself(judges, layer):
    """With the labels' weights of all other layers at zero the output follows it still."""
    if judges:
        net = conditional_discriminator((16, 16), 1, classes=3, filters=2)
        first = [tf.random.stateless_uniform([3, 16, 16, 1], (0, 0)), None]
    else:
        net = conditional_generator((16, 16), 1, latent_dim=5, classes=3, filters=2)
        first = [tf.ones([3, 5]), None]

    def spread():
        labels = tf.eye(3)
        inputs = [tf.repeat(first[0][:1], 3, 0), labels]
        inputs = inputs if judges else tf.concat(inputs, 1)
        return float(tf.reduce_max(tf.math.reduce_std(net(inputs), 0)))

    for index, kernel in enumerate(net.trainable_variables):
        values = 10.0 * kernel.numpy()
        if index != layer:
            if kernel.shape.rank == 4 and not judges:
                values[..., -3:] = 0.0
            else:
                values[..., -3:, :] = 0.0
        kernel.assign(values)
    assert spread() > 1e-3
    values = net.trainable_variables[layer].numpy()
    if values.ndim == 4 and not judges:
        values[..., -3:] = 0.0
    else:
        values[..., -3:, :] = 0.0
    net.trainable_variables[layer].assign(values)
    assert spread() < 1e-6


@pytest.mark.parametrize("net", [conditional_generator, conditional_discriminator])
def test_conditional_sides_are_multiples_of_four(net):
    with pytest.raises(ValueError, match="multiples of 4; got 28x30"):
        net((28, 30), 1)
