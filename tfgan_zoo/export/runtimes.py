"""The runtimes of one machine that an export can be run with, ready to race."""

import importlib.util
import os
from collections.abc import Callable, Mapping

import numpy as np
import tensorflow as tf

from tfgan_zoo.export import onnx_file
from tfgan_zoo.export.interface import Interface
from tfgan_zoo.export.served import Served
from tfgan_zoo.export.tflite import TFLiteRunner

SAVED_MODEL = "SavedModel"


def threads() -> int:
    """How many threads TensorFlow computes one operator with in this process."""
    return tf.config.threading.get_intra_op_parallelism_threads() or os.cpu_count()


def installed(
    interface: Interface,
    saved_model: Callable,
    files: Mapping[str, bytes],
    onnx: bytes | None = None,
    compiled: str | os.PathLike | None = None,
    num_threads: int = 1,
) -> dict[str, Callable]:
    """Runtime -> function of the interface's inputs as arrays, giving its outputs as arrays.

    Args:
      interface: one whose TFLite files hold the interface itself.
      saved_model: such a function, `served.of_saved_model`; it takes TensorFlow's own number of
        threads.
      files: kind -> content of a TFLite file of batch 1.
      onnx: content of an ONNX file, for ONNX Runtime, and for OpenVINO where it is installed, which
        computes in bfloat16 where the processor has it; None leaves both out.
      compiled: folder of a SavedModel's version that XLA is to compile; None leaves it out.
      num_threads: of all others.
    """
    found = {SAVED_MODEL: saved_model}
    if compiled is not None:
        found["SavedModel under XLA"] = _of_xla(interface, compiled)
    for kind, content in files.items():
        found[f"TFLite {kind}"] = TFLiteRunner(content, num_threads=num_threads)
    if onnx is not None:
        found["ONNX Runtime"] = onnx_file.OnnxRunner(interface, onnx, num_threads=num_threads)
        if importlib.util.find_spec("openvino") is not None:
            found["OpenVINO"] = _of_openvino(interface, onnx, num_threads)
    return found


def _of_xla(interface, folder):
    loaded = tf.saved_model.load(str(folder))

    @tf.function(jit_compile=True, autograph=False)
    def compiled(**inputs):
        return loaded.signatures["serving_default"](**inputs)

    return Served(interface, compiled)


def _of_openvino(interface, onnx, num_threads):
    import openvino

    settings = {"INFERENCE_NUM_THREADS": num_threads, "PERFORMANCE_HINT": "LATENCY"}
    core = openvino.Core()
    model = core.compile_model(core.read_model(onnx, b""), "CPU", settings)
    dtypes = {item.name: item.dtype for item in interface.inputs}
    names = {item.name: onnx_file.output_name(interface, item.name) for item in interface.outputs}

    def run(**inputs):
        # Copies: OpenVINO takes no array that cannot be written to.
        answers = model({name: np.array(inputs[name], dtype) for name, dtype in dtypes.items()})
        return {name: np.array(answers[called]) for name, called in names.items()}

    return run


def usable(runtimes: Mapping[str, Callable], inputs: Mapping) -> dict[str, Callable]:
    """Those that can run the model: XLA does not know every operation of TensorFlow."""
    kept = {}
    for name, run in runtimes.items():
        try:
            run(**inputs)
        except tf.errors.OpError:
            if name == SAVED_MODEL:
                raise
            continue
        kept[name] = run
    return kept
