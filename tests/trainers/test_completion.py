"""The trainer of image completion: its phases, and exports that leave what is known as it is."""

import io
import json
import types

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.trainers import programs
from tfgan_zoo.explore import holes
from tfgan_zoo.explore.generator import ExploreError
from tfgan_zoo.export.blending import blend
from tfgan_zoo.export.tflite import TFLiteRunner
from tfgan_zoo.kinds.image import to_uint8
from trainers import completion

SIDE = 32


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    folder = tmp_path_factory.mktemp("completion")
    # The contract trains all phases; what is exported is of the first.
    short = ("--completion_steps=1", "--discriminator_steps=0", "--adversarial_steps=0")
    found, _ = programs.run("completion", folder, *short)
    return found


@pytest.fixture(scope="module")
def given():
    """A picture of noise with levels of a file, and a hole that is no rectangle."""
    random = np.random.default_rng(0)
    levels = random.integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    hole = np.zeros((SIDE, SIDE), bool)
    hole[5:9, 3:20] = hole[8:25, 11:14] = True
    return levels, hole


def values(levels):
    return levels[None].astype(np.float32) / np.float32(127.5) - 1


def png(picture):
    content = io.BytesIO()
    picture = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    picture.save(content, "PNG")
    return content.getvalue()


def test_a_run_has_three_phases_of_any_length():
    values = programs.values("completion", "--completion_steps=5", "--adversarial_steps=7")
    planned = [(p.name, p.steps, p.method) for p in completion.phases(values)(None)]
    assert planned == [
        ("completion", 5, "completion_step"),
        ("discriminator", 2, "discriminator_step"),
        ("adversarial", 7, "train_step"),
    ]
    values = programs.values("completion", "--completion_steps=0", "--discriminator_steps=0")
    assert [phase.name for phase in completion.phases(values)(None)] == ["adversarial"]


def test_validations_measure_the_hole(outcome):
    (row,) = map(json.loads, outcome.directory.history.read_text().splitlines())
    assert row["reconstruction_loss"] > 0 and row["validation_hole_mse"] > 0
    assert "discriminator_loss" not in row


def test_the_mean_is_the_training_pictures(outcome):
    network = outcome.model.generator
    task = completion.TRAINER.task(programs.values("completion"))
    splits = task.open(outcome.directory)
    pixels = splits.train.fetch(np.arange(len(splits.train)))["images"]
    expected = pixels.mean((0, 1, 2)) / 127.5 - 1
    np.testing.assert_allclose(network.get_layer("known").mean, expected, atol=1e-4)


@pytest.mark.parametrize("kind", ["saved_model", "tflite"])
def test_what_is_known_stays_bit_by_bit_in_every_export(outcome, given, kind):
    levels, hole = given
    folder = outcome.directory.export / "completion"
    images, masks = values(levels), hole[None, ..., None].astype(np.float32)
    if kind == "saved_model":
        loaded = tf.saved_model.load(folder / "1")
        found = loaded.signatures["serving_default"](
            images=tf.constant(images), masks=tf.constant(masks)
        )["images"].numpy()
    else:
        run = TFLiteRunner((folder / "model.tflite").read_bytes())
        found = run(images=images, masks=masks)["images"]
    np.testing.assert_array_equal(found[:, ~hole].view(np.int32), images[:, ~hole].view(np.int32))
    assert (found[:, hole] != images[:, hole]).mean() > 0.9
    np.testing.assert_allclose(found, outcome.model(images, masks), atol=1e-2)


def test_files_of_picture_and_mask_are_taken(outcome, given):
    levels, hole = given
    folder = outcome.directory.export / "completion"
    loaded = tf.saved_model.load(folder / "1")
    encoded = loaded.signatures["encoded"]
    grey = Image.fromarray(np.where(hole, 200, 90).astype(np.uint8))  # light is missing
    expected = outcome.model(values(levels), hole[None, ..., None].astype(np.float32))[0]
    for mask in (grey, grey.quantize(2), Image.fromarray(hole), grey.convert("RGB")):
        (content,) = encoded(
            images_bytes=tf.constant([png(levels)]), masks_bytes=tf.constant([png(mask)])
        )["png_bytes"].numpy()
        found = np.asarray(Image.open(io.BytesIO(content)))
        np.testing.assert_array_equal(found[~hole], levels[~hole])
        assert np.abs(found - (expected + 1) * 127.5).max() <= 1
    with pytest.raises(tf.errors.InvalidArgumentError, match="A mask is no PNG picture"):
        jpeg = io.BytesIO()
        grey.save(jpeg, "JPEG")
        encoded(images_bytes=tf.constant([png(levels)]), masks_bytes=tf.constant([jpeg.getvalue()]))
    text = (folder / "README.md").read_text()
    for words in (
        'mask = tf.io.read_file("mask.png")  # white where pixels are missing',
        "images_bytes=tf.stack([file]), masks_bytes=tf.stack([mask])",
        "`masks`, float32 [B,32,32,1], above 0.5 where pixels are missing",
        "Iizuka, Simo-Serra & Ishikawa, SIGGRAPH 2017: *Globally and Locally Consistent Image "
        "Completion*. The authors'",
    ):
        assert words in text


