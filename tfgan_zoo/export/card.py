"""The model card: card.json for programs, README.md for readers, beside the files they describe.

Every field of `FIELDS` is required. A card that lacks one, or that holds a number which is not
finite, is refused with the name of the field: a card is read long after the run that could have
filled the gap.
"""

import io
import json
import math
import os
import pathlib
import statistics
import time
from collections.abc import Callable, Mapping

import numpy as np
from PIL import Image

from tfgan_zoo.export.tflite import to_array

SCHEMA_VERSION = 1
ANIMATION = "training.gif"  # shown in README.md where the directory holds it

_NUMBER = (int, float)
_INTERFACES = {(3, "antialias"), (3, "nearest"), (1, None)}

# A dict: these fields, no others. `{str: x}`: any names, each with an x.
FIELDS = {
    "name": str,  # one word, as the module, the folder and the served model are called
    "title": str,
    "summary": str,
    # code: an address of the authors'; None where none is known.
    "paper": {"title": str, "authors": str, "arxiv": str, "code": (str, type(None))},
    "data": {"name": str, "description": str, "licence": str},
    "training": {
        "command": str,
        "flags": {str: (str, int, float, list, type(None))},
        "steps": int,
        "seconds": _NUMBER,
        "machine": str,
        "commit": str,
        "versions": {str: str},  # package -> version
    },
    # input: [H,W,C], or [Z] for a generator from latents; output: [H,W,C]; resize_method: as given
    # to `signatures.translation`, None for latents; classes: number of the labels that the
    # SavedModel takes beside latents, whose one-hot vectors TFLite takes behind them, or None;
    # latents: a NumPy expression that draws one latent [1,Z] of the prior, None for pictures.
    "interface": {
        "input": list,
        "output": list,
        "resize_method": (str, type(None)),
        "classes": (int, type(None)),
        "latents": (str, type(None)),
    },
    "scores": {
        "protocol": str,
        "model": {str: _NUMBER},
        "baselines": {str: {str: _NUMBER}},
    },
    # Kind -> what `tflite.parity` returns, and the file; None where the kind is not shipped.
    "tflite": {
        str: {
            "file": (str, type(None)),
            "max_abs": _NUMBER,
            "mean_abs": _NUMBER,
            "psnr": (*_NUMBER, type(None)),
            "n": int,
        }
    },
    # What `latency_ratio(tflite, saved_model, ...)` returns, the kind that was timed and the batch.
    "latency": {"kind": str, "batch_size": int, "ratio": _NUMBER, "runs": int},
}


