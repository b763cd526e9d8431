"""Text as rows of tokens: what `--data` says, and the vocabulary that training lines give.

| `--data=`          | what it is                                                                |
|--------------------|---------------------------------------------------------------------------|
| `captions`         | built in: sentences of a small grammar (see `data.captions`)              |
| `FILE`             | a file of lines                                                           |
| `DIR`              | its files `.txt`: train.txt, val.txt and test.txt, or any, read in order  |
| `FILE,FILE`        | a file of lines for training and one for the scores                       |

Each line is an example; blank lines are none. Files are text in UTF-8 and may be packed (`.gz`).
What is missing of the splits is cut from the end of the training lines. Words are what blanks
separate: marks of punctuation count as words where blanks stand before them.
"""

from __future__ import annotations

import dataclasses
import gzip
import pathlib
import zlib

import numpy as np

from tfgan_zoo.data import captions, contents, images, places, splits
from tfgan_zoo.data.errors import DataError
from tfgan_zoo.data.examples import BadFile, Examples
from tfgan_zoo.data.files import describe
from tfgan_zoo.data.request import DEFAULT, Request
from tfgan_zoo.kinds.tokens import Tokens, Vocabulary

FORMS = (
    "'captions' (built in), a file of lines, two of them 'FILE,FILE' for training and test, "
    "or a folder of .txt files"
)
ENDINGS = (".txt", ".txt.gz")


@dataclasses.dataclass
class _Text:
    """What was found: lines with their names, by split or under the one name `""`."""

    name: str
    parts: dict[str, list[tuple[str, str]]]
    origin: str
    problems: list[BadFile]
    licence: str = "not stated"
    description: str = ""
    files: dict[str, pathlib.Path] = dataclasses.field(default_factory=dict)


def open_text(spec: str, split: str, request: Request = DEFAULT) -> Examples:
    """Opens lines of text: field `tokens`, int32 `[T]`, of the kind `Tokens`.

    A row holds the words of a line, an end mark and padding; a line of T words or more fills it
    without an end mark, and what is over is cut. The vocabulary is that of the training lines,
    whichever split is opened: the most frequent words, then those first in order of their letters.

    Args:
        spec: see the table above; a file or folder that exists wins over any other meaning.
        split: `train`, `validation` (`val`) or `test`.
        request: its `units`, `lower_case`, `vocabulary_size` and `max_length` (T), and what is held
            out. With `skip_bad` files of a folder that cannot be read are left out.

    Returns:
        The examples. Their `info` also has `cut`, the number of lines of this split that are longer
        than T, and `unknown_share`, the share of its words that are not in the vocabulary.

    Raises:
        DataError: a sentence that says what is wrong with the data and what to do.
    """
    split = splits.canonical(split)
    text = _find(spec, request)
    if text.problems and not request.skip_bad:
        raise DataError(describe(text.problems))
    parts, rule = _splits(text, request.hold_out)
    for needed in ("train", split):
        if not parts.get(needed):
            known = ", ".join(f"{name} ({len(lines)})" for name, lines in parts.items())
            raise DataError(f"{spec} has no lines for '{needed}'; it has {known}.")
    words = {name: [_words(line, request) for _, line in parts[name]] for name in {"train", split}}
    separator = " " if request.units == "words" else ""
    vocabulary = Vocabulary.of_lines(words["train"], request.vocabulary_size, separator)
    kind = Tokens(request.max_length, vocabulary)
    rows = np.stack([vocabulary.tokens(line, kind.length) for line in words[split]])
    lengths = [len(line) for line in words[split]]
    unknown = np.sum(rows == vocabulary.unknown) / np.sum(np.minimum(lengths, kind.length))
    info = {
        "name": places.printable(text.name),
        "source": places.printable(spec),
        "licence": text.licence,
        "description": text.description or f"{sum(map(len, parts.values()))} lines of text",
        "split": split,
        "split_rule": places.printable(rule),
        "skipped": len(text.problems),
        "cut": int(np.sum(np.array(lengths) > kind.length)),
        "unknown_share": float(unknown),
    }
    if text.files:
        info["contents"] = contents.of_files(text.files)
    names = [name for name, _ in parts[split]]
    return Examples.from_arrays({"tokens": rows}, {"tokens": kind}, names, info)


def exists(spec: str) -> bool:
    """Whether `spec` means something that `open_text` accepts; no file is read."""
    place = places.home(spec)
    return spec == "captions" or place.exists() or _two_files(spec) is not None


