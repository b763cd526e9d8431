"""The run directory: its checks before the first step, and its records."""

import json
import os
import re
import shutil
import subprocess
import sys
import types

import numpy as np
import pytest
from absl import flags

from tests.training import tiny
from tests.training.tiny import fit
from tfgan_zoo.training import run_directory
from tfgan_zoo.training.run_directory import RunDirectory, RunError, parse_flagfile


def record(run, flags, free_to_change=(), at_default=()):
    """What the engine does with the flags of a run, before and after its data are opened."""
    run.compare(flags, free_to_change, at_default)
    run.write(flags)


def test_unwritable_directory_is_one_sentence(tmp_path):
    tmp_path.chmod(0o755)
    program = (
        "import os, sys\n"
        "from tfgan_zoo.training.run_directory import RunDirectory, RunError\n"
        "if os.geteuid() == 0: os.setuid(65534)\n"
        "os.chmod(sys.argv[1], 0o555) if os.access(sys.argv[1], os.W_OK) else None\n"
        "try: RunDirectory(sys.argv[1] + '/run')\n"
        "except RunError as error: print(error)\n"
    )
    place = tmp_path / "place"
    place.mkdir(mode=0o755)
    for parent in [place, *place.parents]:
        if parent.stat().st_uid == os.geteuid():
            parent.chmod(parent.stat().st_mode | 0o055)
    said = subprocess.run(
        [sys.executable, "-c", program, str(place)], capture_output=True, text=True, check=True
    ).stdout
    assert said == (
        f"The run directory {place}/run cannot be written (Permission denied); choose another "
        "--run_dir or change its permissions.\n"
    )


def test_a_file_in_the_way(tmp_path):
    (tmp_path / "run").write_text("")
    with pytest.raises(RunError, match=r"cannot be written \((File exists|Not a directory)\)"):
        RunDirectory(tmp_path / "run")


def test_space_is_compared_with_what_is_free(tmp_path, monkeypatch):
    run = RunDirectory(tmp_path)
    run.require_space(1)
    free = types.SimpleNamespace(total=10**9, used=0, free=5_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: free)
    run.require_space(5_000_000)
    with pytest.raises(
        RunError, match="needs about 6 MB .* and 5 MB are free; .*--keep_checkpoints"
    ):
        run.require_space(6_000_000)
    with pytest.raises(RunError, match="The export needs .* MB are free; free some, or choose ano"):
        run.require_space(6_000_000, trained=True)


def test_fit_asks_for_room_before_the_first_step_and_counts_what_it_has(
    tmp_path, monkeypatch, adversary
):
    weights = sum(np.asarray(v).nbytes for v in tiny.state(adversary).values())
    options = {"run": RunDirectory(tmp_path), "batch_size": 4, "keep_checkpoints": 2}

    def limit(free):
        monkeypatch.setattr(
            shutil, "disk_usage", lambda path: types.SimpleNamespace(free=int(free))
        )

    limit(4 * weights * 0.9)
    with pytest.raises(RunError, match="are free"):
        fit(adversary, tiny.batches(), total_steps=2, **options)
    assert int(adversary.step) == 0 and not run_history(tmp_path)
    limit(4 * weights * 1.1)
    fit(adversary, tiny.batches(), total_steps=2, **options)
    limit(3 * weights * 1.1)  # one of the four is written by now
    fit(adversary, tiny.batches(), total_steps=3, **options)
    assert int(adversary.step) == 3


def run_history(path):
    history = path / "history.jsonl"
    return history.read_text() if history.exists() else ""


@pytest.fixture
def program_flags():
    """A trainer's kinds of flags, as absl holds them."""
    values = flags.FlagValues()
    flags.DEFINE_string("data", None, "", flag_values=values)
    flags.DEFINE_string("note", "a = b, 'c' # d", "", flag_values=values)
    flags.DEFINE_integer("steps", 10, "", flag_values=values)
    flags.DEFINE_float("rate", 2e-4, "", flag_values=values)
    flags.DEFINE_bool("export", True, "", flag_values=values)
    flags.DEFINE_bool("skip_bad", False, "", flag_values=values)
    flags.DEFINE_bool("normalise", True, "", flag_values=values)
    flags.DEFINE_list("tflite", ["float16", "a,b"], "", flag_values=values)
    flags.DEFINE_multi_string("also", ["x y", "z"], "", flag_values=values)
    values(["program"])
    return values


def serialised(values):
    names = ("data", "note", "steps", "rate", "export", "skip_bad", "normalise", "tflite", "also")
    return {name: values[name].serialize() for name in names}


def test_flagfile_is_read_back_by_absl(tmp_path, program_flags):
    run = RunDirectory(tmp_path)
    wanted = {name: program_flags[name].value for name in serialised(program_flags)}
    record(run, serialised(program_flags))
    for name in wanted:
        program_flags[name].unparse()
    program_flags["rate"].value = 1.0
    program_flags(["program", f"--flagfile={run.flags}"])
    assert {name: program_flags[name].value for name in wanted} == wanted


def test_flagfile_names(program_flags):
    lines = serialised(program_flags)
    text = "\n".join(line for line in lines.values() if line)
    parsed = parse_flagfile(f"# comment\n\n{text}\n", lines)
    assert parsed.keys() == lines.keys() - {"data"}
    assert parsed["skip_bad"] == "--noskip_bad" and parsed["normalise"] == "--normalise"
    assert parsed["note"] == "--note=a = b, 'c' # d"
    assert parsed["also"] == "--also=x y --also=z"


