"""The experiments on re-identification: what they say, and that a net learns in them."""

import numpy as np
import pytest

from tests import commands
from tfgan_zoo.data import people
from trainers.experiments import reid_transfer

SETTINGS = {"steps": 30, "batch_size": 12, "filters": 2, "dropout": 0.0, "learning_rate": 0.05}


@pytest.fixture(scope="module")
def pictures():
    """Three people of the street, six pictures each."""
    views = [(who, camera, view) for who in range(3) for camera in (0, 1) for view in range(3)]
    cameras = people.CAMERAS["street"]
    drawn = [people.draw(0, "street", "train", w, cameras[c], v, (32, 16)) for w, c, v in views]
    return np.stack(drawn), np.repeat(np.arange(3, dtype=np.int32), 6)


def test_a_net_learns_and_repeats(pictures):
    images, persons = pictures
    nets = [reid_transfer.learnt(images, persons, 0, SETTINGS) for _ in range(2)]
    scaled = images.astype(np.float32) / 127.5 - 1
    found = [np.asarray(net(scaled)["logits"]) for net in nets]
    np.testing.assert_array_equal(*found)
    assert (found[0].argmax(1) == persons).mean() > 0.8


def test_the_table_has_means_and_each_seed():
    rows = [{"arm": "SPGAN", "seed": s, "rank-1": 0.25 + s / 4, "mAP": 0.5} for s in range(2)]
    lines = reid_transfer.table(rows, ("rank-1", "mAP"))
    assert lines[-1] == "| SPGAN | 0.375 (0.250, 0.500) | 0.500 (0.500, 0.500) |"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "--output is needed"),
        (["--output=a.json", "--translators=nowhere"], "--translators are words NAME=FOLDER"),
        (["--output=a.json", "--translators=A=nowhere"], "nowhere holds no exported translator"),
    ],
)
def test_wrong_words_are_named(words, message, tmp_path):
    done = commands.run("trainers.experiments.reid_transfer", *words)
    assert done.returncode == 2 and message in done.stderr
