"""The words of a command line: flagfiles read in, home folders put in, what cannot be read told."""

import codecs
import os
import pathlib
import re

from absl import flags as absl_flags

FLAGFILE = re.compile(r"--?flagfile(=|$)")
# Marks at the beginning of text that is not in UTF-8.
_OTHER = {codecs.BOM_UTF16_LE: "UTF-16", codecs.BOM_UTF16_BE: "UTF-16"}


def expanded(words):
    """The words with those of each flagfile in its place.

    A flagfile has a flag a line, as `--name=value`; lines that begin with `#` or `//` say nothing.
    It may name others, which lie beside it or where the command runs.

    Returns:
        ([word], {word: "FILE, line N"}).

    Raises:
        absl.flags.Error: for a file that cannot be read, or a line that is no flag; it names both.
    """
    places = {}
    return _expanded(list(words), None, (), places), places


def _expanded(words, origin, within, places):
    found = []
    while words:
        word = words.pop(0)
        if word == "--":
            return [*found, word, *words]
        if not FLAGFILE.match(word):
            found.append(word)
            continue
        _, given, name = word.partition("=")
        if not given:
            if not words:
                raise absl_flags.Error("--flagfile names no file.")
            name = words.pop(0)
        path = _found(name, origin)
        known = pathlib.Path(path).resolve()
        if known in within:
            raise absl_flags.Error(f"The flagfile {path} names itself.")
        lines = _lines(path)
        places.update({line: f"{path}, line {number}" for number, line in lines})
        inner = [line for _, line in lines]
        found += _expanded(inner, path, (*within, known), places)
    return found


def _found(name, origin):
    """The flagfile of this name: beside the one that names it, or where the command runs."""
    here = home(name.strip(), "flagfile")
    beside = [] if origin is None else [str(pathlib.Path(origin).parent / here)]
    for path in (*beside, here):
        if pathlib.Path(path).exists():
            return path
    named = "" if origin is None else f", which {origin} names,"
    raise absl_flags.Error(f"--flagfile={name}{named} does not exist.")


def _lines(path):
    """[(number, flag)] of a file."""
    try:
        content = pathlib.Path(path).read_bytes()
    except OSError as error:
        raise absl_flags.Error(f"--flagfile={path} cannot be read: {error.strerror}.") from error
    for mark, name in _OTHER.items():
        if content.startswith(mark):
            raise absl_flags.Error(f"{path}, line 1: is text in {name}; save it as UTF-8.")
    lines = []
    # With a byte-order mark or without.
    for number, row in enumerate(content.removeprefix(codecs.BOM_UTF8).splitlines(), 1):
        if row.startswith((b"#", b"//")):
            continue  # in whatever encoding
        try:
            line = row.decode("utf-8").strip()
        except UnicodeDecodeError as error:
            raise absl_flags.Error(
                f"{path}, line {number}: is no text in UTF-8; save the file in that encoding."
            ) from error
        if not line or line.startswith(("#", "//")):
            continue
        if "\0" in line or not line.startswith("-"):
            raise absl_flags.Error(
                f"{path}, line {number}: '{line}' is no flag; each line is one, as --name=value."
            )
        lines.append((number, line))
    return lines


def placed(error, places):
    """What absl says of a flag, with the line of the flagfile that it stands in."""
    said = str(error)
    for word, place in places.items():
        name = word.lstrip("-").partition("=")[0]
        if re.search(rf"(?<![\w-])(--)?{re.escape(name)}(?![\w-])", said):
            return f"{place}: {said}"
    return said


def home(path, name):
    """The path with the home folder for a `~` at its beginning.

    Raises:
        absl.flags.Error: for the home folder of nobody.
    """
    if not path.startswith("~"):
        return path
    try:
        return os.fspath(pathlib.Path(path).expanduser())
    except RuntimeError as error:
        raise absl_flags.Error(
            f"--{name}={path} begins with the home folder of somebody who has none here."
        ) from error


def check_words(words):
    """Raises absl.flags.Error for a word with a line break, which a run could not record."""
    for word in words:
        if any(sign in word for sign in "\n\r\0"):
            raise absl_flags.Error(f"{word!r} holds a line break, which no flag may: take it out.")
