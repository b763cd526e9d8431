"""Requests for `serving_load`: good ones with their right answers, and wrong ones of every kind."""

import base64
import dataclasses
import io
import json
import re
from collections.abc import Callable

import numpy as np
from PIL import Image

CGAN, PIX2PIX = "/v1/models/cgan:predict", "/v1/models/pix2pix:predict"
BATCHES = range(1, 9)
CLOSE = 1e-5  # two processes may add up in different orders
LEVEL = 1  # of 256, where such a difference falls on the edge of two


@dataclasses.dataclass(frozen=True)
class Case:
    """One request, and what its answer must be.

    Attributes:
        kind: under which it is counted.
        body: bytes; None for a client that hangs up in the middle of it.
        difference: the answer, as JSON gives it, -> how far it is from right, as a part of what is
            allowed; None where the request is wrong and the answer a sentence.
        statuses: of the answer.
        examples: pictures or latents that it asks for.
    """

    kind: str
    path: str
    body: bytes | None
    method: str = "POST"
    difference: Callable | None = None
    statuses: tuple[int, ...] = (400,)
    examples: int = 0


def good(cgan, pix2pix, seed=0):
    """Right requests of every signature, in as many kinds; `cgan` and `pix2pix` are what
    `tf.saved_model.load` gives, which say what the answers are.
    """
    import tensorflow as tf

    chance, cases = np.random.default_rng(seed), {}

    def add(kind, path, model, sent, answer, arguments, examples, weight=1):
        signature = sent.get("signature_name", "serving_default")
        tensors = {name: tf.constant(value) for name, value in arguments.items()}
        right = {k: v.numpy() for k, v in model.signatures[signature](**tensors).items()}
        body = json.dumps(sent).encode()
        case = Case(kind, path, body, "POST", judge(right, answer), (200,), examples)
        cases.setdefault(kind, []).extend([case] * weight)

    for batch in [*BATCHES] * 3:
        latents = chance.random((batch, 1300)).round(6).astype(np.float32)
        labels = chance.integers(10, size=batch, dtype=np.int32)
        arguments = {"latents": latents, "labels": labels}
        columns = {name: value.tolist() for name, value in arguments.items()}
        rows = [{name: columns[name][row] for name in columns} for row in range(batch)]
        add("cgan columns", CGAN, cgan, {"inputs": columns}, "outputs", arguments, batch)
        add("cgan rows", CGAN, cgan, {"instances": rows}, "predictions", arguments, batch)
        drawn = {"num_images": np.int32(batch), "seed": np.int32(chance.integers(2**31))}
        sent = {name: int(value) for name, value in drawn.items()}
        sent = {"signature_name": "latents", "inputs": sent}
        add("cgan latents", CGAN, cgan, sent, "outputs", drawn, batch)
        drawn = drawn | {"label": np.int32(chance.integers(10))}
        sent = {name: int(value) for name, value in drawn.items()}
        sent = {"signature_name": "encoded", "inputs": sent}
        add("cgan files", CGAN, cgan, sent, "outputs", drawn, batch)
    for kind in ("PNG", "JPEG"):
        content = file(chance, kind)
        sent = {"signature_name": "encoded", "instances": [{"b64": text(content)}]}
        arguments = {"image_bytes": np.array([content], object)}
        add("pix2pix files", PIX2PIX, pix2pix, sent, "predictions", arguments, 1)
    return cases


def judge(right, answer):
    """The `difference` of a Case whose outputs are `right`, arrays by name, under that key."""

    def difference(given):
        values = given[answer]
        if answer == "predictions" and len(right) > 1:
            values = {name: [row[name] for row in values] for name in right}
        elif len(right) == 1:
            values = {next(iter(right)): values}
        return max(apart(right[name], values[name]) for name in right)

    return difference


def apart(right, given):
    if right.dtype == object:
        pictures = [
            [decoded(x) for x in right],
            [decoded(base64.b64decode(x["b64"])) for x in given],
        ]
        right, given = np.array(pictures, int)
        return float(np.abs(right - given).max()) / LEVEL
    given = np.asarray(given, right.dtype)
    if given.shape != right.shape:
        return float("inf")
    return float(np.abs(given - right).max()) / CLOSE


def decoded(content):
    with Image.open(io.BytesIO(content)) as picture:
        return np.asarray(picture)


def file(chance, kind):
    """A label map of loose rectangles as a file of a picture."""
    picture = np.zeros((200, 300, 3), np.uint8)
    for _ in range(12):
        top, left = chance.integers(180), chance.integers(280)
        picture[top : top + 60, left : left + 40] = chance.integers(256, size=3)
    content = io.BytesIO()
    Image.fromarray(picture).save(content, kind)
    return content.getvalue()


def text(content):
    return base64.b64encode(content).decode()


