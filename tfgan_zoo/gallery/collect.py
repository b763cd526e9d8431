"""Finds exports in folders, and says which of their files may be served.

What lies in a folder may be anybody's: nothing is taken from a card but what is shown, and the
files that are served are those that lie in the folder itself.
"""

import dataclasses
import os
import pathlib
import stat
import threading
import typing
import urllib.parse
from collections.abc import Mapping, Sequence

import tfgan_zoo
from tfgan_zoo.gallery import cards

MODEL_SUFFIX = ".tflite"
SUFFIXES = {".png", ".gif", ".json", MODEL_SUFFIX}
README = "README.md"
CARD = "card.json"
MODEL = "model.tflite"  # makes a folder an export even without a card
MARK = "gallery.json"  # in a folder that `static` wrote, whose copies are not found again
LABORATORY = ("index.html", "results.json", "table.md")  # what trainers.mode_lab writes ...
LABORATORY_FILES = (*LABORATORY, "grid.png")  # ... and the picture, where a cell is finished
DEEPEST = 8  # folders below the one that a user names
MOST_FOLDERS = 10_000  # that are looked at below one
SHIPPED, OWN = "shipped", "own"


class PlaceError(ValueError):
    """A folder that a user names and that cannot be looked into; the message says why."""


class File(typing.NamedTuple):
    """A plain file that may be served, and its size in bytes when it was found."""

    path: pathlib.Path
    size: int


@dataclasses.dataclass(frozen=True)
class Export:
    """One folder with a card, or with a model and no card.

    Attributes:
        id: its path below the folder it was found in, one name a step, all of them printable.
        source: SHIPPED or OWN.
        card: as it is, or None if it cannot be read or shown.
        files: of the folder that may be served, by name.
        problem: one sentence on why it cannot be shown; None for none.
    """

    id: str
    source: str
    card: Mapping | None
    files: Mapping[str, File]
    problem: str | None

    @property
    def url(self):
        """Below the page, with a slash at its end."""
        return f"models/{urllib.parse.quote(self.id)}/"

    def described(self):
        """As models.json has it."""
        return {
            "id": self.id,
            "url": self.url,
            "source": self.source,
            "card": self.card,
            "files": {name: file.size for name, file in self.files.items()},
            "problem": self.problem,
        }


@dataclasses.dataclass(frozen=True)
class Found:
    """What lies below some folders.

    Attributes:
        exports: by id.
        laboratory: name -> file of the first page of the mode-collapse laboratory; empty without.
        notes: sentences on what was not looked at.
    """

    exports: Mapping[str, Export]
    laboratory: Mapping[str, File]
    notes: Sequence[str]

    def described(self):
        """The content of models.json."""
        return {
            "models": [export.described() for export in self.exports.values()],
            "laboratory": "laboratory/index.html" if self.laboratory else None,
            "version": tfgan_zoo.__version__,
        }


class Gallery:
    """The folders of a gallery, looked through anew when the page asks.

    Args:
        places: [(folder, SHIPPED or OWN)].
        laboratory: folder of the laboratory's report, or None to take the first that is found.

    Raises:
        PlaceError: for a folder that is none.
    """

    def __init__(self, places, laboratory=None):
        self._places = [(checked(folder), source) for folder, source in places]
        self._laboratory = None if laboratory is None else checked_laboratory(laboratory)
        self._lock = threading.Lock()
        self.found = self.refresh()

    def refresh(self) -> Found:
        """Looks again, as a run may have exported meanwhile."""
        with self._lock:
            self.found = find(self._places, self._laboratory)
            return self.found


def shipped_folder() -> pathlib.Path | None:
    """Where the shipped generators lie: in a checkout, not beside an installed package."""
    checkout = pathlib.Path(tfgan_zoo.__file__).resolve().parents[1]
    folder = checkout / "saved_models"
    return folder if folder.is_dir() and (checkout / "setup.py").is_file() else None


def checked(folder) -> pathlib.Path:
    """The folder itself; of a version's folder that of its export. Raises PlaceError if none."""
    try:
        path = pathlib.Path(folder).resolve(strict=True)
        os.listdir(path)
    except FileNotFoundError as error:
        raise PlaceError(f"{folder} does not exist.") from error
    except NotADirectoryError as error:
        raise PlaceError(f"{folder} is a file: name the folder that it lies in.") from error
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a name too long
        reason = error.strerror if isinstance(error, OSError) else error
        raise PlaceError(f"{folder} cannot be read ({reason}).") from error
    of_version = (path / "saved_model.pb").is_file() and (path.parent / CARD).is_file()
    return path.parent if of_version else path


def checked_laboratory(folder) -> pathlib.Path:
    """The folder of a report of trainers.mode_lab. Raises PlaceError if it is none."""
    path = checked(folder)
    missing = sorted(set(LABORATORY) - set(own_files(path, LABORATORY)))
    if missing:
        raise PlaceError(
            f"{folder} holds no report of the laboratory ({', '.join(missing)} is missing): name "
            "the --run_dir of trainers.mode_lab, which writes one at its end."
        )
    return path


