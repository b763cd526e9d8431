"""Answers TensorFlow Serving's REST requests from SavedModels. Needs TensorFlow alone: copy it.

    models = Models({"cgan": "saved_models/cgan/1", "pix2pix": "saved_models/pix2pix/1"})
    status, answer = models.answer("POST", "/v1/models/cgan:predict", body)

GET /v1/models/NAME says whether a model is there. POST /v1/models/NAME[/versions/N]:predict takes
`{"signature_name": ..., "inputs": {name: values}}` or, a row for each example, `"instances":
[{name: value}, ...]`; the name may be left out where there is one input. Bytes are `{"b64": ...}`.
It gives `{"outputs": ...}` or `{"predictions": [...]}`, and where a request is wrong a 4xx status
with `{"error": "A sentence."}`.
"""

import base64
import json
import logging
import pathlib
import re

import numpy as np
import tensorflow as tf

BODY = 2**26  # bytes of one request, 64 MiB: eight pictures of 256 x 256 as JSON are half of that
_PATH = re.compile(r"/v1/models/(?P<name>[^/:]+)(/versions/(?P<version>\d+))?(?P<verb>:predict)?")
_ASSERTION = re.compile(r"assertion failed: (.*)")


class Refused(ValueError):
    """A request that is wrong: the status of the answer, and a sentence for the client."""

    def __init__(self, status, sentence):
        super().__init__(sentence)
        self.status = status


class Models:
    """SavedModels by name. May be asked from several threads at once.

    Args:
        folders: name -> folder of a SavedModel, whose own name is the version.

    Attributes:
        loaded: name -> (version, model).
    """

    def __init__(self, folders):
        self.loaded = {
            name: (pathlib.Path(folder).name, tf.saved_model.load(str(folder)))
            for name, folder in folders.items()
        }

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, dict]:
        """The HTTP status and the answer, which `json.dumps` can write, of one request."""
        try:
            return 200, self._answer(method, path, body)
        except Refused as refused:
            return refused.status, {"error": str(refused)}
        except tf.errors.ResourceExhaustedError:
            return 503, {"error": "The server has not enough memory for this request."}
        except Exception:  # the server lives on, and its log says what happened
            logging.exception("%s %s failed.", method, path)
            return 500, {"error": "The server failed on this request; its log says why."}

    def _answer(self, method, path, body):
        place = _PATH.fullmatch(path)
        if not place:
            raise Refused(404, "Ask for /v1/models/NAME, or POST to /v1/models/NAME:predict.")
        name, wanted, expected = place["name"], place["version"], "POST" if place["verb"] else "GET"
        if name not in self.loaded:
            served = ", ".join(sorted(self.loaded))
            raise Refused(404, f"There is no model of this name. Served are: {served}.")
        version, model = self.loaded[name]
        if wanted not in (None, version):
            raise Refused(404, f"Of {name} version {version} is served, and no other.")
        if method != expected:
            raise Refused(405, f"This address takes {expected}, not {method[:10]}.")
        if not place["verb"]:
            status = {"error_code": "OK", "error_message": ""}
            state = {"version": version, "state": "AVAILABLE", "status": status}
            return {"model_version_status": [state]}
        signature, values, rows = parsed(body, model.signatures)
        specs = signature.structured_input_signature[1]
        tensors = {key: tensor(spec, values[key]) for key, spec in specs.items()}
        try:
            found = signature(**tensors)
        except tf.errors.InvalidArgumentError as error:
            raise Refused(400, said(error)) from error
        # Only names that end in _bytes hold what is no text: TensorFlow Serving's convention.
        outputs = {key: listed(key, np.asarray(value)) for key, value in found.items()}
        if not rows:
            return {"outputs": bare(outputs)}
        columns = zip(*outputs.values(), strict=True)
        return {"predictions": [bare(dict(zip(outputs, row, strict=True))) for row in columns]}


