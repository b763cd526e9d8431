"""TFLite: an interface in three kinds of file, and a runner of such files.

Files are of batch 1: the delegates of phones and LiteRT in a browser refuse an open batch. Their
reshapes and slices leave the batch open all the same, so that `resize_tensor_input` makes an
interpreter take any number of examples at once.

Both converter and interpreter are `tf.lite`. It is deprecated in favour of the package
`ai-edge-litert`, whose interpreter reads the same files and gave the same numbers, but which has no
converter from TensorFlow functions: `tf.lite` it is, so that one package of one version does both.
"""

import contextlib
import copy
import functools
import json
import os
import pathlib
import sys
import tempfile
import warnings
from collections.abc import Mapping

import numpy as np
import tensorflow as tf
from tensorflow.lite.python import convert as converting
from tensorflow.lite.python import schema_py_generated as schema
from tensorflow.lite.python.optimize import calibrator

from tfgan_zoo.export import lite_graph, lite_rewrites, stored
from tfgan_zoo.export.interface import Interface

FILES = {"float32": "model_float32.tflite", "float16": "model.tflite", "int8": "model_int8.tflite"}
KINDS = tuple(FILES)
INTERFACE = "tfgan_zoo_interface"  # the metadata of a file that say what it takes and gives
STDERR = 2  # the file descriptor

# Of int8 files, the operators that stay in float32. Those that compute and apply the statistics of
# a norm: eight bits are too coarse for a variance, and a trained pix2pix, whose norms take the
# statistics of the test image, went from 33.9 to 40.5 dB with them, at no loss of speed. Then what
# XNNPACK leaves to slow kernels once input and output have scales of their own (RELU, which took
# half the time of that network), and what lies between such operators anyway.
_FLOAT_OPERATORS = [
    *("MEAN", "SQUARED_DIFFERENCE", "SQUARE", "NEG", "RSQRT"),
    *("ADD", "SUB", "MUL", "DIV"),
    *("RELU", "LEAKY_RELU", "CONCATENATION", "TANH"),
    *("EXP", "LOG"),  # a softplus of eight bits has three values: 12 dB of Improved GAN, not 42
]
# And the convolutions of as many channels or fewer, that is, of the input picture: one scale for
# all pixels, and tiles for integers that are mostly empty. With it in float32 that pix2pix gained
# 7 dB, and a tenth of its time.
_FEW_CHANNELS = 4


def quietly(function):
    """The function, without what C++ writes to standard error in it, unless it fails: the converter
    tells each of its steps there, past Python's logging.
    """

    @functools.wraps(function)
    def quiet(*arguments, **options):
        sys.stderr.flush()
        kept = os.dup(STDERR)
        with tempfile.TemporaryFile() as said:
            os.dup2(said.fileno(), STDERR)
            try:
                return function(*arguments, **options)
            except Exception:
                said.seek(0)
                os.write(kept, said.read())
                raise
            finally:
                os.dup2(kept, STDERR)
                os.close(kept)

    return quiet


@quietly
def convert(
    interface: Interface, *, kind: str = "float16", calibration: Mapping | None = None
) -> bytes:
    """The content of a TFLite file of built-in operators: `interface.served_by_tflite`.

    Its one signature is "serving_default", with the inputs and outputs of the SavedModel's, at a
    batch of 1. What they are, priors and classes too, stands in the file (`described`), which is
    copied without its card.

    Args:
      interface: its noise must be a constant: draw dropout masks from a Python integer seed, at a
        static shape, under `tf.init_scope()`.
      kind: "float32" (weights and arithmetic as trained), "float16" (weights of half the size,
        arithmetic still float32 on a CPU), or "int8" (weights and activations are integers; norms
        that compute statistics, inputs and outputs stay float32).
      calibration: for int8 only: input name -> real values [N,...], a hundred or so, from which
        the ranges of the activations are taken.

    Raises:
      ValueError: the kind is unknown, the calibration is missing, empty or not wanted, or the
        model draws random numbers when it runs.
    """
    if "dynamic" in kind:
        raise ValueError(
            "Dynamic-range int8 is not offered: transposed convolutions have no fast kernel for it "
            "(14 s instead of 0.3 s for a 256x256 U-Net). Take 'float16', or 'int8' "
            "with calibration inputs."
        )
    if kind not in KINDS:
        raise ValueError(f"The kind of a TFLite file is one of {', '.join(KINDS)}, not {kind!r}.")
    if (kind == "int8") != (calibration is not None):
        raise ValueError("Calibration inputs are needed for the kind 'int8', and only for it.")

    interface = interface.served_by_tflite
    function = tf.function(lambda **inputs: interface(**inputs), autograph=False)
    concrete = function.get_concrete_function(
        **{item.name: item.spec(batch=1) for item in interface.inputs}
    )
    _check_no_random(concrete)

    # The converter finds variables through this object alone; one that it does not find becomes an
    # uninitialised variable of the file, and the outputs are NaN without any error.
    variables = tf.Module()
    variables.all = sorted(concrete.variables, key=lambda variable: variable.name)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete], variables)
    content = lite_rewrites.rewritten(converter.convert())
    if kind == "float16":
        content = lite_rewrites.halved(content)
    if kind == "int8":
        content = _quantised(content, interface, calibration)
    return _finished(content, interface)


