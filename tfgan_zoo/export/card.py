"""The model card: card.json for programs, README.md for readers, beside the files they describe.

Every field of `FIELDS` is required. A card that lacks one, or that holds a number which is not
finite, is refused with the name of the field: a card is read long after the run that could have
filled the gap.
"""

import fnmatch
import io
import json
import math
import os
import pathlib
from collections.abc import Mapping

import numpy as np
from PIL import Image

from tfgan_zoo.export import places, readme, stored
from tfgan_zoo.export.interface import Interface

SCHEMA_VERSION = 2

_NUMBER = (int, float)
# What `measured.parity` returns.
_PARITY = {
    "max_abs": _NUMBER,
    "mean_abs": _NUMBER,
    "psnr": (*_NUMBER, type(None)),
    "n": int,
}

# What `golden.check` returns.
_GOLDEN = {"outputs": {str: {"positions": list, "values": list}}, "tolerance": _NUMBER}

# A dict: these fields, no others. `{str: x}`: any names, each with an x.
FIELDS = {
    "name": str,  # one word, as the module, the folder and the served model are called
    "title": str,
    "summary": str,
    # arxiv: None of a paper that is not there. code: an address of the authors'; None where none is
    # known.
    "paper": {
        "title": str,
        "authors": str,
        "arxiv": (str, type(None)),
        "code": (str, type(None)),
    },
    # classes: their names, from number 0 on; palette: the colours of label maps, [r, g, b] each, in
    # the order of the classes where those are named. None where the data have none.
    "data": {
        "name": str,
        "description": str,
        "licence": str,
        "classes": (list, type(None)),
        "palette": (list, type(None)),
    },
    "training": {
        "command": str,
        "flags": {str: (str, int, float, list, type(None))},
        "steps": int,
        "seconds": _NUMBER,
        "machine": str,
        "commit": str,
        "versions": {str: str},  # package -> version
        "commits": (list, type(None)),  # of all processes of the run, where there were several
        "chosen": (str, type(None)),  # of which step the weights are, where it is not the last
    },
    "scores": {
        "protocol": str,
        "model": {str: _NUMBER},
        "baselines": {str: {str: _NUMBER}},
    },
    # How the SavedModel stores its weights, and its parity with the model.
    "saved_model": {"weights": str, **_PARITY},
    # The parity of each further function of the SavedModel, by its signature's name.
    "also": {str: _PARITY},
    # Kind -> its parity with the model, and the file; None where the kind is not shipped. check:
    # what `golden.check` returns; None where nobody took it.
    "tflite": {str: {"file": (str, type(None)), **_PARITY, "check": _GOLDEN}},
    # The ONNX file, its opset and its parity with the model; None where there is none.
    "onnx": {"file": str, "opset": int, **_PARITY},
    # How long one call takes over one of the SavedModel: of each runtime that took turns with it
    # ("ratios", by name), and of the first TFLite kind among them ("kind", "ratio"). None where no
    # kind was converted.
    "latency": {
        "kind": str,
        "batch_size": int,
        "ratio": _NUMBER,
        "runs": int,
        "threads": int,
        "ratios": {str: _NUMBER},
    },
    # Held-out examples in one picture file: a row of tiles for each name, a column for an example;
    # the class numbers of the columns. None where there are none.
    "examples": {
        "file": str,
        "tile": list,
        "columns": int,
        "rows": list,
        "labels": (list, type(None)),
    },
    # Scores by a protocol that other exports share, of `tfgan_zoo.metrics.score`: for each its
    # name, value, what is better of it, the protocol and perhaps a remark. None before it ran.
    "compared": (list, type(None)),
    # Of weights, settings and code, by which a repeated run sees that it was exported; None where
    # nobody asks.
    "fingerprint": (str, type(None)),
}
OPTIONAL = ("card.onnx", "card.latency", "card.examples", "card.tflite.*.check")  # may be None


