"""The history of drawn pictures, against the authors' rule in plain Python."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import commands
from tfgan_zoo.regularizers.image_pool import ImagePool


def numbered(first, count):
    """Pictures 1x1x1 that hold their number."""
    return tf.reshape(tf.range(first, first + count, dtype=tf.float32), [-1, 1, 1, 1])


def words(seed, batch, size):
    """The coins and places that a pool draws for a batch."""
    coins = tf.random.stateless_uniform([batch], seed, alg="philox").numpy() > 0.5
    places = tf.random.stateless_uniform(
        [batch],
        tf.random.fold_in(seed, 1, alg="philox"),
        maxval=size,
        dtype=tf.int32,
        alg="philox",
    ).numpy()
    return coins, places


class Plain:
    """`ImagePool.query` of the authors' `util/image_pool.py`, its dice given."""

    def __init__(self, size):
        self.size, self.images = size, []

    def query(self, images, coins, places):
        returned = []
        for image, coin, place in zip(images, coins, places, strict=True):
            if len(self.images) < self.size:
                self.images.append(image)
                returned.append(image)
            elif coin:
                returned.append(self.images[place])
                self.images[place] = image
            else:
                returned.append(image)
        return returned


@pytest.mark.parametrize("size, batch", [(1, 1), (5, 1), (5, 3), (4, 9), (50, 1)])
def test_is_the_authors_rule(size, batch):
    pool, plain = ImagePool(size, (1, 1, 1)), Plain(size)
    query = tf.function(pool)
    for step in range(12 + 2 * size // batch):
        seed = tf.constant([7, step])
        images = numbered(1 + step * batch, batch)
        expected = plain.query(np.ravel(images), *words(seed, batch, size))
        np.testing.assert_array_equal(np.ravel(query(images, seed)), expected)
        stored = np.ravel(pool.images)[: len(plain.images)]
        np.testing.assert_array_equal(stored, plain.images)
        assert float(pool.count) == len(plain.images)


def test_half_of_the_answers_are_old_and_each_place_is_as_likely():
    pool = ImagePool(10, (1, 1, 1))
    query = tf.function(pool)
    query(numbered(0, 10), tf.constant([0, 0]))
    count = 4000
    images = numbered(10, count)
    answers = np.ravel(query(images, tf.constant([0, 1])))
    assert np.mean(answers != np.ravel(images)) == pytest.approx(0.5, abs=0.03)
    # A stored picture is returned once, then it is gone.
    old = answers[answers != np.ravel(images)]
    assert len(set(old)) == len(old)
    # It waits for 20 steps on the average: half of them exchange, and one place of ten is hit.
    ages = np.ravel(images)[answers != np.ravel(images)] - old
    assert ages.mean() == pytest.approx(20.0, rel=0.1)


def test_without_a_pool_pictures_pass():
    pool = ImagePool(0, (1, 1, 1))
    images = numbered(3, 2)
    np.testing.assert_array_equal(pool(images, tf.constant([0, 0])), images)
    assert not pool.weights


def test_no_gradient_passes():
    pool = ImagePool(2, (1, 1, 1))
    images = numbered(1, 2)
    with tf.GradientTape() as tape:
        tape.watch(images)
        total = tf.reduce_sum(pool(images, tf.constant([0, 0])))
    assert tape.gradient(total, images) is None


def test_the_pool_is_among_the_weights():
    pool = ImagePool(3, (2, 2, 1))
    assert [tuple(w.shape) for w in pool.non_trainable_weights] == [(3, 2, 2, 1), ()]
    assert not pool.trainable_weights


def test_stays_float32_under_mixed_precision():
    keras.mixed_precision.set_dtype_policy("mixed_float16")
    try:
        pool = ImagePool(1, (1, 1, 1))
        images = tf.fill([1, 1, 1, 1], 1.0 + 2.0**-12)
        pool(images, tf.constant([0, 0]))
    finally:
        keras.mixed_precision.set_dtype_policy("float32")
    np.testing.assert_array_equal(pool.images, images)


def test_two_replicas_share_one_pool(tmp_path):
    """A process of its own, since TensorFlow takes its devices once."""
    done = commands.run("tests.regularizers.two_replicas", tmp_path / "0.npz")
    assert done.returncode == 0, done.stderr
    found = np.load(tmp_path / "0.npz")
    size, batch = 3, 4
    plain = Plain(size)
    for step in range(6):
        images = np.arange(1 + step * batch, 1 + (step + 1) * batch)
        expected = plain.query(images, *words(tf.constant([7, step]), batch, size))
        np.testing.assert_array_equal(found["answers"][step], expected)
    for replica in found["stored"]:
        np.testing.assert_array_equal(replica, plain.images)