def described(model: bytes | str | os.PathLike) -> Interface | None:
    """The interface that a TFLite file, by its path or content, says it has; None if it says none.

    The file must be one that `TFLiteRunner` can run.
    """
    content = model if isinstance(model, bytes) else pathlib.Path(model).read_bytes()
    file = lite_graph.read(content)
    for entry in file.metadata or ():
        if entry.name.decode() == INTERFACE:
            said = bytes(bytearray(file.buffers[entry.buffer].data))
            return stored.from_card(json.loads(said))
    return None


def _quantised(content, interface, calibration) -> bytes:
    values = {
        item.name: np.asarray(calibration[item.name], item.dtype) for item in interface.inputs
    }
    count = min((len(values[item.name]) for item in interface.inputs if item.batched), default=1)
    if not count:
        raise ValueError("The calibration holds no inputs: give at least one.")

    def examples():
        for row in range(count):
            yield {
                item.name: values[item.name][row : row + 1] if item.batched else values[item.name]
                for item in interface.inputs
            }

    with _quiet_interpreter():
        calibrated = calibrator.Calibrator(content).calibrate(examples)
    graph = lite_graph.Graph(lite_graph.read(calibrated))
    first = [
        graph.name(operator.outputs[0])
        for operator in graph.operators
        if graph.code(operator) == schema.BuiltinOperator.CONV_2D
        and graph.shape(operator.inputs[0])[-1] <= _FEW_CHANNELS
    ]
    # What the converter itself does with a file that it has calibrated; but the converter neither
    # takes a file that was rewritten nor leaves some operators as they are.
    return converting.mlir_quantize(
        calibrated, denylisted_ops=_FLOAT_OPERATORS, denylisted_nodes=first
    )


def _finished(content: bytes, interface: Interface) -> bytes:
    """A file of batch 1 with its interface in it, whose reshapes and slices take whatever batch
    they meet.

    A reshape to [1, 4, 4, 8] becomes one to [-1, 4, 4, 8], which is the same at a batch of 1; the
    end of a strided slice of the batch goes from 1 to as far as there is. The sizes become
    constants of their own, since another operator may read the old ones.
    """
    model = lite_graph.read(content)
    for graph in model.subgraphs:
        opened = {}
        for operator in graph.operators:
            code = model.operatorCodes[operator.opcodeIndex]
            found = _BATCH_SIZES.get(max(code.builtinCode, code.deprecatedBuiltinCode))
            ends = [graph.tensors[i].shape for i in (operator.inputs[0], operator.outputs[0])]
            if found is None or any(not len(shape) or shape[0] != 1 for shape in ends):
                continue
            place, value = found
            old = operator.inputs[place]
            if old not in opened:
                opened[old] = _with_first_size(model, graph, old, value)
            inputs = list(operator.inputs)
            inputs[place] = opened[old]
            operator.inputs = inputs
    said = json.dumps({"name": interface.name, "interface": stored.section(interface)})
    entry, buffer = schema.MetadataT(), schema.BufferT()
    entry.name, entry.buffer = INTERFACE, len(model.buffers)
    buffer.data = np.frombuffer(said.encode(), np.uint8)
    model.buffers.append(buffer)
    model.metadata = [*(model.metadata or ()), entry]
    return lite_graph.write(model)


# Operator -> which of its inputs holds sizes, and the number that stands there for any batch.
_BATCH_SIZES = {
    schema.BuiltinOperator.RESHAPE: (1, -1),
    schema.BuiltinOperator.STRIDED_SLICE: (2, np.iinfo(np.int32).max),
}


def _with_first_size(model, graph, number, value) -> int:
    """The number of a copy of a constant tensor of sizes whose first, 1, is `value`; `number`
    itself where it is no such constant.
    """
    data = model.buffers[graph.tensors[number].buffer].data
    if data is None or not len(data):
        return number
    sizes = np.frombuffer(np.asarray(data, np.uint8).tobytes(), np.int32).copy()
    if sizes[0] != 1 or -1 in sizes:
        return number
    sizes[0] = value
    tensor = copy.copy(graph.tensors[number])
    tensor.name = tensor.name + b"_of_any_batch"
    tensor.buffer = len(model.buffers)
    buffer = schema.BufferT()
    buffer.data = np.frombuffer(sizes.tobytes(), np.uint8)
    model.buffers.append(buffer)
    graph.tensors.append(tensor)
    return len(graph.tensors) - 1


