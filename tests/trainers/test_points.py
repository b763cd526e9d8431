"""A trainer on a world of points: what it measures, draws and exports."""

import importlib
import json

import pytest
import tensorflow as tf

from tfgan_zoo.training.run_directory import RunError

wgan_gp = importlib.import_module("trainers.wgan_gp").TRAINER


@pytest.mark.parametrize("world, modes", [("ring", True), ("swiss_roll", False)])
def test_a_world_is_trained_measured_and_exported(world, modes, tmp_path):
    command = (
        f"--data={world} --latent_dim=2 --filters=4 --batch_size=20 --steps=2 --log_every=1 "
        f"--validate_every=2 --sample_every=1 --run_dir={tmp_path}"
    )
    wgan_gp.run(wgan_gp.parse(command.split()))
    rows = [json.loads(line) for line in (tmp_path / "history.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [1, 2]
    # An untrained generator is far from the world, the world's own points are near it.
    assert rows[1]["validation_wasserstein"] > 0.3
    assert ("validation_modes" in rows[1]) == modes

    exported = tmp_path / "export" / "wgan_gp"
    scores = json.loads((exported / "card.json").read_text())["scores"]
    baselines = scores["baselines"]
    assert baselines["test points"]["wasserstein"] < 0.2 < scores["model"]["wasserstein"]
    assert ("perfect sampler" in baselines) == modes
    assert not modes or baselines["test points"]["modes"] == 8
    signatures = tf.saved_model.load(str(exported / "1")).signatures
    assert signatures["serving_default"](latents=tf.zeros([3, 2]))["points"].shape == (3, 2)
    for file in ("curves.png", "samples.gif", "export/wgan_gp/samples.png"):
        assert (tmp_path / file).stat().st_size > 0, file


def test_the_best_metric_is_checked_at_the_start_and_may_change(tmp_path):
    words = (
        f"--data=ring --latent_dim=2 --filters=4 --batch_size=20 --log_every=1 --noexport "
        f"--validate_every=2 --lr_schedule=constant --run_dir={tmp_path}"
    ).split()

    def run(steps, best):
        return wgan_gp.run(wgan_gp.parse([*words, f"--steps={steps}", f"--best_metric={best}"]))

    for best, told in (("-wasserstien", "choose one of modes, high_quality, -kl"), ("kl", "worst")):
        with pytest.raises(RunError, match=f"--best_metric={best} .*{told}"):
            run(2, best)
    assert not list(tmp_path.rglob("ckpt-*"))
    run(2, "modes")
    run(4, "-wasserstein")
    best = json.loads((tmp_path / "checkpoints" / "best" / "metric.json").read_text())
    assert best["metric"] == "wasserstein"
