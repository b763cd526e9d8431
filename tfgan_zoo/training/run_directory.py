"""A run's directory: what it holds, and the checks that belong before the first step.

::

    flags.flagfile     the resolved flags; `--flagfile` of it repeats the run
    versions.json      packages, Python, commit
    seconds.json       time spent in training
    history.jsonl      one row per logged step: losses, gradient norms, validation metrics
    samples/           picture grids on a fixed batch, one PNG per drawn step
    tensorboard/       the same for TensorBoard, and the rate
    checkpoints/       the last few states; best/ holds the best by a metric
    cache/             decoded data, when asked for
    export/            SavedModel, TFLite, card
"""

import importlib.metadata
import json
import os
import pathlib
import platform
import shutil
import subprocess
import tempfile

from tfgan_zoo.export import places

PACKAGES = ("tensorflow", "keras", "tensorflow-datasets", "numpy", "absl-py", "pillow")


class RunError(ValueError):
    """A run that cannot start, for a reason that its user can remove."""


class Diverged(RunError):
    """A run whose numbers are not finite any more."""


class RunDirectory:
    """Paths of one run.

    Args:
        path: the directory; made with its parents.

    Raises:
        RunError: if it cannot be made or written.
    """

    def __init__(self, path):
        try:
            places.check_name(path, "--run_dir")
        except ValueError as error:
            raise RunError(str(error)) from error
        self.path = pathlib.Path(path)
        self.flags = self.path / "flags.flagfile"
        self.versions = self.path / "versions.json"
        self.history = self.path / "history.jsonl"
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
            raise RunError(
                f"The run directory {self.path} cannot be written ({error.strerror}); choose "
                "another --run_dir or change its permissions."
            ) from error

    def require_space(self, needed_bytes):
        """Raises `RunError` if fewer than `needed_bytes` are free where the run writes."""
        free = shutil.disk_usage(self.path).free
        if free < needed_bytes:
            raise RunError(
                f"The run needs about {needed_bytes / 1e6:,.0f} MB under {self.path} and "
                f"{free / 1e6:,.0f} MB are free; free some, choose another --run_dir, or lower "
                "--keep_checkpoints."
            )

    def record(self, flags, free_to_change=(), at_default=()):
        """Writes the flags and versions of a new run, or checks those of a run that goes on.

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
        text = "".join(f"{lines}\n" for _, lines in sorted(flags.items()) if lines)
        if self.flags.exists():
            before = parse_flagfile(self.flags.read_text(), flags)
            now = parse_flagfile(text, flags)
            unset = "(not set)"
            changed = [
                f"  {name}: was {before.get(name, unset)}, now {now.get(name, unset)}"
                for name in sorted(before.keys() | now.keys())
                if name not in free_to_change
                and before.get(name) != now.get(name)
                and (name in before or name not in at_default)
            ]
            if changed:
                raise RunError(
                    f"{self.path} holds a run under other settings, and going on would mix the "
                    "two:\n"
                    + "\n".join(changed)
                    + "\nRepeat the old settings to go on, or choose another --run_dir."
                )
        found = versions()
        commits = self.commits() if self.flags.exists() else []
        if found["commit"] not in commits:
            commits.append(found["commit"])
        try:
            write_atomically(self.flags, text)
            written = json.dumps(found | {"commits": commits}, indent=2, sort_keys=True)
            write_atomically(self.versions, written + "\n")
        except OSError as error:
            raise RunError(
                f"The run directory {self.path} cannot be written ({error.strerror}); make room "
                "there or choose another --run_dir."
            ) from error

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

    def add_seconds(self, seconds):
        """Adds to the training time of this run over all its processes; returns the sum.

        A process that was killed has not added its own.
        """
        path = self.path / "seconds.json"
        total = seconds + (json.loads(path.read_text()) if path.exists() else 0.0)
        write_atomically(path, f"{total:.1f}\n")
        return total


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
    try:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
