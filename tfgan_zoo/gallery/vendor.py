"""Fetches the runtime that the gallery ships: LiteRT.js, which runs TFLite files in a browser.

python -m tfgan_zoo.gallery.vendor

Writes page/vendor/litert from two packages of the npm registry, whose versions and hashes stand
below. Again with the same versions it writes the same bytes. A user needs none of this.

What is changed: index.js names its helper by a path in place of a package, since there is no build
step; comments that point at source maps, which are not shipped, go; the WebAssembly is compressed,
which the page undoes (a third of the bytes, on any web server). `VERSION.json` has the hashes.
"""

import gzip
import hashlib
import io
import json
import pathlib
import re
import tarfile
import urllib.request

from tfgan_zoo import command

REGISTRY = "https://registry.npmjs.org"
FOLDER = pathlib.Path(__file__).parent / "page" / "vendor" / "litert"
CORE = "@litertjs/core"
HELPER = "@litertjs/wasm-utils"
PACKAGES = {  # name: (version, SHA-256 of the archive)
    CORE: ("2.5.3", "a97660833e9e7e1063c95e12016718881240b14f7438728a2f62785e912d30fd"),
    HELPER: ("2.5.3", "ce2a1f8379c067be49e59752e5a7f40db6be09f6e497f0f11e59f17b515366a7"),
}
# Name here: (package, name there). "compat" is the build without relaxed SIMD: every browser has
# what it needs, and the other one would double the size for a fifth of the time at best.
FILES = {
    "index.js": (CORE, "dist/index.js"),
    "wasm-utils.js": (HELPER, "dist/index.js"),
    "litert_wasm_compat_internal.js": (CORE, "wasm/litert_wasm_compat_internal.js"),
    "litert_wasm_compat_internal.wasm.gz": (CORE, "wasm/litert_wasm_compat_internal.wasm"),
}
SOURCE_MAP = re.compile(rb"^//# sourceMappingURL=.*$\n?", re.MULTILINE)


def archive(name):
    """The files of a package at its version, by name.

    Raises:
        command.UsageError: for an archive with another hash than the one that stands here.
    """
    version, expected = PACKAGES[name]
    with urllib.request.urlopen(address(name), timeout=60) as answer:
        content = answer.read()
    found = sha256(content)
    if found != expected:
        raise command.UsageError(
            f"{name} {version} from {address(name)} has the hash {found} and not {expected}: look "
            "at what has changed, and then at PACKAGES."
        )
    with tarfile.open(fileobj=io.BytesIO(content)) as packed:
        files = [member for member in packed if member.isfile()]
        return {f.name.removeprefix("package/"): packed.extractfile(f).read() for f in files}


def address(name):
    """Where the archive of a package lies."""
    version, _ = PACKAGES[name]
    return f"{REGISTRY}/{name}/-/{name.rpartition('/')[2]}-{version}.tgz"


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def local(name, content):
    """A file as it is shipped."""
    if name.endswith(".gz"):
        # No name and no time within: the same bytes each time.
        return gzip.compress(content, compresslevel=9, mtime=0)
    here = content.replace(f'from "{HELPER}"'.encode(), b'from "./wasm-utils.js"')
    return SOURCE_MAP.sub(b"", here)


def main(argv):
    if len(argv) > 1:
        raise command.UsageError(f"{argv[1]!r} says nothing here: leave it out.")
    FOLDER.mkdir(parents=True, exist_ok=True)
    archives = {name: archive(name) for name in PACKAGES}
    recorded = {}
    for name, (package, there) in FILES.items():
        original = archives[package][there]
        content = local(name, original)
        recorded[name] = {
            "sha256": sha256(content),
            "bytes": len(content),
            "from": f"{package}/{there}",
            "sha256_there": sha256(original),
            "bytes_there": len(original),
        }
        (FOLDER / name).write_bytes(content)
    version = {
        "packages": {
            name: {"version": version, "address": address(name), "sha256": expected}
            for name, (version, expected) in PACKAGES.items()
        },
        "licence": "Apache-2.0",
        "source": "https://github.com/google-ai-edge/LiteRT",
        "files": recorded,
    }
    (FOLDER / "VERSION.json").write_text(json.dumps(version, indent=1) + "\n", "utf-8")
    print(f"{FOLDER}: {sum(file['bytes'] for file in recorded.values()):,} bytes")


if __name__ == "__main__":
    command.run(main, __doc__)
