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

PACKAGES = ("tensorflow", "keras", "tensorflow-datasets", "numpy", "absl-py", "pillow")


class RunError(ValueError):
    """A run that cannot start, for a reason that its user can remove."""


class RunDirectory:
    """Paths of one run.

    Args:
        path: the directory; made with its parents.

    Raises:
        RunError: if it cannot be made or written.
    """

    def __init__(self, path):
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

    def record(self, flags, free_to_change=()):
        """Writes the flags and versions of a new run, or checks those of a run that goes on.

        Args:
            flags: name -> serialised '--name=value' line(s), for every flag of the program.
            free_to_change: names that may differ when a run goes on, since they do not alter what
                is learnt.

        Raises:
            RunError: if the directory holds a run under other hyper-parameters; the message is the
            difference.
        """
        if self.flags.exists():
            recorded = parse_flagfile(self.flags.read_text())
            unset = "(not set)"
            changed = [
                f"  {name}: was {recorded.get(name, unset)}, now {flags.get(name, unset)}"
                for name in sorted(recorded.keys() | flags.keys())
                if name not in free_to_change and recorded.get(name) != flags.get(name)
            ]
            if changed:
                raise RunError(
                    f"{self.path} holds a run under other settings, and going on would mix the "
                    "two:\n"
                    + "\n".join(changed)
                    + "\nRepeat the old settings to go on, or choose another --run_dir."
                )
        lines = [line for _, line in sorted(flags.items()) if line]
        write_atomically(self.flags, "\n".join(lines) + "\n")
        write_atomically(self.versions, json.dumps(versions(), indent=2, sort_keys=True) + "\n")

    def add_seconds(self, seconds):
        """Adds to the training time of this run over all its processes; returns the sum.

        A process that was killed has not added its own.
        """
        path = self.path / "seconds.json"
        total = seconds + (json.loads(path.read_text()) if path.exists() else 0.0)
        write_atomically(path, f"{total:.1f}\n")
        return total


def parse_flagfile(text):
    """Flag name -> its line, of a flagfile with one `--name=value` (or `--name`, `--noname`) a
    line.
    """
    flags = {}
    for line in text.splitlines():
        line = line.strip()
        if line.startswith("--"):
            name = line[2:].split("=", 1)[0]
            flags[name] = line
    return {
        # absl writes a false boolean as --noname
        (name[2:] if "=" not in line and name.startswith("no") else name): line
        for name, line in flags.items()
    }


def versions():
    """Packages, interpreter, machine and commit, as a dict of strings."""
    found = {name: importlib.metadata.version(name) for name in PACKAGES}
    found["python"] = platform.python_version()
    found["machine"] = f"{platform.machine()}, {os.cpu_count()} CPUs"
    found["commit"] = commit()
    return found


def commit():
    """The commit of the clone this package runs from, '-dirty' if it has changes, or 'not a git
    clone'.
    """
    root = pathlib.Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return "not a git clone"
    described = subprocess.run(
        ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"],
        capture_output=True,
        text=True,
        check=False,
    )
    return described.stdout.strip() if described.returncode == 0 else "unknown"


def write_atomically(path, text):
    """Writes `text` to `path` so that a reader, or a kill, finds the old file or the new one."""
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(text)
    os.replace(temporary, path)
