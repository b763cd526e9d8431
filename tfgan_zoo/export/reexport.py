"""Exports a shipped folder again from its own SavedModel, without training or data.

python -m tfgan_zoo.export.reexport saved_models/dcgan
python -m tfgan_zoo.export.reexport --weights=float16 saved_models/cyclegan/a_to_b
python -m tfgan_zoo.export.reexport --all_runtimes saved_models/pix2pix

What the newest export does is done once more: signatures, warm-up requests, a TFLite file of
batch 1 and float16 weights, its latency (with --all_runtimes beside each runtime that is
installed, as the shipped cards say it), and a card of the present version whose parities are
measured against the SavedModel that was there. The version keeps its number, since it is the same
model. Scores, the pictures, the animation and how the model was trained are kept as they are, and
so are TFLite files of one step of a loop, which is not in the SavedModel.
"""

import argparse
import dataclasses
import pathlib
import re
import shutil
import sys

import numpy as np
import tensorflow as tf
from PIL import Image

from tfgan_zoo import backend
from tfgan_zoo.export import codecs, golden, places, readme, sheet, ship, stored
from tfgan_zoo.export.interface import Interface
from tfgan_zoo.export.saved_model import WEIGHTS

EXAMPLES = 64  # latents on which parity is measured
SAME = 1e-5  # how far an export of the same weights may be from the one before
ROUNDED = " The scores were taken before the weights were rounded to float16."
_NUMBER = r"-?[\d.]+"
# What the NumPy source of a prior in a card of the first version is made of.
_SOURCES = re.compile(
    r"np\.random\.normal\(size=\(1, (?P<normal>\d+)\)\)"
    rf"|np\.random\.uniform\((?:(?P<low>{_NUMBER}), (?P<high>{_NUMBER}), )?"
    r"(?:size=)?\(1, (?P<uniform>\d+)\)\)"
    r"|np\.eye\((?P<one_hot>\d+)\)"
)


def reexport(
    folder,
    *,
    weights: str = "float32",
    kinds=("float16",),
    shown: sheet.Sheet | None = None,
    all_runtimes: bool = False,
) -> ship.Report:
    """Replaces what lies in an export's folder by a new export of the same weights.

    Args:
        folder: holds card.json and the SavedModel that it describes, of any version of the card.
        weights, kinds, all_runtimes: as `ship.ship` takes them.
        shown: held-out examples to put beside it; None keeps those that lie there.

    Returns:
        The report of the export, whose scores are the card's.

    Raises:
        ValueError: there is no card of a generator, or one that cannot be read, or the new export
            does not give what the one before gave.
    """
    folder = pathlib.Path(folder).expanduser()
    card = stored.find_card(folder) if (folder / "card.json").is_file() else None
    if card is None:
        raise ValueError(f"{folder} holds no card.json of an exported generator.")
    # Rounded weights stay as they are, and so do their parities: the model is not there any more.
    rounded = "saved_model" in card and card["saved_model"]["weights"] != "float32"
    weights = card["saved_model"]["weights"] if rounded else weights
    places.check_name(folder, "The export")
    loaded = tf.saved_model.load(str(folder / str(card["version"])))
    interface = restored(card, loaded)
    if card["name"].endswith(f"_{folder.resolve().name}"):  # cyclegan/a_to_b is cyclegan_a_to_b
        interface = dataclasses.replace(interface, part=folder.resolve().name)
    picture = (folder / "samples.png").read_bytes()
    kept = kept_sheet(card, folder)
    animation = folder / readme.ANIMATION
    scores = card["scores"]
    evaluation = ship.Evaluation(
        examples=examples(interface, folder / "samples.png", kept),
        measure=lambda served: (
            scores["model"],
            scores["baselines"],
            scores["protocol"] + (ROUNDED if weights != "float32" and not rounded else ""),
        ),
        picture=lambda served: picture,
        shown=shown or kept,
    )
    provenance = ship.Provenance(
        title=card["title"],
        summary=card["summary"],
        paper=card["paper"],
        data={"classes": None, "palette": None, **card["data"]},  # which older cards lack
        training=ship.Training(**card["training"]),
    )
    # Beside the folder, so that files can be moved into it, and a copy of it, so that the card
    # lists what else lies there.
    places.remove_leftovers(folder.resolve().parent)
    fresh = places.partial(folder.resolve())
    try:
        version = str(card["version"])
        copy = fresh / (interface.part or "copy")
        shutil.copytree(folder, copy)
        shutil.rmtree(copy / version)
        with ship.prepared(
            interface,
            copy.parent if interface.part else copy,
            provenance=provenance,
            evaluation=evaluation,
            kinds=() if interface.lite else kinds,
            weights=weights,
            onnx=bool(card.get("onnx")) and interface.lite is None,
            all_runtimes=all_runtimes,
            animation=animation.read_bytes() if animation.is_file() else None,
            version=card["version"],
        ) as ready:
            ready = _of_before(ready, card) if rounded else ready
            ready = _with_steps(ready, card, folder) if interface.lite else ready
            described = {**ready.described, "compared": card.get("compared")}
            report = ship.publish(dataclasses.replace(ready, described=described))
        # Two renamings, so that no kill can find the folder without a version for long.
        (folder / version).replace(fresh / "before")
        (copy / version).replace(folder / version)
        for path in sorted(path for path in copy.iterdir() if path.is_file()):
            path.replace(folder / path.name)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    moved = {name: folder / path.name for name, path in report.files.items()}
    return dataclasses.replace(
        report, folder=folder, saved_model=folder / str(card["version"]), files=moved
    )


