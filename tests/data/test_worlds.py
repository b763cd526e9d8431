"""Worlds of points: their modes are where they are said to be."""

import numpy as np
import pytest
from scipy import integrate, stats

from tfgan_zoo.data import worlds
from tfgan_zoo.data.errors import DataError
from tfgan_zoo.data.pipeline import train_batches
from tfgan_zoo.data.request import Request
from tfgan_zoo.metrics.modes import mode_coverage


@pytest.mark.parametrize("spec", ["ring", "ring:modes=5,radius=2,std=0.02", "grid", "mixture"])
def test_points_lie_at_their_modes(spec):
    world = worlds.find(spec)
    table = worlds.open_points(spec, "test")
    points = table.fetch(np.arange(len(table)))["points"]
    assert points.dtype == np.float32 and points.shape == (10_000, world.centres.shape[1])
    found = mode_coverage(points, world.centres, world.stds, weights=world.weights)
    assert found["modes"] == len(world.centres) == found["perfect_modes"]
    if found["separated"]:
        deviation = found["perfect_high_quality_std"]
        assert found["high_quality"] == pytest.approx(
            found["perfect_high_quality"], abs=4 * deviation
        )
    assert found["kl"] < 4 * found["perfect_kl"]


def test_a_ring_of_eight_has_eight_distinct_centres():
    centres = worlds.ring().centres
    assert len(np.unique(centres.round(6), axis=0)) == 8
    np.testing.assert_allclose(np.linalg.norm(centres, axis=1), 1)


def test_rare_modes_are_rare():
    world = worlds.find("rare")
    assert world.weights.sum() == pytest.approx(1) and (world.weights == 0.01).sum() == 12
    points = world.sample(200_000, np.random.default_rng(0))
    nearest = ((points[:, None] - world.centres) ** 2).sum(-1).argmin(1)
    shares = np.bincount(nearest, minlength=25) / len(points)
    np.testing.assert_allclose(shares, world.weights, atol=0.003)


def test_the_swiss_roll_is_rolled():
    points = worlds.open_points("swiss_roll", "test").fetch(np.arange(5000))["points"]
    angles = np.unwrap(np.sort(np.arctan2(points[:, 1], points[:, 0])))
    assert np.abs(points).max() < 2.2 and np.ptp(angles) > 6  # all the way round
    assert (np.linalg.norm(points, axis=1) < 0.5).mean() < 0.1  # hollow


def test_splits_are_drawn_apart_and_repeat():
    def points(split, **options):
        table = worlds.open_points("ring", split, Request(num_examples=50, **options))
        return table.fetch(np.arange(50))["points"]

    train, test = points("train"), points("test")
    assert not np.isin(train, test).any()
    np.testing.assert_array_equal(train, points("train"))
    assert not np.isin(train, points("train", seed=1)).any()


def test_batches_carry_points_as_they_are():
    table = worlds.open_points("mixture", "train", Request(num_examples=64))
    batch = next(iter(train_batches(table, global_batch_size=64, seed=0)))["points"].numpy()
    assert batch.shape == (64, 1)
    points = table.fetch(np.arange(64))["points"]
    np.testing.assert_array_equal(np.sort(batch, axis=0), np.sort(points, axis=0))


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("circle", "'circle' is no world; choose one of ring, grid"),
        ("ring:size=3", "ring has no 'size'; it has modes, radius, std"),
        ("ring:modes=x", "modes must be a number, not 'x'"),
        ("ring:std=0", "std must be above zero"),
        ("rare:weight=0.2", "leave no weight"),
        ("mixture:std=1", "mixture has no 'std'; it has no options"),
    ],
)
def test_wrong_worlds_are_one_sentence(spec, sentence):
    with pytest.raises(DataError, match=sentence):
        worlds.open_points(spec, "train")


def test_wrong_splits_are_one_sentence():
    with pytest.raises(DataError, match="has no split 'all'; it has train, validation, test"):
        worlds.open_points("ring", "all")


def test_the_density_of_a_world_is_that_of_its_mixture():
    world = worlds.rare(side=2, spacing=1.0, std=0.3, weight=0.1)
    points = world.sample(50, np.random.default_rng(0))
    expected = sum(
        weight * stats.multivariate_normal(centre, std**2).pdf(points)
        for weight, centre, std in zip(world.weights, world.centres, world.stds, strict=True)
    )
    np.testing.assert_allclose(world.log_density(points), np.log(expected), rtol=1e-6)
    line = worlds.mixture()
    total = integrate.quad(lambda x: np.exp(line.log_density([[x]]))[0], -50, 150, limit=500)[0]
    assert total == pytest.approx(1.0, abs=1e-4)
