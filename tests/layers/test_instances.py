"""Labels, boundaries, means over things and styles, against NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.layers import instances as maps

PALETTE = [[0, 0, 0], [255, 0, 0], [0, 0, 255]]


def random_maps(seed=0, shape=(2, 7, 9, 1), count=4):
    return np.random.default_rng(seed).integers(0, count, shape).astype(np.int32)


def boundary(instances):
    """Pixel by pixel: whether one of the four neighbours is another thing."""
    found = np.zeros(instances.shape, np.float32)
    _, height, width, _ = instances.shape
    for b, y, x, _ in np.ndindex(instances.shape):
        for dy, dx in ((0, 1), (1, 0), (0, -1), (-1, 0)):
            if 0 <= y + dy < height and 0 <= x + dx < width:
                found[b, y, x] += instances[b, y, x] != instances[b, y + dy, x + dx]
    return np.minimum(found, 1)


def test_boundaries_are_where_one_of_four_neighbours_is_another():
    for instances in (random_maps(), random_maps(1, count=2), random_maps(2, (1, 5, 4, 1), 1)):
        np.testing.assert_array_equal(maps.boundaries(instances), boundary(instances))
    diagonal = np.eye(2, dtype=np.int32)[None, ..., None]
    np.testing.assert_array_equal(maps.boundaries(diagonal), np.ones_like(diagonal))
    two_cars = np.array([5, 5, 6, 6], np.int32).reshape(1, 1, 4, 1)
    np.testing.assert_array_equal(np.ravel(maps.boundaries(two_cars)), [0, 1, 1, 0])


def test_features_are_averaged_over_each_thing_of_each_picture():
    instances = random_maps() * 70_000  # as large as colours can be
    features = np.random.default_rng(1).normal(size=(2, 7, 9, 3)).astype(np.float32)
    expected = np.empty_like(features)
    for own, found, mask in zip(features, expected, instances[..., 0], strict=True):
        for thing in np.unique(mask):
            found[mask == thing] = own[mask == thing].mean(0)
    np.testing.assert_allclose(maps.pooled(features, instances), expected, atol=1e-6)
    numbers, count = maps.things(instances)
    assert int(count) == sum(len(np.unique(one)) for one in instances)
    assert set(np.ravel(numbers)) == set(range(int(count)))


def test_the_gradient_of_a_mean_goes_to_all_pixels_of_its_thing_alike():
    instances = random_maps(shape=(1, 4, 5, 1), count=2)
    features = tf.Variable(np.random.default_rng(0).normal(size=(1, 4, 5, 1)).astype(np.float32))
    with tf.GradientTape() as tape:
        loss = maps.pooled(features, instances)[0, 0, 0, 0]
    own = instances[0, ..., 0] == instances[0, 0, 0, 0]
    expected = own / own.sum()
    np.testing.assert_allclose(tape.gradient(loss, features)[0, ..., 0], expected, atol=1e-6)


def test_a_pixel_has_the_label_whose_colour_is_nearest():
    pixels = np.array([[[[0, 0, 0], [255, 0, 0], [0, 0, 255], [250, 9, 3], [20, 0, 200]]]])
    labels = maps.one_hot_labels(tf.constant(pixels / 127.5 - 1, tf.float32), PALETTE)
    np.testing.assert_array_equal(labels[0, 0].numpy().argmax(-1), [0, 1, 2, 1, 2])
    np.testing.assert_array_equal(labels.numpy().sum(-1), 1)
    np.testing.assert_array_equal(np.ravel(maps.label_numbers(labels)), [0, 1, 2, 1, 2])


def test_indices_of_one_channel_are_labels_too():
    pixels = tf.constant(np.arange(5).reshape(1, 1, 5, 1) / 127.5 - 1, tf.float32)
    labels = maps.one_hot_labels(pixels, [[value] for value in range(5)])
    np.testing.assert_array_equal(labels[0, 0], np.eye(5))


def test_a_style_is_one_of_its_labels_clusters():
    styles = maps.Styles(3, 4, 2)
    ones = np.eye(3, dtype=np.float32)
    np.testing.assert_array_equal(styles(ones, np.full(3, 0.9)), np.zeros((3, 2)))  # none yet
    centres = [np.array([[1.0, 2.0], [3.0, 4.0]]), np.zeros((0, 2)), np.arange(8.0).reshape(4, 2)]
    styles.keep(centres)
    labels, uniforms = ones[[0, 0, 1, 2, 2]], np.array([0.49, 0.5, 0.7, 0.0, 0.999], np.float32)
    expected = [centres[0][0], centres[0][1], [0, 0], centres[2][0], centres[2][3]]
    np.testing.assert_allclose(styles(labels, uniforms), expected)
    again = maps.Styles.from_config(styles.get_config())
    assert again.centres.shape == (3, 4, 2) and not again.trainable_weights
    with pytest.raises(ValueError, match="broadcast|shape"):
        styles.keep([np.zeros((5, 2)), [], []])
