"""What stands in the place of TensorFlow Addons gives what TensorFlow Addons 0.23.0 gave.

The numbers come from `tests/golden/make_tfa_golden.py`; BUILD_NOTES.md has the table that these
tests hold. Where a replacement differs, the test states the difference and checks that it is that.
"""

import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.layers.normalization import BatchStatisticsNormalization
from tfgan_zoo.layers.weight_norm import WeightNormDense
from tfgan_zoo.optimizers.adam import Adam

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = np.load(REPOSITORY / "tests" / "golden" / "tfa_golden.npz")
GROUPS = sorted({name.split("/")[0] for name in GOLDEN.files} - {"versions"})
# No counterpart in Keras and no variant yet that needs it: the numbers wait for the layer.
WAITING = {"layer_norm_lstm"}


def golden(group):
    """The arrays of one group, by name."""
    prefix = f"{group}/"
    return {name[len(prefix) :]: GOLDEN[name] for name in GOLDEN.files if name.startswith(prefix)}


def assert_close(actual, expected, tolerance=1e-5):
    np.testing.assert_allclose(np.asarray(actual), expected, rtol=tolerance, atol=tolerance)


def test_the_numbers_come_from_the_last_tensorflow_addons():
    versions = {name: str(value) for name, value in golden("versions").items()}
    assert versions["tensorflow_addons"] == "0.23.0"
    assert versions["tensorflow"].startswith("2.15.")


def test_every_group_is_tested_or_waits_in_build_notes():
    source = pathlib.Path(__file__).read_text("utf-8")
    for group in set(GROUPS) - WAITING:
        assert f'"{group}"' in source, f"no test reads the golden numbers of {group}"
    notes = (REPOSITORY / "BUILD_NOTES.md").read_text("utf-8")
    for group in WAITING:
        assert f"`{group}`" in notes, f"BUILD_NOTES.md does not say where {group} will be written"


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("instance", {"groups": -1}),
        ("instance_1e-5", {"groups": -1, "epsilon": 1e-5}),
        ("group_3", {"groups": 3}),
        ("group_1", {"groups": 1}),
    ],
)
def test_group_normalization(name, options):
    numbers = golden("normalizations")
    layer = keras.layers.GroupNormalization(**options)
    layer.build(numbers["x"].shape)
    layer.gamma.assign(numbers["gamma"])
    layer.beta.assign(numbers["beta"])
    assert_close(layer(numbers["x"]), numbers[name])


def test_normalisation_of_pix2pix_at_inference_is_instance_normalization():
    numbers = golden("normalizations")
    layer = BatchStatisticsNormalization(epsilon=1e-5)
    layer.build(numbers["x"].shape)
    layer.gamma.assign(numbers["gamma"])
    layer.beta.assign(numbers["beta"])
    assert_close(layer(numbers["x"], training=False), numbers["instance_1e-5"])
    one_image = layer(numbers["x"][:1], training=True)
    assert_close(one_image, numbers["instance_1e-5"][:1])


@pytest.mark.parametrize(
    ("group", "make_layer", "power_iterations"),
    [
        ("spectral_dense", lambda: keras.layers.Dense(4), 1),
        ("spectral_conv", lambda: keras.layers.Conv2D(4, 3, padding="same"), 3),
    ],
)
def test_spectral_normalization(group, make_layer, power_iterations):
    """Both overwrite the kernel in a training call, so SGD moves the normalised kernel."""
    numbers = golden(group)
    layer = make_layer()
    wrapper = keras.layers.SpectralNormalization(layer, power_iterations=power_iterations)
    wrapper.build(numbers["x"].shape)
    layer.kernel.assign(numbers["kernel"])
    layer.bias.assign(numbers["bias"])
    wrapper.vector_u.assign(numbers["u"])
    assert_close(wrapper(numbers["x"]), numbers["inference_before"])
    for expected in numbers["outputs"]:
        with tf.GradientTape() as tape:
            y = wrapper(numbers["x"], training=True)
            loss = tf.reduce_mean(tf.square(y))
        assert_close(y, expected)
        for variable, gradient in zip(
            [layer.kernel, layer.bias],
            tape.gradient(loss, [layer.kernel.value, layer.bias.value]),
            strict=True,
        ):
            variable.assign_sub(0.5 * gradient)
    assert_close(wrapper(numbers["x"], training=False), numbers["inference_after"])
    assert_close(layer.kernel, numbers["kernel_after"])
    assert_close(wrapper.vector_u, numbers["u_after"])


def test_spectral_normalization_of_zeros_differs():
    """TensorFlow Addons divides zero by zero; Keras leaves a kernel of zeros alone."""
    numbers = golden("spectral_zero")
    assert np.isnan(numbers["output"]).all()
    layer = keras.layers.Dense(3, kernel_initializer="zeros")
    output = keras.layers.SpectralNormalization(layer)(numbers["x"], training=True)
    np.testing.assert_array_equal(output, np.zeros((2, 3)))


