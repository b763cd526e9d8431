"""Things drawn over pictures: where, how large, again from a seed, and nothing beside them."""

import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.layers.occluders import occlude


@pytest.fixture(scope="module", params=[(64, 64, 1), (32, 48, 3)])
def drawn(request):
    chance = np.random.default_rng(0)
    images = chance.uniform(-1, 1, (200, *request.param)).astype(np.float32)
    covered, masks = occlude(tf.constant([0, 3]), tf.constant(images))
    return images, covered.numpy(), masks.numpy()


def test_what_is_not_covered_is_as_it_was(drawn):
    images, covered, masks = drawn
    assert set(np.unique(masks)) == {0, 1} and masks.shape == (*images.shape[:3], 1)
    there = np.broadcast_to(masks > 0.5, images.shape)
    np.testing.assert_array_equal(covered[~there].view(np.int32), images[~there].view(np.int32))
    assert (covered[there] != images[there]).mean() > 0.99
    assert np.abs(covered).max() <= 1


def test_every_picture_is_covered_in_part(drawn):
    shares = drawn[2].mean((1, 2, 3))
    assert shares.min() > 0.01 and shares.max() < 0.5 and 0.08 < shares.mean() < 0.2


def test_things_differ_and_lie_where_they_would_on_a_face(drawn):
    """Of 200 draws of four kinds the upper and the lower half are covered alike often, none always;
    colours go from dark to light.
    """
    _, covered, masks = drawn
    assert len(np.unique(masks.reshape(200, -1), axis=0)) > 190
    height = masks.shape[1]
    upper = masks[:, : height // 2].mean((1, 2, 3)) > masks[:, height // 2 :].mean((1, 2, 3))
    assert 0.3 < upper.mean() < 0.7
    colours = [c[m[..., 0] > 0.5].mean() for c, m in zip(covered, masks, strict=True)]
    assert min(colours) < -0.8 and max(colours) > 0.5


def test_the_seed_alone_decides():
    images = tf.zeros([5, 32, 32, 1])
    first, again, other = (occlude(tf.constant(s), images)[0] for s in ([1, 2], [1, 2], [1, 3]))
    np.testing.assert_array_equal(first, again)
    assert (first.numpy() != other.numpy()).any()
