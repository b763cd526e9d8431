"""The trainers of models that draw pixel by pixel: what their SavedModel does beside drawing, and
what is refused; what the contract and the whole run train is the other half.
"""

from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from tests.models.tiny_variants import VARIANTS
from tfgan_zoo.data.errors import DataError
from tfgan_zoo.export import signatures
from trainers import pixel_cnn, pixel_rnn
from trainers.tasks import autoregressive

FLAGS = (
    *("--data=digits", "--image_size=12", "--layers=1", "--filters=2", "--first_size=3"),
    *("--head=4", "--batch_size=8", "--steps=1", "--validated_pictures=4"),
)
LEVELS = 4


@pytest.fixture(scope="module")
def served():
    """The signatures of a Row LSTM of four levels of three colours."""
    model = VARIANTS["pixel_rnn_row"].build()
    # Before the first pixel there is nothing but biases, which are zeros at first.
    bias = model.network.last.bias
    bias.assign(np.random.default_rng(0).normal(0, 0.1, bias.shape))
    built = signatures.build(autoregressive.sampler(model, SimpleNamespace(info={})))

    def by_name(function):
        names = [spec.name for spec in function.input_signature]
        return lambda **given: function(*(given[name] for name in names))

    return {name: by_name(function) for name, function in built.items()}


def test_it_draws_by_seed_and_by_latents(served):
    def draw(num, seed, temperature=1.0):
        asked = {"num": num, "seed": seed}
        asked = {name: tf.constant(value) for name, value in asked.items()}
        return served["draw"](**asked, temperature=tf.constant(temperature))["images"].numpy()

    images = draw(3, 7)
    steps = 0.5 * (images + 1) * (LEVELS - 1)
    np.testing.assert_allclose(steps, np.round(steps), atol=1e-5)
    np.testing.assert_array_equal(images, draw(3, 7))
    assert np.any(images != draw(3, 8))
    cold = draw(3, 7, 1e-4)
    np.testing.assert_array_equal(cold, cold[[1, 2, 0]])
    latents = served["latents"](num_images=tf.constant(3), seed=tf.constant(7))["latents"]
    assert np.min(latents) >= 0 and np.max(latents) < 1
    np.testing.assert_array_equal(served["serving_default"](latents=latents)["images"], images)


def test_it_completes_what_is_given_and_says_how_probable_it_is(served):
    grey = np.random.default_rng(0).uniform(-1, 1, (4, 4, 4, 3)).astype("float32")
    found = served["complete"](
        images=tf.constant(grey),
        rows=tf.constant(3),
        seed=tf.constant(0),
        temperature=tf.constant(1.0),
    )["images"].numpy()
    nearest = np.round(0.5 * (grey[:, :3] + 1) * 3) * 2 / 3 - 1
    np.testing.assert_allclose(found[:, :3], nearest, atol=1e-6)
    assert len(np.unique(found[:, 3:], axis=0)) == 4
    nats = -served["log_prob"](images=tf.constant(found))["log_prob"].numpy()
    assert nats.shape == (4, 1)
    # As good as untrained: near log of 4 for each of the 48 numbers.
    assert np.all(np.abs(nats / (48 * np.log(LEVELS)) - 1) < 0.3)


def test_black_and_white_models_refuse_other_pixels():
    model = VARIANTS["pixel_cnn"].build()
    splits = SimpleNamespace(info={})
    black = -np.ones((1, 5, 4, 1), "float32")
    labels = tf.constant([1])
    likelihood = autoregressive.likelihood(model, splits)
    assert signatures.answer(likelihood, {"images": black, "labels": labels})["log_prob"] < 0
    with pytest.raises(tf.errors.InvalidArgumentError, match="pixels of -1 and 1 alone"):
        signatures.answer(likelihood, {"images": 0.5 * black, "labels": labels})
    half = np.concatenate([black[:, :2], 0.5 * black[:, 2:]], axis=1)
    given = {"seed": tf.constant(0), "temperature": tf.constant(1.0), "labels": labels}
    completion = autoregressive.completion(model, splits)
    found = signatures.answer(completion, {"images": half, "rows": tf.constant(2), **given})
    np.testing.assert_array_equal(found["images"][:, :2], black[:, :2])
    with pytest.raises(tf.errors.InvalidArgumentError, match="pixels of -1 and 1 alone"):
        signatures.answer(completion, {"images": half, "rows": tf.constant(3), **given})


@pytest.mark.parametrize(
    "trainer, flags, sentence",
    [
        (pixel_cnn, ["--levels=8"], "--levels=8 says nothing"),
        (pixel_cnn, ["--output=softmax", "--mixtures=3"], "--mixtures=3 says nothing"),
        (pixel_cnn, ["--per_label=3"], "--per_label=3 says nothing"),
        (pixel_rnn, ["--size=5"], "--size=5 says nothing"),
        (pixel_rnn, ["--tflite=float32,int8"], "leave int8 out of --tflite"),
        (pixel_cnn, ["--stacks=plain", "--conditional"], "plain stacks have none"),
    ],
)
def test_flags_that_say_nothing_or_cannot_be_are_refused(tmp_path, trainer, flags, sentence):
    values = trainer.TRAINER.parse([*FLAGS, *flags, f"--run_dir={tmp_path}"])
    with pytest.raises(ValueError, match=sentence):
        trainer.TRAINER.run(values, say=lambda text: None)


def test_classes_need_labels(tmp_path):
    from PIL import Image

    for number in range(12):
        Image.new("L", (12, 12), 20 * number).save(tmp_path / f"{number}.png")
    flags = [f"--data={tmp_path}", "--conditional", "--image_size=12", "--layers=0"]
    values = pixel_cnn.TRAINER.parse([*flags, "--run_dir=unused"])
    with pytest.raises(DataError, match="has no labels: leave out --conditional"):
        pixel_cnn.TRAINER.task(values).open(SimpleNamespace(cache=None))
