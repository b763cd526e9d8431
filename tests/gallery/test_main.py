"""The command, in processes of its own as a user starts it."""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import urllib.request

import pytest

from tests.gallery import exports

ROOT = pathlib.Path(__file__).resolve().parents[2]
ENVIRONMENT = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
SHIPPED = len(list(exports.SHIPPED.rglob("model.tflite")))


def run(*arguments, code=None, **environment):
    """A finished `python -m tfgan_zoo.gallery`, or `python -c code`."""
    started = ["-c", code] if code else ["-m", "tfgan_zoo.gallery"]
    return subprocess.run(
        [sys.executable, *started, *map(str, arguments)],
        cwd=ROOT,
        env=ENVIRONMENT | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


@contextlib.contextmanager
def running(*arguments, **environment):
    """A process that serves, and what it printed until then; it is ended with the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tfgan_zoo.gallery", *map(str, arguments)],
        cwd=ROOT,
        env=ENVIRONMENT | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        printed = []
        while not printed or "Ctrl-C" not in printed[-1]:
            line = process.stdout.readline()
            assert line, process.stderr.read()
            printed.append(line)
        yield process, printed
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


def test_it_serves_until_ctrl_c():
    with running("--port=0", "--noopen") as (process, printed):
        (line,) = printed
        assert f"{SHIPPED} models at http://127.0.0.1:" in line
        address = line.split(" at ")[1].split()[0]
        with urllib.request.urlopen(f"{address}models.json") as answer:
            listed = json.load(answer)
        assert len(listed["models"]) == SHIPPED
        assert [m["id"] for m in listed["models"] if m["problem"]] == []
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
        assert (process.returncode, out, err) == (0, "\nThe gallery is closed.\n", "")


def test_nothing_slow_is_imported():
    code = (
        "import sys; from tfgan_zoo.gallery import __main__; "
        "print(sorted({name.split('.')[0] for name in sys.modules} & set(sys.argv[1:])))"
    )
    slow = ("tensorflow", "keras", "numpy", "PIL", "scipy", "matplotlib", "sklearn", "jax")
    assert run(*slow, code=code).stdout == "[]\n"


def test_it_opens_the_browser_that_there_is(tmp_path):
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(
        f'#!/bin/sh\nprintf %s "$1" > {opened}.partial\nmv {opened}.partial {opened}'
    )
    browser.chmod(0o755)
    with running("--port=0", BROWSER=str(browser)) as (_, printed):
        address = printed[-1].split(" at ")[1].split()[0]
        end = time.monotonic() + 30
        while not opened.exists() and time.monotonic() < end:
            time.sleep(0.05)
        assert opened.read_text() == address


def test_others_are_let_in_by_a_flag_alone_and_with_a_sentence():
    with running("--port=0", "--noopen", "--host=0.0.0.0") as (_, printed):
        assert printed[0].startswith("--host=0.0.0.0: everybody who reaches this computer")
        assert "nothing else of the disk" in printed[0]
        assert "http://127.0.0.1:" in printed[1]


def test_own_exports_in_places_of_every_name(tmp_path):
    home = tmp_path / "home"
    exports.copied(home / "my runs[1]" / "a")
    (exports.copied(home / "häuser" / "b") / "card.json").write_text("{")
    flags = tmp_path / "gallery.flags"
    flags.write_text("# Mine.\n--models=~/häuser\n", "utf-8")
    words = ("--port=0", "--noopen", "--models=~/my runs[1]", f"--flagfile={flags}")
    with running(*words, HOME=str(home)) as (process, printed):
        assert f"{SHIPPED + 1} models" in printed[-1]
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
        assert err.startswith("häuser/b: This export cannot be shown: its card.json is no JSON")


def test_folders_by_commas_and_by_flags(tmp_path):
    for name in ("a", "b", "c,d"):
        exports.copied(tmp_path / name)
    words = (f"--models={tmp_path / 'a'}, {tmp_path / 'b'}", f"--models={tmp_path / 'c,d'}")
    done = run(*words, f"--export={tmp_path / 'site'}")
    assert done.returncode == 0, done.stderr
    listed = json.loads((tmp_path / "site" / "models.json").read_text())["models"]
    own = [model["id"] for model in listed if model["source"] == "own"]
    assert own == ["a", "b", "c,d"]


def test_a_folder_is_written_instead(tmp_path):
    target = tmp_path / "my site"
    done = run(f"--export={target}", f"--models={exports.copied(tmp_path / 'own')}")
    assert done.returncode == 0, done.stderr
    assert f"{target}: " in done.stdout and f"--directory '{target}'" in done.stdout
    listed = json.loads((target / "models.json").read_text())["models"]
    assert {"pix2pix", "own"} < {model["id"] for model in listed}
    assert (target / "models" / "cyclegan" / "a_to_b" / "model.tflite").is_file()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--models=/nonexistent/runs"], "/nonexistent/runs does not exist."),
        ([f"--models={__file__}"], "is a file: name the folder that it lies in."),
        (["--models="], "--models is empty"),
        (["--models=saved_models,/nonexistent/b"], "/nonexistent/b does not exist."),
        (["--models=,"], "--models is empty"),
        (["--export="], "--export is empty"),
        (["--host="], "--host is empty"),
        (["--models=~nobody-of-this-name/runs"], "begins with the home folder of somebody"),
        (["saved_models"], "'saved_models' is no flag: folders are given as --models=DIR."),
        (["--port=70000"], "--port"),
        (["--port=x"], "--port"),
        (["--laboratory=saved_models"], "holds no report of the laboratory"),
        (["--host=192.0.2.7", "--port=0"], "--host=192.0.2.7 is no address of this computer"),
        (["--export=/nonexistent/a", "--noopen"], "--open says nothing to --export: leave it out."),
        (["--export=/nonexistent/a"], "there is no folder /nonexistent."),
        (["--export=saved_models"], "holds what this command did not write"),
        (["--modles=a"], "modles"),
    ],
)
def test_what_a_user_gets_wrong_is_one_sentence(arguments, words):
    done = run(*arguments)
    assert done.returncode == 2 and not done.stdout
    assert done.stderr.startswith("error: ") and words in done.stderr
    assert "Traceback" not in done.stderr and done.stderr.count("\n") == 1


def test_help_says_all_flags():
    printed = run("--help").stdout
    for name in ("models", "laboratory", "port", "[no]open", "host", "export"):
        assert f"--{name}:" in printed
    assert "  " not in "\n".join(line.strip() for line in printed.splitlines())
