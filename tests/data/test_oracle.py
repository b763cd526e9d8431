"""The oracle: the likelihoods measured once, splits that differ, and what is refused."""

import numpy as np
import pytest

from tfgan_zoo.data import oracle
from tfgan_zoo.data.examples import DataError
from tfgan_zoo.data.oracle import Oracle
from tfgan_zoo.data.request import Request


def mean_nll(world, tokens):
    return world.negative_log_likelihood(tokens).mean()


@pytest.mark.parametrize(
    ("seed", "own", "uniform"), [(0, 4.02, 6.68), (1, 3.96, 6.69), (2, 4.02, 6.70)]
)
def test_the_small_worlds_have_the_measured_likelihoods(seed, own, uniform):
    world = Oracle.made(seed)
    assert mean_nll(world, world.sample(2000, 7)) == pytest.approx(own, abs=0.05)
    chance = np.random.default_rng(3)
    assert mean_nll(world, chance.integers(0, 200, (2000, 10))) == pytest.approx(uniform, abs=0.05)


def test_the_released_oracle_has_the_measured_likelihoods(real_data):
    world = Oracle.load(real_data / "seqgan_oracle")
    assert (world.vocabulary, world.length) == (5000, 20)
    assert mean_nll(world, world.sample(400, 1)) == pytest.approx(5.74, abs=0.15)
    uniform = np.random.default_rng(2).integers(0, 5000, (400, 20))
    assert mean_nll(world, uniform) == pytest.approx(11.43, abs=0.1)


def test_all_sequences_have_a_probability_of_one_in_all():
    world = Oracle.made(3, vocabulary=3, size=4, length=4)
    every = np.stack(np.meshgrid(*[range(3)] * 4, indexing="ij"), -1).reshape(-1, 4)
    probability = np.exp(-4 * world.negative_log_likelihood(every))
    assert probability.sum() == pytest.approx(1)
    drawn = world.sample(20_000, 5) @ [27, 9, 3, 1]
    found = np.bincount(drawn, minlength=81) / 20_000
    deviation = np.sqrt(probability * (1 - probability) / 20_000)
    assert (np.abs(found - probability) < 5 * deviation + 1e-4).all()


def test_a_seed_repeats_its_sequences():
    world = Oracle.made()
    np.testing.assert_array_equal(world.sample(300, 1), world.sample(300, 1))
    assert (world.sample(300, 1) != world.sample(300, 2)).any()


def test_splits_are_tables_of_tokens_that_differ():
    spec = "oracle:seed=1,vocabulary=20,size=4,length=6"
    tables = {
        split: oracle.open_oracle(spec, split, Request(num_examples=50))
        for split in ("train", "val", "test")
    }
    rows = {split: table.fetch(np.arange(50))["tokens"] for split, table in tables.items()}
    kind = tables["train"].fields["tokens"]
    assert (kind.length, len(kind.vocabulary), kind.vocabulary.start) == (6, 20, 0)
    assert all(values.dtype == np.int32 and values.shape == (50, 6) for values in rows.values())
    assert (rows["train"] != rows["val"]).any() and (rows["val"] != rows["test"]).any()
    assert kind.lines([[3, 0, 19, 1, 1, 2]]) == ["3 0 19 1 1 2"]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("oracle:depth=3", "no 'depth'"),
        ("oracle:length=0", "above zero"),
        ("oracle:length=ten", "above zero"),
        ("oracle:/nowhere", "target_params.npz"),
    ],
)
def test_a_wrong_spec_is_refused_in_a_sentence(spec, message):
    with pytest.raises(DataError, match=message):
        oracle.find(spec)


def test_a_wrong_file_or_split_is_refused_in_a_sentence(tmp_path):
    np.savez(tmp_path / oracle.FILE, p00=np.zeros([2, 2]))
    with pytest.raises(DataError, match="p00 to p14"):
        oracle.find(f"oracle:{tmp_path}")
    with pytest.raises(DataError, match="no split 'dev2'"):
        oracle.open_oracle("oracle", "dev2")
