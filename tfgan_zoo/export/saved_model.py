"""A SavedModel that holds each weight once, versioned for TensorFlow Serving.

`keras.Model.export` and `keras.export.ExportArchive` track their variables under two attributes and
the checkpoint writer stores both: 435 MB for 218 MB of weights. Here a bare `tf.Module` holds each
`tf.Variable` exactly once, and nothing of Keras is written: loading needs TensorFlow alone.
"""

import itertools
import os
import pathlib
import shutil
from collections.abc import Iterable, Mapping

import tensorflow as tf
from tensorflow.python.framework import convert_to_constants

from tfgan_zoo.export import places, short_names

_GRAPHS = itertools.count()
WEIGHTS = ("float32", "float16")


def save(
    directory: str | os.PathLike,
    *,
    network,
    signatures: Mapping[str, tf.types.experimental.PolymorphicFunction],
    version: int = 1,
    assets_extra: Mapping[str, bytes] | None = None,
    weights: str = "float32",
) -> pathlib.Path:
    """Writes `directory/<version>/` (saved_model.pb, variables/, assets.extra/), returns its path.

    The version appears complete or not at all: it is written under a name that TensorFlow Serving
    does not look at, then renamed. What is stored is what the signatures read: a weight of
    `network` that none of them uses (say, the moving statistics of a norm that takes those of the
    test batch) is left out.

    A batch dimension of None serves batches from 1 on; TensorFlow's graph optimizer fails on the
    convolutions of an empty one.

    Args:
      directory: parent of the versions; made if missing.
      network: the keras model or layer, or several, whose weights the signatures may read.
      signatures: name -> tf.function with an `input_signature`; each returns a dict of tensors. The
        one that clients get by default is called "serving_default".
      version: positive; TensorFlow Serving serves the highest one.
      assets_extra: file name -> content, written to `assets.extra/`; for the warm-up requests see
        `serving.warmup_requests`.
      weights: "float32" stores them as they are, "float16" stores those of two dimensions and more
        (kernels, embeddings) in half the bytes and casts them back in the graph, so that inputs,
        outputs and arithmetic stay float32.

    Raises:
      FileExistsError: that version exists.
      ValueError: the version is not a positive integer, `weights` is unknown, a weight does not
        fit into float16, or a signature reads a variable that is
        not a weight of `network`, or none reads any.
    """
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise ValueError(f"The version of a SavedModel is an integer from 1 on, not {version!r}.")
    directory = pathlib.Path(directory)
    target = directory / str(version)
    if target.exists():
        raise FileExistsError(f"{target} exists: choose another version, or remove it first.")

    if weights not in WEIGHTS:
        raise ValueError(f"Weights are stored as {' or '.join(WEIGHTS)}, not {weights!r}.")

    module = tf.Module()
    module.weights = stored_variables(network, signatures)
    signatures = dict(signatures)
    if weights == "float16":
        halves = {id(variable): _half(variable) for variable in module.weights}
        rounded = any(
            half is not variable
            for half, variable in zip(halves.values(), module.weights, strict=True)
        )
        module.weights = list(halves.values())
        if rounded:  # which those of an export that is exported again were before
            signatures = {name: _with_halves(f, halves) for name, f in signatures.items()}

    directory.mkdir(parents=True, exist_ok=True)
    places.remove_leftovers(directory)
    partial = places.partial(directory / str(version))
    try:
        tf.saved_model.save(module, str(partial), signatures=signatures)
        short_names.shorten(partial)
        for name, content in (assets_extra or {}).items():
            path = partial / "assets.extra" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        partial.rename(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return target


def stored_variables(network, functions: Mapping[str, object]) -> list[tf.Variable]:
    """The variables that `functions` (name -> tf.function) read, in the order of the weights.

    Raises ValueError if one of them is not a weight of `network`, or if there is none at all.
    """
    layers = network if isinstance(network, Iterable) else [network]
    weights = [part for layer in layers for weight in layer.weights for part in _parts(weight)]
    owned = {id(variable) for variable in weights}
    read = set()
    for name, function in functions.items():
        # The order of `variables` changes from trace to trace, so it is used as a set.
        for variable in function.get_concrete_function().variables:
            if id(variable) not in owned:
                raise ValueError(
                    f"The signature {name!r} reads the variable {variable.name!r}, which is not a "
                    "weight of the network: pass every network that the signature calls, and give "
                    "seeds as arguments instead of a SeedGenerator."
                )
            read.add(id(variable))
    if not read:
        raise ValueError(
            f"None of the signatures {sorted(functions)} reads a weight of the network: pass the "
            "network that they call."
        )
    # Two networks that share a layer list its weights twice.
    unique = {id(variable): variable for variable in weights}
    return [variable for key, variable in unique.items() if key in read]


def _half(variable: tf.Variable) -> tf.Variable:
    """A float16 copy of a float32 variable of two dimensions or more, or else the variable."""
    if variable.dtype != tf.float32 or variable.shape.rank < 2:
        return variable
    half = tf.cast(variable, tf.float16)
    if not tf.reduce_all(tf.math.is_finite(half)):
        raise ValueError(
            f"The weight {variable.name!r} does not fit into float16: store float32 weights."
        )
    return tf.Variable(half, trainable=False, name=variable.name.split(":")[0])


def _with_halves(function, halves: Mapping[int, tf.Variable]):
    """The tf.function `function` with the variables of `halves` (id -> variable) in their place.

    TensorFlow can freeze a function, variables turned to constants. Here each of these constants
    is cut out of the frozen graph, and what the half holds, cast back, is put in its place.
    """
    concrete = function.get_concrete_function()
    by_handle = {id(variable.handle): variable for variable in concrete.variables}
    stored = {}
    for outer, inner in concrete.graph.captures:
        if id(outer) in by_handle:
            stored[inner.op.name] = halves[id(by_handle[id(outer)])]
    # As `convert_variables_to_constants_v2` does, which would import the graph before its functions
    # have names of their own.
    data = convert_to_constants._FunctionConverterDataInEager(concrete, False, False)
    graph, frozen = convert_to_constants._replace_variables_by_constants(data)
    kept = [node for node in graph.node if node.name not in stored]
    del graph.node[:]
    graph.node.extend(kept)
    _rename_functions(graph)
    captures = {concrete.graph.internal_captures[index].name for index in frozen}
    inputs = [tensor.name for tensor in concrete.inputs if tensor.name not in captures]
    outputs = [tensor.name for tensor in concrete.outputs]
    names = sorted(concrete.structured_outputs)  # the order in which TensorFlow flattens a dict

    def halved(*values):
        replaced = dict(zip(inputs, values, strict=True))
        for name, half in stored.items():
            replaced[f"{name}:0"] = tf.cast(tf.convert_to_tensor(half), tf.float32)
        found = tf.graph_util.import_graph_def(
            graph, input_map=replaced, return_elements=outputs, name=""
        )
        return dict(zip(names, found, strict=True))

    return tf.function(halved, input_signature=function.input_signature, autograph=False)


def _rename_functions(graph):
    """Gives the functions of a graph names that no other graph of this process has: freezing calls
    the parts of each loop by the same ones, and one process imports many graphs.
    """
    known = sorted(function.signature.name for function in graph.library.function)
    names = {name: f"{name}_of_{next(_GRAPHS)}" for name in known}
    nodes = list(graph.node)
    for function in graph.library.function:
        function.signature.name = names[function.signature.name]
        nodes.extend(function.node_def)
    for gradient in graph.library.gradient:
        gradient.function_name = names[gradient.function_name]
        gradient.gradient_func = names[gradient.gradient_func]
    for node in nodes:
        node.op = names.get(node.op, node.op)
        for attribute in node.attr.values():
            for called in (attribute.func, *attribute.list.func):
                if called.name in names:
                    called.name = names[called.name]


def _parts(weight) -> tuple[tf.Variable, ...]:
    """The tf.Variable of a keras variable; its replicas if it was made under a strategy."""
    value = weight if isinstance(weight, tf.Variable) else weight.value
    return value.values if isinstance(value, tf.distribute.DistributedValues) else (value,)
