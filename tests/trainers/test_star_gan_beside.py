"""StarGAN beside CycleGANs: the pictures that both learn from, and what the table says."""

import pathlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests import commands
from tfgan_zoo.data.request import Request
from tfgan_zoo.data.sources import open_images
from trainers.experiments import star_gan_beside_cyclegan as beside

MODULE = "trainers.experiments.star_gan_beside_cyclegan"
SIZE = (8, 8, 1)


class Star(tf.Module):
    """Draws pictures lighter, by a shift for each label asked for."""

    def __init__(self, shifts):
        super().__init__()
        self.shifts = tf.Variable(shifts)

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, *SIZE], tf.float32, name="images"),
            tf.TensorSpec([None], tf.int32, name="labels"),
        ]
    )
    def draw(self, images, labels):
        return {"images": images + tf.gather(self.shifts, labels)[:, None, None, None]}


class Way(tf.Module):
    """Draws pictures lighter, by one shift."""

    def __init__(self, shift):
        super().__init__()
        self.shift = tf.Variable(shift)

    @tf.function(input_signature=[tf.TensorSpec([None, *SIZE], tf.float32, name="images")])
    def draw(self, images):
        return {"images": images + self.shift}


def save(module, folder):
    tf.saved_model.save(module, str(folder), signatures={"serving_default": module.draw})


@pytest.fixture(scope="module")
def grey(tmp_path_factory):
    """Dark, medium and light pictures in folders of their classes, 12 and 4 of each."""
    folder = tmp_path_factory.mktemp("beside") / "grey"
    chance = np.random.default_rng(0)
    for part, count in (("train", 12), ("val", 4), ("test", 4)):
        for name, level in (("dark", 60), ("medium", 120), ("white", 180)):
            target = folder / part / name
            target.mkdir(parents=True)
            for number in range(count):
                values = level + chance.integers(-9, 9, SIZE[:2])
                Image.fromarray(values.astype(np.uint8)).save(target / f"{number}.png")
    return folder


@pytest.fixture(scope="module")
def exports(tmp_path_factory):
    """A StarGAN that draws dark pictures white and no white ones dark, and a CycleGAN for both."""
    folder, step = tmp_path_factory.mktemp("exports"), 120 / 127.5
    save(Star([0.0, step]), folder / "star")
    save(Way(step), folder / "cycle" / "a_to_b")
    save(Way(-step), folder / "cycle" / "b_to_a")
    return folder


def test_the_whole_measurement(grey, exports, tmp_path):
    faces, output = tmp_path / "faces", tmp_path / "beside.png"
    words = (f"--faces={faces}", "--classes=dark,white", "--image_size=8")
    done = commands.run(MODULE, *words, f"--data={grey}", "--most=10")
    assert done.returncode == 0, done.stderr
    assert f"--data={faces}/dark_white" in done.stdout
    table = open_images(str(faces / "all"), "train", Request(image_size=SIZE[:2], channels=1))
    assert table.info["label_names"] == ["dark", "white"] and len(table) == 20
    for name, count in (("trainA", 10), ("trainB", 10), ("valA", 4), ("testB", 4)):
        assert len(list((faces / "dark_white" / name).iterdir())) == count
    own = Image.open(faces / "dark_white" / "testB" / "0000.png")
    assert 165 < np.asarray(own).mean() < 195

    asked = (f"--star_gan={exports / 'star'}", f"--cyclegans={exports / 'cycle'}")
    done = commands.run(MODULE, *words, *asked, f"--output={output}")
    assert done.returncode == 0, done.stderr
    rows = {line.split(":")[0]: line for line in done.stdout.splitlines()}
    assert rows["real"] == "real: error 0.000, dark 0.000, white 0.000"
    assert rows["CycleGANs"].startswith("CycleGANs: error 0.000, back_l1 0.000")
    assert "dark to white 0.000, white to dark 1.000" in rows["StarGAN"]
    with Image.open(output) as picture:
        assert picture.height > 2 * 9 * 8
    assert output.with_suffix(".json").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "--faces is needed"),
        (["--faces=made", "--classes=dark"], "--classes are two names or more"),
        (["--faces=made", "--classes=dark,blue"], "has no 'blue', but dark, medium, white"),
        (["--faces=made", "--star_gan=a", "--classes=dark,white"], "1 --cyclegans are needed"),
    ],
)
def test_wrong_words_are_named(words, message, grey, tmp_path):
    words = [word.replace("made", str(tmp_path / "made")) for word in words]
    done = commands.run(MODULE, *words, f"--data={grey}", "--image_size=8")
    assert done.returncode == 2 and message in done.stderr
    blue = any("blue" in word for word in words)
    assert not blue or not pathlib.Path(tmp_path / "made").exists(), "nothing half-written is left"


def test_each_way_has_its_error():
    held = {"a": np.full((3, 2, 2, 1), -1.0), "b": np.full((1, 2, 2, 1), 1.0)}

    def error(pictures, wanted):
        return float(((pictures.mean((1, 2, 3)) > 0) != (wanted == "b")).mean())

    def draw(pictures, own, wanted):
        return pictures if own == "a" else 0.5 - pictures

    found = beside.scores(draw, error, held)
    assert found["a to b"] == 1 and found["b to a"] == 0 and found["error"] == 0.5
    assert found["back_l1"] == pytest.approx((2.5 + 1.5) / 2)
