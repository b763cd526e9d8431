"""Plots of a run: what they show, and that they are of the right shape."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from tfgan_zoo.training import plots
from tfgan_zoo.training.run_directory import RunDirectory, RunError

REAL = np.random.default_rng(0).normal(size=(500, 2)).astype(np.float32)
BLUE, ORANGE = (31, 119, 180), (255, 127, 14)


def shown(picture, colour):
    """Share of the pixels near a colour."""
    pixels = np.asarray(picture, np.int32)
    return float((np.abs(pixels - colour).max(-1) < 40).mean())


def test_a_scatter_shows_both_sides_and_the_surface():
    frame = plots.extent(REAL)
    points = plots.surface_points(frame)
    assert points.shape == (64 * 64, 2) and points.dtype == np.float32
    plain, far = plots.scatter(REAL + 0.5, REAL), plots.scatter(REAL + 1000, REAL)
    assert shown(plain, BLUE) > 10 * shown(far, BLUE)  # the legend has one dot
    assert shown(plain, ORANGE) > 0.002
    lit = plots.scatter(REAL + 0.5, REAL, points[:, 0] > 0, frame)
    pixels = np.asarray(lit, np.float32).mean(-1)
    left, right = (pixels[150:300, x : x + 40].mean() for x in (60, 320))
    assert left > right + 20  # high logits are dark


def test_the_surface_lies_where_it_was_measured():
    frame = plots.extent(REAL)
    points = plots.surface_points(frame)
    pixels = np.asarray(plots.scatter(REAL, REAL, points[:, 1] > 0, frame), np.float32).mean(-1)
    above, below = pixels[60:100, 60:120].mean(), pixels[-100:-60, 60:120].mean()
    assert above < below - 20


def test_one_dimension_is_a_histogram():
    real = REAL[:, :1]
    frame = plots.extent(real)
    picture = plots.scatter(real, real, plots.surface_points(frame)[:, 0], frame)
    assert picture.size == plots.scatter(REAL, REAL).size


def test_points_that_are_not_finite_are_refused():
    with pytest.raises(RunError, match="not finite"):
        plots.scatter(REAL * np.nan, REAL)


def test_curves_and_animation_of_a_run(tmp_path):
    run = RunDirectory(tmp_path)
    plots.of_run(run)
    assert not (tmp_path / "curves.png").exists() and not (tmp_path / "samples.gif").exists()
    rows = [
        {"step": s, "generator_loss": 1 / s, "generator_gradient_norm": s, "validation_fid": s}
        for s in (1, 2, 3)
    ]
    rows.insert(1, {"step": 2, "generator_loss": None})
    run.history.write_text("".join(json.dumps(row) + "\n" for row in rows))
    for step in range(90):
        grey = Image.new("RGB", (600, 300), (step, step, step))
        grey.save(run.samples / f"step_{step:07d}.png")
    plots.of_run(run)
    with Image.open(tmp_path / "curves.png") as picture:
        assert picture.width > 2.5 * picture.height  # three panels beside each other
    with Image.open(tmp_path / "samples.gif") as moving:
        assert moving.n_frames == 60 and moving.size == (480, 240)
        moving.seek(59)
        assert np.asarray(moving.convert("L"))[0, 0] == pytest.approx(89, abs=2)


def test_an_animation_needs_two_pictures(tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    assert plots.animation([tmp_path / "a.png"]) is None
    content = plots.animation([tmp_path / "a.png"] * 2)
    assert Image.open(io.BytesIO(content)).format == "GIF"


def test_an_animation_of_few_greys_is_small_and_leaves_colours_alone(tmp_path):
    chance = np.random.default_rng(0)
    for index, shape in enumerate([(64, 64, 1), (64, 64, 3)]):
        pixels = np.broadcast_to(chance.integers(0, 256, shape, np.uint8), (64, 64, 3))
        Image.fromarray(np.ascontiguousarray(pixels)).save(tmp_path / f"{index}.png")
    sizes = {}
    for name, greys in (("0.png", 16), ("0.png", 256), ("1.png", 16), ("1.png", 256)):
        content = plots.animation([tmp_path / name] * 2, greys=greys)
        sizes[name, greys] = len(content)
        if (name, greys) == ("0.png", 16):
            shown = np.asarray(Image.open(io.BytesIO(content)).convert("L"))
            true = np.asarray(Image.open(tmp_path / name).convert("L"))
            assert len(np.unique(shown)) <= 16
            assert np.abs(shown.astype(int) - true).max() <= 16
    assert sizes["0.png", 16] < 0.7 * sizes["0.png", 256]
    assert sizes["1.png", 16] == sizes["1.png", 256]


def test_error_bars_stand_at_their_points():
    lines = {"one": [(10, 20.0, 5.0), (1000, 80.0, 0.0)], "two": [(10, 30.0, 1.0)]}
    picture = plots.error_bars(lines, title="Both", across="labels", up="accuracy")
    assert picture.size == (600, 420) and shown(picture, ORANGE) > 0
    blue = np.argwhere(np.abs(np.asarray(picture, np.int32) - BLUE).max(-1) < 40)
    assert np.ptp(blue[:, 0]) > 200 and np.ptp(blue[:, 1]) > 400  # from corner to corner


def test_a_panel_says_how_many_samples_lie_outside():
    real = np.random.default_rng(0).normal(size=(100, 2))
    inside, far = real[:40], np.full((60, 2), 1e3)

    def drawn(samples):
        return np.asarray(plots.panels({("ring", "gan"): (samples, real)}, ["ring"], ["gan"]))

    plain, named = drawn(inside), drawn(np.concatenate([inside, far]))
    assert named.shape == plain.shape
    # The words stand under the frame, whose lower edge is the last row that is dark all along.
    for picture, words in ((plain, False), (named, True)):
        dark = (picture < 100).all(axis=-1)
        edge = np.flatnonzero(dark.sum(axis=1) > 80).max()
        assert dark[edge + 3 :].any() == words
