"""A run's directory: what it holds, and the checks that belong before the first step.

::

    flags.flagfile     the resolved flags; `--flagfile` of it repeats the run
    versions.json      packages, Python, commit
    data.json          fingerprint of the data, to notice when they change
    lock               who is in the folder, while somebody is
    seconds.json       time spent in training
    history.jsonl      one row per logged step: losses, gradient norms, validation metrics
    spread.jsonl       how much the samples of each drawing differed, as a share of real ones
    changes.jsonl      learning rates that changed when the run went on, and from which step
    samples/           picture grids on a fixed batch, one PNG per drawn step
    tensorboard/       the same for TensorBoard, and the rate
    checkpoints/       the last few states; best/ holds the best by a metric
    cache/             decoded data, when asked for
    export/            SavedModel, TFLite, card
"""

import errno
import importlib.metadata
import json
import os
import pathlib
import platform
import shutil
import subprocess
import tempfile

from absl import logging

from tfgan_zoo.export import places
from tfgan_zoo.training import records

FLAGS = "flags.flagfile"  # in the folder of every run
PACKAGES = ("tensorflow", "keras", "tensorflow-datasets", "numpy", "absl-py", "pillow")


class RunError(ValueError):
    """A run that cannot start, for a reason that its user can remove."""


class Diverged(RunError):
    """A run whose numbers are not finite any more."""


def usable(check, path, flag):
    """What a check of `export.places` returns.

    Args:
        check: (path, flag) -> something.
        path, flag: of the folder, and how a user names it.

    Raises:
        RunError: where it raises `ValueError`.
    """
    try:
        return check(path, flag)
    except ValueError as error:
        raise RunError(str(error)) from error


def is_run(path):
    """Whether a folder is that of a run; it is not made where it is not there."""
    return (expanded(path) / FLAGS).exists()


class RunDirectory:
    """Paths of one run.

    Args:
        path: the directory; made with its parents.

    Raises:
        RunError: if it cannot be made or written.
    """

    def __init__(self, path):
        self.path = expanded(path)
        usable(places.check_name, self.path, "--run_dir")
        self.flags = self.path / FLAGS
        self.versions = self.path / "versions.json"
        self.history = self.path / "history.jsonl"
        self.data = self.path / "data.json"
        self.spread = self.path / "spread.jsonl"
        self.changes = self.path / "changes.jsonl"
        self.samples = self.path / "samples"
        self.tensorboard = self.path / "tensorboard"
        self.checkpoints = self.path / "checkpoints"
        self.cache = self.path / "cache"
        self.export = self.path / "export"
        try:
            self.samples.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.path) as probe:
                probe.write(b"x")
        except OSError as error:
            remedy = "choose another --run_dir or change its permissions"
            raise self._unwritable(error, remedy) from error

    def tidy(self):
        """Removes what a kill left of files while they were written."""
        for folder in (self.path, self.samples):
            for remains in folder.glob("*.tmp"):
                remains.unlink()

    def require_space(self, needed_bytes, trained=False):
        """Raises `RunError` if fewer than `needed_bytes` are free where the run writes.

        Args:
            needed_bytes: for checkpoints and export.
            trained: whether the run has all its steps, so that the export alone needs them.
        """
        free = shutil.disk_usage(self.path).free
        if free < needed_bytes:
            remedy = "choose another --run_dir, or lower --keep_checkpoints"
            if trained:
                remedy = "or choose another --export_dir: the run is trained, and is exported then"
            raise RunError(
                f"The {'export' if trained else 'run'} needs about {needed_bytes / 1e6:,.0f} MB "
                f"under {self.path} and {free / 1e6:,.0f} MB are free; free some, {remedy}."
            )

    def compare(self, flags, free_to_change=(), at_default=()):
        """Checks the flags of a run that goes on against those that it has.

        Args:
            flags: name -> serialised '--name=value' line(s), for every flag of the program; empty
                for a flag that is not set.
            free_to_change: names that may differ when a run goes on, since they do not alter what
                is learnt.
            at_default: names whose value is the program's default. A run that began before the
                program had such a flag goes on.

        Raises:
            RunError: if the directory holds a run under other hyper-parameters; the message is the
            difference.
        """
        if not self.flags.exists():
            if any(self.checkpoints.glob("ckpt-*")):
                logging.warning(
                    "%s is missing: whether these are the settings of the run cannot be told.",
                    self.flags,
                )
            return
        before = parse_flagfile(self._recorded_flags(), flags)
        now = parse_flagfile(_flagfile(flags), flags)
        unset = "(not set)"
        changed = [
            f"  {name}: was {before.get(name, unset)}, now {now.get(name, unset)}"
            for name in sorted(before.keys() | now.keys())
            if name not in free_to_change
            and before.get(name) != now.get(name)
            and (name in before or name not in at_default)
            and not (name == "data" and _one_place(before.get(name), now.get(name)))
        ]
        if changed:
            raise RunError(
                f"{self.path} holds a run under other settings, and going on would mix the "
                "two:\n"
                + "\n".join(changed)
                + "\nRepeat the old settings to go on, or choose another --run_dir."
            )

    def write(self, flags):
        """Writes the flags and versions of a run."""
        found = versions()
        commits = self.commits() if self.flags.exists() else []
        if found["commit"] not in commits:
            commits.append(found["commit"])
        written = json.dumps(found | {"commits": commits}, indent=2, sort_keys=True)
        try:
            write_atomically(self.flags, _flagfile(flags))
            write_atomically(self.versions, written + "\n")
        except OSError as error:
            raise self._unwritable(error, "change the permissions of its files") from error

    def _unwritable(self, error, remedy):
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        return RunError(
            f"The run directory {self.path} cannot be written ({error.strerror}); "
            f"{'make room there and repeat the command' if full else remedy}."
        )

    def commits(self):
        """The commits of all processes of this run, in turn; 'unknown' stands for those that a file
        which cannot be read named.
        """
        try:
            found = json.loads(self.versions.read_text())
            return list(found.get("commits") or [found["commit"]])
        except FileNotFoundError:
            return []
        except (ValueError, KeyError, TypeError, AttributeError):
            return ["unknown"]

    def _recorded_flags(self):
        text = self.flags.read_text("utf-8", errors="surrogateescape")
        lines = text.splitlines()
        known = ("--", "#", "//")
        strange = [n for n, row in enumerate(lines, 1) if row.strip() and not row.startswith(known)]
        if strange or not text.endswith("\n"):
            where = f"line {strange[0]}" if strange else "its end is missing"
            raise RunError(
                f"{self.flags} is damaged ({where}), so that the settings of the run cannot be "
                "compared with these. Bring it back, or move it away to go on without that."
            )
        return text

    def add_seconds(self, seconds):
        """Adds to the training time of this run over all its processes; returns the sum.

        A process that was killed has not added its own.
        """
        path = self.path / "seconds.json"
        total = seconds + records.seconds(path)
        write_atomically(path, f"{total:.1f}\n")
        return total


