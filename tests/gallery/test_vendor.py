"""The runtime that ships is the recorded one, with what was changed and nothing else."""

import gzip
import json

import pytest

from tfgan_zoo.gallery import vendor

RECORDED = json.loads((vendor.FOLDER / "VERSION.json").read_text("utf-8"))


@pytest.mark.parametrize("name", vendor.FILES)
def test_a_file_has_its_hash_and_is_no_longer_than_recorded(name):
    content = (vendor.FOLDER / name).read_bytes()
    recorded = RECORDED["files"][name]
    assert vendor.sha256(content) == recorded["sha256"]
    assert len(content) == recorded["bytes"]


def test_the_webassembly_is_that_of_the_package():
    (name,) = (name for name in vendor.FILES if name.endswith(".gz"))
    content = gzip.decompress((vendor.FOLDER / name).read_bytes())
    assert content.startswith(b"\0asm")
    assert vendor.sha256(content) == RECORDED["files"][name]["sha256_there"]


def test_the_packages_are_those_that_the_command_fetches():
    for name, (version, expected) in vendor.PACKAGES.items():
        recorded = RECORDED["packages"][name]
        assert (recorded["version"], recorded["sha256"]) == (version, expected)
        assert recorded["address"] == vendor.address(name)


def test_nothing_else_lies_there_but_the_licence():
    names = {file.name for file in vendor.FOLDER.iterdir()}
    assert names == {*vendor.FILES, "VERSION.json", "LICENSE"}
    assert "Apache License" in (vendor.FOLDER / "LICENSE").read_text("utf-8")


def test_what_is_changed():
    assert vendor.local("a.js", b'import { a } from "@litertjs/wasm-utils";\nb();\n') == (
        b'import { a } from "./wasm-utils.js";\nb();\n'
    )
    assert vendor.local("a.js", b"a();\n//# sourceMappingURL=a.js.map") == b"a();\n"
    packed = vendor.local("a.wasm.gz", b"abc")
    assert gzip.decompress(packed) == b"abc" and packed[4:8] == bytes(4)


def test_no_file_names_a_package_that_a_browser_cannot_find():
    for name in ("index.js", "wasm-utils.js"):
        text = (vendor.FOLDER / name).read_text("utf-8")
        assert "@litertjs/" not in "".join(li for li in text.splitlines() if "import" in li)
