"""The trainers of models that infer latents: which flags go together, and what a task asks."""

import numpy as np
import pytest

from trainers import bigan, vae_gan

DIGITS = ("--data=digits", "--batch_size=8", "--steps=2", "--noexport")


@pytest.mark.parametrize(
    ("trainer", "flags", "refused"),
    [
        (bigan, ("--image_size=12", "--width=4", "--regressor_weight=1"), "--regressor_weight=1"),
        (
            vae_gan,
            ("--image_size=16", "--width=0.02", "--objective=vae", "--real_weight=0.6"),
            "--real_weight=0.6",
        ),
        (
            vae_gan,
            ("--image_size=16", "--width=0.02", "--margin=0", "--equilibrium=0.6"),
            "--equilibrium=0.6",
        ),
    ],
)
def test_flags_of_another_arm_are_refused(trainer, flags, refused, tmp_path):
    values = trainer.TRAINER.parse([*DIGITS, *flags, "--channels=1", f"--run_dir={tmp_path}"])
    with pytest.raises(ValueError, match=f"{refused} says nothing"):
        trainer.TRAINER.run(values, say=lambda text: None)


def test_a_run_without_a_margin_lets_both_move_and_its_exports_fit_together(tmp_path):
    flags = ("--image_size=16", "--channels=1", "--width=0.02", "--latent_dim=3", "--margin=0")
    values = vae_gan.TRAINER.parse([*DIGITS, *flags, f"--run_dir={tmp_path}"])
    outcome = vae_gan.TRAINER.run(values, say=lambda text: None)
    model = outcome.model
    assert model.margin is None
    task = vae_gan.TRAINER.task(values)
    splits = task.open(outcome.directory)
    encode, decode, both = (export.interface for export in task.exports(model, splits))
    assert [part.part for part in (encode, decode, both)] == ["encode", "decode", "reconstruct"]
    assert [other.name for other in decode.also] == ["encode", "reconstruct"]
    assert [output.name for output in encode.outputs] == ["latents", "log_variances"]
    images = np.random.default_rng(0).uniform(-1, 1, (3, 16, 16, 1)).astype("float32")
    latents = encode(images=images)["latents"]
    again = decode(latents=latents)["images"]
    np.testing.assert_allclose(both(images=images)["images"], again, atol=1e-6)
    np.testing.assert_array_equal(decode.also[0](images=images)["latents"], latents)
    np.testing.assert_allclose(decode.also[1](images=images)["images"], again, atol=1e-6)
    # The decoder's export serves the encoder as well, and holds its weights.
    assert set(decode.networks) == {model.encoder, model.decoder}
    assert task.averaged == ("decoder",)
