"""vid2vid's trainer: clips that lengthen, what is refused, and the measurement beside pix2pix."""

import dataclasses
import io
import json
import pathlib

import keras
import numpy as np
import pytest
from PIL import Image as pillow

from tests.export.conftest import save
from tests.test_explore import options
from tfgan_zoo.data import clips as data
from tfgan_zoo.data.request import Request
from tfgan_zoo.evaluate.clips import drawer
from tfgan_zoo.evaluate.evaluator import served_by
from tfgan_zoo.evaluate.tables import first_pictures
from tfgan_zoo.explore.clip import clip
from tfgan_zoo.explore.generator import ExploreError
from tfgan_zoo.export import card as cards
from tfgan_zoo.export import stored
from tfgan_zoo.export.interface import Input, Interface, Output, images, source_images
from tfgan_zoo.kinds.clip import gif_frames
from tfgan_zoo.kinds.image import to_float, to_uint8
from tfgan_zoo.training.run_directory import RunError
from tfgan_zoo.training.task import Splits
from trainers.experiments import running
from trainers.experiments import vid2vid_beside_pix2pix as beside
from trainers.tasks import clips
from trainers.vid2vid import TRAINER

ROOT = pathlib.Path(__file__).resolve().parents[2]
TINY = (f"--flagfile={ROOT}/trainers/flagfiles/vid2vid_tiny.flags", "--run_dir=unused")


def task(*arguments):
    return clips.task(TRAINER.parse([*TINY, *arguments]))


