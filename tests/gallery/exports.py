"""Folders of exports for the tests: copies of a small shipped one, changed."""

import json
import os
import pathlib
import shutil

SHIPPED = pathlib.Path(__file__).resolve().parents[2] / "saved_models"
SMALL = "sngan"
REPORT = {"index.html": "<!DOCTYPE html>\n<title>Report</title>\n", "table.md": "|a|\n"}


def copied(folder, name=SMALL, change=None):
    """Copies a shipped export without its SavedModel.

    Args:
        folder: of the copy.
        name: of the export.
        change: called with the card, a dict, which it may change.

    Returns:
        `folder`.
    """
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for file in (SHIPPED / name).iterdir():
        if file.is_file():
            shutil.copy(file, folder)
    if change is not None:
        card = read_card(folder)
        change(card)
        write_card(folder, card)
    return folder


SIDE = 32  # pixels of the small export's pictures


def of_pictures(folder, module, inputs):
    """A copy of the small export with another network, from a picture and something beside it to a
    picture, and with four pictures of noise for its examples.

    Args:
        folder: of the copy.
        module: `tf.Module` whose `__call__` is a `tf.function` with a signature.
        inputs: of the card, a dict for each; what they leave out is as the picture's.

    Returns:
        (`folder`, the first example uint8 `[SIDE, SIDE]`).
    """
    import numpy as np
    import tensorflow as tf
    from PIL import Image

    saved = folder.with_name(f"{folder.name}_saved")
    tf.saved_model.save(module, saved, signatures=module.__call__)
    content = tf.lite.TFLiteConverter.from_saved_model(str(saved)).convert()
    real = np.random.default_rng(0).integers(0, 256, (SIDE, 4 * SIDE), np.uint8)

    def change(card):
        given = {"prior": None, "classes": None, "names": None, "default": None}
        base = card["interface"]["inputs"][0] | given
        card["interface"]["inputs"] = [base | {"shape": [SIDE, SIDE, 1]} | own for own in inputs]
        card["interface"]["outputs"][0]["shape"] = [SIDE, SIDE, 1]
        card["files"] |= {"model.tflite": len(content), "sheet.png": 1}
        card["tflite"]["float16"]["check"] = None
        card["examples"] = {
            **{"file": "sheet.png", "tile": [SIDE, SIDE], "columns": 4, "rows": ["images"]},
            "labels": None,
        }

    copied(folder, change=change)
    (folder / "model.tflite").write_bytes(content)
    Image.fromarray(real).save(folder / "sheet.png")
    card = read_card(folder)
    card["files"]["sheet.png"] = (folder / "sheet.png").stat().st_size
    write_card(folder, card)
    return folder, real[:, :SIDE]


def read_card(folder):
    return json.loads((folder / "card.json").read_text("utf-8"))


def write_card(folder, card):
    (folder / "card.json").write_text(json.dumps(card), "utf-8")


def laboratory(folder):
    """What trainers.mode_lab writes, in little."""
    folder.mkdir(parents=True)
    for name, text in REPORT.items():
        (folder / name).write_text(text)
    (folder / "results.json").write_text("[]\n")
    (folder / "samples.npy").write_bytes(b"not served")
    return folder


def broken(root):
    """Makes one export of each kind of breakage below `root`.

    Returns:
        folder's name -> words that its problem must have.
    """
    kinds = {}

    def add(name, words, change=None):
        kinds[name] = words
        return copied(root / name, change=change)

    def setting(*path, value):
        def change(card):
            for step in path[:-1]:
                card = card[step]
            card[path[-1]] = value

        return change

    folder = add("junk", "card.json is no JSON")
    (folder / "card.json").write_bytes(b"\xff\xfe{junk")
    folder = add("deep", "too many brackets")
    (folder / "card.json").write_text("[" * 100_000)
    folder = add("list", "is no JSON object")
    (folder / "card.json").write_text("[]")
    folder = add("nan", "NaN, which JSON has no sign for")
    text = (folder / "card.json").read_text()
    (folder / "card.json").write_text(text.replace('"seconds": ', '"seconds": NaN, "s": '))
    folder = add("huge", "has more than 8,388,608 bytes")
    (folder / "card.json").write_text(json.dumps({"a": "b" * 9_000_000}))
    (add("no_model", "model.tflite, which is not there") / "model.tflite").unlink()
    folder = add("cut", "bytes where its card says")
    os.truncate(folder / "model.tflite", 1000)
    folder = add("empty_model", "bytes where its card says")
    (folder / "model.tflite").write_bytes(b"")
    folder = add("no_tflite", "is no TFLite file")
    size = (folder / "model.tflite").stat().st_size
    (folder / "model.tflite").write_bytes(b"x" * size)
    (add("no_card", "has no card.json") / "card.json").unlink()
    folder = add("link_out", "is a link, which leads to another folder")
    (folder / "model.tflite").unlink()
    (folder / "model.tflite").symlink_to(SHIPPED / SMALL / "model.tflite")
    folder = add("card_link", "its card.json is a link")
    (folder / "card.json").unlink()
    (folder / "card.json").symlink_to(SHIPPED / SMALL / "card.json")
    folder = add("loop", "its card.json is a link")
    (folder / "card.json").unlink()
    (folder / "card.json").symlink_to(folder / "card.json")
    up = "../junk/model.tflite"
    add("up", "in another folder", setting("tflite", "float16", "file", value=up))
    add("other", "named.txt", setting("tflite", "float16", "file", value="named.txt"))
    add("untold", "has no TFLite file", setting("tflite", value={}))
    add("first", "of the first version", setting("interface", value={"input": [3], "output": [3]}))
    add("newer", "needs a newer TFGAN Zoo", setting("schema_version", value=3))
    add("no_title", "lacks title", lambda card: card.pop("title"))
    add("odd_title", "says title", setting("title", value=["a"]))
    add("no_outputs", "outputs", setting("interface", "outputs", value=[]))
    add("zero", "shape", setting("interface", "outputs", 0, "shape", value=[0, 32, 1]))
    add("true", "shape", setting("interface", "outputs", 0, "shape", value=[True, 32, 1]))
    vast = [10**5, 10**5, 3]
    add("vast", "more than a browser", setting("interface", "outputs", 0, "shape", value=vast))
    prior = [{"kind": "normal", "size": 3}]
    add("prior", "prior", setting("interface", "inputs", 0, "prior", value=prior))
    prior = [{"kind": "uniform", "size": 128, "low": 1, "high": -1}]
    add("range", "prior", setting("interface", "inputs", 0, "prior", value=prior))
    add("palette", "data.palette", setting("data", "palette", value=[[0, 0, 256]]))
    add("check", "check", setting("tflite", "float16", "check", value={"outputs": []}))
    add("infinite", "seconds", setting("training", "seconds", value=10**400))
    sheet = {"file": "../a.png", "tile": [1, 1], "columns": 1, "rows": ["real"]}
    add("sheet", "in another folder", setting("examples", value=sheet))
    return kinds