def _flagfile(flags):
    return "".join(f"{lines}\n" for _, lines in sorted(flags.items()) if lines)


def _one_place(before, now):
    """Whether two lines `--data=` name the same folders or files, written differently."""

    def places(line):
        _, _, value = (line or "").partition("=")
        paths = [pathlib.Path(part.strip()).expanduser() for part in value.split(",")]
        return [path.resolve() for path in paths] if all(p.exists() for p in paths) else None

    return places(before) is not None and places(before) == places(now)


def expanded(path):
    """The path, with the home folder for `~`.

    Raises:
        RunError: for `~NAME` of nobody, or a name that TensorFlow cannot write to.
    """
    try:
        found = pathlib.Path(path).expanduser()
        os.fspath(found).encode("utf-8")
    except RuntimeError as error:
        raise RunError(f"{path} begins with the home folder of nobody: {error}") from error
    except UnicodeEncodeError as error:
        raise RunError(
            f"The name {ascii(os.fspath(path))} is no text in UTF-8, which TensorFlow's files "
            "need: choose another."
        ) from error
    return found


def parse_flagfile(text, names=()):
    """Flag name -> its line, or lines if it is given more than once, of a flagfile as absl writes
    it.

    Args:
        text: one `--name=value`, `--name` or `--noname` a line.
        names: of the program's flags; they tell a flag `normalise` from a false `rmalise`.
    """
    flags = {}
    for line in map(str.strip, text.splitlines()):
        if line.startswith("--"):
            name, value, _ = line.removeprefix("--").partition("=")
            if not value and name not in names:
                name = name.removeprefix("no")
            flags[name] = f"{flags[name]} {line}" if name in flags else line
    return flags


def versions():
    """Packages, interpreter, machine and commit, as a dict of strings."""
    found = {name: _version(name) for name in PACKAGES}
    found["python"] = platform.python_version()
    found["machine"] = f"{platform.machine()}, {os.cpu_count()} CPUs"
    found["commit"] = commit(pathlib.Path(__file__).resolve().parents[2])
    return found


def _version(package):
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:  # tensorflow goes by several names
        return "not installed under this name"


def commit(root):
    """The commit of the clone at `root`, '-dirty' if it has changes, or why there is none."""
    if not (root / ".git").exists():
        return "not a git clone"
    describe = ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        described = subprocess.run(
            [*describe, "--exclude=*"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        return f"unknown ({error})"
    return described.stdout.strip()


def write_atomically(path, content):
    """Writes `content` (text or bytes) to `path` so that a reader, or a kill, finds the old file or
    the new one, and a full disk leaves nothing beside it.
    """
    temporary = path.with_name(path.name + ".tmp")
    if isinstance(content, str):
        # A file name that is no UTF-8 keeps its bytes.
        content = content.encode("utf-8", errors="surrogateescape")
    try:
        temporary.write_bytes(content)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
