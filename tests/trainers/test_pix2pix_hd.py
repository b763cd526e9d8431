"""pix2pixHD's trainer: phases and rates, the palette, what it refuses, the table beside pix2pix."""

import types

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image as pillow

from tfgan_zoo.data.errors import DataError
from tfgan_zoo.data.examples import Examples
from tfgan_zoo.data.facades import PALETTE
from tfgan_zoo.data.instances import open_with_instances
from tfgan_zoo.data.request import Request
from tfgan_zoo.kinds.image import Image
from tfgan_zoo.kinds.label_map import LabelMap
from tfgan_zoo.training.task import Splits
from trainers.experiments import pix2pix_hd_beside_pix2pix as beside
from trainers.experiments import running
from trainers.pix2pix_hd import TRAINER, adam, phases
from trainers.tasks import label_maps


def parsed(*arguments):
    return TRAINER.parse(["--data=facades", "--run_dir=/tmp/none", *arguments])


def test_the_defaults_are_the_papers_phases_and_rates():
    planned = [(p.name, p.method) for p in phases(parsed())(0)]
    assert planned == [
        *(("global", "global_step"), ("enhancer", "enhancer_step"), ("joint", "train_step"))
    ]
    # 100 epochs at one rate and 100 in which it falls, of Cityscapes' 2975 pictures; then 50 and
    # 50, in the first 10 of which the global net stands still.
    assert [p.steps for p in phases(parsed())(0)] == [200 * 2975, 10 * 2975, 90 * 2975]
    rate = adam(parsed(), "coarse_generator")._learning_rate
    assert float(rate(0)) == float(rate(297_500)) == pytest.approx(2e-4)
    assert float(rate(595_000)) < 1e-9
    values = parsed("--enhancer_steps=0", "--discriminator_learning_rate=0.001")
    assert [p.name for p in phases(values)(0)] == ["global", "joint"]
    assert float(adam(values, "discriminator")._learning_rate(0)) == pytest.approx(1e-3)
    assert float(adam(values, "generator")._learning_rate(0)) == pytest.approx(2e-4)


def test_data_without_instances_is_one_sentence(tmp_path):
    for side in "ab":
        (tmp_path / side).mkdir()
        for number in range(20):
            pixels = np.full((16, 16, 3), number, np.uint8)
            pillow.fromarray(pixels).save(tmp_path / side / f"{number}.png")
    spec = f"--data={tmp_path / 'a'},{tmp_path / 'b'}"
    for flags, sentence in (
        (("--labels=source",), "has no instance maps: name the folder .*--instances=DIR"),
        ((), "is no label map: give label maps as palette PNGs"),
    ):
        task = TRAINER.task(parsed(spec, "--image_size=16", *flags))
        with pytest.raises(DataError, match=sentence):
            task.open(types.SimpleNamespace(cache=tmp_path / "cache"))
    areas = TRAINER.task(parsed(spec, "--image_size=16", "--labels=source", "--instances=areas"))
    splits = areas.open(types.SimpleNamespace(cache=tmp_path / "cache"))
    assert splits.train.fields["instances"].shape == (18, 18, 1)


def table(pixels, palette=None):
    kind = LabelMap(pixels.shape[1:], palette)
    return Examples.from_arrays({"source": pixels}, {"source": kind}, list("ab"), {})


def test_the_palette_is_the_datas_or_all_colours_that_are_seen():
    pixels = np.zeros((2, 2, 2, 3), np.uint8)
    other = np.full((2, 2, 2, 3), 7, np.uint8)
    tables = (table(pixels), table(other), table(pixels))
    assert label_maps.palette(Splits(*tables)) == [[0, 0, 0], [7, 7, 7]]
    known = ((1, 2, 3), (0, 0, 0), (7, 7, 7))
    assert label_maps.palette(Splits(table(pixels, known), *tables[1:])) == [*map(list, known)]
    grey = [table(part[..., :1]) for part in (pixels, other, pixels)]
    assert label_maps.palette(Splits(*grey)) == [[0], [7]]
    smooth = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3)).astype(np.uint8)
    with pytest.raises(ValueError, match="more than 256 colours.*not as JPEG"):
        label_maps.palette(Splits(table(smooth), *tables[1:]))


def test_a_small_picture_is_enlarged_for_the_eye():
    small = tf.reshape(tf.range(4.0), [1, 2, 2, 1])
    np.testing.assert_array_equal(
        label_maps.enlarged(small, (4, 4))[0, ..., 0], np.kron([[0, 1], [2, 3]], np.ones((2, 2)))
    )
    assert label_maps.enlarged(small, (2, 2)) is small


def test_the_table_beside_pix2pix(tmp_path):
    request = Request(image_size=(32, 32), data_dir=tmp_path, num_examples=3)
    train, test = (open_with_instances("facades", part, request) for part in ("train", "test"))
    answers = {
        "pix2pix": lambda batch: batch["target"],
        "pix2pix_hd": lambda batch: tf.zeros_like(batch["target"]),
    }
    rows = beside.compared(answers, test, train)
    assert rows["pix2pix"]["l1"] == 0 < rows["pix2pix_hd"]["l1"]
    assert rows["pix2pix"]["class_iou"] > rows["pix2pix_hd"]["class_iou"]
    assert "one colour per label" in rows
    assert beside.drawn(answers, test).width == 4 * 36 + 4
    assert isinstance(test.fields["target"], Image) and len(PALETTE) == 12


class Convolution(tf.Module):
    """A kernel of a variable, which lives as long as the module that was loaded."""

    def __init__(self):
        super().__init__()
        self.kernel = tf.Variable(tf.ones([3, 3, 3, 5]))

    @tf.function(input_signature=[tf.TensorSpec([None, 8, 6, 3], name="images")])
    def draw(self, images):
        return {"images": tf.nn.conv2d(images, self.kernel, 1, "SAME")}


def test_operations_are_two_for_each_product(tmp_path):
    module = Convolution()
    tf.saved_model.save(module, str(tmp_path), module.draw)
    assert beside.flops(running.loaded(tmp_path), (8, 6)) == 2 * 8 * 6 * 3 * 3 * 3 * 5
