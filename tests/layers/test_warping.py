"""Warping by a flow: exact where the flow is known, NumPy's own bilinear blend, gradients."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.layers.warping import Warp, composed, warp


def numpy_warp(images, flow):
    """Pixel by pixel, in float64."""
    batch, height, width, _ = images.shape
    found = np.empty(images.shape)
    for b, y, x in np.ndindex(batch, height, width):
        at_x = min(max(x + flow[b, y, x, 0], 0.0), width - 1.0)
        at_y = min(max(y + flow[b, y, x, 1], 0.0), height - 1.0)
        left, top = int(at_x), int(at_y)
        found[b, y, x] = 0.0
        for row, column in np.ndindex(2, 2):
            weight = abs(1 - row - (at_y - top)) * abs(1 - column - (at_x - left))
            if weight:
                found[b, y, x] += weight * images[b, top + row, left + column]
    return found


def drawn(shape=(2, 5, 7, 3), far=3.0, seed=0):
    random = np.random.default_rng(seed)
    images = random.uniform(-1, 1, shape).astype(np.float32)
    return images, random.uniform(-far, far, (*shape[:3], 2)).astype(np.float32)


@pytest.mark.parametrize("far", [0.9, 30.0])
def test_it_is_numpys_bilinear_blend(far):
    images, flow = drawn(far=far)
    np.testing.assert_allclose(warp(images, flow), numpy_warp(images, flow), atol=1e-6)


@pytest.mark.parametrize(("right", "down"), [(0, 0), (2, 0), (0, -1), (-3, 2)])
def test_a_flow_of_whole_pixels_is_exact(right, down):
    images, _ = drawn()
    flow = np.broadcast_to(np.float32([right, down]), (2, 5, 7, 2))
    warped = warp(images, flow).numpy()
    rows = np.clip(np.arange(5) + down, 0, 4)
    columns = np.clip(np.arange(7) + right, 0, 6)
    np.testing.assert_array_equal(warped, images[:, rows][:, :, columns])


def test_each_picture_of_a_batch_is_moved_by_its_own_flow():
    images, flow = drawn()
    together = warp(images, flow).numpy()
    for number in range(2):
        alone = warp(images[number : number + 1], flow[number : number + 1])
        np.testing.assert_array_equal(together[number], alone[0])


def test_gradients_are_those_of_finite_differences():
    # Away from whole pixels, where the blend has a kink, and inside of the picture.
    images = drawn((1, 6, 6, 2))[0].astype(np.float64)
    flow = np.zeros((1, 6, 6, 2))
    flow[:, 1:4, 1:4] = np.random.default_rng(1).uniform(0.2, 0.8, (1, 3, 3, 2))
    weights = np.random.default_rng(2).normal(size=(1, 6, 6, 2))
    given = [tf.constant(value, tf.float32) for value in (images, flow)]
    with tf.GradientTape() as tape:
        tape.watch(given)
        total = tf.reduce_sum(warp(*given) * weights.astype(np.float32))
    of_images, of_flow = (value.numpy() for value in tape.gradient(total, given))

    def value(images, flow):
        return float((numpy_warp(images, flow) * weights).sum())

    step = 1e-5
    for array, found, inner in (
        (images, of_images, (slice(0, 6), slice(0, 6))),
        (flow, of_flow, (slice(1, 4), slice(1, 4))),
    ):
        for place in list(np.ndindex(array.shape))[::5]:
            if not all(i in range(*s.indices(6)) for i, s in zip(place[1:3], inner, strict=True)):
                continue
            moved = array.copy()
            moved[place] += step
            pair = (moved, flow) if array is images else (images, moved)
            expected = (value(*pair) - value(images, flow)) / step
            assert found[place] == pytest.approx(expected, abs=1e-3)
    outside = tf.fill([1, 6, 6, 2], 9.3)
    with tf.GradientTape() as tape:
        tape.watch(outside)
        total = tf.reduce_sum(warp(given[0], outside))
    assert not np.any(tape.gradient(total, outside))


def test_two_flows_in_turn_are_the_flow_over_both():
    # A steady pan and a zoom about the middle, which a linear flow is, are blended exactly.
    y, x = np.meshgrid(np.arange(9.0) - 4, np.arange(9.0) - 4, indexing="ij")
    near = np.stack([-0.1 * x, -0.1 * y], -1)[None].astype(np.float32)
    far = np.stack([0.3 + 0.05 * x, 0.05 * y], -1)[None].astype(np.float32)
    both = composed(near, far).numpy()
    expected = np.stack([0.9 * x * 1.05 + 0.3 - x, 0.9 * y * 1.05 - y], -1)
    np.testing.assert_allclose(both[0], expected, atol=1e-5)


def test_the_layer_is_the_function_at_any_size():
    given = [keras.Input((None, None, 3)), keras.Input((None, None, 2))]
    model = keras.Model(given, Warp(name="warp")(given))
    images, flow = drawn()
    np.testing.assert_array_equal(model([images, flow]), warp(images, flow))
