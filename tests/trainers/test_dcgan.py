"""The class-conditional DCGAN and its tricks as a user trains them, in processes of their own."""

import json

import numpy as np
import pytest
import tensorflow as tf

from tests import commands


def dcgan(flagfile, *arguments):
    flagfile = f"--flagfile=trainers/flagfiles/{flagfile}.flags"
    return commands.run("trainers.dcgan", flagfile, *arguments)


@pytest.fixture(scope="module", params=["dcgan_conditional_tiny", "dcgan_ganhacks_tiny"])
def export(request, tmp_path_factory):
    """The flagfile, and what a trainer that holds the contract under it has exported."""
    folder = tmp_path_factory.mktemp(request.param)
    held = commands.run("tests.contract", "dcgan", folder, request.param)
    assert held.returncode == 0, held.stdout + held.stderr
    assert "the card is complete" in held.stdout
    return request.param, folder / "first" / "export" / "dcgan"


def test_the_card_has_the_error_of_1_nn_classifiers(export):
    _, folder = export
    scores = json.loads((folder / "card.json").read_text())["scores"]
    assert "examples are 1,442 pictures" in scores["protocol"]
    # Real digits classify digits; those of a net without training do not.
    assert scores["baselines"]["training pictures"]["1-NN classifier error"] < 0.03
    assert scores["model"]["1-NN classifier error"] > 0.5


def test_under_dropout_the_export_follows_its_noise_seed(export):
    flagfile, folder = export
    signatures = tf.saved_model.load(str(folder / "1")).signatures
    latents = signatures["latents"](num_images=tf.constant(4), seed=tf.constant(1))["latents"]
    inputs = {"latents": latents, "labels": tf.constant([0, 1, 2, 3])}
    default = np.array(signatures["serving_default"](**inputs)["images"])
    if flagfile == "dcgan_conditional_tiny":
        assert "sample" not in signatures
        return
    drawn = [
        np.array(signatures["sample"](**inputs, seed=tf.constant(seed))["images"])
        for seed in (0, 5, 5, 6)
    ]
    np.testing.assert_allclose(drawn[0], default, atol=1e-6)
    np.testing.assert_array_equal(drawn[1], drawn[2])
    assert np.abs(drawn[1] - drawn[3]).max() > 0.0 and np.abs(drawn[1] - default).max() > 0.0


def test_the_players_need_an_even_batch_for_turns(tmp_path):
    done = dcgan("dcgan_conditional_tiny", f"--run_dir={tmp_path}", "--batch_size=7")
    assert done.returncode == 2 and "--batch_size must be even" in done.stdout, done.stderr


SGD = """
import sys

import keras
import numpy as np
from absl import flags

from trainers import dcgan
from trainers.tasks import ganhacks

flags.FLAGS(sys.argv)
optimizer = ganhacks.discriminator_optimizer(100)
weight = keras.Variable(np.zeros(2))
for _ in range(100):
    optimizer.apply([keras.ops.convert_to_tensor([1.0, -3.0])], [weight])
print(*weight.numpy())
"""


@pytest.mark.parametrize("schedule, expected", [("constant", 100), ("linear", 75.5)])
def test_gradient_descent_takes_the_rate_and_the_schedule(schedule, expected):
    """Adam's steps would be of one size for both weights."""
    flags = ["--discriminator_learning_rate=0.02", f"--lr_schedule={schedule}"]
    done = commands.run("-c", SGD, "--discriminator_sgd", *flags)
    assert done.returncode == 0, done.stderr
    moved = np.array(done.stdout.split(), float)
    # Constant for 50 steps, then 1, 0.98, ..., 0.02 of the rate.
    np.testing.assert_allclose(moved, [-0.02 * expected, 0.06 * expected], rtol=1e-4)


def test_without_the_flag_it_is_adam():
    done = commands.run("-c", SGD, "--discriminator_learning_rate=0.02")
    moved = np.array(done.stdout.split(), float)
    np.testing.assert_allclose(moved, [-2.0, 2.0], rtol=1e-3)


def test_the_frechet_distance_is_followed_over_training(tmp_path):
    flags = ("--metrics=fid", "--extractor=mnist_cnn", "--num_samples=150", "--validate_every=1")
    done = dcgan("dcgan_tiny", f"--run_dir={tmp_path}", "--noexport", *flags)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [json.loads(line) for line in (tmp_path / "history.jsonl").read_text().splitlines()]
    distances = [row["validation_frechet_distance"] for row in rows]
    assert len(distances) == 2 and all(distance > 1.0 for distance in distances)
