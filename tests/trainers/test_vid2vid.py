"""vid2vid's trainer: clips that lengthen, what is refused, and the measurement beside pix2pix."""

import json

import numpy as np
import pytest

from tests.test_explore import options
from tfgan_zoo.data import clips as data
from tfgan_zoo.data.request import Request
from tfgan_zoo.explore.clip import clip
from tfgan_zoo.explore.generator import ExploreError
from tfgan_zoo.export import stored
from tfgan_zoo.export.served import of_saved_model
from tfgan_zoo.kinds.clip import gif_frames
from tfgan_zoo.kinds.image import to_float, to_uint8
from trainers.experiments import vid2vid_beside_pix2pix as beside
from trainers.tasks import clips
from trainers.vid2vid import TRAINER

TINY = ("--flagfile=trainers/flagfiles/vid2vid_tiny.flags", "--run_dir=unused")


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
def trained(tmp_path_factory):
    """The run of the tiny flagfile and its export."""
    folder = tmp_path_factory.mktemp("vid2vid")
    words = [TINY[0], f"--run_dir={folder}", "--tflite="]
    return TRAINER.run(TRAINER.parse(words), words, say=lambda line: None)


@pytest.fixture(scope="module")
def export(trained):
    return trained.directory.path / "export" / "vid2vid"


def test_the_card_says_how_a_clip_streams(export):
    card = json.loads((export / "card.json").read_text())
    assert "next_memory" in card["summary"] and "zeros" in card["summary"]
    kinds = [(i["name"], i["kind"]) for i in card["interface"]["inputs"]]
    assert kinds == [("images", "label_map"), ("memory", "state")]
    assert {"warp_error", "pixel_accuracy", "l1"} <= set(card["scores"]["model"])
    assert gif_frames(export / clips.CLIP).shape == (7, 16, 3 * 16, 3)


def test_a_clip_is_drawn_from_a_folder_of_label_frames(trained, export, tmp_path):
    """As the SavedModel draws it frame by frame, whatever the length; the GIF has its colours."""
    table = data.open_clips("facade_walk", "test", Request(image_size=(16, 16)), 9)
    labels = table.fetch([0])["source"][0]
    kind = data.pairs(table).fields["source"]
    (tmp_path / "labels").mkdir()
    for number, frame in enumerate(labels):
        (tmp_path / "labels" / f"frame{number + 2}.png").write_bytes(kind.encode(frame))
    asked = options(generator=str(export), input=str(tmp_path / "labels"), overwrite=False)
    told = clip(asked, tmp_path / "drawn.gif", show=lambda done, total: None)
    assert told.startswith("9 frames of 16x16")
    served = of_saved_model(stored.from_card(stored.find_card(export / "1")), export / "1")
    memory, expected = np.zeros((1, 16, 16, trained.model.memory_channels), np.float32), []
    for frame in labels:
        answer = served(images=to_float(frame[None]).numpy(), memory=memory)
        memory = answer["next_memory"]
        expected.append(to_uint8(answer["images"][0]))
    np.testing.assert_array_equal(gif_frames(tmp_path / "drawn.gif"), np.stack(expected))
    with pytest.raises(ExploreError, match="would be written over"):
        clip(asked, tmp_path / "drawn.gif", show=lambda done, total: None)
    with pytest.raises(ExploreError, match="name a .gif file"):
        clip(asked, tmp_path / "drawn.png", show=lambda done, total: None)


def test_the_measurement_beside_a_model_of_pictures(trained):
    """What is drawn frame by frame is each frame's picture; a clip is what the model draws."""
    source = np.random.default_rng(0).uniform(-1, 1, (2, 3, 16, 16, 3)).astype(np.float32)
    frames = beside.frame_by_frame(lambda images: 0.5 * images)(source)
    np.testing.assert_allclose(frames, 0.5 * source)
    drawn = beside.drawer(trained.model)(source)
    np.testing.assert_allclose(drawn, trained.model.draw(source), atol=1e-3)
    again = beside.trained(TRAINER, trained.directory.path)
    np.testing.assert_allclose(beside.drawer(again)(source), drawn, atol=1e-3)
    assert beside.animated([source, frames])[:6] == b"GIF89a"