def run_optimizer(optimizer, numbers):
    """The variable after each of the golden gradients, and the optimizer's moving average of it."""
    variable = keras.Variable(numbers["start"])
    path = []
    for gradient in numbers["gradients"]:
        optimizer.apply([tf.constant(gradient)], [variable])
        path.append(variable.numpy())
    average = optimizer._model_variables_moving_average[0].numpy() if optimizer.use_ema else None
    return np.stack(path), average


@pytest.mark.parametrize("group", ["moving_average", "moving_average_start_1"])
def test_moving_average(group):
    """`use_ema` starts from the weights after the first step: MovingAverage with `start_step=1`.

    With its default, `start_step=0`, TensorFlow Addons starts from the weights before the first
    step; after n steps at decay d the two differ by d^n (w_0 - w_1), and by nothing else.
    """
    numbers = golden(group)
    sgd = keras.optimizers.SGD(0.1, momentum=0.9, use_ema=True, ema_momentum=0.8)
    path, average = run_optimizer(sgd, numbers)
    assert_close(path, numbers["path"])
    if group == "moving_average":
        average = average + 0.8 ** len(path) * (numbers["start"] - path[0])
    assert_close(average, numbers["average"])


def test_moving_average_with_dynamic_decay():
    """The rule d_t = min(d, (1 + t) / (10 + t)) is `ema_momentum` set before each step."""
    numbers = golden("moving_average_dynamic")
    variable = keras.Variable(numbers["start"])
    sgd = keras.optimizers.SGD(0.1, momentum=0.9, use_ema=True)
    weight_of_start = 1.0
    for step, gradient in enumerate(numbers["gradients"]):
        sgd.ema_momentum = min(0.8, (1 + step) / (10 + step))
        weight_of_start *= sgd.ema_momentum
        sgd.apply([tf.constant(gradient)], [variable])
        if step == 0:
            first = variable.numpy()
    average = sgd._model_variables_moving_average[0].numpy()
    average = average + weight_of_start * (numbers["start"] - first)
    assert_close(average, numbers["average"])


@pytest.mark.parametrize("make_adam", [keras.optimizers.AdamW, Adam], ids=["keras", "fused"])
def test_adamw(make_adam):
    """Keras multiplies the weight decay by the learning rate, TensorFlow Addons does not."""
    numbers = golden("adamw")
    learning_rate = float(numbers["learning_rate"])
    adam = make_adam(
        learning_rate=learning_rate,
        weight_decay=float(numbers["weight_decay"]) / learning_rate,
        beta_1=float(numbers["beta_1"]),
    )
    assert_close(run_optimizer(adam, numbers)[0], numbers["path"])


def test_maxout():
    """A reshape and a maximum: unit u takes the features u, u + units, u + 2 units, ..."""
    numbers = golden("maxout")
    x = numbers["x"]
    assert_close(keras.ops.max(keras.ops.reshape(x, (2, 6, 3, 4)), axis=2), numbers["units_4"])
    expected = numbers["units_3_axis_1"]
    assert_close(keras.ops.max(keras.ops.reshape(x, (2, 2, 3, 12)), axis=1), expected)


@pytest.mark.parametrize(
    ("name", "activation"),
    [
        ("mish", keras.activations.mish),
        ("tanhshrink", keras.activations.tanh_shrink),
        ("softshrink", keras.activations.soft_shrink),
        ("hardshrink", keras.activations.hard_shrink),
        ("gelu_False", lambda x: keras.activations.gelu(x, approximate=False)),
        ("gelu_True", lambda x: keras.activations.gelu(x, approximate=True)),
        ("lisht", lambda x: x * keras.ops.tanh(x)),
        ("snake", lambda x: x + keras.ops.square(keras.ops.sin(x))),
    ],
)
def test_activations(name, activation):
    numbers = golden("activations")
    assert_close(activation(tf.constant(numbers["x"])), numbers[name])


def test_gaussian_filter2d():
    """Keras pads with zeros; to reflect, as TensorFlow Addons does, pad before and crop after."""
    numbers = golden("blur")
    assert_close(blur(numbers["x"], (3, 5), (1.2, 0.8)), numbers["constant"])
    padded = tf.pad(numbers["x"], [[0, 0], [2, 2], [1, 1], [0, 0]], mode="REFLECT")
    assert_close(blur(padded, (5, 3), (1.2, 0.8))[:, 2:-2, 1:-1], numbers["reflect"])


def blur(images, size, sigma):
    """Gaussian blur of `[B, H, W, C]`, down and then across.

    In one call Keras lays out a kernel that is not square, or has two sigmas, the wrong way round.
    """
    down = keras.ops.image.gaussian_blur(images, (size[0], 1), (sigma[0], 1.0))
    return keras.ops.image.gaussian_blur(down, (1, size[1]), (1.0, sigma[1]))


