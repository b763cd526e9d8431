"""Short names for the nodes of a SavedModel's loops and branches.

TensorFlow inlines what a loop calls into the loop's body and names each node by the whole path of
where it was and where it is: in an export that reads picture files, these names are two thirds of
`saved_model.pb` (1.3 MB of 2.0 MB). They say nothing that the operations do not; the nodes of the
signatures themselves, which carry the names of the layers, stay as they are.
"""

import pathlib

from tensorflow.core.protobuf import saved_model_pb2
from tensorflow.python.saved_model import fingerprinting_utils

# The functions that Python code traced, by the prefix that TensorFlow gives them.
_TRACED = "__inference_"


def shorten(directory: pathlib.Path) -> None:
    """Renames the nodes in the SavedModel that lies in `directory`, and nothing that it computes.

    Its fingerprint is written anew, as it is of the bytes of `saved_model.pb`.
    """
    path = directory / "saved_model.pb"
    model = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    for meta_graph in model.meta_graphs:
        for function in meta_graph.graph_def.library.function:
            if not function.signature.name.startswith(_TRACED):
                shorten_nodes(function)
    path.write_bytes(model.SerializeToString(deterministic=True))
    (directory / "fingerprint.pb").unlink(missing_ok=True)
    fingerprinting_utils.write_fingerprint(str(directory))


def shorten_nodes(function) -> None:
    """Names each node of a `FunctionDef` by its operation and its number, in place."""
    # The name of an operation of TensorFlow's own may begin with "_", that of a node may not.
    names = {
        node.name: f"{node.op.lstrip('_')}.{number}"
        for number, node in enumerate(function.node_def)
    }

    def renamed(reference):
        """`reference` is `node`, `node:output:index`, `^node`, or an argument of the function."""
        control = "^" if reference.startswith("^") else ""
        name, *output = reference.removeprefix("^").split(":")
        return control + ":".join([names.get(name, name), *output])

    for node in function.node_def:
        node.name = names[node.name]
        node.input[:] = [renamed(reference) for reference in node.input]
        # Where TensorFlow says what the node was called before.
        node.ClearField("experimental_debug_info")
        if "_class" in node.attr:
            places = node.attr["_class"].list.s
            places[:] = [_relocated(place, names) for place in places]
    for results in (function.ret, function.control_ret):
        for name, reference in dict(results).items():
            results[name] = renamed(reference)


def _relocated(place, names):
    """A class of nodes to be placed together, `loc:@node`, by the node's new name."""
    prefix = b"loc:@"
    if not place.startswith(prefix):
        return place
    name = place.removeprefix(prefix).decode()
    return prefix + names.get(name, name).encode()
