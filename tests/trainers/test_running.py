"""What the commands of the experiments share: their failures, and the rows that are kept."""

import json

import pytest

from tests import commands
from tfgan_zoo.command import UsageError
from trainers.experiments import running


@pytest.mark.parametrize(
    ("experiment", "words", "message"),
    [
        (
            "vid2vid_beside_pix2pix",
            ["--vid2vid=nowhere", "--pix2pix=nowhere", "--output=a.gif"],
            "nowhere is no folder of a run of trainers.vid2vid: name one.",
        ),
        (
            "pix2pix_hd_beside_pix2pix",
            ["--pix2pix=a", "--pix2pix_hd=b", "--output=c.png", "--data=nowhere"],
            "nowhere' is not",
        ),
        ("reid_transfer", ["--output=a.json", "more"], "Unexpected argument 'more'"),
    ],
)
def test_what_a_user_can_mend_is_one_sentence(experiment, words, message, tmp_path):
    words = [word.replace("nowhere", str(tmp_path / "nowhere")) for word in words]
    done = commands.run(f"trainers.experiments.{experiment}", *words)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith("error: ") and message in done.stderr
    assert not (tmp_path / "nowhere").exists()


def test_numbers_and_sizes_are_read_or_named():
    assert running.numbers(["0", "12"]) == [0, 12]
    assert running.size("64") == (64, 64) and running.size("64x32") == (64, 32)
    with pytest.raises(UsageError, match="--seeds are whole numbers"):
        running.numbers(["0", "-1"])
    with pytest.raises(UsageError, match="--image_size=a: give"):
        running.size("a")


def test_rows_are_kept_and_others_are_not_taken_for_them(tmp_path):
    file, asked = tmp_path / "rows.json", []

    def measure(arm, seed):
        asked.append((arm, seed))
        if arm == "b":
            raise KeyboardInterrupt
        return {"score": seed / 2}

    own = {"split": "test", "steps": 3}
    cells = [("a", 0, own), ("a", 1, own), ("b", 0, own)]
    with pytest.raises(KeyboardInterrupt):
        running.recorded(file, cells, measure)
    kept = json.loads(file.read_text("utf-8"))
    assert kept == [
        {"arm": "a", "seed": 0, "settings": own, "score": 0.0},
        {"arm": "a", "seed": 1, "settings": own, "score": 0.5},
    ]
    assert running.recorded(file, cells[:2], measure) == kept
    assert asked == [("a", 0), ("a", 1), ("b", 0)]
    others = [("c", 0, own), ("a", 1, own | {"split": "validation"})]
    with pytest.raises(UsageError, match="'a' of seed 1, measured with another --split: name"):
        running.recorded(file, others, measure)
    assert len(asked) == 3 and json.loads(file.read_text("utf-8")) == kept
