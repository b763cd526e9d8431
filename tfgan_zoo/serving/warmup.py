"""The requests that lie beside a SavedModel for its first start, as TensorFlow Serving has them.

TensorFlow prepares a graph when it is run first, which takes a large one seconds: a server runs
each signature once before it answers anybody.
"""

import pathlib
from collections.abc import Iterator

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2

FILE = "assets.extra/tf_serving_warmup_requests"


def replay(folder, model) -> int:
    """Runs the requests of a SavedModel's folder on the model that was loaded from it; returns how
    many there are.
    """
    count = 0
    for signature, inputs in requests(folder):
        values = {name: tf.constant(value) for name, value in inputs.items()}
        model.signatures[signature](**values)
        count += 1
    return count


def requests(folder) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
    """The name of a signature and its inputs, for each request of a SavedModel's folder.

    The messages are PredictionLogs, read by the numbers of their fields as `export.serving` writes
    them: predict_log = 6, request = 1, model_spec = 1 with signature_name = 3, inputs = 2, a map.
    """
    path = pathlib.Path(folder) / FILE
    if not path.exists():
        return
    for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
        (log,) = _fields(record)[6]
        (request,) = (_fields(content) for content in _fields(log)[1])
        (signature,) = _fields(request[1][0]).get(3, [b"serving_default"])
        inputs = {}
        for entry in map(_fields, request.get(2, [])):
            tensor = tensor_pb2.TensorProto.FromString(entry[2][0])
            inputs[entry[1][0].decode()] = tf.make_ndarray(tensor)
        yield signature.decode(), inputs


def _fields(message: bytes) -> dict[int, list[bytes]]:
    """The contents of a protocol buffer's fields by number.

    Raises ValueError for a field that is no string or message, of which these have none.
    """
    found, place = {}, 0
    while place < len(message):
        tag, place = _varint(message, place)
        if tag & 7 != 2:
            raise ValueError("The file of warm-up requests is damaged: export the model again.")
        length, place = _varint(message, place)
        found.setdefault(tag >> 3, []).append(message[place : place + length])
        place += length
    return found


def _varint(message, place):
    value = shift = 0
    while True:
        value |= (message[place] & 127) << shift
        shift, place = shift + 7, place + 1
        if message[place - 1] < 128:
            return value, place