def _find(spec, request) -> _Text:
    if not spec:
        raise DataError(f"--data is empty; it accepts {FORMS}.")
    place = places.home(spec)
    if place.is_dir():
        return _folder(place)
    if place.is_file():
        files = {"the file of lines": place}
        return _Text(place.name, {"": _lines(place)}, "the order of the lines", [], files=files)
    if spec == "captions":
        return _captions(request)
    two = _two_files(spec)
    if two is None:
        raise DataError(f"'{spec}' is no file and no folder that exists; --data accepts {FORMS}.")
    parts = {name: _lines(file) for name, file in zip(("train", "test"), two, strict=True)}
    files = dict(zip(("the training file", "the test file"), two, strict=True))
    return _Text(",".join(file.name for file in two), parts, "two files", [], files=files)


def _two_files(spec) -> tuple[pathlib.Path, pathlib.Path] | None:
    """The files of training and test; any comma may be the one between them."""
    for cut in (i for i, letter in enumerate(spec) if letter == ","):
        pair = tuple(places.home(part.strip()) for part in (spec[:cut], spec[cut + 1 :]))
        if all(file.is_file() for file in pair):
            return pair
    return None


def _folder(root) -> _Text:
    """The text files of a folder; folders in it and other files are not read."""
    try:
        files = sorted(path for path in root.iterdir() if path.name.lower().endswith(ENDINGS))
    except OSError as error:
        raise DataError(f"{root} cannot be listed: {error.strerror}.") from error
    files = [path for path in files if path.name[0] != "." and path.is_file()]
    if not files:
        raise DataError(f"{root} holds no text files ({', '.join(ENDINGS)}).")
    named = {}
    for path in files:
        name = splits.canonical(path.name.lower().partition(".")[0])
        if name in splits.NAMES:
            if name in named:
                raise DataError(f"{named[name]} and {path} mean the same split: join them.")
            named[name] = path
    if named and "train" not in named and len(named) == len(files):
        raise DataError(f"{root} has {', '.join(p.name for p in files)} but no train.txt.")
    problems = []
    if "train" in named:
        problems += [
            BadFile(path, "lies beside the files of the splits, not read")
            for path in files
            if path not in named.values()
        ]
        parts = {name: _sound_lines([named[name]], problems) for name in named}
        origin = f"files {', '.join(path.name for path in named.values())}"
    else:
        parts = {"": _sound_lines(files, problems)}
        origin = "the order of files and lines"
    if problems and not any(parts.values()):
        raise DataError(describe(problems))
    read = {path.name: path for path in files}
    return _Text(root.resolve().name, parts, origin, problems, files=read)


def _sound_lines(files, problems):
    """The lines of all files that can be read; the others join the problems."""
    lines = []
    for file in files:
        try:
            lines += _lines(file)
        except BadFile as error:
            problems.append(error)
    return lines


def _lines(file) -> list[tuple[str, str]]:
    """`(name, line)` of each line that is not blank; raises `BadFile`."""
    try:
        content = file.read_bytes()
        if file.name.lower().endswith(".gz"):
            content = gzip.decompress(content)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BadFile(file, f"is not a sound .gz file: {error}") from error
    except OSError as error:
        raise BadFile(file, f"cannot be read: {error.strerror}") from error
    if not content:
        raise BadFile(file, "is empty (zero bytes)")
    if content.startswith(images.GIT_LFS):
        raise BadFile(file, f"is {images.LFS_POINTER}")
    try:
        # With a byte-order mark or without.
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadFile(file, f"is not text in UTF-8 (byte {error.start})") from error
    # Not `splitlines`, which also ends lines at marks that stand within a paragraph.
    rows = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    lines = [(f"{file.name}:{number}", row) for number, row in enumerate(rows, 1) if row.strip()]
    if not lines:
        raise BadFile(file, "has no line with text")
    return lines


def _captions(request) -> _Text:
    try:
        count = request.num_examples or captions.COUNT
        lines = captions.sentences(count, request.seed)
    except ValueError as error:
        raise DataError(str(error)) from error
    named = [(f"captions-{number:05d}", line) for number, line in enumerate(lines)]
    return _Text(
        *("captions", {"": named}, f"{count} sentences drawn with seed {request.seed}", []),
        licence=captions.LICENCE,
        description=captions.describe(),
    )


def _splits(text, hold_out):
    """({split: lines}, one sentence on how they came about)."""
    parts, cut = hold_out.cut(text.parts)
    counts = ", ".join(f"{name} {len(lines)}" for name, lines in parts.items())
    return parts, f"{text.origin}{cut}: {counts}"


def _words(line, request) -> list[str]:
    line = line.lower() if request.lower_case else line
    return line.split() if request.units == "words" else list(line.strip())