def test_the_card_compares_with_the_mean_fill_and_counts_what_changed(outcome):
    card = json.loads((outcome.directory.export / "completion" / "card.json").read_text())
    assert card["scores"]["model"]["known_changed"] == 0
    assert card["scores"]["baselines"]["the mean colour"]["share_of_mean_fill"] == 1
    assert [item["kind"] for item in card["interface"]["inputs"]] == ["image", "mask"]


def options(outcome, folder, **changed):
    given = {"input": str(folder / "in"), "mask": str(folder / "mask.png"), "blend": False}
    export = str(outcome.directory.export / "completion")
    return types.SimpleNamespace(**{"generator": export, "overwrite": False, **given, **changed})


@pytest.fixture
def folder(tmp_path, given):
    """A folder of two pictures beside a mask for both, and one with a mask for each."""
    levels, hole = given
    (tmp_path / "in" / "deep").mkdir(parents=True)
    for name in ("a.png", "deep/b.webp"):
        Image.fromarray(levels).save(tmp_path / "in" / name, lossless=True)
    Image.fromarray(hole).save(tmp_path / "mask.png")
    return tmp_path


@pytest.mark.parametrize("blended", [False, True])
def test_a_folder_is_completed_name_by_name(outcome, folder, given, blended):
    levels, hole = given
    asked, output = options(outcome, folder, blend=blended), folder / "out"
    assert holes.complete(asked, output, lambda *done: None) == f"2 pictures: {output}"
    drawn = outcome.model(values(levels), hole[None, ..., None].astype(np.float32))[0].numpy()
    expected = to_uint8(blend(drawn, hole) if blended else drawn)
    for name in ("a.png", "deep/b.png"):
        found = np.asarray(Image.open(output / name))
        np.testing.assert_array_equal(found[~hole], levels[~hole])
        assert np.abs(found.astype(int) - expected).max() <= 1
    with pytest.raises(ExploreError, match="would be written over"):
        holes.complete(asked, output, lambda *done: None)


def test_each_picture_may_have_a_mask_of_its_name(outcome, folder, given):
    levels, hole = given
    (folder / "masks" / "deep").mkdir(parents=True)
    Image.fromarray(hole).save(folder / "masks" / "a.bmp")
    asked = options(outcome, folder, mask=str(folder / "masks"))
    with pytest.raises(ExploreError, match="holds no mask for deep/b.webp: give each picture one"):
        holes.complete(asked, folder / "out", lambda *done: None)
    Image.fromarray(~hole).save(folder / "masks" / "deep" / "b.png")
    holes.complete(asked, folder / "out", lambda *done: None)
    found = np.asarray(Image.open(folder / "out" / "deep" / "b.png"))
    np.testing.assert_array_equal(found[hole], levels[hole])


def test_what_cannot_be_completed_is_one_sentence(outcome, folder):
    for changed, sentence in (
        ({"generator": "saved_models/lsgan"}, "needs an export that fills holes"),
        ({"generator": "nothing"}, "holds no saved_model.pb"),
        ({"mask": "nowhere"}, "--mask=nowhere is neither a picture nor a folder"),
        ({"input": "nowhere"}, "neither a picture nor a folder"),
    ):
        with pytest.raises(ExploreError, match=sentence):
            holes.complete(options(outcome, folder, **changed), folder / "out")
    (folder / "mask.png").write_text("no picture")
    with pytest.raises(ExploreError, match="mask.png "):
        holes.complete(options(outcome, folder), folder / "out")


def test_the_optimizer_is_the_papers_unless_told():
    values = programs.values("completion")
    paper = completion.descent(values, "generator")
    assert isinstance(paper, keras.optimizers.Adadelta)
    assert float(paper.learning_rate) == 1.0 and paper.rho == 0.9
    other = completion.descent(programs.values("completion", "--optimizer=adam"), "generator")
    assert float(other.learning_rate) == pytest.approx(4e-4)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--tflite=int8"], "int8 would round the known pixels too"),
        (["--beta_1=0.5"], "--beta_1"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(tmp_path, arguments, sentence):
    with pytest.raises(Exception, match=sentence):
        programs.run("completion", tmp_path, *arguments)
