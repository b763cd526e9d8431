"""The gallery as a folder: the same files, whole or not at all, over nobody's work."""

import json

import pytest

from tests.gallery import exports
from tfgan_zoo.gallery import collect, server, static


@pytest.fixture
def found(tmp_path):
    """What lies in a folder with a sound export, a broken one and a report."""
    runs = tmp_path / "runs"
    exports.copied(runs / "a b[1]")
    (exports.copied(runs / "broken") / "card.json").write_text("{")
    exports.laboratory(runs / "modes")
    return collect.find([(runs, collect.OWN)])


def tree(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_folder_holds_what_the_server_serves(found, tmp_path):
    target = tmp_path / "site"
    count, size = static.write(found, target)
    written = tree(target)
    listed = json.loads(written.pop("gallery.json"))["files"]
    assert set(listed) == set(written)
    assert (count, size) == (len(written), sum(map(len, written.values())))
    described = json.loads(written.pop("models.json"))
    assert described == json.loads(json.dumps(found.described()))
    for name, path in server.page_files().items():
        assert written.pop(name) == path.read_bytes()
    for model in described["models"]:
        for file, length in model["files"].items():
            assert len(written.pop(f"models/{model['id']}/{file}")) == length
    assert set(written) == {f"laboratory/{name}" for name in found.laboratory}
    assert str(tmp_path) not in json.dumps(described)


def test_it_replaces_what_it_wrote_and_is_not_found_as_a_run(found, tmp_path):
    target = tmp_path / "runs" / "site"
    static.write(found, target)
    assert collect.find([(tmp_path / "runs", collect.OWN)]).exports.keys() == found.exports.keys()
    fewer = collect.Found(dict(list(found.exports.items())[:1]), {}, [])
    static.write(fewer, target)
    assert not (target / "laboratory").exists() and (target / "models" / "runs" / "a b[1]").is_dir()
    assert sorted(path.name for path in target.parent.iterdir()) == [
        *("a b[1]", "broken", "modes", "site"),
    ]


def test_an_empty_folder_and_a_link_to_one_are_filled(found, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "empty")
    static.write(found, tmp_path / "link")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "empty" / "models.json").is_file()


@pytest.mark.parametrize("written", [False, True])
@pytest.mark.parametrize("kind", ["file", "changed", "link", "hidden"])
def test_what_it_did_not_write_is_left_alone(found, tmp_path, written, kind):
    target = tmp_path / "site"
    if written:
        static.write(found, target)
    target.mkdir(exist_ok=True)
    if kind == "link":
        (target / "models.json").unlink(missing_ok=True)
        (target / "models.json").symlink_to(tmp_path)
    else:
        names = {"file": "mine.txt", "changed": "models.json", "hidden": ".git"}
        (target / names[kind]).write_text("my work")
    before = tree(target)
    with pytest.raises(static.StaticError, match="did not write, such as .* name another folder"):
        static.write(found, target)
    assert tree(target) == before
    assert not list(tmp_path.glob(".site*"))


@pytest.mark.parametrize("mark", ["", "[]", "{}", '{"files": []}', '{"files": {"a": 1}}'])
def test_a_mark_of_another_program_is_none(found, tmp_path, mark):
    target = tmp_path / "site"
    target.mkdir()
    (target / "gallery.json").write_text(mark)
    with pytest.raises(static.StaticError, match="holds what this command did not write"):
        static.write(found, target)


def test_places_that_cannot_be_written(found, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(static.StaticError, match="is a file: name a folder"):
        static.write(found, tmp_path / "file")
    with pytest.raises(static.StaticError, match="there is no folder"):
        static.write(found, tmp_path / "missing" / "site")


def test_what_fails_in_between_leaves_the_folder_as_it_was(found, tmp_path):
    """A file that is gone when it is to be copied, as a full disk would end it."""
    target = tmp_path / "site"
    static.write(found, target)
    before = tree(target)
    (tmp_path / "runs" / "a b[1]" / "samples.png").unlink()
    with pytest.raises(static.StaticError, match="could not be written .* left as it was"):
        static.write(found, target)
    assert tree(target) == before
    with pytest.raises(static.StaticError):
        static.write(found, tmp_path / "new")
    assert not list(tmp_path.glob(".*")) and not (tmp_path / "new").exists()
