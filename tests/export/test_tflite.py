import dataclasses
import os

import numpy as np
import pytest
import tensorflow as tf

from tests.export.conftest import CLASSES, IMAGE_SIZE, LATENT_DIM, pictures
from tfgan_zoo.export import golden, measured, tflite
from tfgan_zoo.export import interface as interfaces
from tfgan_zoo.export.served import of_model, of_tflite


def calibration(scale=1.0):
    return {"images": pictures(16, seed=8) * np.float32(scale)}


@pytest.fixture(scope="session")
def contents(translation):
    return {
        "float32": tflite.convert(translation, kind="float32"),
        "float16": tflite.convert(translation),
        "int8": tflite.convert(translation, kind="int8", calibration=calibration()),
    }


def apart(interface, content, inputs):
    return measured.parity(
        of_model(interface.served_by_tflite), of_tflite(interface, content), inputs
    )


def operators(content):
    interpreter = tf.lite.Interpreter(
        model_content=content,
        experimental_op_resolver_type=golden.PLAIN,
    )
    return {op["op_name"] for op in interpreter._get_ops_details()}


@pytest.mark.parametrize("kind", tflite.KINDS)
def test_builtin_operators_alone(contents, kind):
    names = operators(contents[kind])
    assert {"CONV_2D", "DEPTH_TO_SPACE", "MEAN", "RSQRT", "CONCATENATION", "TANH"} <= names
    assert "TRANSPOSE_CONV" not in names
    for name in names:
        assert not name.startswith("Flex") and "Random" not in name
        assert name not in ("CUSTOM", "VAR_HANDLE", "READ_VARIABLE")


@pytest.mark.parametrize(
    ("kind", "max_abs", "mean_abs", "psnr"),
    [("float32", 1e-5, 1e-6, 110), ("float16", 1e-2, 1e-3, 65), ("int8", 0.3, 0.03, 34)],
)
def test_parity_with_the_network(contents, translation, kind, max_abs, mean_abs, psnr):
    result = apart(translation, contents[kind], {"images": pictures(11, seed=11)})
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
    assert list(interpreter.get_input_details()[0]["shape_signature"]) == [1, *IMAGE_SIZE, 3]


def test_int8_convolves_integers_and_normalises_floats(contents):
    interpreter = tf.lite.Interpreter(
        model_content=contents["int8"],
        experimental_op_resolver_type=golden.PLAIN,
    )
    interpreter.allocate_tensors()
    dtypes = {d["index"]: d["dtype"] for d in interpreter.get_tensor_details()}
    convolutions = [op for op in interpreter._get_ops_details() if "CONV" in op["op_name"]]
    # The first one, which reads the picture, stays as it is.
    assert [dtypes[op["outputs"][0]] for op in convolutions] == [np.float32, *3 * [np.int8]]
    statistics = [op for op in interpreter._get_ops_details() if op["op_name"] in ("MEAN", "RSQRT")]
    assert len(statistics) == 3
    for op in statistics:
        assert dtypes[op["outputs"][0]] == np.float32


def test_calibration_is_used(contents, translation):
    """Ranges taken from faint pictures cut what full ones need."""
    narrow = tflite.convert(translation, kind="int8", calibration=calibration(0.05))
    inputs = {"images": pictures(6, seed=11)}
    good = apart(translation, contents["int8"], inputs)
    assert apart(translation, narrow, inputs)["psnr"] < good["psnr"] - 6


def random_inputs(interface, count):
    """Real enough inputs of an interface of TFLite."""
    chance = np.random.default_rng(0)
    values = {}
    for item in interface.inputs:
        shape = (count, *item.shape)
        if item.dtype == "int32":
            values[item.name] = chance.integers(item.classes or 6, size=shape, dtype=np.int32)
        else:
            values[item.name] = chance.uniform(-1, 1, shape).astype(np.float32)
    return values


@pytest.mark.parametrize(
    "name", ["translation", "latent", "conditional", "points", "encoder", "writer"]
)
def test_files_of_a_batch_of_one_take_any_batch_when_asked(request, name):
    interface = request.getfixturevalue(name)
    content = tflite.convert(interface, kind="float32")
    step = interface.served_by_tflite
    inputs = random_inputs(step, 5)
    assert apart(interface, content, inputs)["max_abs"] < 1e-5
    interpreter = tf.lite.Interpreter(model_content=content)
    runner = interpreter.get_signature_runner("serving_default")
    given, drawn = runner.get_input_details(), runner.get_output_details()
    assert {n: d["dtype"] for n, d in given.items()} == {
        item.name: tf.as_dtype(item.dtype).as_numpy_dtype for item in step.inputs
    }
    assert set(drawn) == {output.name for output in step.outputs}
    assert all(d["shape_signature"][0] == 1 for d in given.values())
    # Nothing but the batch is open: no size in the file is known only when it runs.
    assert all(-1 not in d["shape_signature"] for d in interpreter.get_tensor_details())
    del runner
    for item in step.inputs:
        interpreter.resize_tensor_input(given[item.name]["index"], inputs[item.name].shape)
    interpreter.allocate_tensors()
    for item in step.inputs:
        interpreter.set_tensor(given[item.name]["index"], inputs[item.name])
    interpreter.invoke()
    one_by_one = tflite.TFLiteRunner(content)(**inputs)
    for output, details in drawn.items():
        together = interpreter.get_tensor(details["index"])
        np.testing.assert_allclose(together, one_by_one[output], atol=1e-6)


