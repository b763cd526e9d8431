"""Clips: the built-in ones, folders, GIF files and TFDS; stretches, frames, and refusals."""

import shutil

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image as pillow

from tfgan_zoo.data import clip_files, clips
from tfgan_zoo.data.errors import DataError
from tfgan_zoo.data.facade_walk import walk
from tfgan_zoo.data.request import Request
from tfgan_zoo.data.sources import exists, open_images, open_pairs
from tfgan_zoo.kinds.clip import Clip
from tfgan_zoo.kinds.image import Image
from tfgan_zoo.kinds.label_map import LabelMap
from tfgan_zoo.kinds.motion import Motion

SIZE = (16, 24)
REQUEST = Request(image_size=SIZE)
HELD = Request(image_size=SIZE, val_count=1, test_count=1, labels="source")


def drawn(count=4, frames=5):
    return [walk(3, "train", index, SIZE, frames)[:2] for index in range(count)]


def write(root, made, form):
    """Two folders of clips: numbered PNG files of which 10 comes after 9, or GIF files."""
    for number, clip in enumerate(made):
        for side, frames in zip("ab", clip, strict=True):
            folder = root / side
            folder.mkdir(parents=True, exist_ok=True)
            if form == "gif":
                (folder / f"clip{number}.gif").write_bytes(Clip(frames.shape).encode(frames))
                continue
            (folder / f"clip{number}").mkdir()
            for at, frame in enumerate(frames):
                pillow.fromarray(frame).save(folder / f"clip{number}" / f"{at + 7}.png")
    return f"{root / 'a'},{root / 'b'}"


def test_the_built_in_clips():
    found = clips.open_clips("facade_walk", "val", REQUEST, 4)
    assert len(found) == 6 and found.info["split"] == "validation" and exists("facade_walk")
    kinds = found.fields
    assert kinds["source"] == Clip((4, *SIZE, 3), True, clips.PALETTE)
    assert (kinds["target"], kinds["motion"]) == (Clip((4, *SIZE, 3)), Motion((4, *SIZE, 3)))
    some = found.fetch([5, 0])
    for row, index in enumerate((5, 0)):
        for name, array in zip(kinds, walk(0, "validation", index, SIZE, 4), strict=True):
            np.testing.assert_array_equal(some[name][row], array)


def test_stretches_of_clips_are_all_there_are():
    found = clips.open_clips("facade_walk", "validation", REQUEST, 5)
    cut = clips.windows(found, 3)
    assert len(cut) == 6 * 3 and cut.fields["motion"].shape == (3, *SIZE, 3)
    whole, parts = found.fetch([1]), cut.fetch([3, 5])
    for row, start in enumerate((0, 2)):
        np.testing.assert_array_equal(parts["target"][row], whole["target"][0, start : start + 3])
        moved = whole["motion"][0, start + 1 : start + 3]
        np.testing.assert_array_equal(parts["motion"][row, 1:], moved)
        assert not parts["motion"][row, 0].any()
    assert whole["motion"][0, 2].any()
    with pytest.raises(ValueError, match="no stretches of 6"):
        clips.windows(found, 6)


def test_frames_are_pairs():
    found = open_pairs("facade_walk", "validation", REQUEST)
    assert len(found) == 6 * 30
    assert found.fields["source"] == LabelMap((*SIZE, 3), clips.PALETTE)
    assert found.fields["target"] == Image((*SIZE, 3))
    labels, photos, _ = walk(0, "validation", 1, SIZE, 30)
    some = found.fetch([30, 59])
    np.testing.assert_array_equal(some["source"], labels[[0, 29]])
    np.testing.assert_array_equal(some["target"], photos[[0, 29]])
    with pytest.raises(DataError, match="single images are needed here"):
        open_images("facade_walk", "train", REQUEST)


