"""The script that compares two commits, on a small clone whose trainer needs no TensorFlow."""

import subprocess

import pytest

from tests import compare_commits
from tests.compare_commits import Failed, compare, difference

TRAINER = """
import json, pathlib, sys
flags = dict(argument.lstrip("-").partition("=")[::2] for argument in sys.argv[1:])
run = pathlib.Path(flags["run_dir"])
run.mkdir()
with open(run / "history.jsonl", "w") as history:
    for step in range(1, int(flags.get("steps", 2)) + 1):
        print(json.dumps({"step": step, "loss": LOSS}), file=history)
"""
FLAGFILE = "# python -m trainers.toy --flagfile=trainers/flagfiles/toy_tiny.flags\n--width=3\n"


@pytest.fixture
def clone(tmp_path):
    """A function that commits a trainer with this loss and returns the commit."""

    def git(*arguments):
        identity = ("-c", "user.name=A", "-c", "user.email=a@b.example")
        return compare_commits.git(tmp_path / "clone", *identity, *arguments)

    folder = tmp_path / "clone" / "trainers" / "flagfiles"
    folder.mkdir(parents=True)
    git("init", "--quiet")
    (folder / "toy_tiny.flags").write_text(FLAGFILE)

    def commit(loss, flagfile=FLAGFILE):
        (folder / "toy_tiny.flags").write_text(flagfile)
        (folder.parent / "toy.py").write_text(TRAINER.replace("LOSS", loss))
        git("add", "--all")
        git("commit", "--quiet", "--allow-empty", "--message", loss)
        return git("rev-parse", "HEAD")

    return commit


@pytest.fixture
def lines(tmp_path, clone):
    """A function that compares and returns (whether equal, the lines that were printed)."""

    def run(*commits, **options):
        printed = []
        return compare(tmp_path / "clone", *commits, **options, say=printed.append), printed

    return run


def test_equal_and_different_commits(clone, lines, tmp_path):
    first, second, third = clone("0.5"), clone("0.25 * step"), clone("0.5", FLAGFILE + "--other\n")
    equal, printed = lines(first, third)
    assert equal and printed[-2].split(maxsplit=1) == [
        "toy_tiny",
        "equal (the flagfile changed)",
    ]
    equal, printed = lines(first, second, only=["toy"])
    assert not equal and "step 1; loss 0.5 -> 0.25" in printed[-2]
    assert printed[-1] == "0 of 1 equal"
    # The worktrees are gone, and the working tree can be one side.
    assert compare_commits.git(tmp_path / "clone", "worktree", "list").count("\n") == 0
    assert lines(".", third)[0]


def test_the_cache_keeps_histories_of_commits_and_no_failures(clone, lines, tmp_path):
    first, broken = clone("0.5"), clone("missing")
    cache = tmp_path / "cache"
    assert lines(first, cache=cache)[0]
    (kept,) = cache.rglob("*.jsonl")
    kept.write_text('{"step": 1}\n')
    equal, printed = lines(first, ".", cache=cache, steps=None)
    assert not equal and "failed after: NameError: name 'missing' is not defined" in printed[-2]
    assert lines(broken, cache=cache)[0] is False
    assert list(cache.rglob("*.jsonl")) == [kept]
    equal, printed = lines(first, broken, cache=cache, steps=3)
    assert len(list(cache.rglob("*_3.jsonl"))) == 1, "runs of another length are others"


def test_what_is_not_there_is_said(clone, lines):
    first = clone("0.5")
    with pytest.raises(ValueError, match="no tiny flagfile or trainer other"):
        lines(first, only=["other"])
    with pytest.raises(subprocess.CalledProcessError):
        lines("nothing", first)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (b'{"step": 1}\n', b'{"step": 1}\n', None),
        (b'{"a": 1, "step": 1}\n', b'{"step": 1, "b": 2}\n', "step 1; lost a; new b"),
        (b'{"step": 1}\n{"step": 2}\n', b'{"step": 1}\n', "2 rows -> 1 rows"),
        (b'{"a": 1, "b": 1}\n', b'{"b": 1, "a": 1}\n', "another order or notation"),
        (b"{}\n", Failed("no"), "failed after: no"),
        (Failed("no"), b"{}\n", "failed before: no"),
        (
            b'{"step": 3, "a": 1, "b": 1, "c": 1, "d": 1, "e": 1, "f": 1}\n',
            b'{"step": 3, "a": 2, "b": 2, "c": 2, "d": 2, "e": 2, "f": 2}\n',
            "d 1 -> 2; and e, f",
        ),
    ],
)
def test_a_difference_is_a_phrase(before, after, expected):
    found = difference(before, after)
    assert found == expected or (expected is not None and expected in found)