def write_card(
    directory: str | os.PathLike,
    card: Mapping,
    interface: Interface,
    sample_picture: bytes | Image.Image,
    folder: str | os.PathLike | None = None,
    without=(),
) -> None:
    """Writes card.json, README.md and samples.png into the directory that holds the exported files.

    Adds to the card: schema_version, version (of the newest SavedModel there), interface (see
    `stored.section`) and files (path -> bytes). Each file is replaced as a whole.

    Args:
      directory: holds `<version>/saved_model.pb` and the TFLite files that the card names.
      card: the fields of `FIELDS`; numpy scalars and tuples are taken too.
      interface: of what was exported.
      sample_picture: a PNG file's content or a PIL image.
      folder: into which the directory's content will be moved, and whose files the card lists too;
        None for the directory itself.
      without: paths of files in `folder` that will be removed then.

    Raises:
      ValueError: a field is missing, unknown, empty, of another type or not finite, or the
        picture is no PNG.
      FileNotFoundError: the directory has no SavedModel, or not a TFLite file that the card names.
    """
    directory = pathlib.Path(directory)
    card, picture = checked(card), png(sample_picture)
    names = [path.parent.name for path in directory.glob("*/saved_model.pb")]
    versions = [int(name) for name in names if name.isdecimal()]
    if not versions:
        raise FileNotFoundError(f"{directory} holds no <version>/saved_model.pb: export it first.")
    for kind, entry in card["tflite"].items():
        if entry["file"] is not None and not (directory / entry["file"]).is_file():
            raise FileNotFoundError(
                f"card.tflite.{kind}.file names {entry['file']}, which is not in {directory}."
            )

    replace(directory / "samples.png", picture)
    files = {
        path.relative_to(root).as_posix(): path.stat().st_size
        for root in filter(None, (folder and pathlib.Path(folder), directory))
        for path in sorted(root.rglob("*"))
        if path.is_file() and path not in without and not _aside(path.relative_to(root))
        if not _described_elsewhere(path, root)
    }
    card |= {
        "schema_version": SCHEMA_VERSION,
        "version": max(versions),
        "interface": _plain(stored.section(interface), "card.interface"),
        "files": files,
    }
    put(directory, card, interface)


def _described_elsewhere(path: pathlib.Path, root: pathlib.Path) -> bool:
    """Whether a file is of another export, a part of the same model, which has its own card."""
    between = path.relative_to(root).parents[:-1]
    return any((root / folder / "card.json").is_file() for folder in between)


def put(directory: pathlib.Path, card: Mapping, interface: Interface) -> None:
    """Writes card.json and README.md of a card that is complete."""
    text = json.dumps(card, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    said = readme.write(card, interface).encode("utf-8", "backslashreplace")
    replace(directory / "card.json", (text + "\n").encode())
    replace(directory / "README.md", said)


def _aside(path: pathlib.PurePath) -> bool:
    """Whether a card does not list a path: itself, and what is being written or was left so."""
    hidden = any(part.startswith(".") for part in path.parts)
    return hidden or path.name in ("card.json", "README.md")


def checked(card: Mapping) -> dict:
    """The card in JSON's types.

    Raises ValueError if a field is missing, unknown, empty, of another type or not finite.
    """
    card = _plain(card, "card")
    _check(card, FIELDS, "card")
    return card


def check(field: str, value) -> None:
    """Raises ValueError, as `checked` does, for one field of a card that is not whole yet."""
    where = f"card.{field}"
    _check(_plain(value, where), FIELDS[field], where)


def _plain(value, where: str):
    """The same as JSON types; a number that is not finite is an error. Of a file's name, bytes that
    are no UTF-8 are written as escapes.
    """
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, Mapping):
        return {str(key): _plain(item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, f"{where}[{i}]") for i, item in enumerate(value)]
    if isinstance(value, np.generic | np.ndarray):
        return _plain(value.tolist(), where)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{where} is {value}: a card holds finite numbers only.")
    return value


def _check(value, expected, where: str):
    if value is None and any(fnmatch.fnmatchcase(where, field) for field in OPTIONAL):
        return
    if not isinstance(expected, dict):
        if not isinstance(value, expected):
            types = expected if isinstance(expected, tuple) else (expected,)
            names = " or ".join(t.__name__ for t in types)
            raise ValueError(f"{where} must be {names}, not {value!r}.")
        if value in ("", []) and not where.startswith("card.training.flags."):
            raise ValueError(f"{where} is empty.")
        return
    if not isinstance(value, dict):
        raise ValueError(f"{where} must be a dict, not {value!r}.")
    if str in expected:
        expected = dict.fromkeys(value, expected[str])
    for name in [*expected, *value]:
        if name not in value:
            raise ValueError(f"{where}.{name} is missing.")
        if name not in expected:
            raise ValueError(f"{where}.{name} is not a field of the card.")
        _check(value[name], expected[name], f"{where}.{name}")


def png(picture: bytes | Image.Image) -> bytes:
    """The content of a PNG file of a picture. Raises ValueError if it is none."""
    if isinstance(picture, Image.Image):
        buffer = io.BytesIO()
        picture.save(buffer, "PNG", optimize=True)
        return buffer.getvalue()
    if not picture.startswith(b"\x89PNG\r\n\x1a\n"):
        raise ValueError("The sample picture must be the content of a PNG file or a PIL image.")
    return picture


def replace(path: pathlib.Path, content: bytes):
    """Writes a file so that it appears with its whole new content or keeps the old."""
    partial = places.partial(path)
    try:
        partial.write_bytes(content)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
