"""TFLite convolutions, mirrored edges and slices, rewritten into what XNNPACK computes fast.

XNNPACK, with which TensorFlow Lite computes on CPUs, takes a transposed convolution one phase at a
time and fills its tiles with zeros where there are few channels; a mirrored padding it does not
know at all. Of a U-Net of 256x256 pixels, 16 filters wide, on one thread, three quarters of the
time went to its transposed convolutions, and 40 % of those to the last, which has three channels.

Each pass takes a `lite_graph.Graph` of float32 and batch 1, and changes it. Sums are the same up to
the order in which they are added up.
"""

import numpy as np
from tensorflow.lite.python import schema_py_generated as schema

from tfgan_zoo.export.lite_graph import OPERATOR, Graph

FEW = 8  # output channels that leave most of a tile empty
WIDEST_MIRROR = 4  # as many tensors as XNNPACK concatenates at once


def slice_all_examples(graph: Graph) -> None:
    """SLICE of all of a batch of 1 -> STRIDED_SLICE of all there is.

    The size of a SLICE is fixed when XNNPACK takes it: of a larger batch it would write beyond the
    end of what it gives.
    """
    for operator in graph.all(OPERATOR.SLICE):
        given, *ends = operator.inputs
        begin, sizes = map(graph.constant, ends)
        (out,) = operator.outputs
        if begin is None or sizes is None or begin[:1].any() or graph.shape(given)[:1] != [1]:
            continue
        graph.replace(operator, [_slice(graph, given, begin.tolist(), out)])


def convolve_instead_of_transposed(graph: Graph) -> None:
    """Transposed convolutions of stride s -> convolutions of stride 1 that give s x s pixels as
    channels, which DEPTH_TO_SPACE lays out and STRIDED_SLICE cuts.

    Pixel t of the uncut output takes x[q - j] w[s j + r] for t = s q + r and all j: for each of the
    s remainders r a convolution over ceil(k / s) pixels of the input.
    """
    for operator in graph.all(OPERATOR.TRANSPOSE_CONV):
        options = operator.builtinOptions
        _, kernel, given, *bias = operator.inputs
        (out,) = operator.outputs
        weights = graph.constant(kernel)
        strides = options.strideH, options.strideW
        if weights is None or strides[0] != strides[1] or graph.shape(given)[0] != 1:
            continue
        stride, channels = strides[0], weights.shape[0]
        same = options.padding == schema.Padding.SAME
        sides = []
        for kernel_size, size, whole in zip(
            weights.shape[1:3], graph.shape(given)[1:3], graph.shape(out)[1:3], strict=True
        ):
            cut = max((size - 1) * stride + kernel_size - whole, 0) // 2 if same else 0
            sides.append(_side(kernel_size, stride, size, whole, cut))
        pads = [side["pad"] for side in sides]
        if min(min(pad) for pad in pads) < 0:
            continue
        bias = graph.constant(bias[0]) if bias and bias[0] >= 0 else np.zeros(channels, np.float32)
        if bias is None:
            continue
        grid = [side["grid"] for side in sides]
        padded, made = _padded(graph, given, pads)
        phases = graph.tensor("phases", [1, *grid, stride * stride * channels])
        made.append(
            _convolution(
                graph,
                padded,
                _phases(weights, stride),
                np.tile(bias, stride * stride),
                phases if stride > 1 else out,
                1,
                options.fusedActivationFunction,
            )
        )
        if stride > 1:
            cut = any(
                side["cut"] or stride * side["grid"] != whole
                for side, whole in zip(sides, graph.shape(out)[1:3], strict=True)
            )
            laid = [1, *(stride * size for size in grid), channels]
            uncut = graph.tensor("uncut", laid) if cut else out
            made.append(_depth_to_space(graph, phases, stride, uncut))
            if cut:
                begin = [0, *(side["cut"] for side in sides), 0]
                made.append(_slice(graph, uncut, begin, out))
        graph.replace(operator, made)


