"""The sheet of held-out examples: its picture, what the card says of it, and back again."""

import numpy as np
import pytest

from tfgan_zoo.export import card, reexport, sheet


def pictures(count, height, width, channels, seed=0):
    levels = np.random.default_rng(seed).integers(0, 256, (count, height, width, channels))
    return levels.astype(np.float32) / np.float32(127.5) - 1


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_what_stands_in_a_sheet_is_read_back_to_the_level(tmp_path, channels):
    rows = {"images": pictures(20, 6, 10, channels), "real": pictures(18, 6, 10, channels, 1)}
    made = sheet.matching(rows, np.arange(20))
    section = made.section()
    assert section == {
        "file": "examples.png",
        "tile": [6, 10],
        "columns": 16,
        "rows": ["images", "real"],
        "labels": list(range(16)),
    }
    (tmp_path / "examples.png").write_bytes(card.png(made.picture()))
    found = reexport.kept_sheet({"examples": section}, tmp_path)
    assert found.labels == list(range(16))
    for name, kept in found.rows.items():
        np.testing.assert_allclose(kept, rows[name][:16], atol=1e-6)
    with pytest.raises(ValueError, match="not of the size that the card says"):
        reexport.kept_sheet({"examples": section | {"columns": 15}}, tmp_path)
    assert reexport.kept_sheet({}, tmp_path) is None


@pytest.mark.parametrize(("width", "count"), [(28, 16), (64, 16), (128, 8), (256, 4), (1024, 4)])
def test_wide_pictures_are_fewer(width, count):
    assert sheet.columns(width) == count


def test_what_does_not_match_gives_no_sheet():
    assert sheet.matching({"real": pictures(0, 6, 6, 1)}) is None
    assert sheet.matching({"a": pictures(2, 6, 6, 1), "b": pictures(2, 6, 6, 3)}) is None
    few = sheet.matching({"a": pictures(3, 6, 6, 1), "b": pictures(2, 6, 6, 1)})
    assert few.section()["columns"] == 2 and few.labels is None
