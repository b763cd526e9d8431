"""Priors: what TensorFlow draws, against the distributions of SciPy, and what their text draws."""

import json

import numpy as np
import pytest
from scipy import stats

from tfgan_zoo.networks.priors import Joined, Normal, OneHot, Uniform

SCIPY = {
    "normal": (Normal(3), stats.norm()),
    "uniform": (Uniform(3), stats.uniform(-1, 2)),
    "of_the_unit": (Uniform(3, low=0), stats.uniform(0, 1)),
}


def from_text(prior, count):
    """`count` draws by the NumPy of `prior.code`."""
    return np.concatenate([eval(prior.code, {"np": np}) for _ in range(count)])


@pytest.mark.parametrize("name", SCIPY)
def test_numbers_have_the_distribution(name):
    prior, distribution = SCIPY[name]
    drawn = prior.sample(4000, (1, 2)).numpy()
    assert drawn.shape == (4000, prior.size) and drawn.dtype == np.float32
    for numbers in (drawn, from_text(prior, 4000)):
        assert stats.kstest(numbers.ravel(), distribution.cdf).pvalue > 1e-3
    assert abs(np.corrcoef(drawn, rowvar=False) - np.eye(3)).max() < 0.06


def test_each_class_comes_as_often():
    prior = OneHot(4)
    for drawn in (prior.sample(4000, (1, 2)).numpy(), from_text(prior, 4000)):
        assert drawn.shape == (4000, 4)
        np.testing.assert_array_equal(np.sort(drawn, 1), np.tile([0, 0, 0, 1], (4000, 1)))
        assert stats.chisquare(drawn.sum(0)).pvalue > 1e-3


def test_joined_parts_are_independent():
    first, second = Normal(2), Normal(1)
    prior = Joined(first, second, OneHot(3))
    drawn = prior.sample(4000, (1, 2)).numpy()
    assert prior.size == 6 and drawn.shape == (4000, 6)
    assert eval(prior.code, {"np": np}).shape == (1, 6)
    # The first part is what it draws alone.
    np.testing.assert_array_equal(drawn[:, :2], first.sample(4000, (1, 2)))
    assert abs(np.corrcoef(drawn[:, :4], rowvar=False) - np.eye(4)).max() < 0.06


def test_a_draw_is_a_function_of_the_seed():
    prior = Joined(Uniform(2), OneHot(3))
    np.testing.assert_array_equal(prior.sample(50, (1, 2)), prior.sample(50, (1, 2)))
    assert np.mean(prior.sample(50, (1, 2))[:, :2] == prior.sample(50, (1, 3))[:, :2]) < 0.1


def test_a_prior_is_told_as_data():
    prior = Joined(Uniform(62), OneHot(10), Normal(3), Uniform(2, low=0))
    told = json.loads(json.dumps(prior.describe()))
    assert told == [
        {"kind": "uniform", "size": 62, "low": -1, "high": 1},
        {"kind": "one_hot", "size": 10},
        {"kind": "normal", "size": 3},
        {"kind": "uniform", "size": 2, "low": 0, "high": 1},
    ]
    assert sum(part["size"] for part in told) == prior.size
    assert Joined(prior, Normal(1)).describe() == [*told, {"kind": "normal", "size": 1}]
