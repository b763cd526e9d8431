"""SeqGAN's trainer: three phases, text out as strings, one step for a phone."""

import json
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.export.tflite import TFLiteRunner
from trainers import seqgan

FLAGFILE = "--flagfile=trainers/flagfiles/seqgan_tiny.flags"


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    folder = tmp_path_factory.mktemp("seqgan")
    values = seqgan.TRAINER.parse([FLAGFILE, f"--run_dir={folder}"])
    return seqgan.TRAINER.run(values, [FLAGFILE], say=lambda text: None)


def test_each_phase_takes_its_own_step(outcome):
    rows = [json.loads(row) for row in outcome.directory.history.read_text().splitlines()]
    named = [{name for name in row if name.endswith("_loss")} for row in rows]
    assert {"likelihood_loss"} in named and {"discriminator_loss"} in named
    assert {"generator_loss", "discriminator_loss"} in named
    assert all("validation_NLL_oracle" in row for row in rows[-1:])
    assert int(outcome.model.step) == 4


def test_lines_of_text_lie_beside_their_picture(outcome):
    (lines,) = outcome.directory.samples.glob("step_0000004.txt")
    assert [len(line.split()) for line in lines.read_text().splitlines()] == [5] * 16


def test_the_export_draws_text_by_seed_and_temperature(outcome):
    folder = outcome.directory.export / "seqgan"
    loaded = tf.saved_model.load(folder / "1").signatures

    def draw(seed, temperature):
        inputs = {"num": tf.constant(3), "seed": tf.constant(seed)}
        return loaded["text"](**inputs, temperature=tf.constant(temperature))["text"].numpy()

    lines = draw(1, 1.0)
    assert all(len(line.decode().split()) == 5 for line in lines)
    assert (lines == draw(1, 1.0)).all() and (lines != draw(2, 1.0)).any()
    assert len(set(draw(1, 1e-4))) == 1
    tokens = outcome.model.generator.sample(3, [1, 0])
    assert [" ".join(map(str, row)) for row in tokens.numpy()] == [x.decode() for x in lines]


def test_a_loop_over_the_phones_step_says_what_the_model_says(outcome):
    """The greedy sequence, token by token through the TFLite file."""
    model, path = outcome.model, outcome.directory.export / "seqgan"
    run = TFLiteRunner((path / "model.tflite").read_bytes())
    token, state, found = 0, np.zeros([2, 1, 4], np.float32), []
    for _ in range(5):
        out = run(token=np.array([token], np.int32), hidden=state[0], cell=state[1])
        token, state = int(out["logits"].argmax()), (out["next_hidden"], out["next_cell"])
        found.append(token)
    logits = model(np.array([found], np.int32)).numpy()
    chosen = np.take_along_axis(logits, np.array(found)[None, :, None], axis=2)[..., 0]
    np.testing.assert_allclose(chosen, logits.max(axis=2), atol=1e-3)
    assert "A phone loops" in (path / "README.md").read_text()


def test_the_likelihood_is_exported_too(outcome):
    folder = outcome.directory.export / "seqgan" / "likelihood"
    score = tf.saved_model.load(folder / "1").signatures["serving_default"]
    tokens = tf.constant([[3, 1, 4, 1, 5]])
    found = score(tokens=tokens, temperature=tf.constant(1.0))["log_probability"]
    expected = outcome.model.generator.log_probabilities(tokens)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert json.loads((folder / "card.json").read_text())["scores"]["model"]["NLL_test"] > 2


@pytest.mark.parametrize("steps", [("0", "1", "1"), ("1", "0", "0")])
def test_a_phase_of_no_steps_is_left_out(steps):
    names = ("pretrain_steps", "discriminator_steps", "adversarial_steps")
    given = [f"--{name}={number}" for name, number in zip(names, steps, strict=True)]
    planned = seqgan.phases(seqgan.TRAINER.parse([FLAGFILE, *given]))(0)
    assert [phase.steps for phase in planned] == [1] * steps.count("1")


def test_words_of_text_say_nothing_to_an_oracle(tmp_path):
    values = seqgan.TRAINER.parse([FLAGFILE, f"--run_dir={tmp_path}", "--max_length=7"])
    with pytest.raises(ValueError, match="max_length=7 says nothing"):
        seqgan.TRAINER.run(values, say=lambda text: None)
    assert not list(pathlib.Path(tmp_path).glob("checkpoints/ckpt-*"))
