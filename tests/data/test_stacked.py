"""Stacked digits are three digits."""

import numpy as np
import pytest

from tfgan_zoo.data.errors import DataError
from tfgan_zoo.data.request import Request
from tfgan_zoo.data.sources import exists, open_images
from tfgan_zoo.data.stacked import stacked


@pytest.fixture(scope="module")
def grey():
    return open_images("digits", "train", Request(image_size=(12, 12), channels=1))


def test_each_channel_is_a_picture_of_its_own(grey):
    stacks = stacked(grey, count=200, seed=3)
    found = stacks.fetch([7, 199, 7])["images"]
    assert len(stacks) == 200 and stacks.fields["images"].shape == (12, 12, 3)
    assert found.shape == (3, 12, 12, 3) and found.dtype == np.uint8
    np.testing.assert_array_equal(found[0], found[2])
    pool = grey.fetch(np.arange(len(grey)))["images"][..., 0].reshape(len(grey), -1)
    numbers = [
        [
            int(np.flatnonzero((pool == plane.ravel()).all(1))[0])
            for plane in np.moveaxis(stack, -1, 0)
        ]
        for stack in stacks.fetch(np.arange(50))["images"]
    ]
    assert len({tuple(three) for three in numbers}) == 50
    # Drawn on their own, over the whole table.
    assert len({number for three in numbers for number in three}) > 120


def test_seeds_choose_others(grey):
    first, second = (stacked(grey, 5, seed).fetch([0, 1])["images"] for seed in (0, 1))
    assert (first != second).any()


def test_data_names_it():
    train = open_images("stacked:digits", "train", Request(image_size=(12, 12)))
    assert set(train.fields) == {"images"} and train.info["name"].startswith("stacked")
    assert len(train) == 128_000 and "three" in train.info["split_rule"]
    assert exists("stacked:digits") and not exists("stacked:nothing")


def test_other_channels_are_refused():
    with pytest.raises(DataError, match="3 channels"):
        open_images("stacked:digits", "train", Request(image_size=(12, 12), channels=1))
