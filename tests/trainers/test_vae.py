"""The trainer of the variational autoencoder: three exports that fit together, of Gaussian pixels
and convolutional nets; what the contract trains is the other half.
"""

import json

import numpy as np
import pytest
import tensorflow as tf

from trainers import vae

FLAGS = (
    "--data=digits",
    "--image_size=12",
    "--batch_size=8",
    "--steps=2",
    "--latent_dim=3",
    "--likelihood=gaussian",
    "--nets=convolutional",
    "--filters=2",
    "--ema_decay=0.5",
    "--weighed_pictures=0",
    "--tflite=float32",
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """(model, folder of its exports)."""
    folder = tmp_path_factory.mktemp("vae")
    values = vae.TRAINER.parse([*FLAGS, f"--run_dir={folder}"])
    outcome = vae.TRAINER.run(values, say=lambda text: None)
    return outcome.model, folder / "export" / "vae"


def test_there_and_back_is_the_encoder_and_then_the_decoder(trained):
    _, folder = trained
    served = {
        part: tf.saved_model.load(str(folder / part / "1")).signatures["serving_default"]
        for part in ("encode", "decode", "reconstruct")
    }
    images = tf.random.stateless_uniform([4, 12, 12, 1], (0, 0), -1, 1)
    code = served["encode"](images=images)
    assert code["means"].shape == code["log_variances"].shape == (4, 3)
    pixels = served["decode"](latents=code["means"])
    assert pixels["images"].shape == pixels["log_variances"].shape == (4, 12, 12, 1)
    again = served["reconstruct"](images=images)["images"]
    np.testing.assert_allclose(again, pixels["images"], atol=1e-5)


def test_the_cards_say_what_a_likelihood_needs(trained):
    model, folder = trained
    cards = {
        part: json.loads((folder / part / "card.json").read_text())
        for part in ("encode", "decode", "reconstruct")
    }
    scores = cards["decode"]["scores"]
    assert {"ELBO", "KL"} <= set(scores["model"]) and "AIS" not in str(scores["model"])
    assert "In nats" in scores["protocol"] and "densities" in scores["protocol"]
    assert scores["baselines"]["independent pixels"]["KL"] == 0
    assert set(cards["encode"]["scores"]["model"]) == {"KL", "active dimensions"}
    assert {"l1", "psnr"} <= set(cards["reconstruct"]["scores"]["model"])
    assert model.players == ("autoencoder",) and model.examples > 1000


def test_the_plane_of_two_dimensions_is_what_a_person_sees(tmp_path):
    values = vae.TRAINER.parse(
        [
            *("--data=digits", "--image_size=12", "--batch_size=8", "--steps=1"),
            *("--latent_dim=2", "--width=4", "--noexport", f"--run_dir={tmp_path}"),
        ]
    )
    model = vae.TRAINER.run(values, say=lambda text: None).model
    task = vae.TRAINER.task(values)
    picture = task.preview(model, task.open(model_directory(tmp_path))).picture
    assert picture.size == (20 * 12 + 8, 20 * 12 + 8)


def model_directory(path):
    from tfgan_zoo.training.run_directory import RunDirectory

    return RunDirectory(path)


def test_flags_of_the_other_nets_are_refused(tmp_path):
    values = vae.TRAINER.parse([*FLAGS, "--width=7", f"--run_dir={tmp_path}"])
    with pytest.raises(ValueError, match="--width=7 says nothing"):
        vae.TRAINER.run(values, say=lambda text: None)
