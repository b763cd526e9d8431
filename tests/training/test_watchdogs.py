"""The watchdogs as functions; that they speak in a run is in test_callbacks."""

import numpy as np
import pytest

from tfgan_zoo.kinds.image import Image
from tfgan_zoo.training import watchdogs
from tfgan_zoo.training.task import Preview


def test_healthy_losses_give_no_warning():
    assert (
        watchdogs.check_losses({"discriminator_loss": 1.2, "generator_gradient_norm": 99.0}) == []
    )
    assert watchdogs.check_losses({}) == []


def test_discriminator_loss_at_zero():
    (warning,) = watchdogs.check_losses({"discriminator_loss": 2e-4})
    assert "loss is 2.0e-04" in warning and "--discriminator_learning_rate" in warning


def test_gradient_norm_over_the_bound():
    logs = {"generator_gradient_norm": 60.0, "discriminator_gradient_norm": 40.0}
    (warning,) = watchdogs.check_losses(logs, gradient_norm_bound=50.0)
    assert warning.startswith("The generator's gradient norm is 60, over the bound of 50")
    assert "--clip_norm" in warning and "--gradient_norm_bound" in warning


def preview(share):
    generator = np.random.default_rng(0)
    real = generator.normal(size=(8, 4, 4, 3))
    picture = generator.normal(size=(1, 4, 4, 3))
    return Preview(None, picture + share * real, real, Image((4, 4, 3)).spread)


@pytest.mark.parametrize("share", [0.0, 0.04, 0.06, 1])
def test_spread_is_a_share_of_that_of_real_ones(share):
    assert watchdogs.share_of_spread(preview(share)) == pytest.approx(share, abs=1e-6)


def test_too_few_samples_say_nothing():
    one, two = np.zeros((1, 2, 2, 1)), np.ones((2, 2, 2, 1))
    spread = Image((2, 2, 1)).spread
    for samples, real in ((one, two), (two, one)):
        assert watchdogs.share_of_spread(Preview(None, samples, real, spread)) is None
    watchdog = watchdogs.Collapse(1)
    assert watchdog.see(None) is None and not watchdog.collapsed


# Shares of real runs on the digits, drawing by drawing.
# gan --width=0.1 --sample_every=200: one grey picture for 2,000 steps, then digits.
SLOW = [0.008] * 10 + [0.148, 0.604, 0.715, 0.804, 0.838, 0.761, 0.568, 0.707, 0.906, 1.119]
# dcgan, --sample_every=10, with 16 filters.
USUAL = [0.019, 0.048, 0.105, 0.182, 0.251, 0.305, 0.33, 0.359, 0.384, 0.415, 0.457, 0.49, 0.52]
# dcgan --generator_learning_rate=0.1 --beta_1=0.9: noise while its normalisation has no statistics,
# one picture, and in the end pictures that vary.
WILD = [
    *(0.572, 0.322, 0.17, 0.071, 0.016, 0.01, 0.013, 0.02, 0.037, 0.121, 0.056, 0.209, 0.228),
    *(0.219, 0.112, 0.15, 0.046, 0.031, 0.022, 0.0, 0.0, 0.0, 0.0, 0.0, 0.001, 0.004, 0.022),
    *(0.04, 0.132, 0.161, 0.16, 0.154, 0.177, 0.223, 0.35, 0.301, 0.401, 0.514, 1.015, 1.593),
]


# dcgan with 16 filters, from step 200 on at a generator learning rate of 3, --sample_every=20.
COLLAPSE = [
    *(0.052, 0.213, 0.45, 0.448, 0.434, 0.452, 0.483, 0.682, 0.9, 0.963, 0.324, 0.1, 0.089, 0.065),
    *(0.059, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
]


def stopped_at(shares, patience=3):
    """The drawing, from 1, at which a run is stopped; None if it is not."""
    watchdog = watchdogs.Collapse(patience)
    for number, share in enumerate(shares, 1):
        watchdog.see(share)
        if watchdog.collapsed:
            return number
    return None


@pytest.mark.parametrize("shares", [SLOW, USUAL, WILD, [0.0] * 50, [0.3, 0.01, 0.0, 0.0]])
def test_a_slow_start_is_no_collapse(shares):
    assert stopped_at(shares) is None


@pytest.mark.parametrize("before", [[], SLOW, USUAL], ids=["alone", "slow", "usual"])
def test_a_collapse_is_told_after_three_drawings(before):
    assert stopped_at([*before, *COLLAPSE]) == len(before) + COLLAPSE.index(0.0) + 3
    assert stopped_at([*before, *COLLAPSE], patience=5) == len(before) + COLLAPSE.index(0.0) + 5


def test_a_warning_says_whether_it_is_early():
    watchdog = watchdogs.Collapse(2)
    assert "hardly differ yet: their spread is 1.0% of that of real" in watchdog.see(0.01)
    assert "usual" in watchdog.see(0.01) and not watchdog.collapsed
    assert [watchdog.see(0.7), watchdog.see(0.2), watchdog.see(0.8)] == [None] * 3
    assert "(mode collapse)" in watchdog.see(0.01) and not watchdog.collapsed
    assert watchdog.see(0.3) is None
    assert "1.0%" in watchdog.see(0.01) and not watchdog.collapsed
    assert watchdog.see(0.01) and watchdog.collapsed