def wrong(limit, seed=0):
    """Requests that no server may answer, nor die of, in as many kinds.

    Args:
        limit: bytes that a request may have.
    """
    chance, cases = np.random.default_rng(seed), {}

    def add(kind, content, path=CGAN, method="POST", statuses=(400,)):
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        cases.setdefault(kind, []).append(Case(kind, path, body, method, None, statuses))

    latents, labels = chance.random((2, 1300)).round(3).tolist(), [1, 2]
    right = json.dumps({"inputs": {"latents": latents, "labels": labels}}).encode()
    one = latents[0]
    for value in ([[0.5] * 7] * 2, one, [latents], 0.5, [], [one, one[:5]], [[one], one]):
        add("wrong shape", {"inputs": {"latents": value, "labels": labels}})
    for value in ([[1], [2]], 3, [], [1, 2, 3], [[1, 2], [3]]):
        add("wrong shape", {"inputs": {"latents": latents, "labels": value}})
    for value in ([[0, 0, 0]] * 2, [[[0.0] * 3] * 8] * 8, [[[[0.0] * 3] * 8] * 8]):
        add("wrong shape", {"inputs": {"images": value}}, PIX2PIX)
    for value in ([["a"] * 1300] * 2, [[None] * 1300] * 2, "latents", None, {"b64": "aaaa"}):
        add("wrong dtype", {"inputs": {"latents": value, "labels": labels}})
    for value in ([1.5, 2], ["1", "2"], [True, False], [None, 1], [{}, {}]):
        add("wrong dtype", {"inputs": {"latents": latents, "labels": value}})
    for value in (float("nan"), float("inf"), -float("inf"), 1e39):
        rows = [one[:-1] + [value], one]
        add("not finite", {"inputs": {"latents": rows, "labels": labels}})
    add("not finite", re.sub(rb"\[\[[^,]+", b"[[1e999", right, count=1))
    for value in ([1, 10], [-1, 0], [2**31 - 1, 0], [-(2**31), 0], [2**31, 0], [10**40, 1]):
        add("label out of range", {"inputs": {"latents": latents, "labels": value}})
    for value in (10, -1, 2**33):
        sent = {"num_images": 1, "seed": 0, "label": value}
        add("label out of range", {"signature_name": "encoded", "inputs": sent})
    for value in (2**31 - 1, 2**40, 10**30, 0, -5, 6448, 1.5, "2", [1], None):
        sent = {"num_images": value, "seed": 0}
        add("number of pictures", {"signature_name": "encoded", "inputs": sent | {"label": 1}})
    for value in (2**31 - 1, 10**9, 0, -1):
        sent = {"num_images": value, "seed": 0}
        add("number of pictures", {"signature_name": "latents", "inputs": sent})
    whole = file(chance, "PNG")
    for content in (b"", b"junk", chance.bytes(3000), whole[:50], whole[: len(whole) // 2]):
        for before in (b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"BM"):
            sent = {"image_bytes": [{"b64": text(before + content)}]}
            if before and content.startswith(before):
                continue
            add("junk files", {"signature_name": "encoded", "inputs": sent}, PIX2PIX)
    for value in ({"b64": "!!"}, {"b64": 3}, {"b64": None}, {"x": "aaaa"}, {}, 3, None, "text", []):
        sent = {"signature_name": "encoded", "inputs": {"image_bytes": [value]}}
        add("no bytes", sent, PIX2PIX)
    sent = {"signature_name": "encoded", "inputs": {"image_bytes": [{"b64": "YQ=="}] * 43}}
    add("number of pictures", sent, PIX2PIX)
    add("empty body", b"")
    for end in (1, 12, 100, len(right) // 2, len(right) - 1):
        add("truncated JSON", right[:end])
    for content in (b"\xff\xfe{}", b"\x00", b"[" * 100000, b"{" * 5000, b"latents=1", b"[]", b"3"):
        add("no JSON object", content)
    deep = b"[" * 300 + b"1" + b"]" * 300
    add("too deep", b'{"inputs": {"latents": ' + deep + b', "labels": [1]}}')
    add("too deep", b'{"signature_name": "encoded", "inputs": ' + deep + b"}", PIX2PIX)
    for content in (
        *({}, {"inputs": {}}, {"inputs": None}, {"inputs": 3}, {"instances": []}),
        *({"instances": {}}, {"instances": [3]}, {"instances": [{"latents": one}]}),
        {"inputs": {"latents": latents}},
        {"inputs": {"latents": latents, "labels": labels, "more": 1}},
        {"inputs": {"latents": latents, "labels": labels}, "instances": []},
    ):
        add("wrong names", content)
    for name in ("none", "", 3, None, ["encoded"], {}, "__saved_model_init_op"):
        add("no such signature", {"signature_name": name, "inputs": {}})
    for path in ("none:predict", "cgan/versions/7:predict", "cgan:classify", "cgan/x", ""):
        add("no such place", right, f"/v1/models/{path}", statuses=(404,))
    for path in ("/", "/v1", "/../../etc/passwd", "/v1/models/..%2f..:predict"):
        add("no such place", b"", path, "GET", (404,))
    for method in ("GET", "PUT", "DELETE"):
        add("wrong method", b"", CGAN, method, (405,))
    add("too large", b'{"inputs": ' + b" " * limit + b"1}", statuses=(413,))
    cases["hangs up"] = [Case("hangs up", CGAN, None)]
    return cases
