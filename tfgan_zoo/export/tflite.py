"""TFLite: conversion in three kinds, a runner for any batch, and parity with the original.

Both converter and interpreter are `tf.lite`. It is deprecated in favour of the package
`ai-edge-litert`, whose interpreter reads the same files and gave the same numbers, but which has no
converter from TensorFlow functions: `tf.lite` it is, so that one package of one version does both.
"""

import contextlib
import os
import pathlib
import warnings
from collections.abc import Callable, Iterable

import numpy as np
import tensorflow as tf

KINDS = ("float32", "float16", "int8")

# Of int8 files, the operators that stay in float32: those that compute and apply the statistics of
# a norm. Eight bits are too coarse for a variance: a trained pix2pix, whose norms take the
# statistics of the test image, went from 33.9 to 40.5 dB with them, at no loss of speed.
_NORM_OPERATORS = [
    *("MEAN", "SQUARED_DIFFERENCE", "SQUARE", "NEG", "RSQRT"),
    *("ADD", "SUB", "MUL", "DIV"),
]


def convert(
    generate: Callable,
    input_spec: tf.TensorSpec,
    *,
    kind: str = "float16",
    calibration: Iterable | None = None,
) -> bytes:
    """Converts a generator to the content of a TFLite file of built-in operators.

    Its one signature is "serving_default"; the input is called as `input_spec` is ("inputs" if that
    has no name), the output "images". A batch dimension of None makes a file for any batch.

    Args:
      generate: a keras model or a function of one tensor. Its noise must be a constant: draw
        dropout masks from a Python integer seed, at a static shape, under `tf.init_scope()`.
      input_spec: shape and dtype of the input, [None,...] float32.
      kind: "float32" (weights and arithmetic as trained), "float16" (weights of half the size,
        arithmetic still float32 on a CPU), or "int8" (weights and activations are integers; norms
        that compute statistics, input and output stay float32).
      calibration: for int8 only: batches of real inputs [b,...] float32, a hundred images or so,
        from which the ranges of the activations are taken.

    Raises:
      ValueError: the kind is unknown, the calibration is missing, empty or not wanted, or the
        generator draws random numbers when it runs.
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

    spec = tf.TensorSpec(input_spec.shape, input_spec.dtype, name=input_spec.name or "inputs")
    function = tf.function(
        lambda inputs: {"images": generate(inputs)}, input_signature=[spec], autograph=False
    )
    concrete = function.get_concrete_function()
    _check_no_random(concrete)

    # The converter finds variables through this object alone; one that it does not find becomes an
    # uninitialised variable of the file, and the outputs are NaN without any error.
    variables = tf.Module()
    variables.all = sorted(concrete.variables, key=lambda variable: variable.name)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete], variables)
    if kind == "float32":
        return converter.convert()
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if kind == "float16":
        converter.target_spec.supported_types = [tf.float16]
        return converter.convert()
    batches = [np.asarray(batch, np.float32) for batch in calibration]
    if not sum(len(batch) for batch in batches):
        raise ValueError("The calibration holds no inputs: give at least one batch.")
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.representative_dataset = lambda: ({spec.name: batch} for batch in batches)
    # The debugger is TensorFlow's way to quantise some operators and not others.
    with _quiet_interpreter():
        debugger = tf.lite.experimental.QuantizationDebugger(
            converter=converter,
            debug_options=tf.lite.experimental.QuantizationDebugOptions(
                denylisted_ops=_NORM_OPERATORS
            ),
        )
    return debugger.get_nondebug_quantized_model()


class TFLiteRunner:
    """Runs a TFLite file with one input and one output, at any batch size.

    Args:
      model: path of the file, or its content.
      num_threads: of the interpreter; None leaves the choice to it.
    """

    def __init__(self, model: bytes | str | os.PathLike, *, num_threads: int | None = None):
        content = model if isinstance(model, bytes) else pathlib.Path(model).read_bytes()
        with _quiet_interpreter():
            self._interpreter = tf.lite.Interpreter(model_content=content, num_threads=num_threads)
        inputs = self._interpreter.get_input_details()
        outputs = self._interpreter.get_output_details()
        if len(inputs) != 1 or len(outputs) != 1:
            raise ValueError(
                "A TFLite generator has one input and one output; this file has "
                f"{len(inputs)} and {len(outputs)}."
            )
        self._input, self._output = inputs[0], outputs[0]
        self._shape = None

    def __call__(self, inputs) -> np.ndarray:
        """inputs [B,...] of the file's dtype -> a copy of the output [B,...]."""
        inputs = np.asarray(inputs, self._input["dtype"])
        if inputs.shape != self._shape:
            expected = self._input["shape_signature"]
            if len(expected) != inputs.ndim or any(
                size not in (-1, given) for size, given in zip(expected, inputs.shape, strict=True)
            ):
                raise ValueError(
                    f"The TFLite file takes inputs of shape {expected.tolist()} (-1: any), "
                    f"not {list(inputs.shape)}."
                )
            self._interpreter.resize_tensor_input(self._input["index"], inputs.shape)
            self._interpreter.allocate_tensors()
            self._shape = inputs.shape
        self._interpreter.set_tensor(self._input["index"], inputs)
        self._interpreter.invoke()
        return self._interpreter.get_tensor(self._output["index"])


def parity(reference: Callable, candidate: Callable, inputs) -> dict:
    """How far `candidate` is from `reference` on the same inputs; outputs in [-1,1].

    Args:
      reference, candidate: tensor [b,...] -> array or tensor [b,...], or a dict that holds one.
      inputs: one batch (an array or tensor [b,...]), or an iterable of batches.

    Returns:
      max_abs and mean_abs: of the difference, in units of [-1,1]; psnr: decibels at a peak of 2,
      over all pixels together, or None where both agree in each bit; n: the number of images.

    Raises:
      ValueError: there are no inputs, shapes differ, or an output is not finite.
    """
    batches = [inputs] if isinstance(inputs, np.ndarray | tf.Tensor) else inputs
    largest, absolute, squared, values, count = 0.0, 0.0, 0.0, 0, 0
    for batch in map(tf.convert_to_tensor, batches):
        expected, actual = to_array(reference(batch)), to_array(candidate(batch))
        if expected.shape != actual.shape:
            raise ValueError(f"The outputs differ in shape: {expected.shape}, {actual.shape}.")
        difference = np.abs(expected.astype(np.float64) - actual)
        if not np.isfinite(difference).all():
            raise ValueError("An output is not finite: the parity of such a model is undefined.")
        largest = max(largest, difference.max(initial=0.0))
        absolute += difference.sum()
        squared += np.square(difference).sum()
        values += difference.size
        count += len(expected)
    if not count:
        raise ValueError("Parity needs at least one input.")
    psnr = 10.0 * np.log10(4.0 * values / squared) if squared else None
    return {
        "max_abs": float(largest),
        "mean_abs": float(absolute / values),
        "psnr": None if psnr is None else float(psnr),
        "n": count,
    }


def to_array(output) -> np.ndarray:
    """The array of an output: an array, a tensor, or a dict of one (what a signature returns)."""
    if isinstance(output, dict):
        (output,) = output.values()
    return np.asarray(output)


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
    random = sorted({node.op for node in nodes if "Random" in node.op})
    if random:
        raise ValueError(
            f"The generator draws random numbers when it runs ({', '.join(random)}), which TFLite "
            "cannot do: draw its masks from a Python integer seed, at a static shape, under "
            "tf.init_scope(), so that they are constants."
        )