def test_a_run_goes_on_under_its_flags_alone(tmp_path, program_flags):
    run = RunDirectory(tmp_path)
    record(run, serialised(program_flags), free_to_change=("steps",))
    record(run, serialised(program_flags), free_to_change=("steps",))
    program_flags["steps"].value = 20
    record(run, serialised(program_flags), free_to_change=("steps",))
    assert "--steps=20\n" in run.flags.read_text()

    recorded = run.flags.read_text()
    program_flags["rate"].value = 1e-3
    program_flags["skip_bad"].value = True
    program_flags["data"].value = "digits"
    program_flags["tflite"].value = []
    with pytest.raises(RunError) as refusal:
        record(run, serialised(program_flags), free_to_change=("steps",))
    assert str(refusal.value).splitlines()[1:-1] == [
        "  data: was (not set), now --data=digits",
        "  rate: was --rate=0.0002, now --rate=0.001",
        "  skip_bad: was --noskip_bad, now --skip_bad",
        '  tflite: was --tflite=float16,"a,b", now --tflite=',
    ]
    assert str(tmp_path) in str(refusal.value) and "another --run_dir" in str(refusal.value)
    assert run.flags.read_text() == recorded


def test_a_run_goes_on_under_flags_that_it_did_not_have_yet(tmp_path):
    run = RunDirectory(tmp_path)
    record(run, {"rate": "--rate=1"})
    grown = {"rate": "--rate=1", "noise": "--noise=0.0"}
    with pytest.raises(RunError, match=r"noise: was \(not set\), now --noise=0.0"):
        record(run, grown)  # 0.0 is not the default, so that it was asked for
    record(run, grown, at_default=("noise", "rate"))
    assert "--noise=0.0\n" in run.flags.read_text()
    with pytest.raises(RunError, match="noise: was --noise=0.0, now --noise=0.5"):
        record(run, {**grown, "noise": "--noise=0.5"}, at_default=("noise",))


def test_versions(tmp_path):
    import keras
    import tensorflow as tf

    run = RunDirectory(tmp_path)
    record(run, {"seed": "--seed=0"})
    recorded = json.loads(run.versions.read_text())
    assert recorded["tensorflow"] == tf.__version__ and recorded["keras"] == keras.__version__
    assert recorded["numpy"] == np.__version__
    assert recorded["python"] == ".".join(map(str, sys.version_info[:3]))
    assert {*run_directory.PACKAGES, "python", "machine", "commit", "commits"} == recorded.keys()


def test_a_run_remembers_all_of_its_commits(tmp_path, monkeypatch):
    def goes_on(commit):
        monkeypatch.setattr(run_directory, "commit", lambda root: commit)
        run = RunDirectory(tmp_path)
        record(run, {"seed": "--seed=0"})
        return run.commits()

    assert goes_on("a") == ["a"] and goes_on("a") == ["a"]
    assert goes_on("b") == ["a", "b"] and goes_on("a") == ["a", "b"]
    before = RunDirectory(tmp_path).versions
    before.write_text(json.dumps({"commit": "old"}))  # as runs wrote it that had one
    assert goes_on("c") == ["old", "c"]
    for junk in ("", "[1]", "{}"):
        before.write_text(junk)
        assert goes_on("d") == ["unknown", "d"]
    RunDirectory(tmp_path).flags.unlink()
    assert goes_on("e") == ["e"], "nothing was learnt before"


@pytest.mark.parametrize("name", ["x[1]", "a*b", "a?", "back\\slash"])
def test_a_name_that_tensorflow_takes_for_a_pattern_is_refused(tmp_path, name):
    with pytest.raises(RunError, match=r"--run_dir: the name .* pattern of names"):
        RunDirectory(tmp_path / name)
    assert not list(tmp_path.iterdir())
    RunDirectory(tmp_path / "a,b ä")


def test_commit(tmp_path, monkeypatch):
    assert run_directory.commit(tmp_path) == "not a git clone"

    def git(*arguments):
        subprocess.run(["git", "-C", str(tmp_path), *arguments], check=True, capture_output=True)

    git("init")
    assert run_directory.commit(tmp_path).startswith("unknown")
    (tmp_path / "a").write_text("1")
    git("add", "a")
    git("-c", "user.name=n", "-c", "user.email=e", "commit", "-m", "Add a", "--no-gpg-sign")
    clean = run_directory.commit(tmp_path)
    assert re.fullmatch(r"[0-9a-f]{12}", clean)
    (tmp_path / "a").write_text("2")
    assert run_directory.commit(tmp_path) == f"{clean}-dirty"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run_directory.commit(tmp_path).startswith("unknown")


def test_seconds_add_up(tmp_path):
    assert RunDirectory(tmp_path).add_seconds(1.5) == 1.5
    assert RunDirectory(tmp_path).add_seconds(2.0) == 3.5


def test_a_write_replaces_the_file_or_leaves_it(tmp_path):
    path = tmp_path / "file"
    run_directory.write_atomically(path, "one")
    run_directory.write_atomically(path, "two")
    assert path.read_text() == "two" and os.listdir(tmp_path) == ["file"]