def _of_before(ready: ship.Prepared, card) -> ship.Prepared:
    """The export with the parities of the card, once it agrees with the export before."""
    taken = (ready.described["saved_model"], *ready.described["also"].values())
    found = max(parity["max_abs"] for parity in taken)
    if found > SAME:
        raise ValueError(f"The new export differs from the one before by {found:.2g}.")
    # Golden answers are those of the new file.
    kept = {
        kind: {**entry, **card["tflite"].get(kind, {}), "check": entry["check"]}
        for kind, entry in ready.described["tflite"].items()
    }
    described = {**ready.described, "saved_model": card["saved_model"], "tflite": kept}
    described["also"] = card.get("also", {})  # which older cards lack
    return dataclasses.replace(ready, described=described)


def _with_steps(ready: ship.Prepared, card, folder) -> ship.Prepared:
    """The export with the TFLite files that lie there: the one step of a loop that they hold is not
    in the SavedModel.
    """
    entries = {}
    for kind, entry in card["tflite"].items():
        check = None
        if entry["file"]:
            shutil.copy(folder / entry["file"], ready.staging / entry["file"])
            check = golden.check(ready.interface, (folder / entry["file"]).read_bytes())
        entries[kind] = {**entry, "check": check}
    kept = tuple(kind for kind, entry in entries.items() if entry["file"])
    return dataclasses.replace(ready, described={**ready.described, "tflite": entries}, kinds=kept)


def kept_sheet(card, folder) -> sheet.Sheet | None:
    """The held-out examples beside an export, as its card describes them; None where it does not.

    Raises ValueError if the file is not of the size that the card says.
    """
    section = card.get("examples")
    if section is None:
        return None
    (height, width), rows = section["tile"], section["rows"]
    with Image.open(folder / section["file"]) as picture:
        pixels = np.asarray(picture)
    if pixels.shape[:2] != (height * len(rows), width * section["columns"]):
        raise ValueError(f"{folder / section['file']} is not of the size that the card says.")
    tiles = pixels.reshape(len(rows), height, section["columns"], width, -1).swapaxes(1, 2)
    values = tiles.astype(np.float32) / np.float32(127.5) - 1
    return sheet.Sheet(dict(zip(rows, values, strict=True)), section["labels"])


def restored(card, loaded) -> Interface:
    """The interface of a card that draws with what `tf.saved_model.load` gave.

    Raises ValueError if the card's prior cannot be read.
    """

    def call(**inputs):
        return loaded.signatures["serving_default"](**inputs)

    def noise(seed, **inputs):
        return loaded.signatures["sample"](seed=seed, **inputs)

    def further(name):
        return lambda **inputs: loaded.signatures[name](**inputs)

    interface = stored.from_card(card, call, stored.sampler(loaded), further)
    inputs = []
    for item in interface.inputs:
        if item.prior is not None and not item.prior.describe():
            parts = prior_of(item.prior.code, item.shape[0])
            code = re.sub(r"\s+", " ", item.prior.code)
            prior = stored.CardPrior(item.prior.size, parts, code, item.prior.sample)
            item = dataclasses.replace(item, prior=prior)
        inputs.append(item)
    return dataclasses.replace(
        interface,
        inputs=tuple(inputs),
        networks=(loaded,),
        noise=noise if "sample" in loaded.signatures else None,
    )


