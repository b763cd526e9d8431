"""TFLite norms, rewritten so that they pass over the picture as few times as can be.

Each pass takes a `lite_graph.Graph` of float32 and batch 1, and changes it. Results are the same up
to rounding.
"""

import numpy as np
from tensorflow.lite.python import schema_py_generated as schema

from tfgan_zoo.export.lite_graph import OPERATOR, Graph

_ONE_BY_ONE = {
    *(OPERATOR.NEG, OPERATOR.SUB, OPERATOR.ADD, OPERATOR.MUL, OPERATOR.DIV, OPERATOR.SQUARE),
    *(OPERATOR.SQUARED_DIFFERENCE, OPERATOR.RSQRT, OPERATOR.SQRT),
}


def drop_last_side(graph: Graph) -> None:
    """Norms over groups of one channel, `[B,H,W,C,1]`, as they would be over `[B,H,W,C]`.

    A region begins with the RESHAPE that adds the side and ends with those that take it away.
    """
    for opening in graph.all(OPERATOR.RESHAPE):
        (begin,) = opening.outputs
        given = opening.inputs[0]
        if graph.shape(begin) != [*graph.shape(given), 1] or len(graph.shape(given)) != 4:
            continue
        found = _region(graph, begin)
        if found is None:
            continue
        inside, means, closings, constants = found
        for operator in means:
            axes = [int(axis) % 5 for axis in graph.constant(operator.inputs[1]).ravel()]
            kept = np.array([axis for axis in axes if axis != 4], np.int32)
            operator.inputs = [operator.inputs[0], graph.new_constant("axes", kept)]
        for operator, place, values in constants:
            inputs = list(operator.inputs)
            inputs[place] = graph.new_constant(graph.name(inputs[place]), values[..., 0])
            operator.inputs = inputs
        for tensor in inside:
            graph.set_shape(tensor, graph.shape(tensor)[:-1])
        for operator in (opening, *closings):
            graph.replace(operator, [])
            graph.read_instead(operator.outputs[0], operator.inputs[0])


def _region(graph, begin):
    """From `begin` on: the tensors that have a last side of one, the means between them, the
    RESHAPEs that end them, and what constants they meet, (operator, place, values) each; None where
    something else reads them.
    """
    inside, means, closings, open_ones = {begin}, [], [], [begin]
    ends = graph.outputs
    while open_ones:
        tensor = open_ones.pop()
        if tensor in ends:
            return None
        for operator in graph.readers(tensor):
            code, (out,) = graph.code(operator), operator.outputs
            if code == OPERATOR.RESHAPE and graph.shape(out) == graph.shape(tensor)[:-1]:
                if out in ends:
                    return None
                closings += [operator] if operator not in closings else []
                continue
            if code == OPERATOR.MEAN and operator.builtinOptions.keepDims:
                axes = graph.constant(operator.inputs[1])
                if axes is None or not any(axis % 5 != 4 for axis in axes.ravel()):
                    return None
                means += [operator] if operator not in means else []
            elif code not in _ONE_BY_ONE:
                return None
            if out not in inside:
                inside.add(out)
                open_ones.append(out)
    constants, producers = [], graph.producers()
    for tensor in inside - {begin}:
        operator = producers[tensor]
        for place, other in enumerate(operator.inputs[: 1 if operator in means else 2]):
            values = graph.constant(other)
            if other in inside or (values is not None and not values.ndim):
                continue
            if values is None or values.shape[-1] != 1:
                return None
            constants.append((operator, place, values))
    return inside, means, closings, constants


def square_differences(graph: Graph) -> None:
    """SQUARE of a SUB that nothing else reads -> SQUARED_DIFFERENCE."""
    producers = graph.producers()
    for operator in graph.all(OPERATOR.SQUARE):
        (tensor,) = operator.inputs
        difference = producers.get(tensor)
        if graph.feeds_one(difference, OPERATOR.SUB):
            made = graph.operator(
                OPERATOR.SQUARED_DIFFERENCE,
                difference.inputs,
                operator.outputs[0],
                schema.SquaredDifferenceOptionsT(),
            )
            graph.replace(operator, [made])
            graph.replace(difference, [])


def scale_small_ones_first(graph: Graph) -> None:
    """(x s) c -> x (s c) for a constant c, where s is smaller than x, or a constant too."""
    producers = graph.producers()
    for operator in graph.all(OPERATOR.MUL):
        product, scale = sorted(operator.inputs, key=lambda i: graph.constant(i) is not None)
        values = graph.constant(scale)
        inner = producers.get(product)
        if values is None or not graph.feeds_one(inner, OPERATOR.MUL):
            continue
        large, small = sorted(inner.inputs, key=lambda i: -np.prod(graph.shape(i), dtype=int))
        kept = graph.constant(small)
        shape = np.broadcast_shapes(graph.shape(small), values.shape)
        if kept is not None:
            scaled, made = graph.new_constant("scale", kept * values), []
        elif np.prod(shape) < np.prod(graph.shape(product)):
            scaled = graph.tensor("scale", shape)
            options = schema.MulOptionsT()
            made = [graph.operator(OPERATOR.MUL, [small, scale], scaled, options)]
        else:
            continue
        graph.replace(inner, [])
        operator.inputs = [large, scaled]
        graph.replace(operator, [*made, operator])


def shift_small_ones_first(graph: Graph) -> None:
    """(x - m) s + b -> x s + (b - m s), where m, s and b are smaller than x: one pass less."""
    producers = graph.producers()
    for last in graph.all(OPERATOR.ADD):
        product, shift = sorted(last.inputs, key=lambda i: graph.constant(i) is not None)
        scaling = producers.get(product)
        if graph.constant(shift) is None or not graph.feeds_one(scaling, OPERATOR.MUL):
            continue
        for difference, scale in (scaling.inputs, reversed(scaling.inputs)):
            centring = producers.get(difference)
            if not graph.feeds_one(centring, OPERATOR.SUB):
                continue
            given, mean = centring.inputs
            sides = [graph.shape(tensor) for tensor in (mean, scale, shift)]
            small = np.broadcast_shapes(*sides)
            if np.prod(small) >= np.prod(graph.shape(given)):
                continue
            moved, offset = graph.tensor("moved", small), graph.tensor("offset", small)
            options = schema.MulOptionsT(), schema.SubOptionsT()
            scaling.inputs, last.inputs = [given, scale], [product, offset]
            made = [
                graph.operator(OPERATOR.MUL, [mean, scale], moved, options[0]),
                graph.operator(OPERATOR.SUB, [shift, moved], offset, options[1]),
            ]
            graph.replace(scaling, [*made, scaling])
            graph.replace(centring, [])
            break
