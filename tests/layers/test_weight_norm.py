"""Weight-normalised layers against w = g v / |v|, and their first batch."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.layers.weight_norm import WeightNormConv2D, WeightNormDense

RNG = np.random.default_rng(0)
BATCH = RNG.normal(2.0, 3.0, (200, 4)).astype("float32")


def layer(**settings):
    settings = {"kernel_initializer": keras.initializers.RandomNormal(0.0, 0.1), **settings}
    dense = WeightNormDense(3, **settings)
    dense.build((None, 4))
    return dense


def by_hand(dense, inputs):
    v, g, b = (np.array(weight, np.float64) for weight in (dense.kernel, dense.scale, dense.bias))
    return inputs @ (g * v / np.sqrt((v**2).sum(0))) + b


def test_is_the_formula():
    dense = layer(activation="softplus")
    dense.scale.assign([0.5, 2.0, -1.0])
    dense.bias.assign([1.0, 0.0, -3.0])
    found = dense(BATCH)
    np.testing.assert_allclose(found, np.log1p(np.exp(by_hand(dense, BATCH))), rtol=1e-4)
    dense.kernel.assign(7.0 * dense.kernel)  # the length of v says nothing
    np.testing.assert_allclose(dense(BATCH), found, rtol=1e-4)


def test_the_gradient_is_at_right_angles_to_the_direction():
    """Section 2.1, and equation 3 for that of g."""
    dense = layer()
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.sin(dense(BATCH)))
    dv, dg = tape.gradient(loss, [dense.kernel.value, dense.scale.value])
    v = np.array(dense.kernel)
    np.testing.assert_allclose((np.array(dv) * v).sum(0), 0.0, atol=0.05 * np.abs(dv).max())
    with tf.GradientTape() as tape:
        w = tf.Variable(v / np.linalg.norm(v, axis=0))
        loss = tf.reduce_sum(tf.sin(tf.matmul(BATCH, w)))
    dw = np.array(tape.gradient(loss, w))
    np.testing.assert_allclose(dg, (dw * np.array(w)).sum(0), rtol=1e-3)


def test_the_first_batch_gets_mean_0_and_deviation_1():
    dense = layer()
    outputs = dense.initialise(BATCH).numpy()
    np.testing.assert_allclose(outputs.mean(0), 0.0, atol=1e-5)
    np.testing.assert_allclose(outputs.std(0), 1.0, rtol=1e-4)
    np.testing.assert_allclose(outputs, by_hand(dense, BATCH), atol=1e-4)
    again = dense.initialise(BATCH).numpy()  # from wherever it was
    np.testing.assert_allclose(again, outputs, atol=1e-4)
    # Activations see what was normalised.
    rectified = layer(activation="relu")
    rectified.kernel.assign(dense.kernel)
    np.testing.assert_allclose(rectified.initialise(BATCH), np.maximum(outputs, 0.0), atol=1e-4)


def test_a_unit_without_deviation_keeps_a_finite_scale():
    dense = layer()
    same = np.ones((5, 4), "float32")
    np.testing.assert_allclose(dense.initialise(same), np.zeros((5, 3)), atol=1e-5)
    np.testing.assert_array_equal(dense.scale, np.ones(3))


@pytest.mark.parametrize("train_scale", [True, False])
def test_the_scale_is_learnt_or_not(train_scale):
    dense = layer(train_scale=train_scale)
    assert any(w is dense.scale for w in dense.trainable_weights) == train_scale
    assert any(w is dense.scale for w in dense.weights)


def test_half_precision_keeps_its_norm_in_single():
    dense = layer(dtype="mixed_float16")
    dense.kernel.assign(300.0 * np.ones((4, 3)))  # squares past half's range
    outputs = dense(tf.ones([2, 4], tf.float16))
    assert outputs.dtype == tf.float16
    np.testing.assert_allclose(outputs, np.full((2, 3), 2.0), rtol=1e-2)


def test_comes_back_from_its_config():
    dense = WeightNormDense.from_config(layer(train_scale=False, activation="relu").get_config())
    assert (dense.units, dense.train_scale, dense.activation.__name__) == (3, False, "relu")


def test_weights_and_layer_survive_files(tmp_path):
    """Keras' own layers write of themselves the kernel and the bias alone."""
    inputs = keras.Input((4,))
    net = keras.Model(inputs, WeightNormDense(3)(inputs))
    for number, weight in enumerate(net.weights):
        weight.assign(weight + 0.1 * number)
    net.save(tmp_path / "net.keras")
    net.save_weights(tmp_path / "net.weights.h5")
    loaded = keras.saving.load_model(tmp_path / "net.keras")
    again = keras.models.clone_model(net)
    again.load_weights(tmp_path / "net.weights.h5")
    for other in (loaded, again):
        assert "scale" in [weight.name for weight in other.weights]
        for mine, expected in zip(other.get_weights(), net.get_weights(), strict=True):
            np.testing.assert_array_equal(mine, expected)


@pytest.mark.parametrize("scaled", [True, False])
def test_a_convolution_is_the_formula(scaled):
    layer, maps = WeightNormConv2D(4, 3, scaled=scaled), RNG.normal(size=(2, 5, 5, 3))
    maps = maps.astype("float32")
    layer(maps)
    v = np.array(layer.direction, np.float64)
    assert np.abs(v).max() <= np.sqrt(2 / 3) and v.std() == pytest.approx(np.sqrt(2) / 3, rel=0.2)
    length = np.sqrt(2 / 3) * np.sqrt(27 / 12)  # half of that of v, on average
    g = np.full(4, length) if scaled else np.ones(4)
    if scaled:
        np.testing.assert_allclose(layer.scale, g, rtol=1e-6)
    layer.bias.assign([1.0, 2.0, 3.0, 4.0])
    expected = tf.nn.conv2d(maps, g * v / np.sqrt((v**2).sum((0, 1, 2))), 1, "SAME") + [1, 2, 3, 4]
    np.testing.assert_allclose(layer(maps), expected, rtol=1e-4, atol=1e-5)
    again = WeightNormConv2D.from_config(layer.get_config())
    assert again.scaled == scaled and again.filters == 4
