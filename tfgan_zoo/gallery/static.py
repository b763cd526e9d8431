"""The gallery as a folder of files that any web server can host; written as a whole or not at all.

`gallery.json` in it lists what was written, with hashes. A folder in which all is as listed may be
replaced; one that holds anything else is left alone.
"""

import contextlib
import hashlib
import json
import os
import pathlib
import shutil

import tfgan_zoo
from tfgan_zoo.gallery import collect, server


class StaticError(ValueError):
    """A folder that the gallery cannot be written into; the message says why, and what to do."""


def write(found: collect.Found, folder, page=server.PAGE):
    """Writes the page, models.json and the files of all exports.

    Args:
        found: what is shown.
        folder: that does not exist, is empty, or that this function wrote.
        page: folder of the page.

    Returns:
        (number of files, bytes).

    Raises:
        StaticError: if it cannot be written; then the folder is as it was.
    """
    target = pathlib.Path(os.path.realpath(folder))
    if not target.parent.is_dir():
        raise StaticError(f"--export={folder}: there is no folder {target.parent}.")
    check_replaceable(target, folder)
    staging = target.with_name(f".{target.name}.partial-{os.getpid()}")
    try:
        listed = _fill(staging, found, page)
        _put(staging, target)
    except OSError as error:
        raise StaticError(
            f"--export={folder} could not be written ({error.strerror}), and was left as it was."
        ) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return len(listed), sum(entry["bytes"] for entry in listed.values())


def contents(found: collect.Found, page):
    """Path in the folder -> the file to copy, or the bytes to write."""
    parts = {name: path for name, path in server.page_files(page).items()}
    described = json.dumps(found.described(), allow_nan=False)
    parts["models.json"] = f"{described}\n".encode()
    for export in found.exports.values():
        for name, file in export.files.items():
            parts[f"models/{export.id}/{name}"] = file.path
    for name, file in found.laboratory.items():
        parts[f"laboratory/{name}"] = file.path
    return parts


def check_replaceable(target, folder):
    """Raises StaticError for a folder that holds what `write` did not write there."""
    if not target.exists():
        return
    if not target.is_dir():
        raise StaticError(f"--export={folder} is a file: name a folder.")
    try:
        there = {
            path.relative_to(target).as_posix(): path
            for path in target.rglob("*")
            if path.is_symlink() or not path.is_dir()
        }
        if not there and not any(target.iterdir()):
            return
        listed = _listed(target / collect.MARK)
        foreign = sorted(set(there) - set(listed) - {collect.MARK})
        changed = [
            name
            for name, path in there.items()
            if name in listed and (path.is_symlink() or _sha256(path) != listed[name])
        ]
    except OSError as error:
        raise StaticError(f"--export={folder} cannot be read ({error.strerror}).") from error
    wrong = [*foreign, *sorted(changed)]
    if wrong or not listed:
        kept = f", such as {wrong[0]}" if wrong else ""
        raise StaticError(
            f"--export={folder} holds what this command did not write{kept}, and is left as it is: "
            "name another folder."
        )


def _listed(mark):
    """Path -> SHA-256 of what was written; nothing of a file that does not say."""
    try:
        files = json.loads(mark.read_text("utf-8"))["files"]
        return {name: entry["sha256"] for name, entry in files.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}  # another program's, so that all of the folder is


def _fill(staging, found, page):
    """Writes everything into `staging`; returns path -> {"sha256", "bytes"}."""
    listed = {}
    for name, source in contents(found, page).items():
        path = staging / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(source, bytes):
            path.write_bytes(source)
        else:
            shutil.copyfile(source, path)
        listed[name] = {"sha256": _sha256(path), "bytes": path.stat().st_size}
    mark = {
        "written by": f"python -m tfgan_zoo.gallery --export, version {tfgan_zoo.__version__}",
        "files": listed,
    }
    (staging / collect.MARK).write_text(json.dumps(mark, indent=1) + "\n", "utf-8")
    return listed


def _put(staging, target):
    """Moves the new folder to its place; the old one is back if that fails."""
    if not target.exists():
        staging.rename(target)
        return
    old = target.with_name(f".{target.name}.old-{os.getpid()}")
    target.rename(old)
    try:
        staging.rename(target)
    except OSError:
        old.rename(target)
        raise
    with contextlib.suppress(OSError):
        shutil.rmtree(old)


def _sha256(path):
    with path.open("rb") as opened:
        digest = hashlib.sha256()
        while part := opened.read(2**20):
            digest.update(part)
    return digest.hexdigest()
