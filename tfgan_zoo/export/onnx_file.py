"""ONNX: what a TFLite file holds, at any batch, for desktops and servers.

The converter is tf2onnx and the runtime ONNX Runtime; both come with the extra `onnx` and are
imported when they are needed.
"""

import importlib.util
import json

import numpy as np
import tensorflow as tf
from tensorflow.python.framework import convert_to_constants

from tfgan_zoo.export import stored
from tfgan_zoo.export.interface import Interface
from tfgan_zoo.export.tflite import INTERFACE, quietly

FILE = "model.onnx"
OPSET = 18
PACKAGES = ("onnx", "tf2onnx", "onnxruntime")


def complaint() -> str | None:
    """A sentence on what is missing to write and check ONNX files; None where all is there."""
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if not missing:
        return None
    return (
        f"ONNX files need {' and '.join(missing)}, which "
        f"{'is' if len(missing) == 1 else 'are'} not installed: pip install 'tfgan_zoo[onnx]'."
    )


def output_name(interface: Interface, name: str) -> str:
    """What the file calls an output of `interface.served_by_tflite`: its name, with "_out" behind
    it where an input has that name, since ONNX has one space of names.
    """
    taken = {item.name for item in interface.served_by_tflite.inputs}
    return f"{name}_out" if name in taken else name


@quietly
def convert(interface: Interface) -> bytes:
    """The content of an ONNX file of the standard operators: `interface.served_by_tflite`, with an
    open batch. What its inputs and outputs are stands in its metadata.

    Raises:
      ValueError: the extra is missing, or ONNX has no operators for what the model does.
    """
    if complaint():
        raise ValueError(complaint())
    import onnx
    import tf2onnx

    step = interface.served_by_tflite
    specs = [item.spec() for item in step.inputs]

    def call(*values):
        found = step(**dict(zip((item.name for item in step.inputs), values, strict=True)))
        return [found[output.name] for output in step.outputs]

    traced = tf.function(call, input_signature=specs, autograph=False).get_concrete_function()
    # Weights and what was drawn outside the graph become constants; tf2onnx takes the latter for
    # inputs of the file.
    frozen = convert_to_constants.convert_variables_to_constants_v2(
        traced, lower_control_flow=False, aggressive_inlining=True
    )
    names = [output_name(interface, output.name) for output in step.outputs]
    named = tf.function(
        lambda *values: dict(zip(names, frozen(*values), strict=True)),
        input_signature=specs,
        autograph=False,
    )
    try:
        model, _ = tf2onnx.convert.from_function(named, input_signature=specs, opset=OPSET)
        onnx.checker.check_model(model)
    except Exception as error:  # tf2onnx raises whatever its rewriters meet
        raise ValueError(f"{interface.name} cannot be written as ONNX: {error}") from error
    said = model.metadata_props.add()
    said.key = INTERFACE
    said.value = json.dumps({"name": interface.name, "interface": stored.section(interface)})
    return model.SerializeToString()


class OnnxRunner:
    """Runs the ONNX file of an interface with ONNX Runtime on the CPU, by the interface's names.

    Args:
      interface: whose `served_by_tflite` the file holds.
      content: of the file.
      num_threads: of one operator; None leaves the choice to it.
    """

    def __init__(self, interface: Interface, content: bytes, *, num_threads: int | None = None):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = num_threads or 0
        self._session = onnxruntime.InferenceSession(
            content, options, providers=["CPUExecutionProvider"]
        )
        self._inputs = {item.name: item.dtype for item in interface.served_by_tflite.inputs}
        self._outputs = {
            item.name: output_name(interface, item.name)
            for item in interface.served_by_tflite.outputs
        }

    def __call__(self, **inputs) -> dict[str, np.ndarray]:
        """Inputs as arrays by name -> outputs by name."""
        given = {name: np.asarray(inputs[name], dtype) for name, dtype in self._inputs.items()}
        found = self._session.run(list(self._outputs.values()), given)
        return dict(zip(self._outputs, found, strict=True))
