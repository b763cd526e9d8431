"""Flagfiles of any make, home folders, and what absl says of a flag with its place."""

import pathlib

import pytest
from absl import flags as absl_flags

from trainers.dcgan import TRAINER


def parse(*words):
    return TRAINER.parse([*map(str, words)])


def test_a_byte_order_mark_is_read_away(tmp_path):
    path = tmp_path / "a.flags"
    path.write_bytes(b"\xef\xbb\xbf--data=digits\r\n\r\n# words\r\n--image_size=16\r\n")
    values = parse(f"--flagfile={path}")
    assert values.data == "digits" and values.image_size == (16, 16)
    assert parse("--flagfile", path, "--data=facades").data == "facades"


def test_comments_may_be_in_any_encoding(tmp_path):
    path = tmp_path / "a.flags"
    path.write_bytes("# créé\n// été\n--data=digits\n".encode("latin-1"))
    assert parse(f"--flagfile={path}").data == "digits"


BAD = {
    "latin-1": (b"--data=digits\n--data_dir=\xe9t\xe9\n", 2, "is no text in UTF-8"),
    "utf-16": ("--data=digits\n".encode("utf-16"), 1, "is text in UTF-16"),
    "no dashes": (b"# words\ndata=digits\n", 2, "'data=digits' is no flag"),
    "zeros": (b"--data=digits\n\n--data_dir=\0\n", 3, "is no flag"),
    "unknown": (b"--data=digits\n--nonsense=3\n", 2, "nonsense"),
    "value": (b"--data=digits\n--batch_size=many\n", 2, "batch_size"),
    "bound": (b"--data=digits\n--batch_size=0\n", 2, "batch_size"),
    "seed": (b"--seed=99999999999999999999\n", 1, "seed"),
    "choice": (b"--precision=float8\n", 1, "precision"),
    "help": (b"junk\xff\xfe\n", 1, "is no"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_told_with_file_and_line(tmp_path, name):
    content, line, sentence = BAD[name]
    path = tmp_path / "a.flags"
    path.write_bytes(content)
    with pytest.raises(absl_flags.Error) as error:
        parse(f"--flagfile={path}")
    assert str(error.value).startswith(f"{path}, line {line}: ") and sentence in str(error.value)
    assert "\n" not in str(error.value).strip()


def test_flagfiles_name_others(tmp_path, monkeypatch):
    (tmp_path / "inner").mkdir()
    (tmp_path / "outer.flags").write_text("--flagfile=inner/a.flags\n--batch_size=8\n")
    (tmp_path / "inner" / "a.flags").write_text("--flagfile=b.flags\n--batch_size=4\n")
    (tmp_path / "inner" / "b.flags").write_text("--data=digits\n")
    values = parse(f"--flagfile={tmp_path / 'outer.flags'}")
    assert values.data == "digits" and values.batch_size == 8
    monkeypatch.chdir(tmp_path)
    assert parse("--flagfile=inner/a.flags").batch_size == 4
    (tmp_path / "inner" / "b.flags").write_text("--flagfile=../inner/a.flags\n")
    with pytest.raises(absl_flags.Error, match="names itself"):
        parse(f"--flagfile={tmp_path / 'outer.flags'}")


@pytest.mark.parametrize("name", ["", "absent.flags", "."])
def test_a_flagfile_that_is_none(name, tmp_path):
    with pytest.raises(absl_flags.Error, match="--flagfile=.* (cannot be read|does not exist)"):
        parse(f"--flagfile={tmp_path / name if name else ''}")


@pytest.mark.parametrize(
    "name", ["run_dir", "export_dir", "init_from", "data", "data_dir", "cache_dir", "extractor"]
)
def test_a_home_folder_is_put_in(name, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    values = parse(f"--{name}=~/place", "--metrics=~/a,fid")
    assert getattr(values, name) == str(tmp_path / "place")
    assert values.lines()[name] == f"--{name}={tmp_path / 'place'}"
    with pytest.raises(absl_flags.Error, match=f"--{name}=~nobody-of-that-name/x begins with"):
        parse(f"--{name}=~nobody-of-that-name/x")
    (tmp_path / "a.flags").write_text(f"--{name}=~/other\n")
    assert getattr(parse("--flagfile=~/a.flags"), name) == str(tmp_path / "other")


@pytest.mark.parametrize("seed", [-1, 2**31, 2**63, 10**30])
def test_seeds_out_of_range(seed):
    with pytest.raises(absl_flags.Error, match="seed"):
        parse(f"--seed={seed}")
    assert parse(f"--seed={2**31 - 1}").seed == 2**31 - 1


def test_a_line_break_is_no_part_of_a_value():
    with pytest.raises(absl_flags.Error, match="holds a line break"):
        parse("--run_dir=a\n--seed=3")


def test_the_flagfiles_of_the_house_are_read():
    for path in pathlib.Path(__file__).parents[2].glob("trainers/flagfiles/dcgan*.flags"):
        parse(f"--flagfile={path}")
