"""Scores that are written into a card afterwards."""

import json
import pathlib

import pytest

from tests.export import test_card
from tfgan_zoo.export import compared

SCORE = {"key": "frechet_distance", "label": "Frechet distance", "value": 4.5, "better": "lower"}


def protocol(extractor="mnist_cnn", real="tfds:mnist"):
    return {
        "generated": {"what": "/home/me/unet/10", "count": 5000},
        "real": {"what": real, "split": "test", "count": 5000},
        "extractor": {"name": extractor, "sha256": "0123456789abcdef"},
        "settings": {"seed": 0},
    }


def test_scores_go_into_card_and_readme(directory):
    test_card.write(directory)
    before = json.loads((directory / "card.json").read_text())
    for path in (directory, directory / "10"):
        assert compared.add(path, [SCORE], protocol()) == directory
    compared.add(directory, [SCORE | {"value": 7.0}], protocol("pixels"), "Blurred.")
    compared.add(directory, [SCORE | {"value": 4.0}, SCORE | {"value": None}], protocol())
    card = json.loads((directory / "card.json").read_text())
    found = card.pop("compared")
    assert [(s["value"], s["protocol"]["extractor"]["name"], s["remark"]) for s in found] == [
        (7.0, "pixels", "Blurred."),
        (4.0, "mnist_cnn", None),
    ], "a score replaces that of the same name and extractor"
    assert card == {name: value for name, value in before.items() if name != "compared"}
    text = (directory / "README.md").read_text()
    assert "Frechet distance: **4** (lower is better), of 5,000 pictures drawn by `unet/10`" in text
    assert "against 5,000 of tfds:mnist, test, by the extractor mnist_cnn (sha256 0123" in text
    assert "whole protocol. Blurred.\n" in text and "/home/me" not in text


def test_of_a_folder_of_pictures_only_the_name_goes_into_the_card(directory, tmp_path):
    test_card.write(directory)
    (tmp_path / "faces").mkdir()
    compared.add(directory, [SCORE], protocol(real=str(tmp_path / "faces")))
    text = (directory / "card.json").read_text()
    assert str(tmp_path) not in text and '"what": "faces"' in text


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda folder: (folder / "card.json").unlink(), "has no card.json of an exported"),
        (
            lambda folder: edit(folder, lambda card: card.pop("compared")),
            "of an older version and lacks compared: export it again first",
        ),
    ],
)
def test_what_has_no_card_of_today_is_refused(directory, change, sentence):
    test_card.write(directory)
    change(directory)
    before = {path.name: path.read_bytes() for path in directory.glob("*.*")}
    for call in (compared.check, lambda path: compared.add(path, [SCORE], protocol())):
        with pytest.raises(ValueError, match=sentence):
            call(directory)
    assert before == {path.name: path.read_bytes() for path in directory.glob("*.*")}


def test_an_older_version_is_not_what_the_card_describes(directory):
    test_card.write(directory)
    with pytest.raises(ValueError, match=r"1 is not the SavedModel that .* which is .*10\."):
        compared.check(directory / "1")


def edit(folder: pathlib.Path, change):
    card = json.loads((folder / "card.json").read_text())
    change(card)
    (folder / "card.json").write_text(json.dumps(card))