def test_a_shape_that_a_transposed_convolution_shares_is_left_to_it():
    kernel = tf.constant(np.random.default_rng(0).normal(size=(3, 3, 1, 4)), tf.float32)

    def call(latents):
        maps = tf.reshape(latents, [-1, 4, 4, 1])
        return tf.nn.conv2d_transpose(
            tf.tile(maps, [1, 1, 1, 4]), kernel, [tf.shape(maps)[0], 4, 4, 1], 1
        )

    interface = interfaces.Interface(
        "shared",
        (interfaces.Input("latents", "latents", (16,)),),
        (interfaces.images((4, 4, 1)),),
        call,
    )
    content = tflite.convert(interface, kind="float32")
    inputs = random_inputs(interface, 3)
    assert apart(interface, content, inputs)["max_abs"] < 1e-5


def test_runner_of_a_file_copies_its_outputs(contents, tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(contents["float32"])
    run = tflite.TFLiteRunner(path, num_threads=1)
    images = pictures(2)
    first = run(images=images)["images"]
    before = first.copy()
    second = run(images=-images)["images"]
    np.testing.assert_array_equal(first, before)
    assert np.abs(first - second).max() > 0.1
    with pytest.raises(
        ValueError, match=r"images of shape \[1, 16, 32, 3\] .*not \[2, 32, 16, 3\]"
    ):
        run(images=images.swapaxes(1, 2))
    with pytest.raises(ValueError, match="takes images, not latents"):
        run(latents=images)


def converted(concrete):
    converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete], tf.Module())
    return tflite.TFLiteRunner(converter.convert())


def test_runner_of_other_files_takes_inputs_by_name():
    """An open batch, no batch, and as many examples of each input."""
    specs = [tf.TensorSpec([None, 2], name="a"), tf.TensorSpec([], name="b")]
    function = tf.function(lambda a, b: {"sum": a + b}, input_signature=specs)
    concrete = function.get_concrete_function()
    run = tflite.TFLiteRunner(
        tf.lite.TFLiteConverter.from_concrete_functions([concrete], tf.Module()).convert()
    )
    for count in (1, 3, 2):
        found = run(a=np.ones([count, 2]), b=2.0)
        np.testing.assert_array_equal(found["sum"], np.full([count, 2], 3.0))
    pair = [tf.TensorSpec([1, 2], name="a"), tf.TensorSpec([1], tf.int32, name="b")]
    function = tf.function(lambda a, b: {"a": a, "b": b + 0}, input_signature=pair)
    concrete = function.get_concrete_function()
    run = tflite.TFLiteRunner(
        tf.lite.TFLiteConverter.from_concrete_functions([concrete], tf.Module()).convert()
    )
    assert {name: value.shape for name, value in run(a=np.ones([3, 2]), b=np.ones(3)).items()} == {
        "a": (3, 2),
        "b": (3,),
    }
    with pytest.raises(ValueError, match=r"differ in the number of examples: \[2, 3\]"):
        run(a=np.ones([3, 2]), b=np.ones(2))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "dynamic_int8"}, "not offered.*14 s instead of 0.3 s"),
        ({"kind": "dynamic"}, "not offered"),
        ({"kind": "int4"}, "one of float32, float16, int8, not 'int4'"),
        ({"kind": "int8"}, "Calibration inputs are needed"),
        ({"kind": "float16", "calibration": {"latents": np.zeros([1, 6])}}, "only for it"),
        ({"kind": "int8", "calibration": {"latents": np.zeros([0, 6])}}, "holds no inputs"),
    ],
)
def test_refused_conversions(latent, options, message):
    with pytest.raises(ValueError, match=message):
        tflite.convert(latent, **options)


def test_noise_drawn_in_the_graph_is_refused_with_the_way_out(latent, writer):
    def call(latents):
        return tf.tile(
            (latents * tf.random.stateless_uniform([1, LATENT_DIM], [0, 1]))[:, :1, None, None],
            [1, 8, 8, 1],
        )

    with pytest.raises(ValueError, match="StatelessRandomUniformV2.*tf.init_scope"):
        tflite.convert(dataclasses.replace(latent, call=call))
    with pytest.raises(ValueError, match="draws random numbers"):
        tflite.convert(dataclasses.replace(latent, call=tf.function(call)))
    with pytest.raises(ValueError, match="draws random numbers"):
        tflite.convert(dataclasses.replace(writer, lite=None))


def test_int8_takes_labels_as_they_are(conditional):
    values = random_inputs(conditional, 20)
    content = tflite.convert(conditional, kind="int8", calibration=values)
    assert apart(conditional, content, values)["psnr"] > 25
    assert tflite.TFLiteRunner(content).inputs["labels"]["dtype"] == np.int32
    assert values["labels"].max() == CLASSES - 1


def test_the_converter_is_quiet_unless_it_fails(capfd):
    @tflite.quietly
    def chatter(fails):
        os.write(2, b"step 1\\r\\x1b[2K")
        if fails:
            raise ValueError("no")
        return "done"

    assert chatter(False) == "done" and capfd.readouterr().err == ""
    with pytest.raises(ValueError, match="no"):
        chatter(True)
    assert "step 1" in capfd.readouterr().err
    os.write(2, b"after")
    assert capfd.readouterr().err == "after"
