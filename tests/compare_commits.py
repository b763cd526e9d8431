"""Whether two commits train alike: `python -m tests.compare_commits BEFORE AFTER`.

Each variant's tiny flagfiles (`trainers/flagfiles/*_tiny.flags`, those that BEFORE has) are run
from both commits under one seed and `--deterministic`, each in a process of its own and in a
detached git worktree of its commit. The two files `history.jsonl` must be equal byte for byte. The
table says for each flagfile `equal`, or the first step that differs and how, or the last line of a
run that failed. The exit status is 0 if all are equal, 1 if not.

    python -m tests.compare_commits 02a4e2b main
    python -m tests.compare_commits 02a4e2b . --only=wgan,mrgan --cache=/tmp/histories --steps=6

A commit is anything that git knows by a name; `.` is the working tree as it stands. Without AFTER,
BEFORE is run alone, which fills the cache. Histories hold the same bits on one machine under one
TensorFlow only, so that a cache is of no use on another.
"""

import argparse
import concurrent.futures
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
FLAGFILES = pathlib.PurePosixPath("trainers/flagfiles")
OPTIONS = ("--deterministic", "--noexport", "--seed=7")
SECONDS = 1200  # that one run may take
CHATTER = re.compile(r"WARNING: All log messages|[IWE]\d{4} \d\d:")  # TensorFlow's
SHOWN = 4  # keys of a differing row that are shown with both values


class Failed(RuntimeError):
    """A run that wrote no whole history; the message is the last line that it printed."""


