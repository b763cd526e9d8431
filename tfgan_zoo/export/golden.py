"""Golden answers of a TFLite file: by them another runtime is found out that computes it wrongly.

They are answers to one fixed input, which any language writes in a line: of the flat index i of
each input, counted from 0 in each, a real number is (((i * 7919) mod 201) - 100) / 100 and a token
of n words is (i * 7919) mod n. Tokens whose words nobody says, classes and other integers are 0,
states are zeros, and a number for the whole call is its default.
"""

import json

import numpy as np
import tensorflow as tf

from tfgan_zoo.export import codecs
from tfgan_zoo.export.interface import Interface
from tfgan_zoo.export.tflite import TFLiteRunner

VALUES = 16  # of each output
STEP = 7919  # a prime: the 201 numbers of the input come in no order that a picture has
TOLERANCE = 1e-3  # of an output's range, or in its units where it ranges over less than 1
# The interpreter's own kernels, without XNNPACK's.
PLAIN = tf.lite.experimental.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES


def inputs(interface: Interface) -> dict[str, np.ndarray]:
    """The fixed input of the TFLite file of an interface, at a batch of 1, by name."""
    words = next((o.words for o in interface.outputs if o.words is not None), ())
    values = {}
    for item in interface.served_by_tflite.inputs:
        value = np.array(codecs.example(item))
        steps = STEP * np.arange(value.size, dtype=np.int64).reshape(value.shape)
        if item.kind == "tokens" and words:
            value = (steps % len(words)).astype(value.dtype)
        elif item.batched and item.kind != "state" and value.dtype.kind == "f":
            value = ((steps % 201 - 100) / 100).astype(value.dtype)
        values[item.name] = value
    return values


def check(interface: Interface, content: bytes) -> dict:
    """What a card says of a file's golden answers, for `interface`, whose file it is.

    Returns:
      outputs: name -> "positions", up to 16 flat indices from the first to the last, evenly spaced,
        and "values", what the interpreter gives there; tolerance: the largest difference, in the
        outputs' own units, at which another runtime still computes the same. It is a thousandth of
        the widest range of an output, and no less than 0.001; where two sets of kernels of the
        interpreter itself are further apart on this file (integers that round another way), it is
        twice the largest difference between them.

    Raises:
      ValueError: an answer is not finite.
    """
    given = inputs(interface)
    answers = TFLiteRunner(content)(**given)
    others = TFLiteRunner(content, resolver=PLAIN)(**given)
    outputs, tolerance = {}, TOLERANCE
    for name, answer in answers.items():
        flat, other = answer.ravel().astype(np.float64), others[name].ravel()
        if not np.isfinite(flat).all() or not np.isfinite(other).all():
            raise ValueError(f"The output {name} is not finite: it gives no golden answers.")
        positions = np.unique(np.linspace(0, flat.size - 1, VALUES).astype(np.int64))
        # The shortest digits that are the same float32, or the integer.
        written = [json.loads(str(number)) for number in answer.ravel()[positions]]
        outputs[name] = {"positions": positions.tolist(), "values": written}
        apart = np.abs(flat - other).max(initial=0)
        tolerance = max(tolerance, TOLERANCE * np.ptp(flat), 2 * apart)
    return {"outputs": outputs, "tolerance": float(f"{tolerance:.3g}")}
