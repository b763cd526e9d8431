"""What makes a TFLite file faster or smaller: other operators for the same numbers."""

import numpy as np
from tensorflow.lite.python import schema_py_generated as schema

from tfgan_zoo.export import lite_convolutions, lite_norms
from tfgan_zoo.export.lite_graph import OPERATOR, changed

_OF_HALVES = 3  # the version of DEQUANTIZE that takes float16


def rewritten(content: bytes) -> bytes:
    """A float32 file of batch 1 -> one that computes the same, faster."""

    def change(graph):
        for rewrite in (
            lite_convolutions.slice_all_examples,
            lite_norms.drop_last_side,
            lite_norms.square_differences,
            lite_norms.scale_small_ones_first,
            lite_norms.shift_small_ones_first,
            lite_convolutions.convolve_instead_of_transposed,
            lite_convolutions.convolve_four_pixels_at_once,
            lite_convolutions.mirror_by_slices,
        ):
            rewrite(graph)

    return changed(content, change)


def halved(content: bytes) -> bytes:
    """A float32 file -> one whose kernels and biases are stored as float16.

    Kernels are all weights of two dimensions and more. Each is read by a DEQUANTIZE, which XNNPACK
    folds away before the first run; arithmetic is float32. A bias in float32 beside a kernel in
    float16 would double the time of a convolution: XNNPACK leaves it to a slower kernel.
    What no float16 can hold, such as the -1e9 of a mask, stays as it is.
    """
    return changed(content, _halve)


def _halve(graph):
    first = []
    read = ((i, place) for operator in graph.operators for place, i in enumerate(operator.inputs))
    biases = {tensor for tensor, place in read if place >= 2}
    for tensor in dict.fromkeys(i for operator in graph.operators for i in operator.inputs):
        values = graph.constant(tensor)
        if values is None or values.dtype != np.float32:
            continue
        if values.ndim < 2 and tensor not in biases:
            continue
        with np.errstate(over="ignore"):
            half = values.astype(np.float16)
        if not np.isfinite(half).all():
            continue
        name = graph.name(tensor)
        whole = graph.tensor(name, values.shape)
        graph.read_instead(tensor, whole)
        stored = graph.new_constant(f"{name}/float16", half)
        options = schema.DequantizeOptionsT()
        first.append(graph.operator(OPERATOR.DEQUANTIZE, [stored], whole, options, _OF_HALVES))
    graph.operators[:0] = first
