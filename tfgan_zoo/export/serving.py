"""What TensorFlow Serving wants beside a SavedModel.

It serves `NAME/VERSION/saved_model.pb` (what `saved_model.save` writes into a directory NAME), and
before a version answers its first client it replays the requests in
`VERSION/assets.extra/tf_serving_warmup_requests`: a TFRecord file of PredictionLog messages.

The messages are written field by field, so that every export has the requests: they are five nested
ones, and the package that defines them, `tensorflow-serving-api`, is needed for nothing else. The
tests read them back with that package.
"""

import pathlib
import tempfile
from collections.abc import Iterable, Mapping

import numpy as np
import tensorflow as tf

from tfgan_zoo.export import codecs
from tfgan_zoo.export.interface import Interface

WARMUP_FILE = "tf_serving_warmup_requests"


def warmup_requests(model_name: str, requests: Iterable[tuple[str, Mapping]]) -> bytes:
    """The content of the warm-up file, for `saved_model.save(assets_extra={WARMUP_FILE: ...})`.

    Args:
      model_name: as the model is called in TensorFlow Serving.
      requests: (name of the signature, name of the input -> array) each.

    Raises ValueError if there are none, or more than the 1,000 that TensorFlow Serving reads.
    """
    records = [_prediction_log(model_name, signature, inputs) for signature, inputs in requests]
    if not 1 <= len(records) <= 1000:
        raise ValueError(f"A warm-up file holds 1 to 1,000 requests, not {len(records)}.")
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory) / WARMUP_FILE
        with tf.io.TFRecordWriter(str(path)) as writer:
            for record in records:
                writer.write(record)
        return path.read_bytes()


def requests(interface: Interface, signatures: Mapping) -> list[tuple[str, dict]]:
    """A small request for each signature of an interface that gives outputs, for the warm-up.

    Zeros stand for examples and the inputs' defaults for single values; pictures are grey files.

    Args:
      interface: what is exported.
      signatures: those that `signatures.build` made of it.
    """
    further = {other.name: other for other in interface.also}
    values = _values(interface)
    return [
        (name, {spec.name: given[spec.name] for spec in function.input_signature})
        for name, function in signatures.items()
        if name != "latents"  # which draws, and runs no network
        for given in [_values(further[name]) if name in further else values]
    ]


def _values(interface):
    """A small value for each name that a signature of an interface may take."""
    files = codecs.files(interface)
    values = {item.name: codecs.example(item) for item in interface.inputs}
    for item in interface.inputs:
        if item.name in files:
            content = np.array([files[item.name].example(item)], object)
            values[files[item.name].name] = values[f"{item.name}_bytes"] = content
    values |= {form.counted: np.int32(1) for form in codecs.forms(interface).values()}
    return {"seed": np.int32(0), "label": np.int32(0), **values}


def _prediction_log(model_name: str, signature: str, inputs: Mapping) -> bytes:
    """A serialised tensorflow.serving.PredictionLog.

    Field numbers, from prediction_log.proto, predict.proto and model.proto of TensorFlow Serving:
    PredictionLog.predict_log = 6, PredictLog.request = 1, PredictRequest.model_spec = 1 and
    .inputs = 2 (a map from string to TensorProto), ModelSpec.name = 1 and .signature_name = 3.
    """
    spec = _field(1, model_name.encode()) + _field(3, signature.encode())
    request = _field(1, spec)
    for name, value in inputs.items():
        tensor = _tensor(np.asarray(value)).SerializeToString()
        request += _field(2, _field(1, name.encode()) + _field(2, tensor))
    return _field(6, _field(1, request))


def _tensor(value: np.ndarray):
    """A TensorProto; a constant picture is one number and a shape, not a megabyte of them."""
    if value.size > 1 and (value == value.flat[0]).all():
        return tf.make_tensor_proto(value.flat[0], shape=value.shape)
    return tf.make_tensor_proto(value)


def _field(number: int, content: bytes) -> bytes:
    """A length-delimited field of a protocol buffer: tag, length as a varint, content."""
    length, varint = len(content), bytearray()
    while length > 127:
        varint.append(length & 127 | 128)
        length >>= 7
    varint.append(length)
    # 2 is the wire type; field numbers here are below 16, so the tag is one byte.
    return bytes([number << 3 | 2, *varint]) + content