def prior_of(code: str, size: int) -> list[dict]:
    """The prior as data, of the NumPy source in a card of the first version.

    Raises ValueError if the source draws anything else than normal, uniform and one-hot numbers,
    `size` together.
    """
    parts = []
    for found in _SOURCES.finditer(code):
        if found["normal"]:
            parts.append({"kind": "normal", "size": int(found["normal"])})
        elif found["uniform"]:
            low, high = float(found["low"] or 0), float(found["high"] or 1)
            numbers = int(found["uniform"])
            parts.append({"kind": "uniform", "size": numbers, "low": low, "high": high})
        else:
            parts.append({"kind": "one_hot", "size": int(found["one_hot"])})
    if sum(part["size"] for part in parts) != size:
        raise ValueError(f"The card's prior cannot be read: {code!r} for {size} numbers.")
    return parts


def examples(interface: Interface, samples: pathlib.Path, kept: sheet.Sheet | None = None) -> dict:
    """Real inputs of a shipped generator: latents of its prior and labels in turn, the held-out
    examples of that input or, where there are none, the pictures in the first column of the card's
    picture; a square in the middle is the hole of each. Inputs of a batch have as many.

    Raises ValueError if that picture is no grid of such pictures under a line of captions.
    """
    values = {}
    for item in interface.inputs:
        if item.kind not in codecs.FILES or item.kind == "mask":
            continue
        if kept is not None and item.name in kept.rows:
            values[item.name] = kept.rows[item.name][:EXAMPLES]
        else:
            # What a model enlarges stands there as large as what it makes of it.
            sizes = interface.any_size
            values[item.name] = _first_column(item, samples, (sizes.scale,) if sizes else (1, 2))
    count = min(map(len, values.values()), default=EXAMPLES)
    values = {name: rows[:count] for name, rows in values.items()}
    for item in interface.inputs:
        if item.prior is not None:
            values[item.name] = item.prior.sample(count, tf.constant([1, 0])).numpy()
        elif item.kind == "class":
            values[item.name] = np.arange(count, dtype=np.int32) % item.classes
        elif item.kind == "mask":
            values[item.name] = np.repeat(_hole_in_the_middle(item.shape), count, axis=0)
        elif item.name not in values:
            one = codecs.example(item)
            values[item.name] = np.repeat(one, count, axis=0) if item.batched else one
    return values


def _hole_in_the_middle(shape) -> np.ndarray:
    """A mask `[1, H, W, 1]` whose hole is half as high and wide."""
    height, width, _ = shape
    mask = np.zeros((1, *shape), np.float32)
    mask[:, height // 4 : height - height // 4, width // 4 : width - width // 4] = 1.0
    return mask


def _first_column(item, sheet, scales) -> np.ndarray:
    height, width, channels = item.shape
    with Image.open(sheet) as picture:
        pixels = np.asarray(picture.convert(codecs.MODES[channels]))
    pixels = pixels.reshape(*pixels.shape[:2], channels)
    gap, captions = 4, 22
    for scale in scales:
        cell = scale * height + gap, scale * width + gap
        if (len(pixels) - captions) % cell[0] == 0 and (pixels.shape[1] - gap) % cell[1] == 0:
            rows = [
                pixels[y : y + scale * height : scale, gap : gap + scale * width : scale]
                for y in range(captions, len(pixels), cell[0])
            ]
            return np.stack(rows).astype(np.float32) / np.float32(127.5) - 1
    raise ValueError(f"{sheet} is no grid of pictures of {height}x{width} under captions.")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="+", help="An export: card.json and a SavedModel.")
    parser.add_argument(
        "--weights", choices=WEIGHTS, default="float32", help="How the SavedModel stores weights."
    )
    parser.add_argument(
        "--all_runtimes",
        action="store_true",
        help="Time the SavedModel beside XLA, ONNX Runtime and OpenVINO too, as far as they are "
        "installed, for the card.",
    )
    arguments = parser.parse_args()
    sys.stdout.reconfigure(errors="backslashreplace")  # names on a terminal of ASCII
    if backend.complaint():
        sys.exit(f"error: {backend.complaint()}")
    for folder in arguments.folder:
        try:
            report = reexport(
                folder, weights=arguments.weights, all_runtimes=arguments.all_runtimes
            )
            print(report, flush=True)
        except (ValueError, OSError) as error:  # the library's errors are sentences for the user
            sys.exit(f"error: {folder}: {error}")


if __name__ == "__main__":
    main()
