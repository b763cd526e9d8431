"""Spectral normalisation against NumPy's singular values, and what moves its vector."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.layers.spectral import SpectralConv2D, SpectralDense, largest_singular_value

LAYERS = {
    "dense": (lambda **options: SpectralDense(12, **options), (3, 20)),
    "one unit": (lambda **options: SpectralDense(1, **options), (3, 20)),
    "wide": (lambda **options: SpectralDense(40, **options), (3, 5)),
    "convolution": (lambda **options: SpectralConv2D(8, 3, **options), (3, 6, 6, 4)),
    "many maps": (lambda **options: SpectralConv2D(32, 3, **options), (1, 4, 4, 16)),
    "strided": (lambda **options: SpectralConv2D(2, (3, 2), 2, **options), (2, 5, 5, 3)),
}


def made(kind, **options):
    """A layer with a kernel of large and unequal numbers, and inputs."""
    make, shape = LAYERS[kind]
    chance = np.random.default_rng(0)
    inputs = tf.constant(chance.normal(size=shape), tf.float32)
    layer = make(**options)
    layer(inputs)
    layer.kernel.assign(3.0 * chance.normal(size=layer.kernel.shape))
    return layer, inputs


def matrix_of(kernel):
    """The paper's: (outputs, everything else)."""
    kernel = np.asarray(kernel, np.float64)
    return np.moveaxis(kernel, -1, 0).reshape(kernel.shape[-1], -1)


def sigma_of(layer):
    """What the layer divides by."""
    return float(tf.norm(layer.kernel) / tf.norm(layer.normalised_kernel()))


@pytest.mark.parametrize("kind", LAYERS)
def test_fifty_calls_find_the_largest_singular_value(kind):
    layer, inputs = made(kind)
    for _ in range(50):
        layer(inputs, training=True)
    exact = np.linalg.svd(matrix_of(layer.kernel), compute_uv=False)[0]
    assert sigma_of(layer) == pytest.approx(exact, rel=0.01)
    normalised = matrix_of(layer.normalised_kernel())
    assert np.linalg.svd(normalised, compute_uv=False)[0] == pytest.approx(1.0, rel=0.01)


@pytest.mark.parametrize("kind", LAYERS)
def test_outputs_are_those_of_the_divided_kernel(kind):
    options = {"activation": "relu", "bias_initializer": keras.initializers.RandomNormal()}
    layer, inputs = made(kind, **options)
    plain_kind = keras.layers.Dense if isinstance(layer, SpectralDense) else keras.layers.Conv2D
    config = {k: v for k, v in layer.get_config().items() if k not in ("name", "dtype")}
    plain = plain_kind.from_config(config)
    plain.build(inputs.shape)
    plain.set_weights([layer.normalised_kernel(), layer.bias])
    np.testing.assert_allclose(layer(inputs), plain(inputs), atol=1e-5)
    assert len(layer.trainable_weights) == 2 and len(layer.non_trainable_weights) == 1


def test_each_call_in_training_is_one_power_iteration_and_others_keep_nothing():
    layer, inputs = made("convolution")
    matrix = matrix_of(layer.kernel)
    u = np.array(layer.u, np.float64)
    for _ in range(3):
        before = np.array(layer.u)
        still = layer(inputs), layer(inputs)
        np.testing.assert_array_equal(layer.u, before)
        np.testing.assert_array_equal(*still)
        trained = layer(inputs, training=True)
        np.testing.assert_allclose(trained, still[0], atol=1e-6)
        v = matrix.T @ u
        v /= np.linalg.norm(v)
        u = matrix @ v
        u /= np.linalg.norm(u)
        np.testing.assert_allclose(layer.u, u, atol=1e-5)


