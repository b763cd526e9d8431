"""Tokens and their vocabulary: what a row means, and how it comes and goes as text."""

import numpy as np
import pytest

from tfgan_zoo.kinds.kind import KindError
from tfgan_zoo.kinds.tokens import MARKS, Tokens, Vocabulary

LINES = [["a", "dog", "runs"], ["a", "dog", "sits"], ["a", "cat"]]


def words(length=5, size=None):
    return Tokens(length, Vocabulary.of_lines(LINES, size))


def test_marks_come_first_and_words_by_frequency():
    vocabulary = words().vocabulary
    assert vocabulary.words == (*MARKS, "a", "dog", "cat", "runs", "sits")
    assert (vocabulary.pad, vocabulary.start, vocabulary.end, vocabulary.unknown) == (0, 1, 2, 3)
    assert len(vocabulary) == 9


def test_the_rest_of_a_small_vocabulary_is_unknown():
    kind = words(size=6)
    assert kind.vocabulary.words[4:] == ("a", "dog")
    row = kind.vocabulary.tokens(["a", "cat"], 4)
    np.testing.assert_array_equal(row, [4, 3, 2, 0])
    assert kind.vocabulary.text(row) == "a <unknown>"
    with pytest.raises(ValueError, match="no room beside its 4 marks"):
        words(size=4)


@pytest.mark.parametrize(
    ("line", "row"),
    [
        ([], [2, 0, 0]),
        (["a"], [4, 2, 0]),
        (["a", "dog"], [4, 5, 2]),
        (["a", "dog", "runs"], [4, 5, 7]),
        (["a", "dog", "runs", "a"], [4, 5, 7]),
    ],
)
def test_end_and_padding(line, row):
    found = words().vocabulary.tokens(line, 3)
    assert found.dtype == np.int32 and found.tolist() == row
    assert words().vocabulary.text(found) == " ".join(line[:3])


def test_a_row_is_read_up_to_its_first_end_mark():
    kind = words()
    assert kind.lines([[4, 5, 2, 4, 7], [2, 4, 4, 4, 4], [0, 1, 4, 0, 5]]) == ["a dog", "", "a dog"]


def test_characters_have_nothing_between_them():
    vocabulary = Vocabulary.of_lines([list("ab b")], separator="")
    assert vocabulary.split("ab b") == ["a", "b", " ", "b"]
    assert vocabulary.text(vocabulary.tokens(list("b a"), 6)) == "b a"


def test_a_text_cannot_write_marks():
    vocabulary = words().vocabulary
    assert vocabulary.tokens(["a", "<end>", "<pad>"], 4).tolist() == [4, 3, 3, 2]


def test_numbers_have_no_marks():
    kind = Tokens(3, Vocabulary.of_numbers(12))
    assert (kind.vocabulary.start, kind.vocabulary.end, kind.vocabulary.pad) == (0, None, None)
    assert kind.lines([[0, 11, 0]]) == ["0 11 0"]
    np.testing.assert_array_equal(kind.decode(b"0 11 0\n"), [0, 11, 0])
    with pytest.raises(KindError, match="'12' is not in the vocabulary of 12 words"):
        kind.decode(b"0 1 12")
    with pytest.raises(KindError, match="no padding"):
        kind.decode(b"0 1")


def test_a_word_stands_once():
    with pytest.raises(ValueError, match="each word once"):
        Vocabulary(("a", "a"))


def test_tokens_are_taken_as_stored():
    kind, stored = words(), np.array([[4, 5, 2, 0, 0]], np.int32)
    assert (kind.name, kind.shape, kind.dtype, kind.nbytes) == ("tokens", (5,), np.int32, 20)
    assert kind.normalise(stored) is stored and kind.cropped((2, 2)) is kind
    np.testing.assert_array_equal(kind.restore(stored.astype(np.int64)), stored)
    assert kind.augment(stored, np.zeros((1, 4), np.uint64), (2, 2), True) is stored


def test_files_are_lines_of_utf8():
    vocabulary = Vocabulary.of_lines([["Käse", "größer"]])
    kind = Tokens(4, vocabulary)
    row = vocabulary.tokens(["größer", "Käse"], 4)
    assert kind.encode(row) == "größer Käse\n".encode() and kind.suffix == ".txt"
    np.testing.assert_array_equal(kind.decode(kind.encode(row)), row)
    with pytest.raises(KindError, match="not text in UTF-8"):
        kind.decode(b"\xff\xfe")


def test_spread_is_the_share_of_places_in_which_two_differ():
    kind = words(2)
    assert kind.spread([[4, 5], [4, 5], [4, 5]]) == 0
    assert kind.spread([[4, 5], [4, 6]]) == 0.5
    rows = np.random.default_rng(0).integers(0, 3, (7, 2))
    pairs = [(a != b).mean() for i, a in enumerate(rows) for b in rows[:i]]
    assert kind.spread(rows) == pytest.approx(np.mean(pairs))


def test_preview_draws_a_line_for_each_row():
    kind = words()
    one, two = (np.asarray(kind.preview([[4, 5, 7, 2, 0]] * count)) for count in (1, 2))
    assert (one < 128).any() and two.shape[0] > one.shape[0] and two.shape[1] == one.shape[1]
    # The two lines are alike and stand under one another.
    assert (two < 128).any((1, 2)).sum() == 2 * (one < 128).any((1, 2)).sum()
