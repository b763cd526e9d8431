"""Each benchmark runs at a tiny size and prints its table. What it measures is not judged here."""

import importlib
import math
import re

import keras
import pytest
import tensorflow as tf

from tests.benchmarks import (
    fit,
    flow_step,
    inference,
    memory,
    options,
    pipeline,
    project,
    race,
    raster_sampling,
    train_step,
)
from tests.benchmarks.rivals import translation

TINY = ["--batch_size=2", "--filters=2"]


def numbers(text, name):
    """The numbers of the row that begins with `name`."""
    (row,) = [line for line in text.splitlines() if line.startswith(name)]
    return [float(number) for number in re.findall(r"\d+\.\d+", row)]


def test_train_step_compares_rates_and_reports_the_load(capsys):
    train_step.main([*TINY, "--image_size=32", "--rounds=2", "--steps=1", "--no_pytorch"])
    printed = capsys.readouterr().out
    assert printed.count("load") == 2
    for name in ("this project", train_step.TUTORIAL):
        rate, milliseconds, cpu, *ratios = numbers(printed, name)
        assert rate == pytest.approx(2e3 / milliseconds, rel=0.1)
        assert cpu > 0 and len(ratios) == 6
    assert ratios == [1.0] * 6


@pytest.fixture
def eager():
    """Op by op: a graph of each net would take longer to trace than to run once."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.mark.parametrize("variant", options.SAME_NETS)
def test_the_tutorial_s_way_has_the_variant_s_loss(variant, eager):
    """Where nothing is drawn in a step, it is the same number; DiscoGAN's decay stands apart."""

    def model():
        keras.utils.set_random_seed(1)
        return project.build(variant, image_size=32, filters=2)

    count = {"star_gan": 10, "disco_gan": 6}.get(variant, 2)  # a part for each update of a step
    batch = {n: tf.constant(v) for n, v in project.random_batch(variant, 32, count).items()}
    loss = float(translation.STEPS[variant](model())(*batch.values()))
    assert math.isfinite(loss)
    if variant in ("disco_gan", "srgan", "pix2pix_hd", "vid2vid"):
        own = model().train_step(batch)["generator_loss"]
        assert loss == pytest.approx(float(own), rel=1e-3)


def test_a_flow_is_timed_beside_its_convolutions(capsys):
    sizes = ("--side=4", "--levels=1", "--depth=1", "--width=4", "--batch_size=2", "--rounds=2")
    flow_step.main(sizes)
    printed = capsys.readouterr().out
    assert printed.count("| (2, ") == 3 and printed.count("ratio") == 2
    step, alone, ratio = (numbers(printed, name) for name in ("step", "conv", "bound"))
    assert step[0] / alone[0] == pytest.approx(alone[1], abs=0.3) and len(ratio) == 3


def test_inference_races_all_runtimes_with_their_parity():
    assert {"pix2pix", "cyclegan/a_to_b", "vae/encode"} <= set(inference.exports())
    assert not {"seqgan", "mnist_cnn"} & set(inference.exports())
    title, _, *rows = inference.measure("vae/encode", threads=1, rounds=2)
    assert title.startswith("vae/encode, 1 thread, 0.00") and "2 rounds" in title
    found = {row[:22].strip(): row[22:].split() for row in rows}
    kinds = {f"TFLite {kind}" for kind in ("float32", "float16", "int8")}
    assert kinds | {"SavedModel", "SavedModel under XLA", "ONNX Runtime"} <= set(found)
    assert found["SavedModel"][2] == "1.00" and found["SavedModel"][-1] == "0.0e+00"
    assert float(found["ONNX Runtime"][-1]) < 1e-4 < float(found["TFLite int8"][-1])


@pytest.mark.parametrize("rival", ["tutorials", "pytorch"])
def test_both_rivals_train_both_variants(rival):
    if rival == "pytorch":
        pytest.importorskip("torch")
    module = importlib.import_module(f"tests.benchmarks.rivals.{rival}")
    for variant in ("pix2pix", "dcgan"):
        step = module.train_step(variant, image_size=32, batch_size=2, filters=2)
        assert math.isfinite(step())


def test_a_contender_that_fails_is_named(capfd):
    broken = race.Contender("broken", "math:factorial", {"n": 1})
    with pytest.raises(RuntimeError, match="'broken' failed"):
        race.race([broken], rounds=1, steps=1)
    assert "TypeError" in capfd.readouterr().err


def test_pipeline_is_compared_with_training(capsys):
    pipeline.main(
        ["--variant=dcgan", "--image_size=16", *TINY, "--rounds=1", "--steps=1", "--batches=2"]
    )
    printed = capsys.readouterr().out
    assert numbers(printed, "training")[3:] == [1.0] * 6
    assert numbers(printed, "input pipeline")[0] > 0


def test_fit_is_compared_with_the_bare_step(capsys):
    fit.main(["--variant=dcgan", "--image_size=16", *TINY, "--rounds=2", "--steps=2"])
    printed = capsys.readouterr().out
    for name in ("ms/step", "CPU ms/step"):
        assert len(numbers(printed, name)) == 5


def test_memory_is_read_along_a_run(capsys):
    memory.main(["--variant=dcgan", "--image_size=16", *TINY, "--steps=8", "--rows=4"])
    printed = capsys.readouterr().out
    rows = [line.split() for line in printed.splitlines() if re.match(r"\s+\d", line)]
    assert [int(step) for step, _ in rows] == [2, 4, 6, 8]
    assert all(float(resident) > 100 for _, resident in rows)


def test_raster_sampling_draws_the_same_pictures_both_ways(capsys):
    raster_sampling.main(["--pictures=2", "--side=8", "--layers=1", "--slow_rows=2", "--rounds=1"])
    kept, whole, ratio = capsys.readouterr().out.splitlines()
    assert kept.startswith("kept: 2 pictures") and "2 of 8 rows" in whole
    assert float(ratio.split()[1].strip(";")) > 0 and "0.0000% of the pixels differ" in ratio
