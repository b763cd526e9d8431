"""What is installed holds every file and declares every package that it imports."""

import ast
import email
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile

import pytest

from tests.conftest import DATA_VARIABLE, find_real_data, without_outer_make
from tests.gallery.exports import copied

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
PACKAGING = ["setup.py", "pyproject.toml", "README.md", "LICENSE", "Makefile"]
# Distributions whose modules have another name.
DISTRIBUTIONS = {
    "PIL": "pillow",
    "absl": "absl-py",
    "google": "protobuf",
    "sklearn": "scikit-learn",
}


def copy_of_the_sources(folder):
    """The files of a clone that packaging reads, in a folder that builds may write to."""
    for name in PACKAGING:
        shutil.copy(REPOSITORY / name, folder / name)
    for package in ("tfgan_zoo", "trainers"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(REPOSITORY / package, folder / package, ignore=ignored)
    return folder


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    """`(wheel, sdist)` built from the sources as pip builds them, without a network."""
    folder = copy_of_the_sources(tmp_path_factory.mktemp("clone"))
    build = "from setuptools import build_meta as b; b.build_wheel('dist'); b.build_sdist('dist')"
    built = subprocess.run(
        [sys.executable, "-c", build], cwd=folder, capture_output=True, text=True
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = (folder / "dist").glob("*.whl")
    (sdist,) = (folder / "dist").glob("*.tar.gz")
    return wheel, sdist


@pytest.fixture(scope="module")
def metadata(archives):
    """The wheel's metadata: a message whose headers may repeat."""
    with zipfile.ZipFile(archives[0]) as wheel:
        (name,) = (n for n in wheel.namelist() if n.endswith(".dist-info/METADATA"))
        return email.message_from_string(wheel.read(name).decode("utf-8"))


def requirements(metadata, extra=None):
    """Names of the required distributions: of the package itself, or of one extra."""
    names = set()
    for line in metadata.get_all("Requires-Dist"):
        of_extra = re.search(r"""extra == ["'](\w+)["']""", line)
        if (of_extra.group(1) if of_extra else None) == extra:
            names.add(re.match(r"[\w.-]+", line).group().lower().replace("_", "-"))
    return names


def test_name_version_and_python(metadata):
    import tfgan_zoo

    assert metadata["Name"].replace("-", "_") == "tfgan_zoo"
    assert metadata["Version"] == tfgan_zoo.__version__
    bounds = set(metadata["Requires-Python"].split(","))
    assert bounds == {">=3.10", "<3.14"}
    assert "(3, 10) <= sys.version_info < (3, 14)" in (REPOSITORY / "Makefile").read_text("utf-8")


def test_extras(metadata):
    assert set(metadata.get_all("Provides-Extra")) == {
        *("gpu", "eval", "serving", "onnx", "openvino", "ray", "test"),
    }
    assert any(r.startswith("tensorflow[and-cuda]") for r in metadata.get_all("Requires-Dist"))
    assert requirements(metadata, "serving") == {"tensorflow-serving-api"}
    assert requirements(metadata, "onnx") == {"onnx", "onnxruntime", "tf2onnx"}
    assert requirements(metadata, "ray") == {"ray", "starlette"}
    everything = {
        name for extra in ("eval", "serving", "onnx") for name in requirements(metadata, extra)
    }
    assert everything < requirements(metadata, "test")


def test_what_the_package_imports_is_declared(metadata):
    # What test_imports lets nobody import before it is needed.
    declared = requirements(metadata) | requirements(metadata, "ray")
    # Runtimes that an export can do without: their modules import them when they are called.
    optional = {
        REPOSITORY / "tfgan_zoo" / "export" / file: requirements(metadata, extra)
        for file, extra in {"onnx_file.py": "onnx", "runtimes.py": "openvino"}.items()
    }
    for package in ("tfgan_zoo", "trainers"):
        for file in (REPOSITORY / package).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and not node.level:
                    names = [node.module]
                for module in {name.split(".")[0] for name in names}:
                    if module in sys.stdlib_module_names or module in ("tfgan_zoo", "trainers"):
                        continue
                    distribution = DISTRIBUTIONS.get(module, module).replace("_", "-")
                    known = declared | optional.get(file, set())
                    assert distribution in known, f"{file} imports {module}: add it to setup.py"


def test_build_notes_name_each_declared_package(metadata):
    notes = (REPOSITORY / "BUILD_NOTES.md").read_text("utf-8").replace("_", "-")
    for extra in (None, *metadata.get_all("Provides-Extra")):
        for name in requirements(metadata, extra):
            assert re.search(rf"(?i)`{name}(\[[a-z-]+\])?`", notes), f"BUILD_NOTES.md omits {name}"


def test_archives_hold_every_file(archives):
    wanted = {
        file.relative_to(REPOSITORY).as_posix()
        for package in ("tfgan_zoo", "trainers")
        for pattern in ("*.py", "*.flags")
        for file in (REPOSITORY / package).rglob(pattern)
    }
    page = REPOSITORY / "tfgan_zoo" / "gallery" / "page"
    wanted |= {p.relative_to(REPOSITORY).as_posix() for p in page.rglob("*") if p.is_file()}
    with zipfile.ZipFile(archives[0]) as wheel:
        in_wheel = set(wheel.namelist())
    with tarfile.open(archives[1]) as sdist:
        in_sdist = {name.partition("/")[2] for name in sdist.getnames()}
    missing = sorted(wanted - in_wheel)
    assert not missing, f"not packaged, most likely for want of an __init__.py: {missing}"
    assert wanted | {"setup.py", "pyproject.toml", "LICENSE", "README.md"} <= in_sdist
    assert not [name for name in in_wheel if name.startswith("tests/")]


def test_the_wheel_alone_shows_the_flags_of_a_trainer(archives, tmp_path):
    with zipfile.ZipFile(archives[0]) as wheel:
        wheel.extractall(tmp_path / "site")
    help_of_a_trainer = subprocess.run(
        [sys.executable, "-m", "trainers.pix2pix", "--help"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path / "site")},
        capture_output=True,
        text=True,
    )
    assert "--run_dir" in help_of_a_trainer.stdout, help_of_a_trainer.stderr


def test_the_wheel_alone_shows_own_exports_in_the_gallery(archives, tmp_path):
    with zipfile.ZipFile(archives[0]) as wheel:
        wheel.extractall(tmp_path / "site")
    own = copied(tmp_path / "my exports" / "own")

    def gallery(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "tfgan_zoo.gallery", *arguments],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(tmp_path / "site")},
            capture_output=True,
            text=True,
        )

    done = gallery(f"--models={own.parent}", "--export=page")
    assert done.returncode == 0, done.stderr
    (model,) = json.loads((tmp_path / "page" / "models.json").read_text())["models"]
    assert (model["id"], model["problem"]) == ("my exports/own", None)
    for name in ("index.html", "vendor/litert/litert_wasm_compat_internal.wasm.gz"):
        shipped = REPOSITORY / "tfgan_zoo" / "gallery" / "page" / name
        assert (tmp_path / "page" / name).read_bytes() == shipped.read_bytes()
    without = gallery("--noopen")
    assert without.returncode == 2 and "with --models=DIR" in without.stderr


