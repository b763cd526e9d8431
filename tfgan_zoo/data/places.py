"""Paths as a user writes them."""

from __future__ import annotations

import os
import pathlib
import unicodedata

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
    """A name for files in UTF-8, under any locale: what is no UTF-8 in it becomes a mark."""
    return _bytes(name).decode("utf-8", "replace")


def composed(name: str) -> str:
    """The name with its accents in one piece (NFC). A Mac takes them apart (NFD), so that the same
    name on two machines is another sequence of signs. So is that of one file under two locales.
    """
    return unicodedata.normalize("NFC", _bytes(name).decode("utf-8", "surrogateescape"))


def _bytes(name):
    """What a name is on disk."""
    try:
        return os.fsencode(name)
    except UnicodeEncodeError:  # not from the disk: the locale cannot even write it
        return name.encode("utf-8", "surrogateescape")