@pytest.mark.parametrize("form", ["folders", "gif"])
def test_clips_of_files(form, tmp_path):
    made = drawn()
    spec = write(tmp_path, made, form)
    found = clips.open_clips(spec, "train", HELD, 2)
    # Five frames are two clips of two; the last frame is left over.
    assert len(found) == 2 * 2 and found.names[:2] == ["clip0:0", "clip0:2"]
    assert found.fields["source"].label_map and not found.fields["target"].label_map
    some = found.fetch(np.arange(4))
    for row, (clip, start) in enumerate(((0, 0), (0, 2), (1, 0), (1, 2))):
        np.testing.assert_array_equal(some["source"][row], made[clip][0][start : start + 2])
        away = some["target"][row].astype(int) - made[clip][1][start : start + 2]
        assert np.abs(away).mean() < (8 if form == "gif" else 0.01)
    assert "estimated" in found.info["note"] and some["motion"][:, 1, ..., 2].mean() > 0.2
    test = clips.open_clips(spec, "test", HELD, 5)
    assert test.names == ["clip3:0"]


def test_folders_of_splits_and_another_size(tmp_path):
    made = drawn(3)
    for split, clip in zip(("train", "val", "test"), made, strict=True):
        write(tmp_path / "all", [clip], "folders")
        for side in "ab":
            place = tmp_path / side / split
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(tmp_path / "all" / side, place)
    spec = f"{tmp_path / 'a'},{tmp_path / 'b'}"
    request = Request(image_size=(32, 48), labels="source")
    found = clips.open_clips(spec, "test", request, 5)
    whole = found.fetch([0])
    doubled = made[2][0].repeat(2, 1).repeat(2, 2)
    np.testing.assert_array_equal(whole["source"][0], doubled)


class Films(tfds.core.GeneratorBasedBuilder):
    """Two videos of two clips."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        video = tfds.features.Video(shape=(None, *SIZE, 3))
        features = tfds.features.FeaturesDict({"source": video, "target": video})
        return tfds.core.DatasetInfo(builder=self, features=features, disable_shuffling=True)

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples(3), "test": self._generate_examples(1)}

    def _generate_examples(self, count):
        for number, (labels, photos) in enumerate(drawn(count, 3)):
            yield number, {"source": labels, "target": photos}


def test_videos_of_tfds(tmp_path):
    Films(data_dir=tmp_path).download_and_prepare()
    request = Request(image_size=SIZE, data_dir=tmp_path, labels="source", val_count=1)
    found = clips.open_clips("tfds:films", "train", request, 3)
    assert len(found) == 2
    np.testing.assert_array_equal(found.fetch([1])["target"][0], drawn(2, 3)[1][1])
    assert len(clips.open_clips("tfds:films", "test", request, 3)) == 1


def refused(spec, sentence, request=HELD, frames=5, split="train"):
    with pytest.raises(DataError, match=sentence):
        clips.open_clips(spec, split, request, frames)


def test_what_cannot_be_opened_is_one_sentence(tmp_path):
    refused("nowhere", "names no clips; --data accepts 'facade_walk'")
    refused(str(tmp_path), "is one folder; clips come in pairs")
    refused("facade_walk", "no split 'half'", Request(image_size=SIZE), split="half")
    refused("facade_walk", "leave the channels at 3", Request(image_size=SIZE, source_channels=1))
    refused("facade_walk", "says nothing", Request(image_size=SIZE, test_count=3))
    refused("facade_walk", "at least 16 pixels", Request(image_size=(8, 8)))
    spec = write(tmp_path, drawn(), "folders")
    refused(spec, "No clip .* has 6 frames", frames=6)
    refused(spec, "no clips for 'half'", split="half")
    a, b = tmp_path / "a", tmp_path / "b"
    (b / "clip0" / "7.png").unlink()
    refused(spec, "clip0 has 5 frames and .*clip0 has 4")
    shutil.rmtree(b / "clip0")
    refused(spec, "The clip 'clip0' lies in one of")
    shutil.rmtree(a / "clip0")
    (a / "clip1" / "8.png").write_bytes(b"damaged")
    refused(spec, "8.png")
    for place in (a / "clip1").iterdir():
        place.unlink()
    refused(spec, "clip1 holds no frames")


def test_frames_come_in_the_order_of_their_numbers(tmp_path):
    for name in ("10.png", "9.png", "frame 2.png", "notes.txt", ".hidden.png"):
        (tmp_path / name).write_bytes(b"")
    names = [path.name for path in clip_files.frame_paths(tmp_path)]
    assert names == ["9.png", "10.png", "frame 2.png"]
