"""Text: where lines come from, what becomes of them, and everything that can be wrong."""

import gzip

import numpy as np
import pytest

from tfgan_zoo.data import pipeline, text
from tfgan_zoo.data.errors import DataError
from tfgan_zoo.data.request import Request
from tfgan_zoo.kinds.tokens import Tokens


def opened(spec, split="train", **options):
    options = {"max_length": 4, "val_count": 0, "test_count": 0, **options}
    return text.open_text(str(spec), split, Request(**options))


def lines(table):
    return table.fields["tokens"].lines(table.fetch(np.arange(len(table)))["tokens"])


def write(path, *rows):
    path.write_text("".join(f"{row}\n" for row in rows), "utf-8")
    return path


# Where lines come from.


def test_a_file_of_lines_is_cut_from_its_end(tmp_path):
    file = write(tmp_path / "a.txt", *"abcdefghij", "")
    parts = {s: opened(file, s, val_count=2, test_count=3) for s in ("train", "val", "test")}
    assert lines(parts["train"]) == [*"abcde"] and parts["train"].names[1] == "a.txt:2"
    # The words of the held-out lines are not in the vocabulary, which is that of training.
    assert lines(parts["val"]) == ["<unknown>"] * 2 and len(parts["test"]) == 3
    assert parts["val"].fields == parts["train"].fields
    info = parts["test"].info
    assert info["name"] == "a.txt" and info["split"] == "test" and info["unknown_share"] == 1
    assert info["split_rule"] == (
        "the order of the lines; validation and test from the end of train: "
        "train 5, validation 2, test 3"
    )


def test_a_folder_with_files_of_the_splits(tmp_path):
    write(tmp_path / "train.txt", "a b", "a c")
    (tmp_path / "test.txt.gz").write_bytes(gzip.compress(b"c a\n"))
    write(tmp_path / "valid.txt", "b b")
    found = {s: lines(opened(tmp_path, s)) for s in ("train", "validation", "test")}
    assert found == {"train": ["a b", "a c"], "validation": ["b b"], "test": ["c a"]}
    write(tmp_path / "val.txt", "b")
    with pytest.raises(DataError, match=r"val.txt and .*valid.txt mean the same split"):
        opened(tmp_path)


def test_a_folder_of_any_files_is_read_in_order(tmp_path):
    write(tmp_path / "b.txt", "second")
    write(tmp_path / "a.TXT", "first")
    write(tmp_path / ".hidden.txt", "no")
    write(tmp_path / "notes.md", "no")
    table = opened(tmp_path)
    assert lines(table) == ["first", "second"] and table.names == ["a.TXT:1", "b.txt:1"]


def test_two_files(tmp_path):
    train, test = write(tmp_path / "x,1.txt", *"abcd"), write(tmp_path / "y.txt", "a", "b")
    assert lines(opened(f"{train}, {test}", "test")) == ["a", "b"]
    assert lines(opened(f"{train},{test}", "val", val_count=1)) == ["<unknown>"]
    assert text.exists(f"{train},{test}") and text.exists(train) and not text.exists("a,b")


def test_captions():
    parts = {
        s: opened("captions", s, val_count=None, test_count=None, max_length=16)
        for s in ("train", "validation", "test")
    }
    assert [len(part) for part in parts.values()] == [4250, 250, 500]
    train = parts["train"]
    assert len(train.fields["tokens"].vocabulary) == 4 + 102
    assert train.info["cut"] == 0 and train.info["unknown_share"] == 0
    assert not {*lines(train)} & {*lines(parts["test"])}
    assert len(opened("captions", num_examples=20)) == 20
    with pytest.raises(DataError, match="cannot be drawn"):
        opened("captions", num_examples=20_000)


# What becomes of lines.


def test_rows_end_are_padded_or_cut(tmp_path):
    file = write(tmp_path / "a.txt", "a", "a a a", "a a a a", "a a a a a", "  ", "\ta  a ")
    table = opened(file)
    assert table.fetch(np.arange(5))["tokens"].tolist() == [
        [4, 2, 0, 0],
        [4, 4, 4, 2],
        [4, 4, 4, 4],
        [4, 4, 4, 4],
        [4, 4, 2, 0],
    ]
    assert table.info["cut"] == 1 and table.names[-1] == "a.txt:6"
    assert isinstance(table.fields["tokens"], Tokens) and table.fields["tokens"].shape == (4,)


def test_small_letters_unless_told_otherwise(tmp_path):
    file = write(tmp_path / "a.txt", "Äpfel äpfel")
    assert lines(opened(file)) == ["äpfel äpfel"]
    assert lines(opened(file, lower_case=False)) == ["Äpfel äpfel"]


