"""Set-up that every test shares: quiet TensorFlow, fixed seeds, the place of the real data."""

import os
import pathlib
import random
import shutil
import sys
import tempfile

import numpy as np
import pytest

# Read by TensorFlow and Keras when they are imported, which the test modules do after this file.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ["KERAS_BACKEND"] = "tensorflow"

# The built-in sets are drawn once for all tests and the processes they start, not into the user's
# own TFDS folder. A fresh place: a set that an older drawing left behind must not be found.
FIRST = "PYTEST_XDIST_WORKER" not in os.environ  # the others inherit its place
if FIRST:
    os.environ["TFDS_DATA_DIR"] = tempfile.mkdtemp(prefix="tfgan-zoo-tests-")

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
DATA_VARIABLE = "TFGAN_ZOO_TEST_DATA"


def pytest_unconfigure():
    if FIRST:  # which outlives the others
        shutil.rmtree(os.environ["TFDS_DATA_DIR"], ignore_errors=True)


def without_outer_make(environment):
    """The environment less what `make test PYTHON=... VENV=...` hands down: it is not for a make
    that a test starts.
    """
    handed_down = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "PYTHON", "VENV")
    return {name: value for name, value in environment.items() if name not in handed_down}


def find_real_data(environment, repository):
    """Where the real data lies, or why a test that needs it cannot run.

    Args:
        environment: mapping of environment variables.
        repository: `pathlib.Path` of the clone.

    Returns:
        `(path, problem, fatal)`: the folder and two `None`, or no folder, one sentence, and whether
        the test has to fail rather than be skipped.
    """
    named = environment.get(DATA_VARIABLE)
    if named:
        path = pathlib.Path(named).expanduser().resolve()
        if path.is_dir():
            return path, None, None
        return None, f"{DATA_VARIABLE} names {path}, which is not a folder.", True
    beside = repository.parent / "shared" / "data"
    if environment.get("CI") == "true" and beside.is_dir():
        return None, f"CI=true and {beside} exists: set {DATA_VARIABLE} to it.", True
    return None, f"Real data: set {DATA_VARIABLE} to the folder that holds it.", False


@pytest.fixture(scope="session")
def real_data():
    """`pathlib.Path` of the real data; skips without it, fails where it must not be missing."""
    path, problem, fatal = find_real_data(os.environ, REPOSITORY)
    if path is None:
        (pytest.fail if fatal else pytest.skip)(problem)
    return path


@pytest.fixture(autouse=True)
def fixed_seeds():
    """Same random numbers for each test, whatever ran before it."""
    random.seed(0)
    np.random.seed(0)
    # Tests that do not need Keras should not pay 6 s for its import.
    if "keras" in sys.modules:
        sys.modules["keras"].utils.set_random_seed(0)
