"""The answers that need no training."""

import numpy as np
import pytest

from tfgan_zoo.metrics import baselines

PALETTE = [[0, 0, 0], [255, 0, 0], [0, 0, 255]]


def test_each_label_gets_its_mean_colour():
    rng = np.random.default_rng(0)
    index = rng.integers(0, 2, (6, 8, 9))
    sources = np.array(PALETTE, np.uint8)[index]
    targets = rng.integers(0, 256, (6, 8, 9, 3)).astype(np.uint8)
    answer = baselines.constant_colour_per_label(sources, targets, PALETTE)
    probe = np.array([[[PALETTE[0], PALETTE[1], PALETTE[2]]]], np.uint8)
    result = answer(probe)
    assert result.shape == (1, 1, 3, 3) and result.dtype == np.float32
    for label in (0, 1):
        mean = targets[index == label].mean(0) / 127.5 - 1
        np.testing.assert_allclose(result[0, 0, label], mean, atol=1e-6)
    everything = targets.reshape(-1, 3).mean(0) / 127.5 - 1  # no source shows label 2
    np.testing.assert_allclose(result[0, 0, 2], everything, atol=1e-6)


def test_it_is_exact_where_colour_follows_label():
    index = np.random.default_rng(0).integers(0, 3, (4, 8, 8))
    sources = np.array(PALETTE, np.uint8)[index]
    grey = np.array([[10], [100], [250]], np.uint8)[index]
    answer = baselines.constant_colour_per_label(sources, grey, PALETTE)
    np.testing.assert_allclose(answer(sources), grey / 127.5 - 1, atol=1e-6)


def test_the_mean_target_answers_every_source():
    targets = np.random.default_rng(0).integers(0, 256, (5, 4, 6, 3)).astype(np.uint8)
    result = baselines.mean_target(targets)(np.zeros((2, 4, 6, 1), np.uint8))
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, [targets.mean(0) / 127.5 - 1] * 2, atol=1e-6)


def test_no_examples_and_strange_colours_are_named():
    empty = np.zeros((0, 4, 4, 3), np.uint8)
    with pytest.raises(ValueError, match="at least one training example"):
        baselines.mean_target(empty)
    with pytest.raises(ValueError, match="at least one training example"):
        baselines.constant_colour_per_label(empty, empty, PALETTE)
    strange = np.full((1, 4, 4, 3), 9, np.uint8)
    with pytest.raises(ValueError, match="not in the palette"):
        baselines.constant_colour_per_label(strange, strange, PALETTE)