def test_clips_lengthen_in_phases_of_equal_steps():
    phases = task("--clip_lengths=3,6,12", "--clip_frames=12").phases(100)
    assert [(p.name, p.steps) for p in phases] == [
        ("frames_3", 33),
        ("frames_6", 33),
        ("frames_12", 34),
    ]
    assert len({p.method for p in phases} | {"train_step"}) == 1
    table = data.open_clips("facade_walk", "validation", Request(image_size=(16, 16)), 12)
    for phase, length in zip(phases, (3, 6, 12), strict=True):
        batch = next(iter(phase.batches(table, global_batch_size=2, seed=0)))
        for name in ("source", "target", "motion"):
            assert batch[name].shape == (2, length, 16, 16, 3)
    default = TRAINER.parse(["--data=facade_walk", "--run_dir=unused"]).clip_lengths
    assert list(default) == [6, 12, 24, 30]
    assert [p.steps for p in task("--clip_lengths=3,7").phases(1)] == [1]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--clip_lengths=6,3"], "clips lengthen from phase to phase"),
        (["--clip_lengths=3,6"], "the last phase needs clips of 7 frames or more"),
        (["--clip_lengths=4,8"], "clips have --clip_frames=7"),
        (["--tflite=int8"], "leave int8 out of --tflite"),
    ],
)
def test_what_cannot_be_trained_is_one_sentence(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        task(*arguments)


@pytest.fixture(scope="module")
def model():
    """Of the tiny flagfile, untrained."""
    keras.utils.set_random_seed(0)
    return TRAINER.build(TRAINER.parse(TINY), None, 1)


@pytest.fixture(scope="module")
def splits():
    table = data.open_clips("facade_walk", "validation", Request(image_size=(16, 16)), 7)
    return Splits(table, table, table)


def test_a_clip_streams_by_what_the_last_answer_gave(model, splits):
    interface = clips.interface(model, splits)
    kinds = [(item.name, item.kind) for item in (*interface.inputs, *interface.outputs)]
    assert kinds == [
        ("images", "label_map"),
        ("memory", "state"),
        ("images", "image"),
        ("next_memory", "state"),
    ]
    assert "next_memory" in clips.SUMMARY and "zeros" in clips.SUMMARY
    served = served_by(interface)
    source = first_pictures(splits.test, 2, "source")
    drawn = drawer(served, model.memory_channels)(source)
    np.testing.assert_allclose(drawn, model.draw(source), atol=1e-3)
    # What parity is measured on are frames in the middle of a clip.
    middle = clips.remembered(model, source)
    np.testing.assert_allclose(served(**middle)["images"], drawn[:, 2], atol=1e-3)
    gif = clips.animated(source, drawn, first_pictures(splits.test, 2, "target"))
    assert gif_frames(io.BytesIO(gif)).shape == (7, 16, 3 * 16, 3)
    assert clips.sheet(source, drawn, drawn).size == (4 + 7 * 20, 4 + 6 * 20)
    assert clips.in_colour(source[0, ..., :1]).shape[-1] == 3


def test_the_measurement_beside_a_model_of_pictures(model, tmp_path):
    """What is drawn frame by frame is each frame's picture; a clip is what the model draws."""
    source = np.random.default_rng(0).uniform(-1, 1, (2, 3, 16, 16, 3)).astype(np.float32)
    frames = beside.frame_by_frame(lambda images: 0.5 * images)(source)
    np.testing.assert_allclose(frames, 0.5 * source)
    np.testing.assert_allclose(beside.drawer(model)(source), model.draw(source), atol=1e-3)
    assert beside.animated([source, frames])[:6] == b"GIF89a"
    with pytest.raises(RunError, match="is no folder of a run of trainers.vid2vid"):
        running.settings(TRAINER, tmp_path / "nowhere")


def fading(shape=(8, 10, 3)):
    """An interface that draws the label map of the frame before, darker."""
    scale = keras.layers.Conv2D(3, 1, use_bias=False)
    scale.build((None, *shape))
    scale.set_weights([0.5 * np.eye(3).reshape(1, 1, 3, 3)])
    memory = (*shape[:2], 3)
    return Interface(
        "fading",
        (source_images(shape, label_map=True), Input("memory", "state", memory)),
        (images(shape), Output("next_memory", "state", memory)),
        call=lambda images, memory: {"images": scale(memory), "next_memory": images},
        networks=(scale,),
    )


def test_a_clip_is_drawn_from_a_folder_of_label_frames(tmp_path):
    """In the order of their numbers, frame by frame; nothing is written over."""
    interface = fading()
    save(interface, tmp_path / "fading")
    card = {"name": "fading", "interface": stored.section(interface)}
    card["files"] = {"1/saved_model.pb": 1}
    cards.replace(tmp_path / "fading" / "card.json", json.dumps(card).encode())
    place = tmp_path / "labels"
    place.mkdir()
    shades = [10 * number for number in range(4)]
    for number, shade in enumerate(shades):
        pixels = np.full((16, 20, 3), shade, np.uint8)  # of twice the size
        pillow.fromarray(pixels).save(place / f"frame{number + 8}.png")
    asked = options(generator=str(tmp_path / "fading"), input=str(place))
    counted = []
    told = clip(asked, tmp_path / "drawn.gif", show=lambda *done: counted.append(done))
    assert told.startswith("4 frames of 8x10") and counted[-1] == (4, 4)
    expected = to_uint8(0.5 * to_float(np.array(shades[:-1])).numpy())
    found = gif_frames(tmp_path / "drawn.gif")
    assert found.shape == (4, 8, 10, 3)
    np.testing.assert_array_equal(found[:, 0, 0, 0], [128, *expected])
    with pytest.raises(ExploreError, match="would be written over"):
        clip(asked, tmp_path / "drawn.gif")
    with pytest.raises(ExploreError, match="name a .gif file"):
        clip(asked, tmp_path / "drawn.png")
    (place / "frame9.png").write_bytes(b"damaged")
    with pytest.raises(ExploreError, match="frame9.png"):
        clip(asked, tmp_path / "other.gif", show=lambda *done: None)
    assert not list(tmp_path.glob("other*"))
    with pytest.raises(ExploreError, match="holds no saved_model.pb"):
        clip(options(generator=str(place), input=str(place)), tmp_path / "other.gif")
    still = dataclasses.replace(interface, outputs=interface.outputs[:1])
    card["interface"] = stored.section(still)
    cards.replace(tmp_path / "fading" / "card.json", json.dumps(card).encode())
    with pytest.raises(ExploreError, match="does not say that it takes a frame and a memory"):
        clip(asked, tmp_path / "other.gif")
