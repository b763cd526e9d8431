"""What is found in folders, and what of it may be served."""

import json
import os
import pathlib

import pytest

from tests.gallery import exports
from tfgan_zoo.gallery import collect


def found_in(*folders, laboratory=None):
    places = [(collect.checked(folder), collect.OWN) for folder in folders]
    return collect.find(places, laboratory)


def described(found):
    """Models by id, as the page reads them."""
    content = json.loads(json.dumps(found.described(), allow_nan=False))
    return {model["id"]: model for model in content["models"]}


def test_the_shipped_exports_are_sound():
    """All but the classifier of digits, which draws nothing."""
    models = described(collect.find([(collect.shipped_folder(), collect.SHIPPED)]))
    cards = exports.SHIPPED.rglob("card.json")
    names = {path.parent.relative_to(exports.SHIPPED).as_posix() for path in cards}
    assert set(models) == names - {"mnist_cnn"}
    for name, model in models.items():
        assert model["problem"] is None
        assert model["url"] == f"models/{name}/" and model["source"] == "shipped"
        assert model["card"] == exports.read_card(exports.SHIPPED / name)
        assert {"model.tflite", "samples.png", "card.json", "README.md"} <= set(model["files"])
        for file, size in model["files"].items():
            assert (exports.SHIPPED / name / file).stat().st_size == size


def test_an_own_run_is_found_with_its_parts_and_without_its_versions(tmp_path):
    run = tmp_path / "runs" / "mine" / "export" / "pix"
    exports.copied(run)
    exports.copied(run / "part")
    exports.copied(run / "1")
    exports.copied(tmp_path / "runs" / ".hidden" / "a")
    assert set(described(found_in(tmp_path / "runs"))) == {
        "runs/mine/export/pix",
        "runs/mine/export/pix/part",
    }
    assert set(described(found_in(run))) == {"pix", "pix/part"}


def test_each_folder_is_shown_once_and_each_name_stands_for_one(tmp_path):
    exports.copied(tmp_path / "a" / "sngan")
    exports.copied(tmp_path / "b" / "sngan")
    places = [
        (collect.shipped_folder(), collect.SHIPPED),
        *((tmp_path / name / "sngan", collect.OWN) for name in ("a", "b", "a")),
        (collect.shipped_folder() / "sngan", collect.OWN),
    ]
    models = described(collect.find(places))
    assert [name for name in models if "sngan" in name] == ["sngan", "sngan-2", "sngan-3"]
    assert [models[n]["source"] for n in ("sngan", "sngan-2")] == ["shipped", "own"]


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("with space", "models/with%20space/"),
        ("a[1]?#%2e", "models/a%5B1%5D%3F%23%252e/"),
        ("häuser-日本", "models/h%C3%A4user-%E6%97%A5%E6%9C%AC/"),
        ("<img src=x onerror=alert(1)>", "models/%3Cimg%20src%3Dx%20onerror%3Dalert%281%29%3E/"),
        ("a\nb", "models/a%EF%BF%BDb/"),
    ],
)
def test_names_of_every_kind(tmp_path, name, url):
    exports.copied(tmp_path / name)
    (model,) = described(found_in(tmp_path / name)).values()
    assert model["url"] == url and model["problem"] is None


def test_a_name_that_is_no_utf8(tmp_path):
    name = os.fsdecode(b"m\xff")
    try:
        exports.copied(tmp_path / name)
    except OSError:  # a file system of UTF-8 alone
        assert not (tmp_path / name).exists()
        return
    assert [model["id"] for model in described(found_in(tmp_path / name)).values()] == ["m\ufffd"]


def test_each_broken_export_is_an_entry_with_a_sentence(tmp_path):
    kinds = exports.broken(tmp_path / "all")
    exports.copied(tmp_path / "all" / "sound")
    models = described(found_in(tmp_path / "all"))
    assert models.pop("all/sound")["problem"] is None
    assert set(models) == {f"all/{name}" for name in kinds}
    for name, words in kinds.items():
        problem = models[f"all/{name}"]["problem"]
        assert problem is not None and words in problem, (name, problem)
        assert problem.startswith("This export cannot be shown: ") and problem.endswith(".")
        assert str(tmp_path) not in problem


