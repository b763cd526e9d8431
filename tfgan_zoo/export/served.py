"""An exported model as a NumPy function of its interface's inputs, wherever it runs."""

import os
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from tfgan_zoo.export import onnx_file
from tfgan_zoo.export.interface import Interface
from tfgan_zoo.export.tflite import TFLiteRunner

BATCH = 100  # examples in one call of the model


class Served:
    """`served(latents=array, ...)` -> the outputs as arrays, by name.

    What scores, draws and compares calls this one thing, whether the model itself, its SavedModel
    or its TFLite file answers. Any number of examples is taken, `BATCH` at a time.

    Args:
        interface: whose inputs are given and whose outputs come back.
        function: inputs as tensors by name -> outputs by name.
    """

    def __init__(self, interface: Interface, function: Callable):
        self.interface, self._function = interface, function

    def __call__(self, **inputs) -> dict[str, np.ndarray]:
        """The outputs `[N, ...]` by name, of inputs `[N, ...]` by name.

        Raises ValueError if other inputs are given than the interface has, or a different number
        of examples of each.
        """
        named = {item.name: item for item in self.interface.inputs}
        if set(inputs) != set(named):
            raise ValueError(
                f"{self.interface.name} takes {', '.join(named) or 'nothing'}, and is given "
                f"{', '.join(inputs) or 'nothing'}."
            )
        values = {n: np.asarray(inputs[n], named[n].dtype) for n in named}
        batched = [name for name, item in named.items() if item.batched]
        if not batched:
            return self._run(values)
        counts = {name: len(values[name]) for name in batched}
        if len(set(counts.values())) != 1:
            raise ValueError(f"The inputs differ in the number of examples: {counts}.")
        count = counts[batched[0]]
        pieces = [
            self._run(values | {name: values[name][i : i + BATCH] for name in batched})
            for i in range(0, count, BATCH)
        ]
        if not pieces:
            raise ValueError(f"{self.interface.name} needs at least one example.")
        return {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}

    def _run(self, values):
        found = self._function(**{name: tf.constant(value) for name, value in values.items()})
        return {output.name: np.asarray(found[output.name]) for output in self.interface.outputs}


def of_model(interface: Interface) -> Served:
    """The model itself, as its interface calls it."""
    return Served(interface, interface)


def of_saved_model(
    interface: Interface, path: str | os.PathLike, signature: str = "serving_default"
) -> Served:
    """A signature of the SavedModel in a folder that holds saved_model.pb, of this interface."""
    loaded = tf.saved_model.load(str(path))

    def serve(**inputs):
        # Looked up at each call: a signature alone does not keep its model's variables alive.
        return loaded.signatures[signature](**inputs)

    return Served(interface, serve)


def of_tflite(interface: Interface, model: bytes | str | os.PathLike) -> Served:
    """A TFLite file of the interface, by its path or content."""
    return Served(interface.served_by_tflite, TFLiteRunner(model))


def of_onnx(interface: Interface, content: bytes) -> Served:
    """The ONNX file of the interface, by its content, with ONNX Runtime."""
    run = onnx_file.OnnxRunner(interface, content)
    return Served(interface.served_by_tflite, run)
