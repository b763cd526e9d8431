"""The networks of completion: the paper's sizes, what a pixel sees, what is hidden from it."""

import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.networks.completion import (
    DILATIONS,
    KnownPixels,
    completion_network,
    context_discriminator,
    reach,
)


def test_the_papers_layers_are_the_defaults():
    network = completion_network(3)
    kernels = [w for w in network.trainable_variables if len(w.shape) == 4]
    assert [tuple(k.shape)[:2] for k in kernels] == [
        (5, 5),
        *[(3, 3)] * 11,
        *((4, 4), (3, 3), (4, 4), (3, 3), (3, 3)),
    ]
    widths = [64, 128, 128, *[256] * 9, 128, 128, 64, 32, 3]
    convolutions = [layer for layer in network.layers if "convolution" in layer.name]
    assert [layer.filters for layer in convolutions] + [3] == widths
    dilations = [layer.dilation_rate[0] for layer in convolutions if layer.dilation_rate[0] > 1]
    assert dilations == [2, 4, 8, 16]
    assert kernels[0].shape[2] == 4  # the mask is a channel


def test_the_papers_discriminators_are_the_defaults():
    network = context_discriminator((256, 256), 128, 3)
    for name, count in (("global", 6), ("local", 5)):
        own = [layer for layer in network.layers if layer.name.startswith(f"{name}_convolution")]
        widths = [64, 128, 256, 512, 512, 512][:count]
        assert [layer.filters for layer in own] == widths
        assert {(layer.kernel_size, layer.strides) for layer in own} == {((5, 5), (2, 2))}
        assert own[-1].output.shape[1:3] == (4, 4)
        assert network.get_layer(f"{name}_features").units == 1024
    assert network.get_layer("logits").input.shape[-1] == 2048


@pytest.mark.parametrize(("dilations", "side"), [(DILATIONS, 320), ((2, 4), 128)])
def test_a_pixel_sees_as_far_as_reach_says(dilations, side):
    """By the support of its gradient, at each of its four places; so also across a whole hole."""
    network = completion_network(1, 1, dilations)
    # Means of what comes in: nothing cancels, and no ReLU is shut.
    network.set_weights(
        [np.full(w.shape, 1 / w[..., 0].size) if w.ndim == 4 else w for w in network.get_weights()]
    )
    ends = []
    for place in range(4):
        middle = side // 2 + place
        images = tf.ones([1, side, side, 1])
        with tf.GradientTape() as tape:
            tape.watch(images)
            drawn = network([images, tf.zeros_like(images)], training=False)[0, middle, middle, 0]
        gradient = np.abs(tape.gradient(drawn, images)[0, ..., 0])
        for seen in (gradient.sum(0), gradient.sum(1)):
            places = np.flatnonzero(seen) - middle
            assert seen[0] == 0.0 == seen[-1]  # the picture is large enough to tell
            ends += [-places[0], places[-1]]
    assert min(ends) == reach(dilations)
    if dilations == DILATIONS:
        assert reach(dilations) > 128 and 2 * max(ends) + 1 <= 307  # more than the paper's holes


@pytest.mark.parametrize("size", [(8, 12), (20, 8)])
def test_any_multiples_of_four_are_drawn(size):
    network = completion_network(2, 2, (2,))
    drawn = network([tf.zeros([3, *size, 2]), tf.ones([3, *size, 1])])
    assert drawn.shape == (3, *size, 2)
    assert float(tf.reduce_max(tf.abs(drawn))) <= 1.0


def test_missing_pixels_are_zero_behind_the_mean_and_the_mask_goes_along():
    images = np.random.default_rng(0).uniform(-1, 1, (2, 4, 4, 3)).astype(np.float32)
    masks = np.zeros((2, 4, 4, 1), np.float32)
    masks[:, 1:3, 2:] = 1.0
    mean = (0.25, -0.5, 0.0)
    found = KnownPixels(mean)([images, masks]).numpy()
    np.testing.assert_allclose(found[..., :3], (images - mean) * (1 - masks), atol=1e-7)
    np.testing.assert_array_equal(found[..., 3:], masks)


def test_what_is_missing_is_not_seen():
    network = completion_network(1, 2, (2,))
    masks = np.zeros((1, 16, 16, 1), np.float32)
    masks[:, 4:12, 4:12] = 1.0
    images = np.random.default_rng(0).uniform(-1, 1, (1, 16, 16, 1)).astype(np.float32)
    other = np.where(masks > 0, 1.0, images).astype(np.float32)
    np.testing.assert_array_equal(network([images, masks]), network([other, masks]))


def test_both_discriminators_move_the_one_logit():
    network = context_discriminator((16, 24), 8, 1, filters=2, features=4)
    random = np.random.default_rng(0)
    images = tf.constant(random.uniform(-1, 1, (3, 16, 24, 1)), tf.float32)
    squares = tf.constant(random.uniform(-1, 1, (3, 8, 8, 1)), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch([images, squares])
        logits = network([images, squares], training=True)
        total = tf.reduce_sum(logits**2)
    assert logits.shape == (3, 1)
    for gradient in tape.gradient(total, [images, squares]):
        assert float(tf.reduce_max(tf.abs(gradient))) > 0.0
