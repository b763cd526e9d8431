"""Cards as the page needs them: read from a folder that anybody may have filled, and looked over.

The page draws itself from a card. What it relies on is checked here, so that a card which is not
what a trainer writes becomes one sentence beside the others' pictures. `tfgan_zoo.export.card` says
what a card holds; that module imports TensorFlow, which takes seconds.
"""

import json
import math
import pathlib

LARGEST_CARD = 8 * 2**20  # bytes
LARGEST_TENSOR = 2**26  # values: a picture of 4096x4096 with four channels
SCHEMA_VERSION = 2
CLASSIFIER = "classifier"  # the `kind` of a card that describes no generator


class CardError(ValueError):
    """Why a card cannot be shown: a sentence that begins behind "its card.json"."""


def read(file: pathlib.Path) -> dict:
    """The card of a file, in JSON's types, checked.

    Raises:
        CardError: for a file that is no card, or not one that the page can be drawn from.
    """
    card = parsed(file)
    check(card)
    return card


def parsed(file: pathlib.Path) -> dict:
    """The JSON object of a file. Raises CardError where it holds none."""
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST_CARD + 1)
    except OSError as error:
        raise CardError(f"cannot be read ({error.strerror}).") from error
    if len(content) > LARGEST_CARD:
        raise CardError(f"has more than {LARGEST_CARD:,} bytes.")
    try:
        card = json.loads(content.decode("utf-8-sig"), parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        raise CardError(f"is no JSON in UTF-8 ({_first_line(error)}).") from error
    if not isinstance(card, dict):
        raise CardError("is no JSON object.")
    return card


def _refused(constant):
    raise ValueError(f"it holds {constant}, which JSON has no sign for")


def _first_line(error):
    return "too many brackets" if isinstance(error, RecursionError) else str(error).split("\n")[0]


def check(card: dict):
    """Raises CardError for a card that the page could not be drawn from."""
    version = card.get("schema_version")
    stored = card.get("interface")
    if version == 1 or (isinstance(stored, dict) and "input" in stored and "inputs" not in stored):
        raise CardError(
            "is of the first version: export the model again, or give it to "
            "python -m tfgan_zoo.export.reexport."
        )
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise CardError(f"is of version {version}: it needs a newer TFGAN Zoo than this one.")
    _check(card, _CARD, "")
    _check_interface(card["interface"], "interface")
    if card["interface"].get("lite") is not None:
        _check(card["interface"]["lite"], _INTERFACE, "interface.lite")
        _check_interface(card["interface"]["lite"], "interface.lite")
    for field in ("classes", "palette"):
        _check(card["data"].get(field), _DATA[field], f"data.{field}")
    for kind, entry in card["tflite"].items():
        _check_name(entry.get("file"), f"tflite.{kind}.file")
        _check(entry.get("check"), _CHECK, f"tflite.{kind}.check")
    _check(card.get("examples"), _EXAMPLES, "examples")
    _check(card.get("compared"), _COMPARED, "compared")
    if card.get("examples") is not None:
        _check_name(card["examples"]["file"], "examples.file")


class Maybe:
    """A field that may be null, or be missing."""

    def __init__(self, expected):
        self.expected = expected


class Each:
    """A list of which each item is as `expected`, of at most `most` items; or all fields so."""

    def __init__(self, expected, kind=list, least=0):
        self.expected, self.kind, self.least = expected, kind, least


def at_least(least):
    """Whole numbers from `least` on."""

    def fits(value):
        return isinstance(value, int) and not isinstance(value, bool) and least <= value <= 2**53

    return fits


def finite(value):
    """Numbers that are finite."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and abs(value) < 1e300 and math.isfinite(value)


def channel(value):
    """Of a colour, 0 to 255."""
    return at_least(0)(value) and value <= 255


_INPUT = {
    "name": str,
    "kind": str,
    "shape": Each(at_least(1)),
    "dtype": str,
    "prior": Maybe(Each({"kind": str, "size": at_least(1)}, least=1)),
    "classes": Maybe(at_least(1)),
    "names": Maybe(Each(str)),
    "default": Maybe(finite),
}
_OUTPUT = {
    "name": str,
    "kind": str,
    "shape": Each(Maybe(at_least(1))),
    "dtype": str,
    "words": Maybe(Each(str)),
    "separator": Maybe(str),
    "end": Maybe(at_least(0)),
}
_INTERFACE = {"inputs": Each(_INPUT), "outputs": Each(_OUTPUT, least=1)}
_CARD = {
    "name": str,
    "title": str,
    "summary": str,
    "paper": {"title": str, "authors": str, "arxiv": Maybe(str), "code": Maybe(str)},
    "data": {"name": str, "description": str, "licence": str},
    "training": {"command": str, "steps": at_least(0), "seconds": finite, "machine": str},
    "scores": {
        "protocol": str,
        "model": Each(finite, dict),
        "baselines": Each(Each(finite, dict), dict),
    },
    "tflite": Each({"file": Maybe(str)}, dict),
    "files": Each(at_least(0), dict),
    "interface": _INTERFACE,
}
_DATA = {"classes": Maybe(Each(str)), "palette": Maybe(Each(Each(channel)))}
_CHECK = Maybe(
    {
        "outputs": Each({"positions": Each(at_least(0)), "values": Each(finite)}, dict),
        "tolerance": finite,
    }
)
_EXAMPLES = Maybe(
    {
        "file": str,
        "tile": Each(at_least(1)),
        "columns": at_least(1),
        "rows": Each(str, least=1),
        "labels": Maybe(Each(at_least(0))),
    }
)

_COMPARED = Maybe(
    Each(
        {
            "label": str,
            "value": finite,
            "better": str,
            "remark": Maybe(str),
            "protocol": {
                "generated": {"count": at_least(1)},
                "real": {"what": str, "count": at_least(1)},
                "extractor": {"name": str},
            },
        }
    )
)


def _check(value, expected, where):
    if isinstance(expected, Maybe):
        if value is None:
            return
        expected = expected.expected
    if isinstance(expected, Each):
        if not isinstance(value, expected.kind) or len(value) < expected.least:
            raise CardError(_wrong(where))
        items = value.items() if expected.kind is dict else enumerate(value)
        for name, item in items:
            _check(item, expected.expected, f"{where}[{name!r}]")
    elif isinstance(expected, dict):
        if not isinstance(value, dict):
            raise CardError(_wrong(where))
        for name, inner in expected.items():
            if name not in value and not isinstance(inner, Maybe):
                raise CardError(f"lacks {where}{'.' if where else ''}{name}: {_ADVICE}")
            _check(value.get(name), inner, f"{where}{'.' if where else ''}{name}")
    elif not (isinstance(value, expected) if isinstance(expected, type) else expected(value)):
        raise CardError(_wrong(where))


_ADVICE = "export the model again."


def _wrong(where):
    """Where a card is wrong; what stands there may be long, or somebody's."""
    return f"says {where[:200]} in a way that no trainer does: {_ADVICE}"


def _check_interface(interface, where):
    for side in ("inputs", "outputs"):
        names = [item["name"] for item in interface[side]]
        if len(set(names)) != len(names):
            raise CardError(f"has two {side} of one name: {_ADVICE}")
        for item in interface[side]:
            if math.prod(length or 1 for length in item["shape"]) > LARGEST_TENSOR:
                raise CardError(
                    f"says {where}.{side} of {item['shape']}, which is more than a browser holds."
                )
    for item in interface["inputs"]:
        place = f"{where}.inputs[{item['name']!r}]"
        parts = item.get("prior")
        if parts is not None:
            if len(item["shape"]) != 1 or sum(p["size"] for p in parts) != item["shape"][0]:
                raise CardError(_wrong(f"{place}.prior"))
            for part in parts:
                bounds = [part.get("low"), part.get("high")]
                if part["kind"] == "uniform" and not (
                    all(map(finite, bounds)) and bounds[0] < bounds[1]
                ):
                    raise CardError(_wrong(f"{place}.prior"))
        if item["kind"] == "class" and item.get("classes") is None:
            raise CardError(_wrong(f"{place}.classes"))
        if item.get("names") is not None and len(item["names"]) != item.get("classes"):
            raise CardError(_wrong(f"{place}.names"))


def _check_name(name, where):
    """Raises CardError for the name of a file that would lie elsewhere."""
    if name is not None and (name in ("", ".", "..") or any(sign in name for sign in "/\\\0:")):
        raise CardError(f"names a file {where} that lies in another folder, which is not served.")