class TFLiteRunner:
    """Runs a TFLite file at any number of examples, inputs and outputs by name.

    A file of batch 1 runs once an example, as on a phone; one of an open batch takes all at once.

    Args:
      model: path of the file, or its content.
      num_threads: of the interpreter; None leaves the choice to it.
      resolver: which kernels the interpreter takes, of `tf.lite.experimental.OpResolverType`.

    Attributes:
      inputs, outputs: name -> the interpreter's details ("shape_signature", "dtype", "index").

    Raises ValueError if TensorFlow Lite cannot run the file.
    """

    def __init__(
        self,
        model: bytes | str | os.PathLike,
        *,
        num_threads: int | None = None,
        resolver=tf.lite.experimental.OpResolverType.AUTO,
    ):
        # By content: a file is mapped unchecked, and a damaged one ends the process.
        content = model if isinstance(model, bytes) else pathlib.Path(model).read_bytes()
        try:
            with _quiet_interpreter():
                self._interpreter = tf.lite.Interpreter(
                    model_content=content,
                    num_threads=num_threads,
                    experimental_op_resolver_type=resolver,
                )
            self._interpreter.allocate_tensors()
        except RuntimeError as error:
            raise ValueError(str(error)) from error
        signatures = self._interpreter.get_signature_list()
        if signatures:
            runner = self._interpreter.get_signature_runner(next(iter(signatures)))
            self.inputs = dict(runner.get_input_details())
            self.outputs = dict(runner.get_output_details())
        else:
            details = self._interpreter.get_input_details(), self._interpreter.get_output_details()
            self.inputs, self.outputs = ({d["name"]: d for d in ends} for ends in details)
        self._shapes = {}

    def __call__(self, **inputs) -> dict[str, np.ndarray]:
        """inputs [B,...] of the file's dtypes (a single value for an input without a batch) ->
        copies of the outputs [B,...] by name.

        Raises ValueError for other names or shapes than the file's, or if it fails to run.
        """
        if set(inputs) != set(self.inputs):
            raise ValueError(
                f"The TFLite file takes {', '.join(sorted(self.inputs))}, not "
                f"{', '.join(sorted(inputs)) or 'nothing'}."
            )
        values = {n: np.asarray(inputs[n], d["dtype"]) for n, d in self.inputs.items()}
        for name, value in values.items():
            expected = self.inputs[name]["shape_signature"]
            # A batch of 1 is served example by example.
            sides = [-1, *expected[1:]] if len(expected) and expected[0] == 1 else expected
            if len(sides) != value.ndim or any(
                size not in (-1, given) for size, given in zip(sides, value.shape, strict=True)
            ):
                raise ValueError(
                    f"The TFLite file takes {name} of shape {expected.tolist()} (-1: any), "
                    f"not {list(value.shape)}."
                )
        single = [
            name
            for name, value in values.items()
            if value.ndim and self.inputs[name]["shape_signature"][0] == 1
        ]
        if not single:
            return self._run(values)
        counts = {len(values[name]) for name in single}
        if len(counts) != 1:
            raise ValueError(f"The inputs differ in the number of examples: {sorted(counts)}.")
        found = [
            self._run(values | {name: values[name][row : row + 1] for name in single})
            for row in range(counts.pop())
        ]
        return {name: np.concatenate([one[name] for one in found]) for name in self.outputs}

    def _run(self, values):
        try:
            for name, value in values.items():
                if self._shapes.get(name, tuple(self.inputs[name]["shape"])) != value.shape:
                    self._interpreter.resize_tensor_input(self.inputs[name]["index"], value.shape)
                    self._shapes[name] = value.shape
            self._interpreter.allocate_tensors()
            for name, value in values.items():
                self._interpreter.set_tensor(self.inputs[name]["index"], value)
            self._interpreter.invoke()
        except RuntimeError as error:
            raise ValueError(str(error)) from error
        return {n: self._interpreter.get_tensor(d["index"]) for n, d in self.outputs.items()}


@contextlib.contextmanager
def _quiet_interpreter():
    """Without the notice that tf.lite moves to ai-edge-litert (see the module's docstring)."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"(?s).*tf\.lite\.Interpreter is deprecated")
        yield


def _check_no_random(concrete):
    graph = concrete.graph.as_graph_def()
    nodes = [
        *graph.node,
        *(node for function in graph.library.function for node in function.node_def),
    ]
    random = sorted({node.op for node in nodes if "Random" in node.op or "Multinomial" in node.op})
    if random:
        raise ValueError(
            f"The generator draws random numbers when it runs ({', '.join(random)}), which TFLite "
            "cannot do: draw its masks from a Python integer seed, at a static shape, under "
            "tf.init_scope(), so that they are constants; of a loop that draws, give the interface "
            "one step, `lite`."
        )
