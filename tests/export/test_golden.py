"""Golden answers: what the card says a TFLite file gives for the fixed input of `golden.inputs`."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tests.export.conftest import WORDS, pictures
from tfgan_zoo.export import golden, tflite
from tfgan_zoo.export import interface as interfaces


@pytest.mark.parametrize("kind", tflite.KINDS)
def test_each_kind_of_file_has_its_own_answers(translation, kind):
    calibration = {"images": pictures(16, seed=8)} if kind == "int8" else None
    content = tflite.convert(translation, kind=kind, calibration=calibration)
    check = golden.check(translation, content)
    found = tflite.TFLiteRunner(content)(**golden.inputs(translation))["images"].ravel()
    said = check["outputs"]["images"]
    np.testing.assert_allclose(found[said["positions"]], said["values"], atol=1e-6)
    # Another network is found out; other kernels are not.
    assert np.ptp(said["values"]) > 2 * check["tolerance"]
    others = tflite.TFLiteRunner(content, resolver=golden.PLAIN)(**golden.inputs(translation))
    assert np.abs(others["images"].ravel() - found).max() < check["tolerance"]
    assert check["tolerance"] < (0.4 if kind == "int8" else 4e-3)


def test_words_make_tokens_and_a_default_makes_a_number():
    scores = interfaces.Interface(
        "likelihood",
        (interfaces.Input("tokens", "tokens", (9,), "int32"), interfaces.number("heat", 0.5)),
        (interfaces.tokens(9, WORDS),),
        call=None,
    )
    given = golden.inputs(scores)
    assert given["tokens"].tolist() == [[i * 7919 % len(WORDS) for i in range(9)]]
    assert given["tokens"].dtype == np.int32 and given["heat"] == np.float32(0.5)
    vector = dataclasses.replace(scores, outputs=(interfaces.vector("score", 9),))
    assert golden.inputs(vector)["tokens"].tolist() == [[0] * 9]


def test_an_answer_that_is_no_number_is_refused(latent):
    broken = dataclasses.replace(
        latent, call=lambda latents: latent.call(latents) / tf.reduce_sum(latents * 0)
    )
    content = tflite.convert(broken, kind="float32")
    with pytest.raises(ValueError, match="images is not finite"):
        golden.check(broken, content)
