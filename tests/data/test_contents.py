"""The fingerprint of data: the same wherever they lie, another when a file is another."""

import contextlib
import os
import pathlib
import shutil

import numpy as np
import pytest
from PIL import Image

from tfgan_zoo.data import contents
from tfgan_zoo.data.errors import DataError
from tfgan_zoo.data.examples import Examples
from tfgan_zoo.data.request import Request
from tfgan_zoo.data.sources import open_images, open_pairs
from tfgan_zoo.data.text import open_text
from tfgan_zoo.data.unpaired import open_unpaired
from tfgan_zoo.kinds.points import Points

REQUEST = Request(image_size=(8, 8))


def save(path, number):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(number).integers(0, 256, (8, 16, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(path)


def folder(root):
    for number in range(6):
        save(root / f"{number}.png", number)


def classes(root):
    for number in range(6):
        save(root / "ab"[number % 2] / f"{number}.png", number)


def split_folders(root):
    for number in range(6):
        save(root / ("train", "test")[number % 2] / f"{number}.png", number)


def two_domains(root):
    for number in range(6):
        for name in ("trainA", "trainB"):
            save(root / name / f"{number}.png", number)


def lines(root):
    root.mkdir(parents=True)
    for name in ("train", "test"):
        (root / f"{name}.txt").write_text("a b c\nd e f\ng h i\n" * 3)


DOORS = {
    "folder": (folder, open_images, "{}"),
    "classes": (classes, open_images, "{}"),
    "split folders": (split_folders, open_images, "{}"),
    "stacked": (folder, open_images, "stacked:{}"),
    "pairs in one": (folder, open_pairs, "{}"),
    "pairs in two": (two_domains, open_pairs, "{}/trainA,{}/trainB"),
    "two domains": (two_domains, open_unpaired, "{}"),
    "two sources": (two_domains, open_unpaired, "{}/trainA,{}/trainB"),
    "folder of text": (lines, open_text, "{}"),
    "file of text": (lines, open_text, "{}/train.txt"),
    "files of text": (lines, open_text, "{}/train.txt,{}/test.txt"),
}


@pytest.mark.parametrize("name", DOORS)
def test_a_fingerprint(name, tmp_path, monkeypatch):
    make, door, form = DOORS[name]

    def fingerprint(root, split="train"):
        spec = form.replace("{}", str(root))
        return door(spec, split, REQUEST).info["contents"]()

    root = tmp_path / "data"
    make(root)
    before = fingerprint(root)
    assert fingerprint(root, "test") == before
    # Elsewhere, and written differently.
    shutil.copytree(root, tmp_path / "other" / "place")
    (tmp_path / "link").symlink_to(root, target_is_directory=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for elsewhere in (tmp_path / "other" / "place", tmp_path / "link", "./data", "data/", "~/data"):
        assert fingerprint(elsewhere) == before

    files = sorted(path for path in root.rglob("*") if path.is_file())
    changed = next(path for path in files if "train.txt" in str(path) or path.suffix == ".png")
    content, status = changed.read_bytes(), changed.stat()
    changed.write_bytes(content[:-20] + b" " + content[-19:])
    os.utime(changed, ns=(status.st_atime_ns, status.st_mtime_ns))
    with contextlib.suppress(DataError):  # the picture may be damaged, which is told first
        assert "1 replaced (" in contents.difference(before, fingerprint(root))
    save(changed, 99) if changed.suffix == ".png" else changed.write_text("a b\n" * 9)
    assert "1 replaced (" in contents.difference(before, fingerprint(root))
    changed.write_bytes(content)

    if "text" not in name and name != "pairs in two":
        changed.unlink()
        (changed.parent / f"a {changed.name}").write_bytes(content)
        assert set(fingerprint(root)) != set(before)


def test_a_sentence_on_what_changed():
    before = {f"{number}.png": "1" for number in range(8)}
    now = {**before, "0.png": "2", "new.png": "1"}
    for number in range(3, 8):
        del now[f"{number}.png"]
    assert contents.difference(before, now) == (
        "5 removed (3.png, 4.png, 5.png, ...), 1 added (new.png), 1 replaced (0.png)"
    )
    assert contents.difference(before, dict(reversed(before.items()))) is None


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 3_000_000])
def test_a_digest_sees_size_and_content(tmp_path, size):
    data = np.random.default_rng(0).bytes(size)
    (tmp_path / "a").write_bytes(data)
    (tmp_path / "longer").write_bytes(data + b"x")
    digest = contents.digest(tmp_path / "a")
    assert digest.startswith(f"{size}-") and digest != contents.digest(tmp_path / "longer")
    for place in {0, size - 1} if size else ():
        other = bytearray(data)
        other[place] ^= 1
        (tmp_path / "b").write_bytes(other)
        assert contents.digest(tmp_path / "b") != digest, place
    assert contents.digest(tmp_path / "absent") == "unreadable"


def test_a_table_without_files():
    def table(array, kind):
        return Examples.from_arrays({"points": array}, {"points": kind}, range(len(array)), {})

    points = np.random.default_rng(0).normal(size=(500, 2)).astype(np.float32)
    of = contents.of_table
    assert of(table(points, Points((2,)))) == of(table(points + 1e-6, Points((2,))))
    assert of(table(points, Points((2,)))) != of(table(points[:-1], Points((2,))))


def test_mnist(real_data):
    def fingerprint(split):
        request = Request(image_size=(28, 28), channels=1, data_dir=real_data / "tfds")
        return open_images("tfds:mnist", split, request).info["contents"]()

    found = fingerprint("test")
    assert found and all("tfrecord" in name or "txt" in name for name in found)


def test_names_that_are_no_text_are_told_in_marks(tmp_path):
    for name in (b"\xff\xe9", "é".encode()):
        root = pathlib.Path(os.fsdecode(os.fsencode(tmp_path / "data") + b"/" + name))
        for number in range(3):
            save(root / f"{number}.png", number)
    examples = open_images(str(tmp_path / "data"), "train", REQUEST)
    assert examples.info["label_names"] == ["é", "\ufffd\ufffd"]
    assert examples.fields["labels"].names == ("é", "\ufffd\ufffd")
    assert "é/0.png" in examples.info["contents"]()
    for value in ("name", "source", "split_rule"):
        examples.info[value].encode("utf-8")
