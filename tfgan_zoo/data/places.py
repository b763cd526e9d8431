"""Paths as a user writes them."""

from __future__ import annotations

import os
import pathlib

from tfgan_zoo.data.errors import DataError


def home(path: str | os.PathLike) -> pathlib.Path:
    """The path with the home folder for a `~` at its beginning.

    Raises:
        DataError: for the home folder of nobody.
    """
    try:
        return pathlib.Path(path).expanduser()
    except RuntimeError as error:
        raise DataError(f"{path} begins with the home folder of nobody.") from error


def printable(name: str) -> str:
    """A name for files in UTF-8: what of a file's name is in no encoding becomes a mark."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
