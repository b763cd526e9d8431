"""What checkpoints keep, choose, and refuse."""

import json
import math
import os

import numpy as np
import pytest
from absl import logging

from tests.training import tiny
from tests.training.tiny import fit
from tfgan_zoo.training.checkpoints import Checkpointer
from tfgan_zoo.training.run import _restore_best
from tfgan_zoo.training.run_directory import RunDirectory, RunError


def train(model, path, **options):
    defaults = {"run": RunDirectory(path), "batch_size": 4, "checkpoint_every": 2, "log_every": 4}
    return fit(model, tiny.batches(), **{**defaults, **options})


def steps_kept(directory):
    return sorted(int(path.stem.removeprefix("ckpt-")) for path in directory.glob("*.index"))


def test_keeps_the_last_few(tmp_path, adversary):
    train(adversary, tmp_path, total_steps=10, keep_checkpoints=2)
    assert steps_kept(tmp_path / "checkpoints") == [8, 10]
    # Over a new process, too, which keeps as many as it is told.
    train(adversary, tmp_path, total_steps=15, keep_checkpoints=3)
    assert steps_kept(tmp_path / "checkpoints") == [12, 14, 15]


def test_restores_everything(tmp_path, adversary):
    train(adversary, tmp_path, total_steps=5)
    saved = tiny.state(adversary)
    other = tiny.build(ema=0.9, seed=7)
    assert Checkpointer(tmp_path / "checkpoints", other).restore() == 5
    # Keras numbers the layers of the second model differently, hence no comparison by name.
    for (name, value), restored in zip(saved.items(), tiny.state(other).values(), strict=True):
        np.testing.assert_array_equal(restored, value, err_msg=name)
    assert any(v.any() for k, v in saved.items() if "seed_generator" in k)


def test_size_is_that_on_disk(tmp_path, adversary):
    checkpointer = Checkpointer(tmp_path, adversary)
    checkpointer.save()
    (data,) = tmp_path.glob("ckpt-0.data*")
    # Beside the weights it holds names, counters and running means.
    assert checkpointer.size() <= data.stat().st_size <= checkpointer.size() + 8_000


def test_nothing_to_restore(tmp_path, adversary):
    assert Checkpointer(tmp_path, adversary).restore() == 0
    assert Checkpointer(tmp_path, adversary).restore_best() == 0
    assert Checkpointer(tmp_path, adversary).best() is None


@pytest.mark.parametrize(
    ("metric", "chosen"), [("score", 4), ("-score", 8)], ids=["higher", "lower"]
)
def test_best_by_metric(tmp_path, adversary, metric, chosen):
    scores = {2: math.nan, 4: 5.0, 6: 3.0, 8: 1.0, 10: 1.0, 12: 5.0, 14: math.nan}
    generators = {}

    def validate():
        step = int(adversary.step)
        generators[step] = [v.numpy() for v in adversary.generator.variables]
        return {"score": scores[step], "other": 0.0}

    options = {"validate": validate, "validate_every": 2, "best_metric": metric}
    # The second process knows the first one's best.
    train(adversary, tmp_path, total_steps=8, **options)
    train(adversary, tmp_path, total_steps=14, **options)

    checkpointer = Checkpointer(tmp_path / "checkpoints", adversary)
    assert checkpointer.best() == {"metric": "score", "value": scores[chosen], "step": chosen}
    assert steps_kept(tmp_path / "checkpoints" / "best") == [chosen]
    assert checkpointer.restore_best() == chosen
    for variable, value in zip(adversary.generator.variables, generators[chosen], strict=True):
        np.testing.assert_array_equal(variable, value)
    assert checkpointer.restore() == 14


def test_another_metric_begins_to_choose_anew(tmp_path, adversary):
    scores = {2: (5.0, 9.0), 4: (7.0, 3.0), 6: (1.0, 4.0), 8: (math.nan, math.nan)}

    def validate():
        return dict(zip(("score", "loss"), scores[int(adversary.step)], strict=True))

    def best():
        return Checkpointer(tmp_path / "checkpoints", adversary).best()

    options = {"validate": validate, "validate_every": 2}
    train(adversary, tmp_path, total_steps=4, best_metric="score", **options)
    assert best() == {"metric": "score", "value": 7.0, "step": 4}
    train(adversary, tmp_path, total_steps=4, best_metric="-loss", **options)
    checkpointer = Checkpointer(tmp_path / "checkpoints", adversary)
    assert checkpointer.best_by("-loss") is None and checkpointer.best_by("score")
    assert "by --best_metric=-loss: exporting the last" in _restore_best(checkpointer, "-loss")
    train(adversary, tmp_path, total_steps=6, best_metric="-loss", **options)
    assert best() == {"metric": "loss", "value": 4.0, "step": 6}
    train(adversary, tmp_path, total_steps=8, best_metric="-loss", **options)
    assert _restore_best(checkpointer, "-loss").startswith("Exporting the checkpoint of step 6")


