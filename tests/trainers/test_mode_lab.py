"""The mode-collapse laboratory: all of it at the size of a test, and its parts."""

import dataclasses
import fcntl
import functools
import html.parser
import json
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfgan_zoo.data import worlds
from tfgan_zoo.training.run_directory import RunError
from trainers.experiments import mode_lab, mode_records, mode_report, remedies

ROOT = pathlib.Path(__file__).resolve().parents[2]
SMOKE = remedies.worlds("smoke")


def laboratory(folder, *flags):
    command = [sys.executable, "-m", "trainers.mode_lab", f"--run_dir={folder}", *flags]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900)


@pytest.fixture(scope="module")
def smoke(tmp_path_factory):
    """Every arm on points and on pictures, tuning first, one seed."""
    folder = tmp_path_factory.mktemp("laboratory")
    done = laboratory(folder, *FLAGS)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, done.stdout


FLAGS = ("--budget=smoke", "--seeds=1", "--worlds=ring,stacked_mnist")


def test_every_arm_is_tuned_and_runs(smoke):
    folder, said = smoke
    results = json.loads((folder / "results.json").read_text())
    for seed, tried in ((0, None), (100, 0)):
        own = [r for r in results if r["seed"] == seed and r["tried"] == tried]
        cells = {(r["world"], r["remedy"]) for r in own}
        assert cells == {(w, m) for w in ("ring", "stacked_mnist") for m in remedies.REMEDIES}
    for result in results:
        world = SMOKE[result["world"]]
        assert "failed" not in result and result["real_examples"] == 5 * world.batch_size, result
        assert result["steps"] == remedies.training_steps(world, result["setting"])
        assert 0 <= result["modes"] <= 1000 and np.isfinite(result["kl"])
        assert 0 <= result["overlap"] <= 1 and result["code"] == [mode_records.code()]
        assert result["processor_seconds"] > 0 and result["updates"]["generator"]
    assert "0 of 52 cells left" in said


def test_a_place_that_cannot_be_used_is_told_before_the_processes_start(tmp_path):
    (tmp_path / "file").write_text("")
    options = {"worlds": [], "methods": [], "seeds": 1, "budget": "smoke", "jobs": 2}
    options |= {"report": False, "data_dir": None, "download": False}
    for place in ("lab [1]", "file/x"):
        with pytest.raises(RunError, match="--run_dir: .* choose another"):
            mode_lab.run(tmp_path / place, **options)
    assert not (tmp_path / "lab [1]").exists()


def test_the_tables_have_a_row_for_each(smoke):
    folder, said = smoke
    text = (folder / "table.md").read_text()
    assert text in said
    titles, parts = [], []
    for part in text.split("### ")[1:]:
        lines = [line for line in part.splitlines() if line.startswith("|")]
        assert len({line.count("|") for line in lines}) == 1
        titles.append(part.splitlines()[0])
        parts.append((lines[0], [line.split("|")[1].strip() for line in lines[2:]]))
    ring, tuned, digits, tuned_digits = parts
    assert titles == ["ring", "ring: the tuning", "stacked_mnist", "stacked_mnist: the tuning"]
    assert ring[1] == digits[1] == ["perfect sampler", *remedies.REMEDIES]
    assert tuned[1] == tuned_digits[1] == list(remedies.REMEDIES)
    assert "high quality" in ring[0] and "high quality" not in digits[0]
    assert "commit" in text and "on seed 100, seeds 0" in text and mode_report.PROTOCOL in text


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
    assert links.cells > 28 * 13
    with Image.open(folder / "grid.png") as picture:
        assert picture.width > 300 and picture.height > 1500
        colours = np.unique(np.asarray(picture).reshape(-1, 3), axis=0)
    # Real points and generated ones.
    assert [255, 127, 14] in colours.tolist() and [31, 119, 180] in colours.tolist()


def test_what_is_finished_does_not_run_again(smoke):
    folder, _ = smoke
    before = {file: file.stat().st_mtime_ns for file in folder.glob("*/*/*/result.json")}
    done = laboratory(folder, *FLAGS, "--jobs=1")
    assert done.returncode == 0 and "perfect sampler" in done.stdout
    assert {file: file.stat().st_mtime_ns for file in before} == before


@pytest.mark.parametrize("flag", ["--worlds=rings", "--methods=gan,hope"])
def test_an_unknown_part_is_refused_in_a_sentence(flag, tmp_path):
    done = laboratory(tmp_path, flag)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    name = flag.rpartition("=")[2].rpartition(",")[2]
    assert f"error: There is no '{name}'; choose from" in done.stdout