def git(repository, *arguments):
    """What `git` prints, without the last newline."""
    done = subprocess.run(
        ["git", "-C", str(repository), *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout.rstrip("\n")


@contextlib.contextmanager
def checkout(repository, name):
    """The tree of a commit, in a folder that is gone afterwards; of `.` the working tree itself.

    Args:
        repository: `pathlib.Path` of the clone.
        name: a commit, or `.`.

    Yields:
        `(folder, commit)`: a `pathlib.Path`, and the whole hash or None for the working tree.
    """
    if name == ".":
        yield repository, None
        return
    commit = git(repository, "rev-parse", "--verify", f"{name}^{{commit}}")
    with tempfile.TemporaryDirectory(prefix="compare-commits-") as folder:
        place = pathlib.Path(folder) / "tree"
        git(repository, "worktree", "add", "--quiet", "--detach", str(place), commit)
        try:
            yield place, commit
        finally:
            git(repository, "worktree", "remove", "--force", str(place))


def tiny_flagfiles(tree, only=()):
    """Name (such as `wgan_tiny`) -> trainer of each tiny flagfile in a tree.

    Args:
        tree: folder of a commit.
        only: names of flagfiles or trainers; none are all.

    Raises:
        ValueError: if one of `only` is neither, or a flagfile does not say its command.
    """
    found = {}
    for file in sorted((tree / FLAGFILES).glob("*_tiny.flags")):
        command = re.search(rf"python -m trainers\.(\w+)\s.*{file.name}", file.read_text())
        if not command:
            raise ValueError(f"{file.name} does not say its command.")
        found[file.stem] = command[1]
    unknown = sorted(set(only) - found.keys() - set(found.values()))
    if unknown:
        raise ValueError(f"There is no tiny flagfile or trainer {', '.join(unknown)}.")
    return {
        name: trainer for name, trainer in found.items() if not only or {name, trainer} & {*only}
    }


def history(tree, name, trainer, sets, processes, steps=None):
    """The bytes of history.jsonl that one trainer writes under one tiny flagfile.

    Args:
        tree: folder of the commit, and of the process.
        name: of the flagfile, without its suffix.
        trainer: name of its module.
        sets: folder of the built-in sets, which the first run that needs one draws.
        processes: list to which the process is added, for those who must end it early.
        steps: length of the run; None is the flagfile's.

    Raises:
        Failed: if the trainer ends with an error, or in `SECONDS` does not end.
    """
    with tempfile.TemporaryDirectory(prefix="compare-commits-") as folder:
        command = [
            *(sys.executable, "-m", f"trainers.{trainer}"),
            *(f"--flagfile={FLAGFILES / name}.flags", f"--run_dir={folder}/run", *OPTIONS),
            *([f"--steps={steps}"] if steps else []),
        ]
        # One thread: the order in which several sum is not what is compared.
        environment = {
            **os.environ,
            **dict.fromkeys(("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS"), "1"),
            "TF_CPP_MIN_LOG_LEVEL": "2",
            "TFDS_DATA_DIR": sets,
        }
        with tempfile.TemporaryFile("w+") as printed:
            process = subprocess.Popen(
                command, cwd=tree, env=environment, stdout=printed, stderr=subprocess.STDOUT
            )
            processes.append(process)
            try:
                status = process.wait(SECONDS)
            except subprocess.TimeoutExpired as error:
                process.kill()
                process.wait()
                raise Failed(f"did not end in {SECONDS} seconds") from error
            printed.seek(0)
            lines = printed.read().split("\n")
        file = pathlib.Path(folder) / "run" / "history.jsonl"
        if status or not file.exists():
            said = [line.strip() for line in lines if line.strip() and not CHATTER.match(line)]
            raise Failed(f"{said[-1] if said else 'nothing was said'} (status {status})")
        return file.read_bytes()


def histories(tree, commit, flagfiles, *, jobs, steps, cache, say):
    """Name -> bytes of history.jsonl, or the `Failed` run.

    Args:
        tree, commit: of `checkout`.
        flagfiles: name -> trainer.
        jobs: processes side by side.
        steps: as for `history`.
        cache: folder in which the histories of a commit are looked for and kept; None keeps none.
        say: takes a line of progress.
    """

    def one(name, trainer):
        kept = None
        if cache and commit:
            kept = pathlib.Path(cache) / commit[:12] / f"{name}{f'_{steps}' if steps else ''}.jsonl"
            if kept.exists():
                return kept.read_bytes()
        try:
            found = history(tree, name, trainer, sets, processes, steps)
        except Failed as error:
            say(f"{name}: {error}")
            return error
        if kept:
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_bytes(found)
        say(f"{name}: ran")
        return found

    processes = []
    # Each commit draws the built-in sets anew: it may draw them otherwise.
    with (
        tempfile.TemporaryDirectory(prefix="compare-commits-") as sets,
        concurrent.futures.ThreadPoolExecutor(jobs) as pool,
    ):
        running = {name: pool.submit(one, name, trainer) for name, trainer in flagfiles.items()}
        try:
            return {name: future.result() for name, future in running.items()}
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in processes:
                process.kill()
            raise


def difference(before, after):
    """How two histories differ, as a phrase; None if they are equal byte for byte.

    Args:
        before, after: bytes of history.jsonl, or the `Failed` run.
    """
    if isinstance(before, Failed) or isinstance(after, Failed):
        failed = {"before": before, "after": after}
        return ", ".join(f"failed {k}: {v}" for k, v in failed.items() if isinstance(v, Failed))
    if before == after:
        return None
    pairs = [[json.loads(line) for line in text.splitlines()] for text in (before, after)]
    for old, new in zip(*pairs, strict=False):
        if old == new:
            continue
        parts = [f"step {old.get('step')}"]
        parts += [f"lost {key}" for key in old if key not in new]
        parts += [f"new {key}" for key in new if key not in old]
        changed = [key for key in old if key in new and old[key] != new[key]]
        parts += [f"{key} {old[key]!r} -> {new[key]!r}" for key in changed[:SHOWN]]
        if changed[SHOWN:]:
            parts.append(f"and {', '.join(changed[SHOWN:])}")
        return "; ".join(parts)
    if len(pairs[0]) != len(pairs[1]):
        return f"{len(pairs[0])} rows -> {len(pairs[1])} rows, those of both equal"
    return "the same numbers in another order or notation"


def settings(tree, name):
    """The lines of a flagfile that are no comments; None if the tree has no such file."""
    file = tree / FLAGFILES / f"{name}.flags"
    if not file.exists():
        return None
    lines = (line.strip() for line in file.read_text().splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def compare(repository, before, after=None, *, only=(), jobs=2, steps=None, cache=None, say=print):
    """Runs one commit or two and prints the table.

    Args:
        repository: `pathlib.Path` of the clone.
        before, after: commits, or `.`; no `after` runs `before` alone.
        only, jobs, steps, cache, say: as for `tiny_flagfiles` and `histories`.

    Returns:
        Whether all histories are equal; of one commit, whether all runs wrote one.

    Raises:
        ValueError: of `tiny_flagfiles`.
        subprocess.CalledProcessError: if git does not know a commit.
    """
    options = {"jobs": jobs, "steps": steps, "cache": cache, "say": say}
    with checkout(repository, before) as (tree, commit):
        flagfiles = tiny_flagfiles(tree, only)
        say(f"Before: {commit or 'the working tree'}")
        old = histories(tree, commit, flagfiles, **options)
        old_settings = {name: settings(tree, name) for name in flagfiles}
    if after is None:
        return not any(isinstance(found, Failed) for found in old.values())
    with checkout(repository, after) as (tree, commit):
        say(f"After: {commit or 'the working tree'}")
        new = histories(tree, commit, flagfiles, **options)
        new_settings = {name: settings(tree, name) for name in flagfiles}
    width = max(map(len, flagfiles)) + 2
    found = {name: difference(old[name], new[name]) for name in flagfiles}
    for name, text in found.items():
        changed = "" if old_settings[name] == new_settings[name] else " (the flagfile changed)"
        say(f"{name:<{width}}{text or 'equal'}{changed}")
    say(f"{sum(text is None for text in found.values())} of {len(found)} equal")
    return not any(found.values())


def main(arguments=None):
    """The command; returns its exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("before", help="a commit, or . for the working tree")
    parser.add_argument("after", nargs="?", help="another; without it BEFORE is run alone")
    parser.add_argument("--only", default="", help="flagfiles or trainers to run, with commas")
    parser.add_argument("--jobs", type=int, default=2, help="runs side by side; default 2")
    parser.add_argument("--steps", type=int, help="length of each run; default the flagfile's")
    parser.add_argument("--cache", help="folder in which the histories of commits are kept")
    options = vars(parser.parse_args(arguments))
    only = [name for name in options.pop("only").split(",") if name]

    def say(line):
        print(line, flush=True)

    # Ends like Ctrl-C does: without worktrees and processes that are left behind.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        equal = compare(ROOT, **options, only=only, say=say)
    except ValueError as error:
        parser.error(str(error))
    except subprocess.CalledProcessError as error:
        parser.error(error.stderr.strip())
    return 0 if equal else 1


if __name__ == "__main__":
    sys.exit(main())