def find(places, laboratory=None) -> Found:
    """All exports below some folders, each once.

    Args:
        places: [(folder, SHIPPED or OWN)], folders as `checked` gives them.
        laboratory: folder of a report that goes before those that are found, or None.
    """
    exports, laboratories, notes, seen = {}, [], [], set()
    if laboratory is not None:
        laboratories.append(laboratory)
    for root, source in places:
        folders, more = walked(root)
        notes += more
        for folder in folders:
            if folder in seen:
                continue
            seen.add(folder)
            if set(LABORATORY) <= set(own_files(folder, LABORATORY)):
                laboratories.append(folder)
            found = export(folder, name_of(root, folder, source), source)
            if found is not None:
                found = dataclasses.replace(found, id=free(found.id, exports))
                exports[found.id] = found
    report = own_files(laboratories[0], LABORATORY_FILES) if laboratories else {}
    return Found(exports, report, notes)


def walked(root):
    """([folder], [sentence]): the folders below `root`, or itself, that may hold an export or a
    report; and what was left out.

    Links to folders are not followed, hidden folders and the versions of an export not looked at.
    """
    folders, notes, looked = [], [], 0
    deepest = len(root.parts) + DEEPEST

    def unreadable(error):
        place = pathlib.Path(error.filename).name
        notes.append(f"{place} cannot be read ({error.strerror}), and is left out.")

    for path, below, files in os.walk(root, onerror=unreadable):
        folder = pathlib.Path(path)
        if MARK in files and "models.json" in files:
            below.clear()
            continue
        looked += 1
        if looked > MOST_FOLDERS:
            notes.append(
                f"{root} holds more than {MOST_FOLDERS:,} folders, of which no more are looked at: "
                "name a folder nearer to the exports."
            )
            break
        if {CARD, MODEL} & set(files) or set(LABORATORY) <= set(files):
            folders.append(folder)
        if len(folder.parts) == deepest:
            below.clear()
        versioned = CARD in files
        below[:] = sorted(
            name
            for name in below
            if not name.startswith(".") and not (versioned and name.isdecimal())
        )
    return folders, notes


def name_of(root, folder, source):
    """The id of a folder: of an own one with the name of the folder that was given."""
    steps = list(folder.relative_to(root).parts)
    if source == OWN or not steps:
        steps.insert(0, root.name or "root")
    return "/".join("".join(c if c.isprintable() else "\ufffd" for c in step) for step in steps)


def free(name, taken):
    """The name, with a number behind it where it is taken."""
    tried, number = name, 1
    while tried in taken:
        number += 1
        tried = f"{name}-{number}"
    return tried


def own_files(folder, names) -> dict:
    """name -> `File` of those of these names that are plain files and do not lead out."""
    found = {}
    for name in names:
        path = folder / name
        try:
            inside = path.resolve(strict=True).parent == folder
            state = path.stat()
        except (OSError, RuntimeError):  # not there, or a link to nowhere or to itself
            continue
        if inside and stat.S_ISREG(state.st_mode) and os.access(path, os.R_OK):
            found[name] = File(path, state.st_size)
    return found


def shown(folder):
    """The names in a folder that an export may show; what is hidden is nobody's business."""
    try:
        names = sorted(os.listdir(folder))
    except OSError:  # removed, or closed, since it was walked through
        return []
    return [
        name
        for name in names
        if name == README or pathlib.PurePath(name).suffix.lower() in SUFFIXES
        if name.isprintable() and not name.startswith(".")
    ]


def export(folder, name, source) -> Export | None:
    """The export in a folder, whatever its state; None where there is none, or a classifier."""
    names = shown(folder)
    files = own_files(folder, names)
    links = {name for name in names if name not in files and (folder / name).is_symlink()}
    if CARD not in files:
        if links & {CARD, MODEL}:
            problem = f"its {min(links & {CARD, MODEL})} is a link, {_OUT}."
        elif MODEL in files:
            problem = "it has no card.json, which says what its model takes: export it again."
        else:
            return None
        return Export(name, source, None, files, _sentence(problem))
    try:
        card = cards.parsed(files[CARD].path)
        if card.get("kind") == cards.CLASSIFIER:
            return None
        cards.check(card)
    except cards.CardError as error:
        return Export(name, source, None, files, _sentence(f"its card.json {error}"))
    return Export(name, source, card, files, _sentence(model_problem(card, files, links)))


_OUT = "which leads to another folder or to nothing and is not followed"


def _sentence(problem):
    return problem and f"This export cannot be shown: {problem}"


def model_problem(card, files, links):
    """Why no model of a card can be loaded, in a sentence; None if one can be."""
    named = [entry["file"] for entry in card["tflite"].values() if entry.get("file") is not None]
    if not named:
        return "it has no TFLite file, which is what a browser runs: export it with --tflite."
    for name in named:
        if name in links:
            return f"its {name} is a link, {_OUT}."
        if name not in files or not name.lower().endswith(MODEL_SUFFIX):
            return f"its card names {name[:100]}, which is not there: export it again."
        size, expected = files[name].size, card["files"].get(name)
        if expected is not None and size != expected:
            return (
                f"its {name} has {size:,} bytes where its card says {expected:,}: copy the folder "
                "again as a whole, or export it again."
            )
        try:
            with files[name].path.open("rb") as opened:
                beginning = opened.read(8)
        except OSError as error:
            return f"its {name} cannot be read ({error.strerror})."
        if beginning[4:] != b"TFL3":
            return f"its {name} is no TFLite file: export it again."
    return None
