"""Processes for the tests that kill, interrupt or distribute a run."""

import pytest

from tests import commands


@pytest.fixture(scope="session")
def processes():
    """A multiprocessing context whose processes begin with TensorFlow imported, and no more."""
    return commands.context()


@pytest.fixture(scope="session")
def _traced():
    from tests.training import tiny

    model = tiny.build(ema=0.9)
    return model, tiny.state(model)


@pytest.fixture
def adversary(_traced):
    """A `tiny.TinyGAN` as `build(ema=0.9)` made it; all tests share one, traced once."""
    from tests.training import tiny

    model, initial = _traced
    tiny.set_state(model, initial)
    model.reset_metrics()
    return model
