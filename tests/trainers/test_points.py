"""A trainer on a world of points: what it measures, draws and exports."""

import json

import pytest
import tensorflow as tf

from tests import commands


@pytest.mark.parametrize("world, modes", [("ring", True), ("swiss_roll", False)])
def test_a_world_is_trained_measured_and_exported(world, modes, tmp_path):
    command = (
        f"trainers.wgan_gp --data={world} --networks=mlp --latent_dim=2 --filters=4 "
        "--batch_size=20 --steps=2 --log_every=1 --validate_every=2 --sample_every=1"
    )
    ran = commands.run(*command.split(), f"--run_dir={tmp_path}")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    rows = [json.loads(line) for line in (tmp_path / "history.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [1, 2]
    # An untrained generator is far from the world, the world's own points are near it.
    assert rows[1]["validation_wasserstein"] > 0.3
    assert ("validation_modes" in rows[1]) == modes

    exported = tmp_path / "export" / "wgan_gp"
    scores = json.loads((exported / "card.json").read_text())["scores"]
    assert scores["test points"]["wasserstein"] < 0.2 < scores["exported model"]["wasserstein"]
    assert ("perfect sampler" in scores) == modes
    assert not modes or scores["test points"]["modes"] == 8
    signatures = tf.saved_model.load(str(exported / "1")).signatures
    assert signatures["serving_default"](latents=tf.zeros([3, 2]))["points"].shape == (3, 2)
    for file in ("curves.png", "samples.gif", "export/wgan_gp/samples.png"):
        assert (tmp_path / file).stat().st_size > 0, file


# Tasks define flags, which a process can do once.
SHOWN = """
import numpy as np
import tensorflow as tf
from trainers.tasks.points import realness

class Model:
    pass

points = tf.constant([[1.0, 2.0], [3.0, -5.0]])
for player in ("critic", "discriminator"):
    model = Model()
    setattr(model, player, lambda x, training: tf.reduce_sum(x, 1) * (-1.0 if training else 1.0))
    np.testing.assert_array_equal(realness(model, points), [3.0, -2.0])
model.realness = lambda x: x[:, :1]
np.testing.assert_array_equal(realness(model, points), [[1.0], [3.0]])
print("held")
"""


def test_what_a_plot_shows_is_one_number_a_point():
    """The critic's score, the discriminator's logit, or what a model itself takes for either."""
    shown = commands.run("-c", SHOWN)
    assert shown.returncode == 0 and shown.stdout.endswith("held\n"), shown.stderr
