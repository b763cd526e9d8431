"""Memory and disk caches: limits, re-use, and what a killed or failing run leaves behind."""

import json
import os
import pathlib

import numpy as np
import psutil
import pytest
from absl import logging

from tfgan_zoo.data import cache
from tfgan_zoo.data.errors import DataError
from tfgan_zoo.kinds.class_ import Class
from tfgan_zoo.kinds.image import Image
from tfgan_zoo.kinds.label_map import LabelMap

FIELDS = {
    "images": Image((2, 3, 1)),
    "labels": Class(),
}


def fill(arrays):
    arrays["images"][:] = np.arange(4)[:, None, None, None]
    arrays["labels"][:] = [5, 6, 7, 8]
    return ["a", "report"]


def tabulate(mode, tmp_path=None, key="k", fill=fill, fields=FIELDS):
    return cache.tabulate(fields, 4, fill, mode=mode, cache_dir=tmp_path, key=key)


def test_memory():
    arrays, report = tabulate("memory")
    assert arrays["images"].shape == (4, 2, 3, 1) and arrays["labels"].tolist() == [5, 6, 7, 8]
    assert report == ["a", "report"]


def test_memory_refuses_more_than_half_of_what_is_available(monkeypatch):
    needed = 4 * (6 + 4)
    monkeypatch.setattr(cache, "available_memory", lambda: 2 * needed)
    tabulate("memory")
    monkeypatch.setattr(cache, "available_memory", lambda: 2 * needed - 1)
    with pytest.raises(DataError, match="--cache=disk or --cache=none"):
        tabulate("memory")


def test_available_memory_is_within_the_machine():
    assert 0 < cache.available_memory() <= psutil.virtual_memory().total


def test_disk_is_filled_once_and_used_again(tmp_path):
    calls = []

    def counted(arrays):
        calls.append(1)
        return fill(arrays)

    for _ in range(2):
        arrays, report = tabulate("disk", tmp_path, fill=counted)
        assert isinstance(arrays["images"], np.memmap)
        assert arrays["images"][:, 0, 0, 0].tolist() == [0, 1, 2, 3] and report == ["a", "report"]
        with pytest.raises(ValueError, match="read-only"):
            arrays["images"][0] = 0
    assert len(calls) == 1
    (place,) = tmp_path.iterdir()
    assert sorted(path.name for path in place.iterdir()) == [
        "images.npy",
        "labels.npy",
        "report.json",
    ]


def test_another_key_or_field_is_another_cache(tmp_path):
    tabulate("disk", tmp_path, key=["name", 1])
    tabulate("disk", tmp_path, key=["name", 2])
    fields = {**FIELDS, "images": LabelMap((2, 3, 1))}
    tabulate("disk", tmp_path, key=["name", 1], fields=fields)
    assert len([*tmp_path.iterdir()]) == 3


def test_a_failing_fill_leaves_nothing(tmp_path):
    def failing(arrays):
        raise DataError("no good")

    with pytest.raises(DataError, match="no good"):
        tabulate("disk", tmp_path, fill=failing)
    assert not [*tmp_path.iterdir()]


def test_an_unfinished_cache_of_a_killed_run_is_not_used(tmp_path):
    tabulate("disk", tmp_path)
    (place,) = tmp_path.iterdir()
    place.rename(tmp_path / f"{place.name}.killed")
    (tmp_path / f"{place.name}.killed" / "report.json").write_text(json.dumps("wrong"))
    assert tabulate("disk", tmp_path)[1] == ["a", "report"]


def test_two_runs_that_fill_at_once_agree(tmp_path):
    def slow(arrays):
        tabulate("disk", tmp_path)  # the other run is ready first
        return fill(arrays)

    arrays, _ = tabulate("disk", tmp_path, fill=slow)
    assert arrays["labels"].tolist() == [5, 6, 7, 8]
    assert len([*tmp_path.iterdir()]) == 1


def test_a_full_disk(tmp_path, monkeypatch):
    usage = type("usage", (), {"free": 10})
    monkeypatch.setattr(cache.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(DataError, match="free: make room or choose another folder"):
        tabulate("disk", tmp_path)


def test_a_place_that_cannot_be_written(tmp_path):
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(DataError, match="choose another folder with --cache_dir"):
        tabulate("disk", file / "cache")


def test_default_place(monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert cache.default_dir() == pathlib.Path("/somewhere/tfgan_zoo")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache.default_dir() == pathlib.Path.home() / ".cache" / "tfgan_zoo"


DAMAGE = {
    "gone": lambda path: path.unlink(),
    "empty": lambda path: path.write_bytes(b""),
    "cut": lambda path: os.truncate(path, path.stat().st_size // 2),
    "junk": lambda path: path.write_bytes(bytes(range(path.stat().st_size % 256))),
    "changed": lambda path: path.write_bytes(path.read_bytes()[:-1] + b"7"),
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("name", ["images.npy", "report.json"])
def test_a_damaged_cache_is_made_anew(tmp_path, name, damage, monkeypatch):
    told = []
    monkeypatch.setattr(logging, "warning", lambda text, *values: told.append(text % values))
    tabulate("disk", tmp_path)
    (place,) = tmp_path.iterdir()
    DAMAGE[damage](place / name)
    arrays, report = tabulate("disk", tmp_path)
    assert arrays["images"][:, 0, 0, 0].tolist() == [0, 1, 2, 3] and report == ["a", "report"]
    assert told == [f"The cache {place} is damaged and is made anew."]
    assert [*tmp_path.iterdir()] == [place]


def test_what_a_kill_left_goes_when_another_cache_is_made(tmp_path):
    left, busy = (tmp_path / f"{'0a' * 16}.{name}" for name in ("left", "busy"))
    for folder in (left, busy, tmp_path / "mine.folder"):
        folder.mkdir()
        os.utime(folder, (0, 0))
    with cache._locked(busy):
        tabulate("disk", tmp_path)
        assert not left.exists() and busy.exists() and (tmp_path / "mine.folder").exists()
