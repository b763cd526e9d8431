"""The one place for what can be asked of the data room."""

import dataclasses
import pathlib
import subprocess
import sys

import pytest

from tfgan_zoo.data.errors import DataError
from tfgan_zoo.data.request import FILES, Request


def test_every_field_explains_itself():
    for field in dataclasses.fields(Request):
        text = field.metadata["help"]
        assert text[0].isupper() and text.endswith("."), field.name
        assert {*field.metadata["families"]} <= {*FILES, "points"}, field.name


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cache": "ram"}, "cache=ram: choose one of memory, disk, none"),
        ({"kind": "photo"}, "kind=photo: choose one of image, labels, auto"),
        ({"channels": 0}, "channels=0: give from 1 to 4"),
        ({"val_count": -1}, "val_count=-1: give at least 0"),
        ({"max_length": 0}, "max_length=0: give at least 1"),
        ({"image_size": (8,)}, r"image_size=\(8,\): give \(height, width\)"),
    ],
)
def test_wrong_values_are_refused_at_once(options, message):
    with pytest.raises(DataError, match=message):
        Request(**options)


def test_what_is_held_out():
    hold_out = Request(val_count=3, test_share=0.5).hold_out
    assert hold_out.ranges(20) == {"train": (0, 7), "validation": (7, 10), "test": (10, 20)}


def test_a_request_needs_no_tensorflow():
    code = "import sys, tfgan_zoo.data.request; sys.exit('tensorflow' in sys.modules)"
    root = pathlib.Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