CELL = mode_lab.Cell("ring", "gan", 0)
SETTING = {"rate": 1e-3}
# As the default budget runs: many steps in one call of a graph.
GRAPH = dataclasses.replace(SMOKE["ring"], steps=500, batch_size=8, validations=5, eager=False)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    own = tmp_path_factory.mktemp("cell")
    return own, mode_lab.run_cell(own, CELL, GRAPH, SETTING, None, False)


def test_a_cell_that_lost_its_result_measures_the_same(finished):
    own, result = finished
    samples = np.load(own / "samples.npy")
    (own / "result.json").unlink()
    again = mode_lab.run_cell(own, CELL, GRAPH, SETTING, None, False)
    spent = again.pop("processor_seconds"), again.pop("seconds")
    assert spent[0] >= result["processor_seconds"] and spent[1] >= result["seconds"]
    assert again == {key: result[key] for key in again}
    np.testing.assert_array_equal(np.load(own / "samples.npy"), samples)


def test_a_cell_under_other_settings_is_refused(finished):
    own, _ = finished
    longer = dataclasses.replace(GRAPH, steps=1000)
    with pytest.raises(RunError, match="steps: was --steps=500, now --steps=1000"):
        mode_lab.run_cell(own, CELL, longer, SETTING, None, False)


def test_a_cell_that_another_process_runs_is_left_to_it(tmp_path):
    tuning = mode_lab.Cell("ring", "gan", remedies.TUNING_SEED, 0)
    own = mode_lab.place(tmp_path, tuning)
    own.mkdir(parents=True)
    with (own / "cell.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        mode_lab.one_after_another(tmp_path, [tuning], SMOKE, None, False)
    assert [file.name for file in own.iterdir()] == ["cell.lock"]


def test_numbers_that_are_not_finite_are_a_result(tmp_path):
    wild = dataclasses.replace(SMOKE["ring"], steps=60)
    result = mode_lab.run_cell(tmp_path, CELL, wild, {"rate": 1e38}, None, False)
    assert "not finite" in result["failed"] and "kl" not in result
    assert mode_report.sentence(result) == "no finite numbers any more"


def test_points_go_back_to_their_world():
    examples, _ = mode_lab.open_world(remedies.WORLDS["mixture"], None, False)
    points = examples.fetch(np.arange(1000))["images"]
    assert np.abs(points).max() < 1.3
    there = mode_lab.in_units_of_the_world(points, remedies.WORLDS["mixture"])
    assert 110 < there.max() < 120 and 0 < there.min() < 10


SHAPES = {"ring": (2,), "stacked_mnist": (28, 28, 3)}


@pytest.mark.parametrize("world", SHAPES)
def test_every_arm_has_the_same_capacity_and_no_batch_normalisation(world):
    counts = {}
    for name in remedies.REMEDIES:
        for setting in remedies.settings_of(name, remedies.WORLDS[world])[:2]:
            model = remedies.build(name, remedies.WORLDS[world], SHAPES[world], 0, setting)
            counts[(name, *setting.values())] = remedies.parameters(model)
            rates = {float(own.learning_rate) for own in model.optimizers.values()}
            assert rates == {float(np.float32(setting["rate"]))}
            assert not any("moving_" in weight.path for weight in model.variables), name
    plain = next(iter(counts.values()))
    assert plain["discriminating"] > 20_000 and not plain["other"]
    for arm, count in counts.items():
        assert count["discriminating"] == pytest.approx(plain["discriminating"], rel=0.03), arm
        assert count["generator"] == pytest.approx(plain["generator"], rel=0.015), arm
        assert bool(count["other"]) == (arm[0] in ("mrgan", "mdgan"))


def test_every_arm_is_tried_at_as_many_settings():
    for world in remedies.WORLDS.values():
        for name in remedies.REMEDIES:
            tries = remedies.settings_of(name, world)
            assert len({json.dumps(one) for one in tries}) == world.tried == 4, name
            assert {one["rate"] for one in tries} <= set(world.rates)
            batches = [remedies.training_steps(world, one) for one in tries]
            shares = [remedies.shares_of_a_step(one) for one in tries]
            assert {n * of for n, of in zip(batches, shares, strict=True)} == {world.steps}
            assert not any(n % world.validations for n in batches)


def test_updates_are_counted_by_player():
    """Real examples are the budget: what they cost in updates differs, and is said."""
    found = {}
    for name in ("gan", "sngan", "mdgan"):
        (setting,) = remedies.settings_of(name, SMOKE["ring"])
        model = remedies.build(name, SMOKE["ring"], (2,), 0, setting)
        examples = np.zeros((32 * remedies.shares_of_a_step(setting), 2), np.float32)
        model.fit(tf.data.Dataset.from_tensors({"images": examples}).repeat(2), verbose=0)
        found[name] = remedies.updates(model)
    assert found["gan"] == {"generator": 2, "discriminator": 2}
    assert found["sngan"] == {"generator": 2, "discriminator": 10}
    both = {"discriminator": 2, "diffusion_discriminator": 2}
    assert found["mdgan"] == {"generator": 4, "encoder": 2, **both}


def test_improved_gan_is_initialised_by_its_first_step():
    world, setting = SMOKE["ring"], {"rate": 1e-4, "minibatch_kernels": 3}
    model = remedies.build("improved_gan", world, (2,), 0, setting)
    points = np.random.default_rng(0).standard_normal((32, 2)).astype(np.float32)
    own = model.discriminator
    assert float(own.initialised) == 0.0 and not own.minibatch.log_scale.numpy().any()
    model.fit(tf.data.Dataset.from_tensors({"images": points}), verbose=0)
    assert float(own.initialised) == 1.0
    assert np.abs(own.minibatch.log_scale.numpy()).min() > 0.01  # a step of Adam alone moves 1e-4


def record(world="ring", remedy="gan", seed=0, tried=None, **found):
    """A finished cell's record, with the terms of the default budget."""
    tries = remedies.settings_of(remedy, remedies.WORLDS[world])
    players = {"generator": 15_000, "discriminator": 15_000}
    return {
        **{"world": world, "remedy": remedy, "seed": seed, "tried": tried},
        "setting": tries[tried or 0],
        "terms": remedies.terms_of(remedy, remedies.WORLDS[world]),
        **{"code": ["one"], "steps": 15_000, "real_examples": 3_840_000, "updates": players},
        "parameters": {"generator": 66178, "discriminating": 33537, "other": 0},
        **{"processor_seconds": 61.2, "seconds": 90},
        "versions": {"tensorflow": "2", "machine": "a phone", "commit": "abc"},
        **{"modes": 7.0, "high_quality": 0.5, "kl": 0.25, "overlap": 0.4},
        **found,
    }


def tuned(*overlaps, **more):
    """The records of an arm's tuning, one for each overlap."""
    return [
        record(seed=remedies.TUNING_SEED, tried=tried, overlap=overlap, **more)
        for tried, overlap in enumerate(overlaps)
    ]


def test_the_greatest_overlap_chooses_once_all_settings_are_tried():
    world = remedies.WORLDS["ring"]
    tries = remedies.settings_of("gan", world)
    choose = functools.partial(mode_records.choice, remedy="gan", world=world, name="ring")
    assert choose(tuned(0.1, 0.3, 0.3, 0.2)) == tries[1]
    assert choose(tuned(0.1, 0.3, 0.3)) is None
    failed = tuned(0.0, 0.3, 0.3, 0.2)
    for one in failed[1:3]:
        one["failed"] = one.pop("overlap") and "not finite"
    assert choose(failed) == tries[3]


def test_seeds_stand_one_by_one_and_a_failure_is_told():
    results = [record(), record(seed=1, failed="not finite"), record(seed=2, modes=3.0)]
    found = mode_report.tables(results, tuned(0.4, 0.3, 0.2, 0.1), remedies.WORLDS)
    (title, header, (perfect, gan)), (second, tries, (tried,)) = found
    row = dict(zip(header, gan, strict=True))
    assert (title, second) == ("ring", "ring: the tuning")
    assert row["remedy"] == "gan" and row["setting"] == "rate 3e-05"
    assert row["modes of seeds 0, 1, 2"] == "7, failed, 3"
    assert row["high quality of seeds 0, 1, 2"] == "50.0%, failed, 50.0%"
    assert row["updates of generator"] == row["updates of discriminating nets"] == "15,000"
    assert row["real examples"] == "3,840,000" and row["processor seconds"] == "61, 61, 61"
    assert (row["parameters: generator"], row["discriminating"]) == ("66,178", "33,537")
    assert perfect[:5] == ["perfect sampler", "", "8.0", "98.9%", "0.001"]
    assert tried == ["gan", *tried[1:5], "try 1"] and tried[2] == "rate 0.0001: 0.300"
    assert tries == ["remedy", "try 1", "try 2", "try 3", "try 4", "chosen"]


def test_what_other_code_made_is_marked():
    results = [record(), record(seed=1, code=["one", "two"])]
    tuning = tuned(0.4, 0.3, 0.2, 0.1)
    header, (_, gan) = mode_report.tables(results, tuning, remedies.WORLDS)[0][1:]
    assert gan[header.index("modes of seeds 0, 1")] == "7, 7†"
    said = "\n".join(mode_report.notes(results, tuning, [], remedies.WORLDS))
    assert "†: 1 of the cells ran by other code than the rest (one): one then two." in said
    assert "6 of the cells: TensorFlow 2, a phone, commit abc." in said


@pytest.mark.parametrize(
    "wrong, why",
    [
        (record(seed=100), "ring/gan/100: its setting was chosen on this seed."),
        (record(setting={"rate": 1.0}), "the tuning that is here chose another setting."),
        (record("grid"), "grid/gan/0: the tuning before it is not here."),
        (record(terms={**record()["terms"], "steps": 5}), "steps was 5, is 15000."),
        (record(world="ring", remedy="gan") | {"world": "moon"}, "no such world or remedy."),
    ],
)
def test_what_belongs_in_no_table_is_left_out_and_told(wrong, why):
    tuning = tuned(0.4, 0.3, 0.2, 0.1)
    right = record(seed=1)
    results, kept, (said,) = mode_records.sorted_out([*tuning, wrong, right], remedies.WORLDS)
    assert results == [right] and kept == tuning and said.endswith(why)


def written(folder, found):
    own = (
        folder / mode_lab.Cell(*(found[key] for key in ("world", "remedy", "seed", "tried"))).folder
    )
    own.mkdir(parents=True)
    versions = found.pop("versions")
    (own / "result.json").write_text(json.dumps(found))
    (own / "versions.json").write_text(json.dumps(versions))


def test_a_folder_of_other_rules_is_refused_and_has_no_table(tmp_path):
    old = {"world": "ring", "remedy": "gan", "seed": 0, "modes": 1.0, "versions": {}}
    written(tmp_path, old | {"tried": None})
    with pytest.raises(RunError, match="under another protocol .it was made under older rules"):
        mode_lab.check(tmp_path, [CELL], SMOKE)
    with pytest.raises(
        RunError, match="in no table of this .*: 1, such as ring/gan/0: it was made"
    ):
        mode_report.write(tmp_path, remedies.WORLDS)


def test_no_seed_of_the_table_is_the_one_of_tuning():
    named = (["ring"], ["gan"])
    cells = mode_lab.cells_of(*named, 3, remedies.WORLDS)
    assert [cell.tried for cell in cells] == [0, 1, 2, 3, None, None, None]
    assert {cell.seed for cell in cells[:4]} == {100} and [c.seed for c in cells[4:]] == [0, 1, 2]
    with pytest.raises(RunError, match="--seeds=101 would report seed 100"):
        mode_lab.cells_of(*named, 101, remedies.WORLDS)


def test_overlap_is_what_samples_and_truth_have_in_common():
    truth = worlds.find("ring")
    whole = truth.sample(4000, np.random.default_rng(0))
    assert mode_records.overlap_of_points(whole, truth) == pytest.approx(
        mode_records.perfect_overlap(truth.weights, 0.9889, 4000), abs=0.01
    )
    one = np.repeat(truth.centres[:1], 8, 0)
    assert mode_records.overlap_of_points(one, truth) == pytest.approx(1 / 8)
    one[4:] += 1.0  # off all modes
    assert mode_records.overlap_of_points(np.concatenate([one, truth.centres]), truth) == (
        pytest.approx(1 / 8 + 7 / 16)
    )
    digits = np.eye(10)[np.array([[0, 0, 0], [0, 0, 1], [0, 0, 1], [9, 9, 9]])]
    assert mode_records.overlap_of_digits(digits) == pytest.approx(0.003)


def test_processor_time_counts_over_processes_and_not_while_paused(tmp_path):
    file = tmp_path / "processor.json"
    file.write_text("5.0\n")
    processor = mode_records.Processor(file)
    with processor.paused():
        before = processor.seconds
        sum(range(2_000_000))
    assert before == pytest.approx(5.0, abs=0.01) and processor.seconds < before + 0.01
    processor.keep()
    assert json.loads(file.read_text()) >= 5.0


def test_without_a_finished_cell_there_is_no_table(tmp_path):
    with pytest.raises(RunError, match="No cell"):
        mode_report.write(tmp_path, remedies.WORLDS)
