"""The README and the pages under docs/ tell the truth: each of their commands runs, long ones at a
reduced size.
"""

import os
import pathlib
import re
import shlex
import subprocess
import sys
import sysconfig
import venv

import pytest
from PIL import Image

from tests.conftest import without_outer_make
from tfgan_zoo.data import facade_drawing

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAGES = {path: path.read_text() for path in [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]}


def blocks(language):
    return [
        b for text in PAGES.values() for b in re.findall(rf"```{language}\n(.*?)```", text, re.S)
    ]


# A command may go on behind a backslash.
COMMANDS = [
    command for block in blocks("bash") for command in re.split(r"(?<!\\)\n", block.strip())
]
PYTHON = blocks("python")
# What a client runs, who has not this package; and a notebook, whose cells follow each other.
SNIPPETS = [code for code in PYTHON if "tfgan_zoo" not in code]
NOTEBOOK = [code for code in PYTHON if "tfgan_zoo" in code]

SMALL = "--image_size=16 --load_size=18 --generator_filters=4 --discriminator_filters=4 --steps=2"
# Command as the README writes it -> as it is run here.
REDUCED = {
    "make quickstart": "make quickstart QUICKSTART_ARGS='"
    + SMALL
    + " --patch=16 --run_dir={tmp}/run'",
    # This test is part of what `make test` runs.
    "make test": "make test PYTEST_ARGS=--version",
    "python -m trainers.pix2pix --flagfile=trainers/flagfiles/pix2pix.flags --data=my_pairs "
    "--run_dir=runs/mine": "python -m trainers.pix2pix "
    "--flagfile=trainers/flagfiles/pix2pix.flags --data={tmp}/my_pairs --run_dir={tmp}/mine "
    "--patch=16 " + SMALL,
    "python -m tfgan_zoo.metrics.score --generated=saved_models/mrgan/1 --real=tfds:mnist "
    "--data_dir=PREPARED \\\n    --metrics=fid,is,prdc --num_samples=5000": "python -m "
    "tfgan_zoo.metrics.score --generated=saved_models/mrgan/1 --real=digits --metrics=fid,is,prdc "
    "--num_samples=100 --num_real=100 --is_splits=1 --cache_dir={tmp}/cache",
    # Without Inception, whose weights are a download.
    "python -m tfgan_zoo.metrics.score --generated=runs/mine/export/dcgan/1 --real=my_photographs "
    "--download \\\n    --metrics=fid,kid,1nn": "python -m tfgan_zoo.metrics.score "
    "--generated={tmp}/my_pairs --real={tmp}/other_pairs --real_split=all --metrics=fid,kid,1nn "
    "--extractor=pixels --kid_subset_size=5 --cache_dir={tmp}/cache",
    "python -m tfgan_zoo.explore draw --generator=saved_models/mrgan --count=100 --output=drawn": (
        "python -m tfgan_zoo.explore draw --generator=saved_models/mrgan --count=3 "
        "--output={tmp}/drawn"
    ),
    "python -m tfgan_zoo.explore translate --generator=saved_models/pix2pix --input=maps "
    "--output=drawn": "python -m tfgan_zoo.explore translate --generator=saved_models/pix2pix "
    "--input={tmp}/maps --output={tmp}/drawn",
    "python -m trainers.mode_lab --flagfile=trainers/flagfiles/mode_lab.flags "
    "--run_dir=runs/modes --data_dir=PREPARED_MNIST": "python -m trainers.mode_lab "
    "--flagfile=trainers/flagfiles/mode_lab.flags --budget=smoke --worlds=ring --methods=gan "
    "--seeds=1 --jobs=1 --run_dir={tmp}/modes",
    "python -m tfgan_zoo.explore interpolate --generator=saved_models/dcgan/1 "
    "--output=between.png": "python -m tfgan_zoo.explore interpolate "
    "--generator=saved_models/dcgan/1 --output={tmp}/between.png",
    "python -m tfgan_zoo.explore features --extractor=runs/dcgan/export/dcgan --data=tfds:mnist "
    "--output=features.png": "python -m tfgan_zoo.explore features --extractor=mnist_cnn "
    "--data=digits --output={tmp}/features.png --labels=20 --draws=2 --num_train=200 "
    "--num_test=100 --centroids=8 --patches=500",
    # Without end, but for Ctrl-C: tests/gallery runs them so.
    "python -m tfgan_zoo.gallery": "python -m tfgan_zoo.gallery --export={tmp}/gallery",
    "python -m tfgan_zoo.gallery --models=runs/mine": "python -m tfgan_zoo.gallery "
    "--models=saved_models/gan --export={tmp}/gallery",
    "python -m tfgan_zoo.gallery --models=runs/mine --export=site": "python -m tfgan_zoo.gallery "
    "--models=saved_models/gan --export={tmp}/site",
    # Ray is not among what the tests install; the load itself is in tests/serving.
    "make serving-check": "make serving-check SERVING_ARGS=--help",
    "python -m tfgan_zoo.serving --model=saved_models/cgan --model=saved_models/pix2pix "
    "--replicas=2": "python -m tfgan_zoo.serving --model=saved_models/cgan --help",
    "python -m tests.benchmarks.train_step --variant=pix2pix": "python -m "
    "tests.benchmarks.train_step --variant=pix2pix --image_size=32 --filters=4 --rounds=1",
}


