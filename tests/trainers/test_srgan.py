"""SRGAN's trainer: its phases and rates, what it refuses, and the table beside SRResNet."""

import pathlib

import numpy as np
import pytest
from PIL import Image

from tfgan_zoo.data.cuttings import open_folder
from tfgan_zoo.models.restoration.srgan import SRGAN
from trainers.experiments import srgan_beside_srresnet as beside
from trainers.srgan import TRAINER, adam, phases
from trainers.tasks import super_resolution

ROOT = pathlib.Path(__file__).resolve().parents[2]


def parsed(*arguments):
    return TRAINER.parse(["--data=digits", "--run_dir=/tmp/none", *arguments])


def test_the_defaults_are_the_papers_phases_and_rates():
    values = parsed()
    planned = [(p.name, p.steps, p.method) for p in phases(values)(0)]
    assert planned == [
        ("srresnet", 1_000_000, "pretrain_step"),
        ("srgan", 200_000, "train_step"),
    ]
    assert float(adam(values, "pretraining").learning_rate) == pytest.approx(1e-4)
    rate = adam(values, "generator")._learning_rate
    assert [float(rate(s)) for s in (0, 100_000, 100_001)] == pytest.approx([1e-4, 1e-4, 1e-5])
    fallen = adam(parsed("--pretraining_decay_from=0.5"), "pretraining")._learning_rate
    assert float(fallen(500_000)) == pytest.approx(1e-4) and float(fallen(1_000_000)) < 1e-9
    alone = phases(parsed("--adversarial_steps=0"))(0)
    assert [phase.name for phase in alone] == ["srresnet"]


def test_what_cannot_be_is_one_sentence(tmp_path):
    for flag, sentence in (
        ("--image_size=30", "--image_size=30x30: give sides that are multiples of 4"),
        ("--benchmarks=nowhere", "nowhere is no folder"),
        ("--benchmarks=a/Set5,b/Set5", "names two folders Set5"),
    ):
        with pytest.raises(ValueError, match=sentence):
            TRAINER.task(parsed(flag))
    with pytest.raises(ValueError, match="weights of VGG19 are not in|holds no exported"):
        TRAINER.build(parsed(f"--features={tmp_path}"), None, 1)


def test_a_step_learns_from_crops_and_what_they_are_when_small():
    values = parsed("--image_size=24x32", "--crop_size=16")
    task = TRAINER.task(values)
    splits = task.open(None)
    batch = next(iter(task.batches(splits.train, global_batch_size=3, seed=0)))
    assert batch["target"].shape == (3, 16, 16, 3) and batch["source"].shape == (3, 4, 4, 3)
    np.testing.assert_allclose(
        np.mean(batch["source"], (1, 2)), np.mean(batch["target"], (1, 2)), atol=0.1
    )
    again = next(iter(task.batches(splits.train, global_batch_size=3, seed=0)))
    np.testing.assert_array_equal(batch["target"], again["target"])
    assert len(splits.validation) == 20


def test_what_is_drawn_is_the_middle_of_pictures_that_are_large_enough(tmp_path):
    for number, size in enumerate([(8, 8), (20, 16), (16, 30)]):
        pixels = np.full((*size, 3), 40 * number, np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    pictures = open_folder(tmp_path)
    found = super_resolution.middles(pictures, (16, 16), 4)
    assert found.shape == (2, 16, 16, 3) and found[:, 0, 0, 0].tolist() == [40, 80]


def test_the_table_beside_srresnet(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (100, 98, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    models = [SRGAN((16, 16), 1, 2, 1, 1, seed=seed) for seed in (0, 1)]
    enlargers = beside.enlargers_of(*models)
    maps = {"pixels": lambda pictures: [pictures]}
    rows = beside.compared(enlargers, open_folder(tmp_path), maps)
    assert list(rows) == ["bicubic", "SRResNet", "SRGAN"]
    assert set(rows["SRGAN"]) == {"luma_psnr", "luma_ssim", "perceptual_pixels"}
    assert rows["bicubic"]["luma_psnr"] > rows["SRGAN"]["luma_psnr"]  # which has not learnt yet
    sheet = beside.drawn(enlargers, open_folder(tmp_path))
    assert sheet.width == 5 * (192 + 4) + 4
