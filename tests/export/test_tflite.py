import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.export.conftest import IMAGE_SIZE, LATENT_DIM, pictures
from tfgan_zoo.export import tflite

SPEC = tf.TensorSpec([None, *IMAGE_SIZE, 3], tf.float32, name="images")


def calibration(scale=1.0):
    images = pictures(16, seed=8) * np.float32(scale)
    return (images[start : start + 5] for start in range(0, 16, 5))  # the last batch is short


@pytest.fixture(scope="session")
def contents(network):
    return {
        "float32": tflite.convert(network, SPEC, kind="float32"),
        "float16": tflite.convert(network, SPEC),
        "int8": tflite.convert(network, SPEC, kind="int8", calibration=calibration()),
    }


def operators(content):
    interpreter = tf.lite.Interpreter(
        model_content=content,
        experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_REF,
    )
    return {op["op_name"] for op in interpreter._get_ops_details()}


@pytest.mark.parametrize("kind", tflite.KINDS)
def test_builtin_operators_alone(contents, kind):
    names = operators(contents[kind])
    assert {"CONV_2D", "TRANSPOSE_CONV", "MEAN", "RSQRT", "CONCATENATION", "TANH"} <= names
    for name in names:
        assert not name.startswith("Flex") and "Random" not in name
        assert name not in ("CUSTOM", "VAR_HANDLE", "READ_VARIABLE")


@pytest.mark.parametrize(
    ("kind", "max_abs", "mean_abs", "psnr"),
    [("float32", 1e-5, 1e-6, 110), ("float16", 1e-2, 1e-3, 65), ("int8", 0.3, 0.03, 34)],
)
def test_parity_with_the_network(contents, network, kind, max_abs, mean_abs, psnr):
    batches = [pictures(3, seed=11), pictures(1, seed=12), pictures(7, seed=13)]
    result = tflite.parity(network, tflite.TFLiteRunner(contents[kind]), batches)
    assert result["n"] == 11
    assert result["max_abs"] < max_abs
    assert result["mean_abs"] < mean_abs
    assert result["psnr"] is None or result["psnr"] > psnr


def test_sizes(contents, network):
    weights = sum(w.numpy().nbytes for w in network.weights)
    size = {kind: len(content) for kind, content in contents.items()}
    assert size["float16"] < 0.6 * size["float32"] and size["int8"] < 0.4 * size["float32"]
    assert weights < size["float32"] < 1.15 * weights


@pytest.mark.parametrize("kind", tflite.KINDS)
def test_names_and_float_ends(contents, kind):
    interpreter = tf.lite.Interpreter(model_content=contents[kind])
    expected = {"serving_default": {"inputs": ["images"], "outputs": ["images"]}}
    assert interpreter.get_signature_list() == expected
    for details in (interpreter.get_input_details(), interpreter.get_output_details()):
        assert details[0]["dtype"] == np.float32
    assert list(interpreter.get_input_details()[0]["shape_signature"]) == [-1, *IMAGE_SIZE, 3]


def test_int8_convolves_integers_and_normalises_floats(contents):
    interpreter = tf.lite.Interpreter(
        model_content=contents["int8"],
        experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_REF,
    )
    interpreter.allocate_tensors()
    dtypes = {d["index"]: d["dtype"] for d in interpreter.get_tensor_details()}
    convolutions = [op for op in interpreter._get_ops_details() if "CONV" in op["op_name"]]
    assert len(convolutions) == 4
    for op in convolutions:
        assert dtypes[op["outputs"][0]] == np.int8
    statistics = [op for op in interpreter._get_ops_details() if op["op_name"] in ("MEAN", "RSQRT")]
    assert len(statistics) == 3
    for op in statistics:
        assert dtypes[op["outputs"][0]] == np.float32


def test_calibration_is_used(contents, network):
    """Ranges taken from faint pictures cut what full ones need."""
    narrow = tflite.convert(network, SPEC, kind="int8", calibration=calibration(0.05))
    inputs = pictures(6, seed=11)
    good = tflite.parity(network, tflite.TFLiteRunner(contents["int8"]), inputs)
    bad = tflite.parity(network, tflite.TFLiteRunner(narrow), inputs)
    assert bad["psnr"] < good["psnr"] - 6


