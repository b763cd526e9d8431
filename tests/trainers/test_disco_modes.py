"""DiscoGAN's toy: what it counts, and that it runs."""

import numpy as np
import pytest

from tests import commands
from tfgan_zoo.data import worlds
from trainers.experiments import disco_modes


def sent(goals, away=0.0):
    """Points of A, 100 in each mode, and their pictures: mode i at the modes `goals[i]` of B, in
    turn, `away` to the right of their centres.
    """
    a, b = worlds.find(disco_modes.A), worlds.find(disco_modes.B)
    held_out = np.repeat(a.centres, 100, axis=0)
    rows = np.concatenate([np.resize(goal, 100) for goal in goals])
    return held_out, b.centres[rows] + [away, 0.0]


@pytest.mark.parametrize(
    "goals, away, covered, sharing, near",
    [
        ([[0], [2], [4], [6], [8]], 0.0, 5, 0, 1.0),
        ([[0, 1], [2, 3], [4, 5], [6, 7], [8, 9]], 0.2, 10, 0, 1.0),
        ([[3]] * 5, 0.0, 1, 5, 1.0),
        ([[0], [0, 1], [2], [3], [3, 4]], 0.0, 5, 4, 1.0),
        ([[0], [1], [2], [3], [4]], 0.31, 0, 0, 0.0),  # farther than three deviations
    ],
)
def test_modes_are_counted(goals, away, covered, sharing, near):
    found = disco_modes.counted(*sent(goals, away))
    assert found == {"covered": covered, "sharing": sharing, "near": near}


def test_a_tenth_of_a_mode_makes_it_a_user():
    few, enough = [0] * 91 + [1] * 9, [0] * 90 + [1] * 10
    assert disco_modes.counted(*sent([few, [1], [2], [3], [4]]))["sharing"] == 0
    assert disco_modes.counted(*sent([enough, [1], [2], [3], [4]]))["sharing"] == 2


def test_the_table_has_a_row_for_each_arm():
    runs = [{"seed": s, "covered": 5 + s, "sharing": s, "near": 0.5 + s / 4} for s in range(2)]
    lines = disco_modes.table({"GAN": runs})
    assert lines[-1] == "| GAN | 5.5 (5, 6) | 0.5 (0, 1) | 0.62 (0.50, 0.75) |"


def test_an_arm_runs_is_counted_and_drawn():
    draw = disco_modes.run("GAN", seed=3, steps=2, batch_size=4, learning_rate=1e-3)
    held_out, points = draw(50)
    assert held_out.shape == points.shape == (50, 2) and np.isfinite(points).all()
    found = disco_modes.counted(held_out, points)
    assert set(found) == {"covered", "sharing", "near"}
    sheet = disco_modes.picture({(arm, 3): (held_out, points) for arm in disco_modes.ARMS}, [3])
    assert sheet.mode == "RGB" and len(np.unique(np.asarray(sheet).reshape(-1, 3), axis=0)) > 5


def test_seeds_that_are_no_numbers_are_refused(tmp_path):
    done = commands.run(
        "trainers.experiments.disco_modes", f"--output={tmp_path / 'a.png'}", "--seeds=1,b"
    )
    assert done.returncode and "--seeds are whole numbers" in done.stdout + done.stderr