def test_rare_words_are_unknown(tmp_path):
    file = write(tmp_path / "a.txt", "a a b", "b a c", "d")
    table = opened(file, vocabulary_size=6)
    assert lines(table) == ["a a b", "b a <unknown>", "<unknown>"]
    assert table.info["unknown_share"] == pytest.approx(2 / 7)
    assert len(opened(file, vocabulary_size=None).fields["tokens"].vocabulary) == 8


def test_characters(tmp_path):
    table = opened(write(tmp_path / "a.txt", " ab a "), units="characters", max_length=6)
    assert table.fields["tokens"].vocabulary.words[4:] == ("a", " ", "b")
    assert lines(table) == ["ab a"]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_ends_and_byte_order_mark(tmp_path, ending):
    content = f"\ufeffa{ending}b\u2028c{ending}".encode()
    (tmp_path / "a.txt").write_bytes(content)
    table = opened(tmp_path / "a.txt")
    assert lines(table) == ["a", "b c"]


def test_the_stream_carries_tokens_as_they_are(tmp_path):
    table = opened(write(tmp_path / "a.txt", *"abcdef"))
    batches = pipeline.train_batches(table, global_batch_size=3, seed=0, flip=True)
    seen = [batch["tokens"] for batch in batches.take(2).as_numpy_iterator()]
    assert seen[0].dtype == np.int32 and seen[0].shape == (3, 4)
    np.testing.assert_array_equal(
        np.sort(np.concatenate(seen)[:, 0]), table.fetch(range(6))["tokens"][:, 0]
    )


# What can be wrong.


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"a.txt: is empty \(zero bytes\)"),
        (b" \n\n", "a.txt: has no line with text"),
        (b"fine\n\xff\xfe", r"a.txt: is not text in UTF-8 \(byte 5\)"),
    ],
)
def test_files_that_hold_no_text(tmp_path, content, message):
    (tmp_path / "a.txt").write_bytes(content)
    for spec in (tmp_path / "a.txt", tmp_path):
        with pytest.raises(DataError, match=message):
            opened(spec)


def test_a_packed_file_that_is_damaged(tmp_path):
    whole = gzip.compress(b"a\n" * 1000)
    for content in (whole[:-9], b"a\n", whole[:12] + b"xxxx" + whole[16:]):
        (tmp_path / "a.txt.gz").write_bytes(content)
        with pytest.raises(DataError, match=r"a.txt.gz: is not a sound .gz file"):
            opened(tmp_path / "a.txt.gz")


def test_bad_files_of_a_folder_can_be_left_out(tmp_path):
    write(tmp_path / "a.txt", "a")
    (tmp_path / "b.txt").write_bytes(b"\xff")
    with pytest.raises(DataError, match="1 problem in the data .--skip_bad"):
        opened(tmp_path)
    table = opened(tmp_path, skip_bad=True)
    assert lines(table) == ["a"] and table.info["skipped"] == 1
    write(tmp_path / "train.txt", "b")
    with pytest.raises(DataError, match="a.txt: lies beside the files of the splits"):
        opened(tmp_path)
    assert lines(opened(tmp_path, skip_bad=True)) == ["b"]


@pytest.mark.parametrize("spec", ["nothing", "nothing/at/all", "a.txt,b.txt"])
def test_what_is_not_there(spec):
    with pytest.raises(DataError, match=f"'{spec}' is no file and no folder that exists; --data"):
        opened(spec)


def test_other_refusals(tmp_path):
    with pytest.raises(DataError, match="--data is empty; it accepts 'captions'"):
        opened("")
    with pytest.raises(DataError, match=r"holds no text files \(.txt, .txt.gz\)"):
        opened(tmp_path)
    write(tmp_path / "test.txt", "a")
    with pytest.raises(DataError, match="has test.txt but no train.txt"):
        opened(tmp_path)
    write(tmp_path / "train.txt", "a")
    with pytest.raises(DataError, match=r"has no lines for 'validation'; it has train \(1\), "):
        opened(tmp_path, "validation")
    with pytest.raises(DataError, match="leave none for training"):
        opened(tmp_path, val_count=1)
    with pytest.raises(DataError, match="has no lines for 'extra'"):
        opened(tmp_path, "extra")


def test_texygen_captions(real_data):
    folder = real_data / "text_texygen"
    spec = f"{folder / 'coco_train.txt.gz'},{folder / 'coco_test.txt.gz'}"
    train, test = (opened(spec, s, max_length=24, val_count=500) for s in ("train", "test"))
    assert len(train) == 9500 and len(test) == 10_000
    assert train.fields == test.fields and len(train.fields["tokens"].vocabulary) <= 5000
    assert train.info["unknown_share"] < 0.02 and test.info["unknown_share"] < 0.08
    assert len(lines(test)[0].split()) > 5
