"""The mode-collapse laboratory: all of it at the size of a test, and its parts."""

import dataclasses
import fcntl
import html.parser
import json
import pathlib
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from scipy import stats

from tfgan_zoo.training.run_directory import RunError
from trainers.experiments import mode_lab, mode_report, remedies

ROOT = pathlib.Path(__file__).resolve().parents[2]
SMOKE = remedies.worlds("smoke")


def laboratory(folder, *flags):
    command = [sys.executable, "-m", "trainers.mode_lab", f"--run_dir={folder}", *flags]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900)


@pytest.fixture(scope="module")
def smoke(tmp_path_factory):
    """The whole experiment, one seed."""
    folder = tmp_path_factory.mktemp("laboratory")
    done = laboratory(folder, "--budget=smoke", "--seeds=1")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, done.stdout


def test_every_remedy_runs_on_every_world(smoke):
    folder, said = smoke
    results = json.loads((folder / "results.json").read_text())
    cells = {(r["world"], r["remedy"]) for r in results}
    assert cells == {(w, m) for w in remedies.WORLDS for m in remedies.REMEDIES}
    for result in results:
        steps = remedies.generator_steps(result["remedy"], SMOKE[result["world"]])
        assert "failed" not in result and result["steps"] == steps, result
        assert 0 <= result["modes"] <= 1000 and np.isfinite(result["kl"])
    assert "0 of 65 cells left" in said


def test_a_place_that_cannot_be_used_is_told_before_the_processes_start(tmp_path):
    (tmp_path / "file").write_text("")
    options = {"worlds": [], "methods": [], "seeds": 1, "budget": "smoke", "jobs": 2}
    options |= {"report": False, "data_dir": None, "download": False}
    for place in ("lab [1]", "file/x"):
        with pytest.raises(RunError, match="--run_dir: .* choose another"):
            mode_lab.run(tmp_path / place, **options)
    assert not (tmp_path / "lab [1]").exists()


def test_the_table_has_a_row_for_each(smoke):
    folder, said = smoke
    text = (folder / "table.md").read_text()
    assert text in said
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in lines}) == 1
    names = [line.split("|")[1].strip() for line in lines[2:]]
    assert names == ["perfect sampler", *remedies.REMEDIES]
    assert "grid: high quality" in lines[0] and "stacked_mnist: high quality" not in lines[0]
    assert "commit" in text and "seeds 0" in text


def test_the_table_says_what_each_cell_ran_with(tmp_path):
    for seed, commit in enumerate(("one", "other", "other")):
        own = mode_lab.place(tmp_path, mode_lab.Cell("ring", "gan", seed))
        own.mkdir(parents=True)
        result = {"world": "ring", "remedy": "gan", "seed": seed, "seconds": 1.0}
        (own / "result.json").write_text(json.dumps(result))
        versions = {"tensorflow": "2", "machine": "a phone", "commit": commit}
        (own / "versions.json").write_text(json.dumps(versions))
    said = mode_report.protocol(mode_report.collect(tmp_path), SMOKE)
    assert said[-2:] == [
        "2 of the cells: TensorFlow 2, a phone, commit other.",
        "1 of the cells: TensorFlow 2, a phone, commit one.",
    ]