def test_latents():
    generator = keras.Sequential(
        [
            keras.Input([LATENT_DIM]),
            keras.layers.Dense(4 * 4 * 8, activation="relu"),
            keras.layers.Reshape([4, 4, 8]),
            keras.layers.Conv2DTranspose(1, 4, 2, "same", activation="tanh"),
        ]
    )
    content = tflite.convert(generator, tf.TensorSpec([None, LATENT_DIM]), kind="float32")
    latents = np.random.default_rng(0).normal(size=(5, LATENT_DIM)).astype(np.float32)
    assert tflite.parity(generator, tflite.TFLiteRunner(content), latents)["max_abs"] < 1e-5


def test_runner_of_a_file_copies_its_outputs(contents, tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(contents["float32"])
    run = tflite.TFLiteRunner(path, num_threads=1)
    images = pictures(2)
    first = run(images)
    before = first.copy()
    second = run(-images)
    np.testing.assert_array_equal(first, before)
    assert np.abs(first - second).max() > 0.1
    with pytest.raises(
        ValueError, match=r"inputs of shape \[-1, 16, 32, 3\] .*not \[2, 32, 16, 3\]"
    ):
        run(images.swapaxes(1, 2))


def test_runner_takes_one_input_and_one_output():
    spec = tf.TensorSpec([None, 2])
    function = tf.function(lambda a, b: a + b, input_signature=[spec, spec])
    concrete = function.get_concrete_function()
    content = tf.lite.TFLiteConverter.from_concrete_functions([concrete]).convert()
    with pytest.raises(ValueError, match="this file has 2 and 1"):
        tflite.TFLiteRunner(content)


def test_parity_in_numbers():
    reference = np.zeros([2, 3, 3, 1])
    candidate = reference.copy()
    candidate[1, 0, 0, 0] = 0.5
    result = tflite.parity(lambda x: reference, lambda x: {"images": candidate}, reference)
    assert result == {
        "max_abs": 0.5,
        "mean_abs": pytest.approx(0.5 / 18),
        "psnr": pytest.approx(10 * np.log10(4 / (0.25 / 18))),
        "n": 2,
    }
    same = tflite.parity(lambda x: x, lambda x: x, [reference, reference])
    assert same == {"max_abs": 0.0, "mean_abs": 0.0, "psnr": None, "n": 4}


@pytest.mark.parametrize(
    ("candidate", "inputs", "message"),
    [
        (lambda x: x, [], "at least one input"),
        (lambda x: x[:1], np.zeros([2, 3]), "differ in shape"),
        (lambda x: x * np.nan, np.zeros([2, 3]), "not finite"),
    ],
)
def test_parity_that_means_nothing_is_an_error(candidate, inputs, message):
    with pytest.raises(ValueError, match=message):
        tflite.parity(lambda x: x, candidate, inputs)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "dynamic_int8"}, "not offered.*14 s instead of 0.3 s"),
        ({"kind": "dynamic"}, "not offered"),
        ({"kind": "int4"}, "one of float32, float16, int8, not 'int4'"),
        ({"kind": "int8"}, "Calibration inputs are needed"),
        ({"kind": "float16", "calibration": [np.zeros([1, 4])]}, "only for it"),
        ({"kind": "int8", "calibration": []}, "holds no inputs"),
    ],
)
def test_refused_conversions(options, message):
    with pytest.raises(ValueError, match=message):
        tflite.convert(tf.tanh, tf.TensorSpec([None, 4]), **options)


def test_noise_drawn_in_the_graph_is_refused_with_the_way_out():
    def generate(images):
        return images * tf.random.stateless_uniform([1, 4], [0, 1])

    with pytest.raises(ValueError, match="StatelessRandomUniformV2.*tf.init_scope"):
        tflite.convert(generate, tf.TensorSpec([None, 4]))
    with pytest.raises(ValueError, match="draws random numbers"):
        tflite.convert(tf.function(generate), tf.TensorSpec([None, 4]))
