"""The class-conditional DCGAN and its tricks as a user trains them."""

import json
import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.trainers import programs
from tfgan_zoo.training.run_directory import RunError
from trainers import ganhacks


@pytest.fixture(scope="module", params=["dcgan_conditional_tiny", "dcgan_ganhacks_tiny"])
def export(request, tmp_path_factory):
    """The flagfile, and what the trainer has exported under it."""
    folder = tmp_path_factory.mktemp(request.param)
    programs.run("dcgan", folder, flagfile=f"trainers/flagfiles/{request.param}.flags")
    return request.param, folder / "export" / "dcgan"


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
    flagfile = programs.TINY.format("dcgan_conditional")
    with pytest.raises(RunError, match="--batch_size must be even"):
        programs.run("dcgan", tmp_path, "--batch_size=7", flagfile=flagfile)


def moved(*arguments):
    """What 100 steps of the discriminator's optimizer do to two weights of gradients 1 and -3."""
    values = programs.values("dcgan", *arguments)
    model = types.SimpleNamespace(updates_in=lambda player, steps: steps)
    optimizer = ganhacks.discriminator_optimizer(values, model, 100)
    weight = keras.Variable(np.zeros(2))
    for _ in range(100):
        optimizer.apply([keras.ops.convert_to_tensor([1.0, -3.0])], [weight])
    return weight.numpy()


@pytest.mark.parametrize("schedule, expected", [("constant", 100), ("linear", 75.5)])
def test_gradient_descent_takes_the_rate_and_the_schedule(schedule, expected):
    """Adam's steps would be of one size for both weights."""
    flags = ["--discriminator_learning_rate=0.02", f"--lr_schedule={schedule}"]
    # Constant for 50 steps, then 1, 0.98, ..., 0.02 of the rate.
    found = moved("--discriminator_sgd", *flags)
    np.testing.assert_allclose(found, [-0.02 * expected, 0.06 * expected], rtol=1e-4)


def test_without_the_flag_it_is_adam():
    found = moved("--discriminator_learning_rate=0.02")
    np.testing.assert_allclose(found, [-2.0, 2.0], rtol=1e-3)


def test_the_frechet_distance_is_followed_over_training(tmp_path):
    flags = ("--metrics=fid", "--extractor=mnist_cnn", "--num_samples=150", "--validate_every=1")
    programs.run("dcgan", tmp_path, "--noexport", *flags)
    rows = [json.loads(line) for line in (tmp_path / "history.jsonl").read_text().splitlines()]
    distances = [row["validation_frechet_distance"] for row in rows]
    assert len(distances) == 2 and all(distance > 1.0 for distance in distances)