def parsed(body, signatures):
    """The signature that a request names, its values by name, and whether they came in rows."""
    if len(body) > BODY:
        raise Refused(413, f"A request may have {BODY} bytes, and this one has more.")
    try:
        request = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "The body of the request is not whole JSON in UTF-8.") from error
    if not isinstance(request, dict) or ("inputs" in request) == ("instances" in request):
        raise Refused(400, 'The body must be a JSON object with either "inputs" or "instances".')
    name = request.get("signature_name", "serving_default")
    if not isinstance(name, str) or name not in signatures:
        known = ", ".join(sorted(signatures))
        raise Refused(400, f"The model has no signature of this name. It has: {known}.")
    signature, rows = signatures[name], "instances" in request
    names = sorted(signature.structured_input_signature[1])
    if not rows:
        return signature, named(names, request["inputs"], "inputs"), False
    if not isinstance(request["instances"], list) or not request["instances"]:
        raise Refused(400, "instances must be a list of one example or more.")
    examples = [named(names, row, "Each of instances") for row in request["instances"]]
    return signature, {key: [example[key] for example in examples] for key in names}, True


def named(names, values, what):
    """A dict of just these names; a value without a name stands for the only one."""
    given = sorted(values) if isinstance(values, dict) else None
    if len(names) == 1 and (given is None or given == ["b64"]):
        return {names[0]: values}
    if given != names:
        raise Refused(400, f"{what} must hold these names, and no others: {', '.join(names)}.")
    return values


def tensor(spec, value):
    """The tensor of one input. Raises Refused unless dtype and shape are those of its TensorSpec;
    whether the values make sense is asked in the graph.
    """
    try:
        if spec.dtype == tf.string:
            array = np.array(decoded(value), object)
            wanted, right = "strings", all(isinstance(item, bytes) for item in array.flat)
        else:
            array = np.asarray(value)
            kinds, wanted = ("iu", "whole numbers") if spec.dtype.is_integer else ("iuf", "numbers")
            right = array.dtype.kind in kinds or not array.size
    except (ValueError, RecursionError) as error:
        if isinstance(error, Refused):
            raise
        raise Refused(400, f"{spec.name} must be a list without gaps.") from error
    if not right:
        raise Refused(400, f"{spec.name} must hold {wanted} and nothing else, without gaps.")
    lowest, highest = (spec.dtype.min, spec.dtype.max) if spec.dtype.is_integer else (0, 0)
    if spec.dtype.is_integer and array.size and not lowest <= array.min() <= array.max() <= highest:
        raise Refused(400, f"{spec.name} must lie from {lowest} to {highest}.")
    if not spec.shape.is_compatible_with(array.shape):
        sides = ", ".join(str(side or "any") for side in spec.shape.as_list())
        wanted = f"have the shape [{sides}]" if sides else "be one value of the shape []"
        raise Refused(400, f"{spec.name} must {wanted}, not {list(array.shape)}.")
    with np.errstate(over="ignore"):  # what becomes infinite is refused in the graph
        return tf.constant(array.astype(spec.dtype.as_numpy_dtype))


def decoded(value):
    """A string of JSON as bytes, in as many lists as it is."""
    if isinstance(value, list):
        return [decoded(item) for item in value]
    if isinstance(value, str):
        return value.encode()
    try:
        return base64.b64decode(value["b64"], validate=True)
    except (KeyError, TypeError, ValueError) as error:
        raise Refused(400, 'Bytes must be written as {"b64": "their base64"}.') from error


def said(error) -> str:
    """The sentence for which a graph refused its inputs, which it writes in pieces in brackets."""
    found = _ASSERTION.search(error.message)
    if not found:
        return "The model refuses these inputs: their sizes or values do not fit together."
    return re.sub(r"\[(.*?)\](?= \[|$)", r"\1", found[1]).rstrip(".") + "."


def listed(name, array):
    """An array as lists; bytes as base64, texts as they are."""
    if array.dtype != object:
        return array.tolist()
    if array.ndim:
        return [listed(name, np.asarray(item, object)) for item in array]
    content = array.item()
    if name.endswith("_bytes"):
        return {"b64": base64.b64encode(content).decode()}
    return content.decode(errors="replace")


def bare(values):
    """The only value of a dict, or the dict."""
    return next(iter(values.values())) if len(values) == 1 else values