def test_files_outside_of_the_folder_hidden_ones_and_other_kinds_are_not_served(tmp_path):
    folder = exports.copied(tmp_path / "one")
    (tmp_path / "secret.png").write_text("secret")
    (folder / "out.png").symlink_to(tmp_path / "secret.png")
    (folder / "nothing.png").symlink_to(tmp_path / "nothing")
    (folder / ".hidden.png").write_text("hidden")
    (folder / "page.html").write_text("<script>")
    (folder / "drawn.svg").write_text("<svg>")
    (folder / "folder.png").mkdir()
    os.mkfifo(folder / "pipe.png")
    (folder / "inside.png").symlink_to("samples.png")
    (model,) = described(found_in(folder)).values()
    card = exports.read_card(exports.SHIPPED / exports.SMALL)
    kept = {name for name in card["files"] if "/" not in name}
    assert set(model["files"]) == {*kept, "card.json", "README.md", "inside.png"}


def test_a_link_to_a_folder_is_not_followed(tmp_path):
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "link").symlink_to(exports.SHIPPED)
    assert not found_in(tmp_path / "runs").exports
    (tmp_path / "link").symlink_to(exports.copied(tmp_path / "elsewhere"))
    assert set(found_in(tmp_path / "link").exports) == {"elsewhere"}


def test_cards_of_today_may_lack_what_newer_ones_have(tmp_path):
    def newer(card):
        card["data"] |= {"classes": ["a", "b"], "palette": [[0, 0, 0], [255, 255, 255]]}
        card["examples"] = {
            **{"file": "examples.png", "tile": [32, 32], "columns": 2},
            **{"rows": ["real"], "labels": None},
        }
        check = {"outputs": {"images": {"positions": [0, 9], "values": [0.5, -1]}}}
        card["tflite"]["float16"]["check"] = {**check, "tolerance": 1e-3}
        card["later"] = {"what": "nobody knows"}

    exports.copied(tmp_path / "newer", change=newer)
    models = described(found_in(tmp_path / "newer"))
    assert models["newer"]["problem"] is None


def test_too_many_or_too_deep_folders_end_the_search(tmp_path, monkeypatch):
    deep = tmp_path.joinpath(*"abcdefghij")
    exports.copied(deep)
    assert not found_in(tmp_path).exports and found_in(tmp_path / "a" / "b").exports
    monkeypatch.setattr(collect, "MOST_FOLDERS", 3)
    (note,) = found_in(tmp_path).notes
    assert "name a folder nearer to the exports" in note


def test_places_that_cannot_be_looked_into(tmp_path):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "file").write_text("")
    for name, words in {
        "missing": "does not exist",
        "file": "is a file: name the folder that it lies in",
        "loop": "cannot be read",
        "a" * 300: "cannot be read",
        "a\0": "cannot be read",
    }.items():
        with pytest.raises(collect.PlaceError, match=words):
            collect.checked(tmp_path / name)


def test_the_folder_of_a_version_stands_for_its_export():
    version = exports.SHIPPED / "gan" / "1"
    assert collect.checked(version) == exports.SHIPPED / "gan"


def test_a_report_of_the_laboratory_is_found_or_named(tmp_path):
    first = exports.laboratory(tmp_path / "runs" / "modes")
    other = exports.laboratory(tmp_path / "other")
    found = found_in(tmp_path / "runs")
    assert found.described()["laboratory"] == "laboratory/index.html"
    assert set(found.laboratory) == {"index.html", "results.json", "table.md"}
    assert found.laboratory["index.html"].path == first / "index.html"
    named = found_in(tmp_path / "runs", laboratory=collect.checked_laboratory(other))
    assert named.laboratory["index.html"].path == other / "index.html"
    assert found_in(exports.SHIPPED / "gan").described()["laboratory"] is None
    (other / "table.md").unlink()
    with pytest.raises(collect.PlaceError, match=r"\(table.md is missing\)"):
        collect.checked_laboratory(other)


def test_the_gallery_looks_again(tmp_path):
    (tmp_path / "runs").mkdir()
    gallery = collect.Gallery([(tmp_path / "runs", collect.OWN)])
    assert not gallery.found.exports
    exports.copied(tmp_path / "runs" / "later")
    assert set(gallery.refresh().exports) == {"runs/later"} == set(gallery.found.exports)


def test_a_folder_that_vanishes_is_left_out(tmp_path):
    assert collect.export(tmp_path / "gone", "gone", collect.OWN) is None
    assert collect.own_files(pathlib.Path("/nonexistent"), ["card.json"]) == {}