def _side(kernel, stride, size, whole, cut):
    """One side: how the input is padded, how many places the kernel then has, and how much of
    what `stride` pixels for each place give is cut off in front.
    """
    taps = -(-kernel // stride)
    first, last = cut // stride, (cut + whole - 1) // stride
    pad = taps - 1 - first, last - (size - 1)
    return {"pad": pad, "grid": last - first + 1, "cut": cut - stride * first}


def _phases(weights, stride):
    """[O,k,l,I] of a transposed convolution -> [s s O, ceil(k / s), ceil(l / s), I] of one."""
    channels, height, width, depth = weights.shape
    rows, columns = -(-height // stride), -(-width // stride)
    whole = np.zeros([channels, rows * stride, columns * stride, depth], weights.dtype)
    whole[:, :height, :width] = weights
    apart = whole.reshape(channels, rows, stride, columns, stride, depth)[:, ::-1, :, ::-1]
    return apart.transpose(2, 4, 0, 1, 3, 5).reshape(-1, rows, columns, depth)


def convolve_four_pixels_at_once(graph: Graph) -> None:
    """Convolutions of stride 1 to few channels -> ones of stride 2 that give 2 x 2 pixels as
    channels, a kernel in each of its four places, and DEPTH_TO_SPACE.
    """
    for operator in graph.all(OPERATOR.CONV_2D):
        options = operator.builtinOptions
        given, kernel, *bias = operator.inputs
        (out,) = operator.outputs
        weights, shape = graph.constant(kernel), graph.shape(out)
        bias = graph.constant(bias[0]) if bias else np.zeros(shape[-1], np.float32)
        steps = options.strideH, options.strideW, options.dilationHFactor, options.dilationWFactor
        if weights is None or bias is None or steps != (1, 1, 1, 1) or shape[0] != 1:
            continue
        channels, height, width, depth = weights.shape
        if channels > FEW or min(height, width) < 3 or shape[1] % 2 or shape[2] % 2:
            continue
        wide = np.zeros([2, 2, channels, height + 1, width + 1, depth], weights.dtype)
        for row in range(2):
            for column in range(2):
                wide[row, column, :, row : row + height, column : column + width] = weights
        before = ((height - 1) // 2, (width - 1) // 2)
        pads = [(0, 0), (0, 0)]
        if options.padding == schema.Padding.SAME:
            pads = [(before[0], height - 1 - before[0]), (before[1], width - 1 - before[1])]
        padded, made = _padded(graph, given, pads)
        pixels = graph.tensor("pixels", [1, shape[1] // 2, shape[2] // 2, 4 * channels])
        wide = wide.reshape(4 * channels, height + 1, width + 1, depth)
        activation = options.fusedActivationFunction
        made += [
            _convolution(graph, padded, wide, np.tile(bias, 4), pixels, 2, activation),
            _depth_to_space(graph, pixels, 2, out),
        ]
        graph.replace(operator, made)


def mirror_by_slices(graph: Graph) -> None:
    """MIRROR_PAD of a picture's sides -> slices of one row or column each, and CONCATENATION."""
    for operator in graph.all(OPERATOR.MIRROR_PAD):
        given, pads = operator.inputs
        pads, shape = graph.constant(pads), graph.shape(given)
        if pads is None or len(shape) != 4 or pads[[0, 3]].any() or pads.max() > WIDEST_MIRROR:
            continue
        edge = int(operator.builtinOptions.mode == schema.MirrorPadMode.REFLECT)
        axes, made = [axis for axis in (1, 2) if pads[axis].any()], []
        for axis in axes:
            size = shape[axis]
            before = [edge + i for i in reversed(range(pads[axis, 0]))]
            behind = [size - 1 - edge - i for i in range(pads[axis, 1])]
            parts = [
                _joined(graph, [_row(graph, given, axis, at, made) for at in side], axis, made)
                for side in (before, behind)
            ]
            shape = [*shape[:axis], size + int(pads[axis].sum()), *shape[axis + 1 :]]
            whole = operator.outputs[0] if axis == axes[-1] else graph.tensor("mirrored", shape)
            parts = [part for part in (parts[0], given, parts[1]) if part is not None]
            made.append(_concatenation(graph, parts, axis, whole))
            given = whole
        if made:
            graph.replace(operator, made)


def _row(graph, given, axis, at, made):
    shape, begin = graph.shape(given), [0, 0, 0, 0]
    shape[axis], begin[axis] = 1, at
    row = graph.tensor("row", shape)
    made.append(_slice(graph, given, begin, row))
    return row


def _joined(graph, rows, axis, made):
    if len(rows) < 2:
        return rows[0] if rows else None
    shape = graph.shape(rows[0])
    shape[axis] = len(rows)
    whole = graph.tensor("rows", shape)
    made.append(_concatenation(graph, rows, axis, whole))
    return whole


def _padded(graph, given, pads):
    """(the tensor with zeros around its rows and columns, the operators that make it)."""
    if not any(map(any, pads)):
        return given, []
    one, height, width, depth = graph.shape(given)
    sides = [height + sum(pads[0]), width + sum(pads[1])]
    padded = graph.tensor("padded", [one, *sides, depth])
    widths = graph.new_constant("widths", np.array([(0, 0), *pads, (0, 0)], np.int32))
    return padded, [graph.operator(OPERATOR.PAD, [given, widths], padded, schema.PadOptionsT())]


def _convolution(graph, given, weights, bias, out, stride, activation):
    options = schema.Conv2DOptionsT()
    options.padding = schema.Padding.VALID
    options.strideH = options.strideW = stride
    options.fusedActivationFunction = activation
    constants = graph.new_constant("weights", weights), graph.new_constant("bias", bias)
    return graph.operator(OPERATOR.CONV_2D, [given, *constants], out, options)


def _depth_to_space(graph, given, block, out):
    options = schema.DepthToSpaceOptionsT()
    options.blockSize = block
    return graph.operator(OPERATOR.DEPTH_TO_SPACE, [given], out, options)


def _slice(graph, given, begin, out):
    """All examples of the batch, and of the other sides what `out` has from `begin` on."""
    options = schema.StridedSliceOptionsT()
    options.beginMask = options.endMask = 1
    ends = [at + size for at, size in zip(begin, graph.shape(out), strict=True)]
    sizes = (
        graph.new_constant(name, np.array(values, np.int32))
        for name, values in (("begin", begin), ("end", ends), ("strides", [1] * len(ends)))
    )
    return graph.operator(OPERATOR.STRIDED_SLICE, [given, *sizes], out, options)


def _concatenation(graph, parts, axis, out):
    options = schema.ConcatenationOptionsT()
    options.axis = axis
    return graph.operator(OPERATOR.CONCATENATION, parts, out, options)
