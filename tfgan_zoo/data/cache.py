"""Where resized examples wait for training: in memory, or in files that later runs find again."""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
import shutil
import tempfile
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import PIL
import psutil

from tfgan_zoo.data.errors import DataError
from tfgan_zoo.kinds.kind import Kind

# Raised when what `decode` or `resize` makes of the same file changes: old caches are then left.
_VERSION = 1


def tabulate(
    fields: Mapping[str, Kind],
    count: int,
    fill: Callable[[dict[str, np.ndarray]], Any],
    *,
    mode: str,
    cache_dir=None,
    key: Any = None,
) -> tuple[dict[str, np.ndarray], Any]:
    """Arrays of `count` rows, filled once.

    On disk they lie under `cache_dir` in a folder named by a hash of `key`. It is written under
    another name and renamed when complete, so a killed run leaves nothing that looks finished.

    Args:
        fields: `{name: its kind}` of one row.
        count: number of rows.
        fill: called with the empty arrays; returns a report that JSON can hold. Whatever it raises
            leaves no cache behind.
        mode: `"memory"` or `"disk"`.
        cache_dir: folder of the disk caches; `~/.cache/tfgan_zoo` when None.
        key: all that decides the contents, as JSON can hold it: file names, sizes, times, settings.

    Returns:
        `(arrays {name: [count, ...]}, report)`; the report is the stored one when the cache is
        found again. Disk arrays are read-only memory maps.

    Raises:
        DataError: if memory or disk would not hold the arrays.
    """
    needed = count * sum(kind.nbytes for kind in fields.values())
    if mode == "memory":
        available = available_memory()
        if needed > available / 2:
            raise DataError(
                f"The {count} examples take {_size(needed)} in memory, more than half of the "
                f"{_size(available)} available: use --cache=disk or --cache=none."
            )
        arrays = {name: np.empty((count, *kind.shape), kind.dtype) for name, kind in fields.items()}
        return arrays, fill(arrays)

    root = pathlib.Path(cache_dir or default_dir()).expanduser()
    settings = [_VERSION, PIL.__version__, count, sorted((n, str(k)) for n, k in fields.items())]
    text = json.dumps([settings, key], sort_keys=True)
    place = root / hashlib.sha256(text.encode()).hexdigest()[:32]
    if not place.is_dir():
        _write(place, fields, count, needed, fill)
    arrays = {name: np.load(place / f"{name}.npy", mmap_mode="r") for name in fields}
    return arrays, json.loads((place / "report.json").read_text())


def default_dir() -> pathlib.Path:
    """Folder of the disk caches when none is named."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return pathlib.Path(base).expanduser() / "tfgan_zoo"


def available_memory() -> int:
    """Bytes that this process may still take, within the limit of its container (cgroup v2)."""
    available = psutil.virtual_memory().available
    try:
        limit = pathlib.Path("/sys/fs/cgroup/memory.max").read_text().strip()
        used = pathlib.Path("/sys/fs/cgroup/memory.current").read_text()
    except OSError:
        return available
    return available if limit == "max" else min(available, max(0, int(limit) - int(used)))


def _write(place, fields, count, needed, fill):
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(place.parent).free
        if needed > free:
            raise DataError(
                f"The cache takes {_size(needed)} and {place.parent} has {_size(free)} free: "
                "make room or choose another folder with --cache_dir."
            )
        temporary = pathlib.Path(tempfile.mkdtemp(prefix=f"{place.name}.", dir=place.parent))
    except OSError as error:
        raise DataError(
            f"Cannot write the cache to {place.parent} ({error.strerror}): "
            "choose another folder with --cache_dir."
        ) from error
    try:
        arrays = {
            name: np.lib.format.open_memmap(
                temporary / f"{name}.npy", mode="w+", dtype=kind.dtype, shape=(count, *kind.shape)
            )
            for name, kind in fields.items()
        }
        report = fill(arrays)
        for array in arrays.values():
            array.flush()
        (temporary / "report.json").write_text(json.dumps(report))
        try:
            temporary.rename(place)
        except OSError:
            # Another process finished the same cache first: its contents are equal.
            if not place.is_dir():
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _size(count: int) -> str:
    return f"{count / 2**30:.1f} GiB" if count >= 2**30 else f"{count / 2**20:.1f} MiB"
