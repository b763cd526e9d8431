"""A trainer on a world of points: what it measures, draws and exports."""

import importlib
import json

import pytest
import tensorflow as tf

from tfgan_zoo.training import changes
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


def test_what_may_change_in_a_run_that_goes_on(tmp_path):
    words = (
        f"--data=ring --latent_dim=2 --filters=4 --batch_size=20 --log_every=1 --noexport "
        f"--validate_every=2 --lr_schedule=constant --run_dir={tmp_path}"
    ).split()

    def run(steps, best, *more):
        lines = []
        values = wgan_gp.parse([*words, f"--steps={steps}", f"--best_metric={best}", *more])
        outcome = wgan_gp.run(values, say=lines.append)
        return outcome.directory, "\n".join(lines)

    # The metric that chooses is checked before the first step.
    for best, told in (("-wasserstien", "choose one of modes, high_quality, -kl"), ("kl", "worst")):
        with pytest.raises(RunError, match=f"--best_metric={best} .*{told}"):
            run(2, best)
    assert not list(tmp_path.rglob("ckpt-*"))
    run(2, "modes")
    directory, said = run(4, "-wasserstein", "--critic_learning_rate=0.001")
    best = json.loads((tmp_path / "checkpoints" / "best" / "metric.json").read_text())
    assert best["metric"] == "wasserstein"
    # A learning rate takes effect, and is told: when it changes, in the history and in the card.
    change = "from step 2 with --critic_learning_rate=0.001, which was 0.0002"
    assert change in said and "generator_learning_rate" not in said
    rows = [json.loads(line) for line in (tmp_path / "history.jsonl").read_text().splitlines()]
    rates = {p: [row[f"{p}_learning_rate"] for row in rows] for p in ("critic", "generator")}
    assert rates["critic"] == pytest.approx([2e-4] * 2 + [1e-3] * 2)
    assert rates["generator"] == pytest.approx([2e-4] * 4)
    told = " From step 2 on --critic_learning_rate was 0.001, before 0.0002."
    assert changes.told(directory) == told
    with directory.changes.open("a") as file:
        file.write('[]\n{"step": 3}\n{"st')
    assert changes.told(directory) == told
    with pytest.raises(RunError, match="penalty: was --penalty=10.0, now --penalty=1.0"):
        run(6, "modes", "--penalty=1", "--critic_learning_rate=0.002")
    assert changes.told(directory) == told, "a run that is refused changed nothing"
