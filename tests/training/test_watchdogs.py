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


@pytest.mark.parametrize(("share", "warns"), [(0.0, True), (0.04, True), (0.06, False), (1, False)])
def test_samples_that_hardly_differ(share, warns):
    generator = np.random.default_rng(0)
    real = generator.normal(size=(8, 4, 4, 3))
    picture = generator.normal(size=(1, 4, 4, 3))
    seen = Preview(None, picture + share * real, real, Image((4, 4, 3)).spread)
    warnings = watchdogs.check_samples(seen)
    assert len(warnings) == warns
    if warns:
        assert f"{share:.1%} of that of real" in warnings[0] and "mode collapse" in warnings[0]


def test_too_few_samples_say_nothing():
    one, two = np.zeros((1, 2, 2, 1)), np.ones((2, 2, 2, 1))
    spread = Image((2, 2, 1)).spread
    for samples, real in ((one, two), (two, one)):
        assert watchdogs.check_samples(Preview(None, samples, real, spread)) == []
