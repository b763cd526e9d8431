"""Where resized examples wait for training: in memory, or in files that later runs find again."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import pathlib
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import PIL
import psutil
from absl import logging

from tfgan_zoo.data import contents, places
from tfgan_zoo.data.errors import DataError
from tfgan_zoo.kinds.kind import Kind

# Raised when what `decode` or `resize` makes of the same file changes: old caches are then left.
_VERSION = 2

_YOUNG = 60  # seconds


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
        size = sum(kind.nbytes for kind in fields.values())
        check_memory(count, size, "use --cache=disk or --cache=none, or smaller pictures.")
        arrays = {name: np.empty((count, *kind.shape), kind.dtype) for name, kind in fields.items()}
        return arrays, fill(arrays)

    root = places.home(cache_dir or default_dir())
    settings = [_VERSION, PIL.__version__, count, sorted((n, str(k)) for n, k in fields.items())]
    text = json.dumps([settings, key], sort_keys=True)
    place = root / hashlib.sha256(text.encode()).hexdigest()[:32]
    found = _read(place, fields, count)
    if found is None:
        if place.exists():
            logging.warning("The cache %s is damaged and is made anew.", place)
            _discard(place)
        _write(place, fields, count, needed, fill)
        found = _read(place, fields, count)
    if found is None:
        raise DataError(f"The cache {place} cannot be read back: choose another --cache_dir.")
    return found


def _read(place, fields, count):
    """`(arrays, report)` of a cache that is whole; None if it is not."""
    try:
        stored = json.loads((place / "report.json").read_text("utf-8"))
        arrays = {name: np.load(place / f"{name}.npy", mmap_mode="r") for name in fields}
        sound = all(
            arrays[name].shape == (count, *kind.shape)
            and arrays[name].dtype == kind.dtype
            and contents.digest(place / f"{name}.npy") == stored["digests"][name]
            for name, kind in fields.items()
        )
        return (arrays, stored["report"]) if sound else None
    except (OSError, ValueError, KeyError, TypeError, EOFError):
        return None


def _discard(folder):
    """Removes a cache under another name, so that a kill leaves no half of it."""
    aside = pathlib.Path(tempfile.mkdtemp(prefix=f"{folder.name}.", dir=folder.parent))
    folder.rename(aside / "damaged")
    shutil.rmtree(aside, ignore_errors=True)


def _sweep(root):
    """Removes what killed processes left in the folder of caches: nobody holds its lock."""
    for folder in root.glob(f"{'[0-9a-f]' * 32}.*"):
        # One that was just made may not be locked yet.
        if folder.is_dir() and time.time() - folder.stat().st_mtime > _YOUNG:
            with contextlib.suppress(OSError), _locked(folder):
                shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _locked(folder):
    """Holds the lock of a folder; raises `OSError` if another process does."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


def default_dir() -> pathlib.Path:
    """Folder of the disk caches when none is named."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return places.home(base) / "tfgan_zoo"


def available_memory() -> int:
    """Bytes that this process may still take, within the limits of its container or service
    (cgroup v2) and of its shell (`ulimit -v`).
    """
    available = psutil.virtual_memory().available
    root = pathlib.Path("/sys/fs/cgroup")
    with contextlib.suppress(OSError, ValueError):
        (line,) = pathlib.Path("/proc/self/cgroup").read_text().splitlines()
        own = root / line.rpartition(":")[2].strip("/")
        # A limit of any group around this one holds too; in a container the root is its own.
        for group in (own, *own.parents):
            with contextlib.suppress(OSError, ValueError):  # no such file, or "max"
                limit = int((group / "memory.max").read_text())
                used = int((group / "memory.current").read_text())
                available = min(available, max(0, limit - used))
            if group == root:
                break
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY:
        available = min(available, max(0, limit - psutil.Process().memory_info().vms))
    return available


def check_memory(count: int, size: int, remedy: str):
    """Raises `DataError` if `count` examples of `size` bytes take more than half of the memory that
    is available; `remedy` ends its sentence.
    """
    available, needed = available_memory(), count * size
    if needed > available / 2:
        raise DataError(
            f"The {count} examples take {_size(needed)} in memory, more than half of the "
            f"{_size(available)} available: {remedy}"
        )


def _write(place, fields, count, needed, fill):
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        _sweep(place.parent)
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
    lock = contextlib.ExitStack()
    with contextlib.suppress(OSError):  # a file system without locks is never swept
        lock.enter_context(_locked(temporary))
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
        digests = {name: contents.digest(temporary / f"{name}.npy") for name in fields}
        stored = {"report": report, "digests": digests}
        (temporary / "report.json").write_text(json.dumps(stored), "utf-8")
        try:
            temporary.rename(place)
        except OSError:
            # Another process finished the same cache first: its contents are equal.
            if not place.is_dir():
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        lock.close()


def _size(count: int) -> str:
    return f"{count / 2**30:.1f} GiB" if count >= 2**30 else f"{count / 2**20:.1f} MiB"
