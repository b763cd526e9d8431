"""Where exports are written: names that TensorFlow can read, places that can be written, and what
processes that were killed left there.
"""

import contextlib
import os
import pathlib
import re
import shutil
import tempfile

# TensorFlow looks for the parts of a checkpoint or SavedModel by a pattern that begins with the
# path as it is given, so that these signs find no file there, or files of another folder.
PATTERN = "[]*?\\"
_PARTIAL = re.compile(r"\..+\.partial-(?P<process>\d+)(\.keras)?")


def check_name(path, what: str):
    """Raises ValueError, in one sentence, for a path that TensorFlow cannot read.

    Args:
        path: as TensorFlow will be given it.
        what: what a user calls it, such as "--run_dir".
    """
    text = os.fspath(path)
    found = sorted(set(PATTERN).intersection(text))
    if found:
        raise ValueError(
            f"{what}: the name {text} has {' and '.join(found)} in it, which TensorFlow takes for "
            f"a pattern of names, and would not find again what it writes there: rename the folder "
            "or choose another."
        )
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError(
            f"{what}: the name {ascii(text)} is no UTF-8, which TensorFlow cannot write: rename "
            "the folder or choose another."
        ) from error


def check_writable(path, what: str):
    """Raises ValueError, in one sentence, where a folder cannot be made or written; leaves none.

    Args:
        path: of the folder.
        what: what a user calls it, such as "--export_dir".

    Returns:
        The folder itself, or as much of its path as is there.
    """
    folder = pathlib.Path(os.path.abspath(path))
    missing = []
    try:
        missing = [place for place in (folder, *folder.parents) if not place.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"x")
    except OSError as error:
        raise ValueError(
            f"{what}: {path} cannot be written ({error.strerror}): choose another folder, or "
            "change its permissions."
        ) from error
    finally:
        for place in missing:
            remove_empty(place)
    return missing[-1].parent if missing else folder


def partial(path: pathlib.Path) -> pathlib.Path:
    """Where this process writes what is to become `path`, or lies beside it for a while."""
    return path.with_name(f".{path.name.lstrip('.')}.partial-{os.getpid()}")


def remove_leftovers(folder: pathlib.Path):
    """Removes what processes that do not run any more left under names of `partial`."""
    for path in folder.iterdir() if folder.is_dir() else ():
        found = _PARTIAL.fullmatch(path.name)
        if found and not _runs(int(found["process"])):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def remove_empty(folder: pathlib.Path):
    """Removes a folder that holds nothing, and leaves any other."""
    with contextlib.suppress(OSError):
        folder.rmdir()


def _runs(process: int) -> bool:
    """Whether another process of this number runs; this one, begun afresh, left nothing yet."""
    if process == os.getpid():
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