def write_card(
    directory: str | os.PathLike, card: Mapping, sample_picture: bytes | Image.Image
) -> None:
    """Writes card.json, README.md and samples.png into the directory that holds the exported files.

    Adds to the card: schema_version, version (of the newest SavedModel there) and files (path ->
    bytes). Each file is replaced as a whole.

    Args:
      directory: holds `<version>/saved_model.pb` and the TFLite files that the card names.
      card: the fields of `FIELDS`; numpy scalars and tuples are taken too.
      sample_picture: a PNG file's content or a PIL image.

    Raises:
      ValueError: a field is missing, unknown, empty, of another type or not finite, or the
        picture is no PNG.
      FileNotFoundError: the directory has no SavedModel, or not a TFLite file that the card names.
    """
    directory = pathlib.Path(directory)
    card = _plain(card, "card")
    _check(card, FIELDS, "card")
    if (len(card["interface"]["input"]), card["interface"]["resize_method"]) not in _INTERFACES:
        raise ValueError(
            "card.interface must have an input [H,W,C] and the resize_method 'antialias' or "
            f"'nearest', or an input [Z] and None, not {card['interface']}."
        )
    picture = _png(sample_picture)
    names = [path.parent.name for path in directory.glob("*/saved_model.pb")]
    versions = [int(name) for name in names if name.isdecimal()]
    if not versions:
        raise FileNotFoundError(f"{directory} holds no <version>/saved_model.pb: export it first.")
    for kind, entry in card["tflite"].items():
        if entry["file"] is not None and not (directory / entry["file"]).is_file():
            raise FileNotFoundError(
                f"card.tflite.{kind}.file names {entry['file']}, which is not in {directory}."
            )

    _replace(directory / "samples.png", picture)
    described = sorted(
        path
        for path in directory.rglob("*")
        if path.is_file() and path.name not in ("card.json", "README.md")
    )
    card |= {
        "schema_version": SCHEMA_VERSION,
        "version": max(versions),
        "files": {p.relative_to(directory).as_posix(): p.stat().st_size for p in described},
    }
    text = json.dumps(card, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    _replace(directory / "card.json", (text + "\n").encode())
    _replace(directory / "README.md", _readme(card).encode())


def latency_ratio(first: Callable, second: Callable, inputs, runs: int) -> dict:
    """Time of `first(inputs)` over time of `second(inputs)`: {"ratio", "runs"}.

    The two take turns, and who starts alternates too, so that a slow minute of the machine meets
    both; the ratio is that of the medians. One call of each goes before, to trace and allocate.
    """
    if runs < 1:
        raise ValueError(f"A latency needs at least one run, not {runs}.")
    to_array(first(inputs))
    to_array(second(inputs))
    first_seconds, second_seconds = [], []
    turns = [(first, first_seconds), (second, second_seconds)]
    for _ in range(runs):
        for function, seconds in turns:
            start = time.perf_counter()
            to_array(function(inputs))
            seconds.append(time.perf_counter() - start)
        turns.reverse()
    ratio = statistics.median(first_seconds) / statistics.median(second_seconds)
    return {"ratio": ratio, "runs": runs}


def _plain(value, where: str):
    """The same as JSON types; a number that is not finite is an error."""
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
    if not isinstance(expected, dict):
        if not isinstance(value, expected):
            types = expected if isinstance(expected, tuple) else (expected,)
            names = " or ".join(t.__name__ for t in types)
            raise ValueError(f"{where} must be {names}, not {value!r}.")
        if value in ("", []):
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


def _png(picture: bytes | Image.Image) -> bytes:
    if isinstance(picture, Image.Image):
        buffer = io.BytesIO()
        picture.save(buffer, "PNG", optimize=True)
        return buffer.getvalue()
    if not picture.startswith(b"\x89PNG\r\n\x1a\n"):
        raise ValueError("The sample picture must be the content of a PNG file or a PIL image.")
    return picture


def _replace(path: pathlib.Path, content: bytes):
    partial = path.with_name(f".{path.name}.partial-{os.getpid()}")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _readme(card: dict) -> str:
    paper, data, training = card["paper"], card["data"], card["training"]
    scores = {card["name"]: card["scores"]["model"], **card["scores"]["baselines"]}
    metrics = list(dict.fromkeys(metric for row in scores.values() for metric in row))
    versions = ", ".join(f"{name} {version}" for name, version in training["versions"].items())
    parts = [
        f"# {card['title']}",
        f"![Samples of {card['name']}](samples.png)",
        *(
            ["![The same samples while it was trained](training.gif)"]
            * (ANIMATION in card["files"])
        ),
        card["summary"],
        "## Paper",
        f"{paper['authors']}: *{paper['title']}*, "
        f"[arXiv:{paper['arxiv']}](https://arxiv.org/abs/{paper['arxiv']}). "
        + (
            f"The authors' code: <{paper['code']}>."
            if paper["code"]
            else "No code of theirs is known."
        ),
        "## Training",
        f"{training['steps']:,} steps in {_duration(training['seconds'])} on "
        f"{training['machine']}, at commit `{training['commit']}` with {versions}:",
        _block("sh", training["command"]),
        "The flags of the run, as a flagfile:",
        _block("", _flagfile(training["flags"])),
        "## Data",
        f"{data['name']}: {data['description']} Licence: {data['licence']}.",
        "## Scores",
        card["scores"]["protocol"],
        _table(
            ["", *metrics],
            [[name, *(_number(row.get(m)) for m in metrics)] for name, row in scores.items()],
        ),
        "## Files",
        _table(
            ["file", "bytes"],
            [[f"`{name}`", f"{size:,}"] for name, size in card["files"].items()],
        ),
    ]
    if card["tflite"]:
        parts += _parity(card["tflite"], card["latency"])
    parts += _load(card) + _serve(card)
    shipped = [entry["file"] for entry in card["tflite"].values() if entry["file"]]
    if shipped:
        parts += _phone(card, shipped[0])
    return "\n\n".join(parts) + "\n"


def _parity(kinds: dict, latency: dict) -> list[str]:
    rows = [
        [
            kind,
            f"`{entry['file']}`" if entry["file"] else "not shipped",
            _number(entry["max_abs"]),
            _number(entry["mean_abs"]),
            "equal" if entry["psnr"] is None else _number(entry["psnr"]),
            _number(entry["n"]),
        ]
        for kind, entry in kinds.items()
    ]
    return [
        "## TFLite beside the SavedModel",
        "How far the outputs differ, in units of [-1,1]; PSNR at a peak of 2.",
        _table(["kind", "file", "largest", "mean", "PSNR (dB)", "images"], rows),
        f"Time of the {latency['kind']} file over that of the SavedModel at batch "
        f"{latency['batch_size']}: {latency['ratio']:.2f} (medians of {latency['runs']} runs each, "
        "taken in turns).",
    ]


def _load(card: dict) -> list[str]:
    shape_in, shape_out = (
        ",".join(map(str, ["B", *card["interface"][end]])) for end in ("input", "output")
    )
    code = f'import tensorflow as tf\n\nmodel = tf.saved_model.load("{card["version"]}")\n'
    if _takes_images(card):
        takes = f"`images`, float32 [{shape_in}] in [-1,1],"
        code += (
            'picture = tf.io.read_file("input.png")  # PNG, JPEG, WebP, BMP or GIF of any size\n'
            'png = model.signatures["encoded"](image_bytes=tf.stack([picture]))["png_bytes"]\n'
            'tf.io.write_file("output.png", png[0])'
        )
    else:
        classes = card["interface"]["classes"]
        labels = f" and `labels`, int32 [B] from 0 to {classes - 1}," if classes else ","
        takes = f"`latents`, float32 [{shape_in}]{labels}"
        label = ", label=tf.constant(3)" if classes else ""
        code += (
            'encoded = model.signatures["encoded"]\n'
            f'pngs = encoded(num_images=tf.constant(4), seed=tf.constant(0){label})["png_bytes"]\n'
            "for number, png in enumerate(pngs):\n"
            '    tf.io.write_file(f"output_{number}.png", png)'
        )
    return [
        "## Load",
        "It takes TensorFlow and nothing else. In this folder:",
        _block("python", code),
        f"The signature `serving_default` takes {takes} and gives `images`, float32 [{shape_out}] "
        "in [-1,1].",
    ]


def _serve(card: dict) -> list[str]:
    if _takes_images(card):
        body = {"instances": [{"image_bytes": {"b64": "$(openssl base64 -A -in input.png)"}}]}
    else:
        label = {"label": 3} if card["interface"]["classes"] else {}
        body = {"inputs": {"num_images": 4, "seed": 0, **label}}
    request = json.dumps({"signature_name": "encoded", **body})
    name = card["name"]
    return [
        "## Serve",
        "With TensorFlow Serving, in this folder:",
        _block(
            "sh",
            f'docker run -p 8501:8501 -v "$PWD:/models/{name}" -e MODEL_NAME={name} \\\n'
            "    tensorflow/serving",
        ),
        "and a client, whose answer holds PNG files in base64:",
        _block(
            "sh",
            f"curl http://localhost:8501/v1/models/{name}:predict -d @- <<END\n{request}\nEND",
        ),
    ]


def _phone(card: dict, file: str) -> list[str]:
    code = (
        "import numpy as np\n"
        "import tensorflow as tf\n"
        "from PIL import Image\n\n"
        f'interpreter = tf.lite.Interpreter("{file}")\n'
        'generate = interpreter.get_signature_runner("serving_default")\n'
    )
    if _takes_images(card):
        height, width, channels = card["interface"]["input"]
        mode = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[channels]
        resampling = {"antialias": "BICUBIC", "nearest": "NEAREST"}
        resampling = resampling[card["interface"]["resize_method"]]
        code += (
            f'picture = Image.open("input.png").convert("{mode}")\n'
            f"picture = picture.resize(({width}, {height}), Image.Resampling.{resampling})\n"
            f"images = np.asarray(picture, np.float32).reshape(1, {height}, {width}, {channels})\n"
            'output = generate(images=images / 127.5 - 1)["images"][0]\n'
        )
    else:
        classes = card["interface"]["classes"]
        code += f"latents = {card['interface']['latents']}\n"
        if classes:
            code += (
                f"label = np.eye({classes})[[3]]\n"
                "inputs = np.float32(np.concatenate([latents, label], axis=1))\n"
                'output = generate(inputs=inputs)["images"][0]\n'
            )
        else:
            code += 'output = generate(latents=np.float32(latents))["images"][0]\n'
    code += (
        "levels = np.uint8(np.round((np.clip(output, -1, 1) + 1) * 127.5))\n"
        'Image.fromarray(levels.squeeze()).save("output.png")'
    )
    return [
        "## On a phone",
        "The LiteRT runtime of Android and iOS reads the file as it is. The same in Python, where "
        "`ai_edge_litert.interpreter.Interpreter` can stand for `tf.lite.Interpreter`, in this "
        "folder:",
        _block("python", code),
    ]


def _takes_images(card: dict) -> bool:
    return len(card["interface"]["input"]) == 3


def _flagfile(flags: Mapping) -> str:
    lines = []
    for name, value in flags.items():
        if isinstance(value, bool):
            value = str(value).lower()
        elif isinstance(value, list):
            value = ",".join(map(str, value))
        # absl has no way to write None: a flag that is not there keeps it.
        if value is not None:
            lines.append(f"--{name}={value}")
    return "\n".join(lines)


def _block(language: str, text: str) -> str:
    return f"```{language}\n{text}\n```"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(c.replace('|', chr(92) + '|') for c in r)} |" for r in lines)


def _number(value) -> str:
    return "" if value is None else f"{value:.4g}"


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 1:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
