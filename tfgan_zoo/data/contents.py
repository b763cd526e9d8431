"""What data consists of, told cheaply: a run that goes on must learn from what it began with.

A fingerprint is `{name: digest}` with a name for each file, relative to the folder of the data, so
that it is the same wherever the folder lies and in whatever order its files are listed.
"""

from __future__ import annotations

import functools
import hashlib
import os
import pathlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from tfgan_zoo.data import places
from tfgan_zoo.data.examples import Examples

# A file of up to so many bytes is read whole. Of a larger one these many windows are, spread from
# its beginning to its end: what packs pictures or text changes all that follows a change, and the
# size with it. A change of a few bytes within a large file that is not packed can stay unseen; the
# price of seeing it would be to read all data twice. 100,000 pictures of 3 kB take 2.7 s of a core,
# little beside decoding them.
_WHOLE = 1 << 16
_WINDOWS = 8
_NAMED = 3  # names in a sentence about a change


def of_files(files: Mapping[str, os.PathLike]) -> Callable[[], dict[str, str]]:
    """() -> the fingerprint of files by their names; they are read when it is asked for, once."""

    @functools.cache
    def digests():
        with ThreadPoolExecutor() as pool:
            # In portions, because a task for each of many small files would cost more than it.
            return dict(zip(files, pool.map(digest, files.values(), chunksize=64), strict=True))

    return digests


def digest(path) -> str:
    """Size and hash of a file's content; a word where it cannot be read."""
    try:
        with open(path, "rb", buffering=0) as stream:
            size = os.fstat(stream.fileno()).st_size
            if size <= _WHOLE:
                parts = [stream.read()]
            else:
                parts = []
                for start in np.linspace(0, size - _WHOLE // _WINDOWS, _WINDOWS).astype(np.int64):
                    stream.seek(int(start))
                    parts.append(stream.read(_WHOLE // _WINDOWS))
    except OSError:
        return "unreadable"
    return f"{size}-{hashlib.blake2b(b''.join(parts), digest_size=8).hexdigest()}"


def of_folder(roots, files) -> Callable[[], dict[str, str]]:
    """() -> the fingerprint of files in one folder, or of pairs of files in two.

    Args:
        roots: the folder or the two of them.
        files: `(number of its root, path)` of each.
    """
    named = {}
    for number, path in files:
        side = f"{'AB'[number]}/" if len(roots) > 1 else ""
        inner = pathlib.PurePath(path).relative_to(roots[number]).as_posix()
        named[side + places.composed(inner)] = path
    return of_files(named)


def prefixed(prefix: str, fingerprint: Callable[[], dict[str, str]]) -> Callable:
    """The fingerprint with other names."""
    return lambda: {prefix + name: value for name, value in fingerprint().items()}


def joined(a: Callable | None, b: Callable | None) -> Callable | None:
    """The fingerprint of two sets; None where one has none."""
    if a is None or b is None:
        return None
    return lambda: {**prefixed("A/", a)(), **prefixed("B/", b)()}


def of_table(examples: Examples) -> dict[str, str]:
    """The fingerprint of a table whose data are in no files that are known: its length, and its
    whole numbers in some rows. Others may differ between machines in their last digits.
    """
    rows = np.unique(np.linspace(0, len(examples) - 1, 64).astype(np.int64))
    seen = hashlib.blake2b(digest_size=8)
    for name, array in sorted(examples.fetch(rows).items()):
        seen.update(name.encode())
        if np.issubdtype(array.dtype, np.integer):
            seen.update(np.ascontiguousarray(array).tobytes())
    return {"its examples": f"{len(examples)}-{seen.hexdigest()}"}


def difference(before: Mapping[str, str], now: Mapping[str, str]) -> str | None:
    """What became of the data, such as '2 removed (a.png, b.png), 1 added (c.png)'; None where
    nothing did.
    """
    changes = {
        "removed": sorted(before.keys() - now.keys()),
        "added": sorted(now.keys() - before.keys()),
        "replaced": sorted(n for n in before.keys() & now.keys() if before[n] != now[n]),
    }
    said = []
    for what, names in changes.items():
        if names:
            more = ", ..." if len(names) > _NAMED else ""
            said.append(f"{len(names):,} {what} ({', '.join(names[:_NAMED])}{more})")
    return ", ".join(said) or None