class Links(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.images, self.cells = [], [], 0

    def handle_starttag(self, tag, attributes):
        if tag == "img":
            self.images.append(dict(attributes)["src"])
        elif tag not in ("meta", "html"):
            self.open.append(tag)
        self.cells += tag == "td"

    def handle_endtag(self, tag):
        if tag != "html":
            assert self.open.pop() == tag


def test_the_page_shows_table_and_picture(smoke):
    folder, _ = smoke
    links = Links()
    links.feed((folder / "index.html").read_text())
    assert links.images == ["grid.png"] and not links.open
    assert links.cells > 14 * 19
    with Image.open(folder / "grid.png") as picture:
        assert picture.width > 500 and picture.height > 1500
        colours = np.unique(np.asarray(picture).reshape(-1, 3), axis=0)
    # Real points and generated ones.
    assert [255, 127, 14] in colours.tolist() and [31, 119, 180] in colours.tolist()


def test_what_is_finished_does_not_run_again(smoke):
    folder, _ = smoke
    before = {file: file.stat().st_mtime_ns for file in folder.glob("*/*/*/result.json")}
    done = laboratory(folder, "--budget=smoke", "--seeds=1", "--jobs=1")
    assert done.returncode == 0 and "perfect sampler" in done.stdout
    assert {file: file.stat().st_mtime_ns for file in before} == before


@pytest.mark.parametrize("flag", ["--worlds=rings", "--methods=gan,hope"])
def test_an_unknown_part_is_refused_in_a_sentence(flag, tmp_path):
    done = laboratory(tmp_path, flag)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    name = flag.rpartition("=")[2].rpartition(",")[2]
    assert f"error: There is no '{name}'; choose from" in done.stdout


CELL = mode_lab.Cell("ring", "gan", 0)
# As the default budget runs: many steps in one call of a graph.
GRAPH = dataclasses.replace(SMOKE["ring"], steps=500, batch_size=8, validations=5, eager=False)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    own = tmp_path_factory.mktemp("cell")
    return own, mode_lab.run_cell(own, CELL, GRAPH, None, False)


def test_a_cell_that_lost_its_result_measures_the_same(finished):
    own, result = finished
    samples = np.load(own / "samples.npy")
    (own / "result.json").unlink()
    again = mode_lab.run_cell(own, CELL, GRAPH, None, False)
    assert {**again, "seconds": 0} == {**result, "seconds": 0}
    np.testing.assert_array_equal(np.load(own / "samples.npy"), samples)


def test_a_cell_under_other_settings_is_refused(finished):
    own, _ = finished
    longer = dataclasses.replace(GRAPH, steps=1000)
    with pytest.raises(RunError, match="steps: was --steps=500, now --steps=1000"):
        mode_lab.run_cell(own, CELL, longer, None, False)


def test_a_cell_that_another_process_runs_is_left_to_it(tmp_path):
    own = mode_lab.place(tmp_path, CELL)
    own.mkdir(parents=True)
    with (own / "cell.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        mode_lab.one_after_another(tmp_path, [CELL], SMOKE, None, False)
    assert [file.name for file in own.iterdir()] == ["cell.lock"]


def test_numbers_that_are_not_finite_are_a_result(tmp_path):
    wild = dataclasses.replace(SMOKE["ring"], generator_rate=1e38, discriminator_rate=1e38)
    wild = dataclasses.replace(wild, steps=60)
    result = mode_lab.run_cell(tmp_path, CELL, wild, None, False)
    assert "not finite" in result["failed"] and "kl" not in result
    assert mode_report.sentence(result) == "no finite numbers any more"


def test_points_go_back_to_their_world():
    examples, _ = mode_lab.open_world(remedies.WORLDS["mixture"], None, False)
    points = examples.fetch(np.arange(1000))["images"]
    assert np.abs(points).max() < 1.3
    there = mode_lab.in_units_of_the_world(points, remedies.WORLDS["mixture"])
    assert 110 < there.max() < 120 and 0 < there.min() < 10


@pytest.mark.parametrize("world", ["ring", "stacked_mnist"])
def test_remedies_share_their_nets(world):
    shape = (2,) if world == "ring" else (28, 28, 3)
    models = {
        name: remedies.build(name, SMOKE[world], shape, seed=0)
        for name in ("gan", "sngan", "dragan", "mrgan", "mad_gan_1")
    }
    shapes = {
        name: sorted(tuple(w.shape) for w in model.generator.trainable_variables)
        for name, model in models.items()
    }
    assert len(set(map(tuple, shapes.values()))) == 1
    kernels = {
        name: [tuple(w.shape) for w in model.discriminator.trainable_variables if len(w.shape) > 1]
        for name, model in models.items()
    }
    assert kernels["sngan"] == kernels["dragan"] == kernels["gan"] == kernels["mrgan"]
    assert kernels["mad_gan_1"][:-1] == kernels["gan"][:-1]
    assert not any("moving_mean" in w.path for w in models["gan"].discriminator.variables)


def test_the_interval_is_students():
    values = [3.0, 5.0, 4.0]
    mean, half = mode_report.interval(values)
    low, high = stats.t.interval(0.95, 2, np.mean(values), stats.sem(values))
    assert mean == pytest.approx((low + high) / 2) and half == pytest.approx((high - low) / 2)
    assert mode_report.interval([2.0]) == (2.0, None)


def test_the_table_says_what_failed():
    results = [
        {"world": "ring", "remedy": "gan", "seed": seed, "seconds": 60, **found}
        for seed, found in enumerate(
            ({"modes": 7.0, "high_quality": 0.5, "kl": 0.25}, {"failed": "not finite"})
        )
    ]
    header, (best, gan) = mode_report.rows(results, remedies.WORLDS)
    assert header == ["remedy", *(f"ring: {w}" for w in ("modes", "high quality", "KL", "minutes"))]
    assert gan == ["gan", "7.0 (1 failed)", "50.0% (1 failed)", "0.250 (1 failed)", "1.0"]
    assert best[:3] == ["perfect sampler", "8.0", "98.9%"]


def test_without_a_finished_cell_there_is_no_table(tmp_path):
    with pytest.raises(RunError, match="No cell"):
        mode_report.write(tmp_path, remedies.WORLDS)