def installed_environment(folder):
    """A folder that make takes for its own, finished environment; it lends the packages of this
    one, which no test may let make touch.
    """
    venv.create(folder, symlinks=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    lent = sysconfig.get_path("purelib")
    (packages / "lent.pth").write_text(f"import site; site.addsitedir({lent!r})\n")
    (folder / "bin" / "ruff").symlink_to(pathlib.Path(sysconfig.get_path("scripts")) / "ruff")
    for stamp in (".begun", ".created", ".installed", ".installed-test", ".installed-ray"):
        (folder / stamp).touch()
    return folder


def run(command, folder, cwd=ROOT):
    """Runs a command of the README with this environment's packages; returns what it printed."""
    words = shlex.split(command.format(tmp=folder))
    if words[0] == "python":
        words[0] = sys.executable
    if words[0] == "make":
        words.append(f"VENV={installed_environment(folder / 'venv')}")
    done = subprocess.run(
        words,
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=600,
        env=without_outer_make(os.environ),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def draw_pairs(folder, count, first=0):
    """Side-by-side pairs, as a user may have them."""
    folder.mkdir()
    for index in range(first, first + count):
        source, target = facade_drawing.draw(0, "train", index, (24, 24))
        pair = Image.new("RGB", (48, 24))
        pair.paste(Image.fromarray(source), (0, 0))
        pair.paste(Image.fromarray(target), (24, 0))
        pair.save(folder / f"{index}.png")


def draw_maps(folder, count):
    """Label maps of the size that the shipped pix2pix takes."""
    folder.mkdir()
    for index in range(count):
        source, _ = facade_drawing.draw(0, "train", index, (256, 256))
        Image.fromarray(source).save(folder / f"{index}.png")


def test_every_command_is_known():
    assert set(COMMANDS) == set(REDUCED)


@pytest.mark.parametrize("command", sorted(REDUCED))
def test_command(command, tmp_path):
    draw_pairs(tmp_path / "my_pairs", 12)
    draw_pairs(tmp_path / "other_pairs", 12, first=12)
    draw_maps(tmp_path / "maps", 2)
    printed = run(REDUCED[command], tmp_path)
    if "trainers.pix2pix" in command or "quickstart" in command:
        assert "SavedModel" in printed and "card" in printed
    if "metrics.score" in command:
        assert "Frechet distance, " in printed and '"protocol"' in printed
    if "explore draw" in command or "explore translate" in command:
        count = 3 if "draw --" in command else 2
        assert len(list((tmp_path / "drawn").glob("*.png"))) == count


@pytest.mark.parametrize("snippet", SNIPPETS, ids=range(len(SNIPPETS)))
def test_snippet_runs_without_the_package(snippet, tmp_path):
    (tmp_path / "saved_models").symlink_to(ROOT / "saved_models")
    source, _ = facade_drawing.draw(0, "train", 0, (64, 64))
    Image.fromarray(source).save(tmp_path / "my_label_map.png")
    blocked = "import sys\nsys.modules['tfgan_zoo'] = None\n"
    (tmp_path / "snippet.py").write_text(blocked + snippet)
    run("python snippet.py", tmp_path, cwd=tmp_path)


def test_notebook(tmp_path):
    """Ten lines to train, and as few more for all that a trainer has, at a reduced size."""
    assert len(NOTEBOOK) == 2 and all(len(code.splitlines()) <= 12 for code in NOTEBOOK)
    code = "\n".join(NOTEBOOK)
    for long, short in (
        ("(32, 32), channels=1)\n", "(16, 16), channels=1, generator_filters=2)\n"),
        ("(32, 32)", "(16, 16)"),
        ('image_size="32"', 'image_size="16"'),
        ("=64", "=8"),
        ("steps_per_epoch=100, epochs=5", "steps_per_epoch=2, epochs=1"),
        ("steps=500", "steps=3"),
    ):
        assert long in code
        code = code.replace(long, short)
    (tmp_path / "notebook.py").write_text(code)
    printed = run("python notebook.py", tmp_path, cwd=tmp_path)
    assert "SavedModel" in printed and (tmp_path / "dcgan.keras").exists()
    assert (tmp_path / "runs/notebook/export/dcgan/card.json").exists()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    prose = re.sub(r"```.*?```", "", PAGES[page], flags=re.S)
    for link in re.findall(r"\]\(([^)]+)\)", prose):
        path, _, anchor = link.partition("#")
        if link.startswith("http"):
            continue
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if anchor:
            titles = re.findall(r"^#+ (.*)$", target.read_text(), re.M)
            assert anchor in {re.sub(r"[^\w -]", "", t).lower().replace(" ", "-") for t in titles}
