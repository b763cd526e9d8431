"""Renamed nodes: the same numbers, the same refusals, a smaller file."""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.framework import function_pb2
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow.python.saved_model import fingerprinting_utils

from tfgan_zoo.export import short_names


class Loops(tf.Module):
    """A loop in which a branch is taken, a list grows, and a refusal is a control dependency."""

    def __init__(self):
        super().__init__()
        self.factor = tf.Variable(2.0)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name="values")])
    def call(self, values):
        def body(index, total):
            bounded = tf.debugging.assert_less(total, 100.0, "Too much.")
            scope = tf.name_scope("a_long_name_that_says_where_the_node_was_before_it_was_inlined")
            with scope, tf.control_dependencies([bounded]):
                taken = tf.cond(
                    total < 5.0,
                    lambda: total + self.factor * values[index],
                    lambda: tf.while_loop(
                        lambda left: left > 3.0, lambda left: [left / 2], [total]
                    )[0],
                )
            return index + 1, taken

        total = tf.while_loop(lambda index, _: index < tf.size(values), body, [0, 0.0])[1]
        parts = tf.map_fn(tf.strings.as_string, values, fn_output_signature=tf.string)
        return {"total": total, "parts": parts}


@pytest.fixture
def saved(tmp_path):
    module = Loops()
    tf.saved_model.save(module, str(tmp_path), signatures={"serving_default": module.call})
    return tmp_path


def functions(directory):
    model = saved_model_pb2.SavedModel.FromString((directory / "saved_model.pb").read_bytes())
    return model.meta_graphs[0].graph_def.library.function


def test_what_is_computed_stays(saved):
    values = tf.constant([1.0, 2.0, 3.0, 0.5])
    before = tf.saved_model.load(saved).signatures["serving_default"](values=values)
    size = (saved / "saved_model.pb").stat().st_size
    long = max(len(node.name) for function in functions(saved) for node in function.node_def)
    assert long > 60, "there was something to shorten"

    short_names.shorten(saved)

    served = tf.saved_model.load(saved).signatures["serving_default"]
    for name, found in served(values=values).items():
        np.testing.assert_array_equal(found, before[name])
    assert (saved / "saved_model.pb").stat().st_size < 0.9 * size
    for function in functions(saved):
        for node in function.node_def:
            if not function.signature.name.startswith("__inference_"):
                assert node.name.split(".")[0] == node.op.lstrip("_")
                assert not node.HasField("experimental_debug_info")
    with pytest.raises(tf.errors.InvalidArgumentError, match="Too much"):
        served(values=tf.constant([60.0, 60.0, 1.0]))


def test_the_fingerprint_is_of_the_new_bytes(saved):
    def checksum():
        read = tf.saved_model.experimental.read_fingerprint(str(saved))
        return read.saved_model_checksum

    before = checksum()
    short_names.shorten(saved)
    shortened = checksum()
    (saved / "fingerprint.pb").unlink()
    fingerprinting_utils.write_fingerprint(str(saved))
    assert checksum() == shortened != before


def test_every_reference_to_a_node_is_renamed():
    function = function_pb2.FunctionDef()
    function.signature.name = "body"
    first = function.node_def.add(name="where/it/was/first", op="_SwitchN", input=["argument"])
    first.experimental_debug_info.original_node_names.append("before")
    second = function.node_def.add(
        name="where/it/was/second",
        op="Add",
        input=["argument", "where/it/was/first:outputs:1", "^where/it/was/first"],
    )
    second.attr["_class"].list.s.extend([b"loc:@where/it/was/first", b"loc:@elsewhere", b"other"])
    function.ret["result"] = "where/it/was/second:z:0"
    function.control_ret["effect"] = "where/it/was/first"

    short_names.shorten_nodes(function)

    assert [node.name for node in function.node_def] == ["SwitchN.0", "Add.1"]
    assert list(function.node_def[0].input) == ["argument"]
    assert not function.node_def[0].HasField("experimental_debug_info")
    second = function.node_def[1]
    assert list(second.input) == ["argument", "SwitchN.0:outputs:1", "^SwitchN.0"]
    assert list(second.attr["_class"].list.s) == [b"loc:@SwitchN.0", b"loc:@elsewhere", b"other"]
    assert dict(function.ret) == {"result": "Add.1:z:0"}
    assert dict(function.control_ret) == {"effect": "SwitchN.0"}
