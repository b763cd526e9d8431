"""Holes: where they lie, that chance is the seed's, strokes against NumPy, the squares around."""

import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.layers import holes

SIZE = (24, 32)


def drawn(kind, seed=0, count=400, low=5, high=9):
    return holes.KINDS[kind](tf.constant([seed, 0]), count, SIZE, low, high).numpy()[..., 0]


def test_rectangles_have_whole_sides_within_the_bounds_and_lie_anywhere():
    masks = drawn("rectangles", count=4000)
    assert masks.shape == (4000, *SIZE) and set(np.unique(masks)) == {0.0, 1.0}
    heights = masks.any(2).sum(1)
    widths = masks.any(1).sum(1)
    np.testing.assert_array_equal(masks.sum((1, 2)), heights * widths)  # full, and none is cut
    for sides in (heights, widths):
        values, counts = np.unique(sides, return_counts=True)
        np.testing.assert_array_equal(values, range(5, 10))
        np.testing.assert_allclose(counts / 4000, 0.2, atol=0.03)
    tops = masks.any(2).argmax(1)[heights == 9]
    assert set(tops) == set(range(SIZE[0] - 9 + 1))
    # Every corner of the picture is missing in some.
    assert masks[:, [0, 0, -1, -1], [0, -1, 0, -1]].max(0).min() == 1.0


def test_a_stroke_is_what_a_round_brush_leaves():
    """Pixel by pixel, from the same draws."""
    found = drawn("strokes", count=6)
    own = tf.random.fold_in(tf.constant([0, 0]), 4, alg="philox")
    shape = [6, 4 + 2 * holes.SEGMENTS]
    draws = tf.random.stateless_uniform(shape, own, alg="philox").numpy().astype(np.float64)
    for mask, draw in zip(found, draws, strict=True):
        radius = max(1.0, (5 + draw[0] * 4) / 8)
        heading, at = 2 * np.pi * draw[1], draw[2:4] * (SIZE[0] - 1, SIZE[1] - 1)
        nearest = np.full(SIZE, np.inf)
        for stretch, turn in draw[4:].reshape(-1, 2):
            length = 2.5 + stretch * 6.5
            end = np.clip(
                at + length * np.array([np.sin(heading), np.cos(heading)]), 0, np.array(SIZE) - 1
            )
            for share in np.linspace(0, 1, 400):
                middle = at + share * (end - at)
                away = np.hypot(*(np.indices(SIZE) - middle[:, None, None]))
                nearest = np.minimum(nearest, away)
            heading, at = heading + holes.TURN * (2 * turn - 1), end
        sure = np.abs(nearest - radius) > 0.01
        np.testing.assert_array_equal(mask[sure], (nearest <= radius)[sure])
    assert found.sum((1, 2)).min() > 0


def test_mixed_holes_are_either_by_a_coin():
    masks, squares, free = (drawn(kind) for kind in ("mixed", "rectangles", "strokes"))
    square, stroke = ((masks == other).all((1, 2)) for other in (squares, free))
    assert (square | stroke).all()
    assert square.mean() == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("kind", holes.KINDS)
def test_chance_is_the_seeds(kind):
    np.testing.assert_array_equal(drawn(kind), drawn(kind))
    assert (drawn(kind) != drawn(kind, seed=1)).any((1, 2)).mean() > 0.9


def mask_of(*boxes):
    masks = np.zeros((len(boxes), *SIZE, 1), np.float32)
    for mask, (top, bottom, left, right) in zip(masks, boxes, strict=True):
        mask[top:bottom, left:right] = 1.0
    return masks


def test_the_middle_is_that_of_the_box_around_the_hole():
    masks = mask_of((4, 9, 10, 20), (0, 1, 0, 1), (20, 24, 30, 32), (0, 0, 0, 0))
    masks[0, 22, 11] = 1.0  # a second piece further down
    np.testing.assert_array_equal(
        holes.middles(tf.constant(masks)), [[13, 15], [0, 0], [22, 31], [12, 16]]
    )


def test_squares_are_around_the_middle_and_inside_the_picture():
    images = np.random.default_rng(0).uniform(-1, 1, (3, *SIZE, 2)).astype(np.float32)
    middles = tf.constant([[12, 16], [0, 31], [23, 1]])
    found = holes.squares(tf.constant(images), middles, 8)
    assert found.shape == (3, 8, 8, 2)
    np.testing.assert_array_equal(found[0], images[0, 8:16, 12:20])
    np.testing.assert_array_equal(found[1], images[1, :8, 24:])
    np.testing.assert_array_equal(found[2], images[2, 16:, :8])


def test_gradients_go_back_to_the_pixels_of_the_square():
    images = tf.zeros([1, *SIZE, 1])
    with tf.GradientTape() as tape:
        tape.watch(images)
        total = tf.reduce_sum(holes.squares(images, tf.constant([[10, 12]]), 6))
    expected = np.zeros(SIZE)
    expected[7:13, 9:15] = 1.0
    np.testing.assert_array_equal(tape.gradient(total, images)[0, ..., 0], expected)