@pytest.mark.parametrize("kind", ["dense", "convolution"])
def test_the_gradient_goes_through_sigma(kind):
    """Against a central difference of the kernel over its exact singular value."""
    layer, inputs = made(kind)
    for _ in range(300):
        layer(inputs, training=True)
    kernel = np.array(layer.kernel, np.float64)
    chance = np.random.default_rng(1)
    factors = chance.normal(size=kernel.shape)

    def score(values):
        sigma = np.linalg.svd(matrix_of(values), compute_uv=False)[0]
        return np.sum(factors * values / sigma)

    with tf.GradientTape() as tape:
        total = tf.reduce_sum(factors.astype(np.float32) * layer.normalised_kernel(True))
    gradient = tape.gradient(total, layer.kernel.value).numpy()
    numerical = np.zeros_like(kernel)
    for index in np.ndindex(kernel.shape):
        ends = []
        for step in (-1e-5, 1e-5):
            moved = kernel.copy()
            moved[index] += step
            ends.append(score(moved))
        numerical[index] = (ends[1] - ends[0]) / 2e-5
    np.testing.assert_allclose(gradient, numerical, atol=2e-3 * np.abs(numerical).max())
    # A step along the kernel itself would change nothing; without sigma's part it would.
    assert abs(np.sum(gradient * kernel)) < 1e-3 * np.linalg.norm(gradient * kernel)
    constant = factors / np.linalg.svd(matrix_of(kernel), compute_uv=False)[0]
    assert np.abs(gradient - constant).max() > 0.1 * np.abs(constant).max()


def test_both_vectors_are_constants_to_the_gradient():
    """Of sigma itself it is v u^T, with the vectors of this iteration, converged or not."""
    chance = np.random.default_rng(0)
    matrix, u = chance.normal(size=(7, 4)), chance.normal(size=4)
    variable = tf.Variable(matrix, dtype=tf.float32)
    start = tf.Variable(u, dtype=tf.float32)
    with tf.GradientTape() as tape:
        sigma, after = largest_singular_value(variable, start)
    v = matrix @ u / np.linalg.norm(matrix @ u)
    u = matrix.T @ v / np.linalg.norm(matrix.T @ v)
    gradient, to_start = tape.gradient(sigma, [variable, start])
    assert float(sigma) == pytest.approx(v @ matrix @ u, rel=1e-5) and to_start is None
    np.testing.assert_allclose(after, u, atol=1e-5)
    np.testing.assert_allclose(gradient, np.outer(v, u), atol=1e-5)


def test_scaling_the_kernel_changes_nothing():
    layer, inputs = made("convolution")
    before = layer(inputs)
    layer.kernel.assign(1e4 * layer.kernel)
    np.testing.assert_allclose(layer(inputs), before, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", ["dense", "convolution"])
@pytest.mark.parametrize("policy, atol", [("mixed_float16", 0.01), ("mixed_bfloat16", 0.1)])
def test_half_precision_divides_in_full_precision(kind, policy, atol):
    layer, inputs = made(kind, dtype=policy)
    full, _ = made(kind)
    full.set_weights(layer.get_weights())
    outputs = layer(inputs, training=True)
    assert outputs.dtype == layer.compute_dtype and layer.u.dtype == "float32"
    np.testing.assert_allclose(tf.cast(outputs, tf.float32), full(inputs, training=True), atol=atol)
    np.testing.assert_array_equal(layer.u, full.u)
    np.testing.assert_array_equal(layer.normalised_kernel(), full.normalised_kernel())


def test_layers_of_one_shape_start_with_vectors_of_their_own():
    first, second = (made("dense")[0] for _ in range(2))
    assert np.abs(np.array(first.u) - np.array(second.u)).max() > 0.1


@pytest.mark.parametrize("kind", ["dense", "convolution"])
def test_configuration_makes_the_same_layer_again(kind):
    layer, inputs = made(kind, use_bias=False)
    again = keras.layers.deserialize(keras.layers.serialize(layer))
    again.set_weights(layer.get_weights())
    np.testing.assert_array_equal(again(inputs), layer(inputs))


def test_weights_and_layer_survive_files(tmp_path):
    """Keras' own layers write of themselves the kernel and the bias alone."""
    inputs = keras.Input((5, 5, 2))
    net = keras.Model(inputs, SpectralConv2D(3, 2)(inputs))
    for number, weight in enumerate(net.weights):
        weight.assign(weight + 0.1 * number)
    net.save(tmp_path / "net.keras")
    net.save_weights(tmp_path / "net.weights.h5")
    loaded = keras.saving.load_model(tmp_path / "net.keras")
    again = keras.models.clone_model(net)
    again.load_weights(tmp_path / "net.weights.h5")
    for other in (loaded, again):
        assert "u" in [weight.name for weight in other.weights]
        for mine, expected in zip(other.get_weights(), net.get_weights(), strict=True):
            np.testing.assert_array_equal(mine, expected)
