"""What is cut from training where the data has no split for it."""

import pytest

from tfgan_zoo.data.errors import DataError, IdleCount
from tfgan_zoo.data.splits import HoldOut


def test_what_is_missing_comes_from_the_end_of_training():
    whole = list(range(10))
    parts, words = HoldOut(val_count=2, test_count=3).cut({"": whole})
    assert parts == {"train": whole[:5], "validation": whole[5:7], "test": whole[7:]}
    assert list(parts) == ["train", "validation", "test"]
    assert words == "; validation and test from the end of train"

    parts, words = HoldOut(val_count=2).cut({"test": ["own"], "train": whole})
    assert parts == {"train": whole[:8], "validation": whole[8:], "test": ["own"]}
    assert words == "; validation from the end of train"

    given = {"train": whole, "validation": [1], "test": [2]}
    assert HoldOut().cut(given) == (given, "")


def test_what_cannot_be_cut_is_one_sentence():
    with pytest.raises(IdleCount, match="has a test split of its own"):
        HoldOut(test_count=2).cut({"train": [1, 2, 3], "test": [4]})
    with pytest.raises(DataError, match="no split for training; it has test"):
        HoldOut().cut({"test": [1]})