def test_dense_image_warp():
    """`map_coordinates` with the nearest border, at the grid minus the flow."""
    numbers = golden("warp")
    rows, columns = np.meshgrid(np.arange(6.0), np.arange(7.0), indexing="ij")
    grid = np.stack([rows, columns], axis=-1).astype(np.float32)
    for image, flow, expected in zip(numbers["x"], numbers["flow"], numbers["warped"], strict=True):
        assert_close(sample(image, grid - flow), expected)


def test_interpolate_bilinear():
    numbers = golden("warp")
    for image, points, expected in zip(
        numbers["x"], numbers["points"], numbers["interpolated"], strict=True
    ):
        assert_close(sample(image, points), expected)


def sample(image, points):
    """The image `[H, W, C]` at points `[..., 2]` (row, column), bilinearly."""
    coordinates = np.moveaxis(points, -1, 0)
    channels = [
        keras.ops.image.map_coordinates(image[..., c], coordinates, order=1, fill_mode="nearest")
        for c in range(image.shape[-1])
    ]
    return keras.ops.stack(channels, axis=-1)


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_image_transform(interpolation):
    numbers = golden("transform")
    output = keras.ops.image.affine_transform(
        numbers["x"], numbers["matrix"], interpolation=interpolation
    )
    assert_close(output, numbers[interpolation])


def test_image_translate():
    """A translation by (dx, dy) samples at (x - dx, y - dy)."""
    numbers = golden("transform")
    matrix = np.float32([1, 0, -2, 0, 1, 1, 0, 0])
    assert_close(keras.ops.image.affine_transform(numbers["x"], matrix), numbers["translated"])


def test_adaptive_pooling():
    """TensorFlow Addons wanted sizes that divide; for these it is pooling with stride."""
    numbers = golden("pooling")
    assert_close(keras.layers.AveragePooling2D((2, 4))(numbers["x"]), numbers["average"])
    assert_close(keras.layers.MaxPooling2D((2, 4))(numbers["x"]), numbers["max"])


def test_bahdanau_attention():
    numbers = golden("attention")
    query = (numbers["query"] @ numbers["bahdanau_query_kernel"])[:, None]
    keys = numbers["memory"] @ numbers["bahdanau_memory_kernel"]
    layer = keras.layers.AdditiveAttention()
    layer.build([query.shape, keys.shape, keys.shape])
    layer.scale.assign(numbers["bahdanau_v"])
    assert_close(alignments(layer, query, keys, numbers["lengths"]), numbers["bahdanau"])


def test_luong_attention():
    numbers = golden("attention")
    keys = numbers["memory"] @ numbers["luong_memory_kernel"]
    layer = keras.layers.Attention()
    query = numbers["query"][:, None]
    assert_close(alignments(layer, query, keys, numbers["lengths"]), numbers["luong"])


def alignments(layer, query, keys, lengths):
    """Weights `[B, T]` of one query over keys `[B, T, C]`, of which the first `lengths` count."""
    mask = np.arange(keys.shape[1]) < lengths[:, None]
    masks = [np.ones(query.shape[:2], bool), mask]
    return layer([query, keys], mask=masks, return_attention_scores=True)[1][:, 0]


def test_sequence_loss():
    numbers = golden("sequence_loss")
    losses = keras.losses.sparse_categorical_crossentropy(
        numbers["targets"], numbers["logits"], from_logits=True
    )
    weights = numbers["weights"]
    assert_close(losses * weights, numbers["per_step"])
    assert_close(np.sum(losses * weights) / np.sum(weights), numbers["mean"])


def test_multi_head_attention():
    """Kernels are (features, heads, size) here, (heads, features, size) in TensorFlow Addons."""
    numbers = golden("multi_head")
    layer = keras.layers.MultiHeadAttention(num_heads=2, key_dim=3)
    query, value = numbers["query"], numbers["value"]
    layer.build(query.shape, value.shape, value.shape)
    projections = {weight.path.split("/", 1)[1]: weight for weight in layer.weights}
    for name in ("query", "key", "value"):
        projections[f"{name}/kernel"].assign(numbers[f"{name}_kernel"].transpose(1, 0, 2))
    projections["attention_output/kernel"].assign(numbers["projection_kernel"])
    projections["attention_output/bias"].assign(numbers["projection_bias"])
    assert_close(layer(query, value), numbers["output"])


@pytest.mark.parametrize("data_init", [False, True])
def test_weight_normalization(data_init):
    """Its scale is 1 before `initialise`, where that of TensorFlow Addons is the kernel's norm.
    `data_init` multiplies the two, so that only the offsets are alike.
    """
    numbers = golden("weight_normalization")
    layer = WeightNormDense(3)
    layer.build(numbers["x"].shape)
    layer.kernel.assign(numbers["kernel"])
    if data_init:
        first = np.asarray(layer.initialise(numbers["x"]))
        assert_close(first.mean(0), np.zeros(3))
        assert_close(first.std(0), np.ones(3))
    layer.scale.assign(numbers[f"g_{data_init}"])
    assert_close(layer(numbers["x"]), numbers[f"output_{data_init}"])
