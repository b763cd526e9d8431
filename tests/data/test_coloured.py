"""Grey pictures in coloured ink."""

import numpy as np
import pytest

from tfgan_zoo.data.coloured import GROUNDS, INKS, LOOKS, coloured
from tfgan_zoo.data.errors import DataError
from tfgan_zoo.data.examples import Examples
from tfgan_zoo.data.request import Request
from tfgan_zoo.data.sources import exists, open_images
from tfgan_zoo.kinds.image import Image


def grey(split, count=300):
    pixels = np.zeros((count, 4, 4, 1), np.uint8)
    pixels[:, 1], pixels[:, 2] = 255, 128
    info = {"name": "bars", "split": split, "label_names": ["bar"]}
    names = [str(i) for i in range(count)]
    return Examples.from_arrays({"images": pixels}, {"images": Image((4, 4, 1))}, names, info)


def test_paper_is_ground_ink_is_ink_and_grey_lies_between():
    table = coloured(grey("test", 2))
    assert len(table) == 12 and table.info["views"] == 6
    found = table.fetch(np.arange(12))
    np.testing.assert_array_equal(found["labels"], [*range(6), *range(6)])
    for image, look in zip(found["images"], list(LOOKS) * 2, strict=True):
        ink, ground = (np.array(part, float) for part in LOOKS[look])
        np.testing.assert_array_equal(image[0, 0], ground)
        np.testing.assert_array_equal(image[1, 0], ink)
        np.testing.assert_allclose(image[2, 0], (ink + ground) / 2, atol=1)
    assert LOOKS["green+light"] == (INKS["green"], GROUNDS["light"])


def test_each_training_picture_has_one_look_drawn_by_the_seed():
    table = coloured(grey("train"))
    assert len(table) == 300 and "views" not in table.info
    labels = table.fetch(np.arange(300))["labels"]
    assert np.bincount(labels, minlength=6).min() > 25
    np.testing.assert_array_equal(labels[[5, 3]], table.fetch([5, 3])["labels"])
    other = coloured(grey("train"), seed=1).fetch(np.arange(300))["labels"]
    assert (labels != other).any()


def test_the_set_is_opened_by_its_name():
    assert exists("coloured:digits") and not exists("coloured:nothing")
    request = Request(image_size=(16, 16))
    train = open_images("coloured:digits", "train", request)
    assert train.fields["images"].shape == (16, 16, 3)
    assert train.info["label_names"] == list(LOOKS)
    assert "views" in open_images("coloured:digits", "validation", request).info
    with pytest.raises(DataError, match="has 3 channels, not 1"):
        open_images("coloured:digits", "train", Request(channels=1))
