"""Pictures as files."""

import numpy as np
from PIL import Image

from tfgan_zoo.kinds import image
from tfgan_zoo.training import pictures


def test_save_is_lossless_and_leaves_one_file(tmp_path):
    sheet = image.square_grid(np.random.default_rng(0).uniform(-1, 1, (4, 3, 3, 3)))
    pictures.save(sheet, tmp_path / "a.png")
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "a.png")), np.asarray(sheet))
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