def test_importing_the_package_imports_nothing_else():
    code = "import sys; old = set(sys.modules); import tfgan_zoo; print(set(sys.modules) - old)"
    imported = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert imported.stdout.strip() == "{'tfgan_zoo'}"


def test_make_without_a_suitable_python_says_what_to_do(tmp_path):
    """One candidate does not exist; the other is there and does not run, as pyenv's shims are."""
    folder = copy_of_the_sources(tmp_path)
    shim = tmp_path / "python3.13"
    shim.write_text("#!/bin/sh\necho 'command not found' >&2\nexit 127\n")
    shim.chmod(0o755)
    made = subprocess.run(
        ["make", "-C", folder, "test", f"CANDIDATES=/nonexistent/python3 {shim}"],
        env=without_outer_make(os.environ),
        capture_output=True,
        text=True,
    )
    assert made.returncode != 0
    sentence = made.stderr.splitlines()[0]
    assert sentence.startswith("TFGAN Zoo needs Python 3.10 to 3.13 with its venv module")
    assert "make test PYTHON=/path/to/python3.12" in sentence
    assert not (folder / ".venv").exists()


def test_make_leaves_a_foreign_environment_alone(tmp_path):
    foreign = tmp_path / "venv"
    foreign.mkdir()
    (foreign / "pyvenv.cfg").write_text("mine\n")
    made = subprocess.run(
        ["make", "-C", REPOSITORY, "environment", f"VENV={foreign}", f"PYTHON={sys.executable}"],
        env=without_outer_make(os.environ),
        capture_output=True,
        text=True,
    )
    assert made.returncode != 0
    assert f"{foreign} holds something that make did not put there" in made.stderr
    assert [path.name for path in foreign.iterdir()] == ["pyvenv.cfg"]
    assert (foreign / "pyvenv.cfg").read_text() == "mine\n"


def test_real_data_is_found_where_the_variable_says(tmp_path):
    path, problem, _ = find_real_data({DATA_VARIABLE: str(tmp_path)}, tmp_path / "clone")
    assert path == tmp_path.resolve() and problem is None


@pytest.mark.parametrize(
    ("environment", "beside", "fatal"),
    [
        ({}, False, False),
        ({}, True, False),
        ({"CI": "true"}, False, False),
        ({"CI": "true"}, True, True),
        ({DATA_VARIABLE: "/nonexistent/data"}, False, True),
    ],
)
def test_missing_real_data_skips_or_fails(tmp_path, environment, beside, fatal):
    """With CI=true nothing is skipped for data that lies beside the clone."""
    if beside:
        (tmp_path / "shared" / "data").mkdir(parents=True)
    path, problem, is_fatal = find_real_data(environment, tmp_path / "clone")
    assert path is None
    assert is_fatal == fatal
    assert DATA_VARIABLE in problem