def test_unknown_best_metric(tmp_path, adversary):
    with pytest.raises(RunError, match="--best_metric=-psnr is not measured here; .* of score, a,"):
        train(
            adversary,
            tmp_path,
            total_steps=4,
            validate=lambda: {"score": 1.0, "a": 2.0},
            validate_every=2,
            best_metric="-psnr",
        )


def _shorten(directory):
    (path,) = directory.glob("ckpt-4.data*")
    os.truncate(path, path.stat().st_size // 2)


def _change_bytes(directory):
    (path,) = directory.glob("ckpt-4.data*")
    data = bytearray(path.read_bytes())
    data[300:308] = b"\xff" * 8
    path.write_bytes(data)


def _remove_index(directory):
    (directory / "ckpt-4.index").unlink()


def _remove_data(directory):
    (path,) = directory.glob("ckpt-4.data*")
    path.unlink()


def _empty_index(directory):
    (directory / "ckpt-4.index").write_bytes(b"")


@pytest.mark.parametrize(
    "damage", [_shorten, _change_bytes, _remove_index, _remove_data, _empty_index]
)
def test_a_damaged_checkpoint_is_told_and_the_one_before_taken(
    tmp_path, adversary, damage, monkeypatch
):
    train(adversary, tmp_path, total_steps=4)
    directory = tmp_path / "checkpoints"
    damage(directory)
    told = []
    monkeypatch.setattr(logging, "warning", lambda text, *values: told.append(text % values))
    assert Checkpointer(directory, adversary).restore() == 2
    if damage is not _remove_index:  # then nothing says that there was one
        assert told == [
            f"The checkpoint {directory}/ckpt-4 is damaged: the run goes on from that of step 2."
        ]
    # The older ones are still removed in time.
    train(adversary, tmp_path, total_steps=6, keep_checkpoints=2)
    assert steps_kept(directory) == [4, 6]


@pytest.mark.parametrize("content", [None, b"}{\xff"])
def test_the_list_of_checkpoints_may_be_lost(tmp_path, adversary, content):
    train(adversary, tmp_path, total_steps=4)
    directory = tmp_path / "checkpoints"
    listing = directory / "checkpoint"
    listing.unlink() if content is None else listing.write_bytes(content)
    (directory / "checkpoint.tmp0123abc").write_text("of a kill")
    (directory / "ckpt-6_temp").mkdir()
    train(adversary, tmp_path, total_steps=8, keep_checkpoints=2)
    assert steps_kept(directory) == [6, 8]
    assert not [*directory.glob("*tmp*"), *directory.glob("*_temp")]


def test_a_run_whose_checkpoints_are_all_gone_or_damaged_does_not_begin_again(tmp_path, adversary):
    train(adversary, tmp_path, total_steps=4)
    directory = tmp_path / "checkpoints"
    for path in directory.glob("*.data*"):
        path.write_bytes(b"junk")
    with pytest.raises(RunError, match="are damaged or gone. Bring them back"):
        train(adversary, tmp_path, total_steps=6)
    for path in directory.glob("ckpt-*"):
        path.unlink()
    with pytest.raises(RunError, match="are damaged or gone. Bring them back"):
        train(adversary, tmp_path, total_steps=6)


def test_leftovers_of_a_kill_before_the_first_checkpoint_are_no_damage(tmp_path, adversary):
    directory = tmp_path / "checkpoints"
    (directory / "ckpt-2_temp").mkdir(parents=True)
    (directory / "ckpt-2.data-00000-of-00001").write_bytes(b"half")
    train(adversary, tmp_path, total_steps=2)
    assert Checkpointer(directory, adversary).restore() == 2


def test_another_model_is_refused(tmp_path, adversary):
    train(adversary, tmp_path, total_steps=2)
    without_average = tiny.build()
    with pytest.raises(RunError, match="is sound and of another model than tiny"):
        Checkpointer(tmp_path / "checkpoints", without_average).restore()


def test_running_means_go_with_the_state(tmp_path, adversary):
    train(adversary, tmp_path, total_steps=6)  # rows end at 4
    checkpointer = Checkpointer(tmp_path / "checkpoints", adversary)
    checkpointer.restore()
    assert set(checkpointer.means) == set(adversary.trackers)
    assert all(count == 2.0 for _, count in checkpointer.means.values())
    json.dumps(checkpointer.means, allow_nan=False)
