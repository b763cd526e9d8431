"""The rules of the house, held by parsing the sources: who may import whom, what a file may hold.

`check` returns a sentence for each violation. It is tested on small houses in which one rule at a
time is broken, and then holds this one.
"""

import ast
import pathlib

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]

# What each room may import of the package, besides itself. Rooms that are not named: nothing else.
MAY_IMPORT = {
    # Where the two optimizers of a run are made, in sight of the reader; and networks, since an
    # experiment gives all variants the same.
    "trainers": {
        *("kinds", "models", "data", "metrics", "evaluate", "export", "training", "optimizers"),
        # Experiments have models of their own, such as the classifier of digits.
        *("networks", "layers", "base", "backend"),
        *("command", "command_line"),
    },
    # Optimizers, since Unrolled GAN differentiates through one.
    "models": {"kinds", "base", "networks", "layers", "losses", "regularizers", "optimizers"},
    "networks": {"layers"},
    "base": {"step", "backend"},
    "data": {"kinds"},
    # Scores are taken of exports, whose interface `export` reads.
    "metrics": {"kinds", "export", "backend"},
    # Likelihoods are losses, and scores.
    "evaluate": {"kinds", "metrics", "data", "export", "losses"},
    "export": {"kinds", "backend"},
    # The engine brings the rooms around a model together; it knows no model and no metric.
    "training": {"kinds", "data", "evaluate", "export"},
    "explore": {"backend", "kinds", "metrics", "data", "export", "evaluate", "training"},
    # Starts in under a second: it reads folders and cards by itself.
    "gallery": set(),
    # Its file of answers is copied by who serves without this package.
    "serving": set(),
}
ROOMS = {
    *(
        "base",
        "step",
        "backend",
        "layers",
        "networks",
        "losses",
        "regularizers",
        "optimizers",
        "kinds",
    ),
    *("data", "metrics", "evaluate", "export", "training", "models", "explore"),
    *("gallery", "serving"),
}
# Of the library: may have flags, print their result, and bring rooms together as a trainer does.
COMMANDS = {
    *("tfgan_zoo/command.py", "tfgan_zoo/command_line.py"),
    "tfgan_zoo/metrics/score.py",
    "tfgan_zoo/explore/__main__.py",
    "tfgan_zoo/explore/features.py",
    "tfgan_zoo/export/reexport.py",
    "tfgan_zoo/gallery/__main__.py",
    "tfgan_zoo/gallery/vendor.py",
    "tfgan_zoo/serving/__main__.py",
}
SHARED_BY_TRAINERS = (
    *("trainers.flags", "trainers.ganhacks", "trainers.optimizers", "trainers.program"),
    *("trainers.told", "trainers.trainer", "trainers.tasks", "trainers.experiments"),
)
# What makes a trainer, and is none.
AROUND_TRAINERS = {
    f"trainers/{name}.py"
    for name in ("flags", "ganhacks", "optimizers", "program", "told", "trainer")
}
# An experiment runs trainers.
MAY_IMPORT_TRAINERS = ("tests/", "trainers/experiments/")
SLOW = {"tensorflow", "keras", "tensorflow_datasets"}
# Of an extra that `test` has not: everything else must work without them.
NOT_INSTALLED = {"ray", "starlette"}
VARIANT_LINES = range(80, 401)
TRAINER_LINES = 120
FILE_LINES = 450
DRAWING = "tfgan_zoo/data/facade_drawing.py"  # one picture, in as many lines as it takes
VARIANT_HEADER = ("arXiv", "What a shortcut would miss", "Departures")


def check(root):
    """Sentences `path:line: what is wrong` for every rule that the sources under `root` break."""
    sources = Sources(root)
    violations = []
    for path in sources.trees:
        for line, sentence in violations_in(sources, path):
            violations.append(f"{path}:{line}: {sentence}")
    return sorted(violations)


class Sources:
    """The parsed Python files of a house, by their path from its root."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.trees = {}  # path: tree
        for top in ("tfgan_zoo", "trainers", "tests"):
            for file in sorted((self.root / top).rglob("*.py")):
                tree = ast.parse(file.read_text("utf-8"), filename=str(file))
                self.trees[file.relative_to(self.root).as_posix()] = tree
        self.imports = {path: self.imports_of(path) for path in self.trees}

    def path_of(self, module):
        """The file of a module of this house, or `None`."""
        stem = module.replace(".", "/")
        for path in (f"{stem}.py", f"{stem}/__init__.py"):
            if path in self.trees:
                return path
        return None

    def imports_of(self, path):
        """`(line, module, at_top)` of each import; of `from a import b` `a.b` if that is a file."""
        tree = self.trees[path]
        inside = {
            node
            for function in ast.walk(tree)
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            for node in ast.walk(function)
        }
        return [
            (node.lineno, module, node not in inside)
            for node in ast.walk(tree)
            for module in self.modules_of(node, path)
        ]

    def modules_of(self, node, path):
        """The modules that one statement or expression of the file at `path` imports."""
        if isinstance(node, ast.Import):
            return [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            package = path.split("/")[: -node.level] if node.level else []
            base = ".".join(package + ([node.module] if node.module else []))
            return [
                f"{base}.{alias.name}"
                if self.path_of(f"{base}.{alias.name}") or not self.path_of(base)
                else base
                for alias in node.names
            ]
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else None
            called = node.func.id if isinstance(node.func, ast.Name) else called
            if called in ("import_module", "__import__"):
                return [str(node.args[0].value)]
        return []

    def slow_import(self, path, seen=()):
        """The chain of top-level imports from `path` to TensorFlow or Keras, or `None`."""
        for _, module, at_top in self.imports[path]:
            if not at_top:
                continue
            if module.split(".")[0] in SLOW:
                return [module]
            target = self.path_of(module)
            if target and target not in seen:
                chain = self.slow_import(target, (*seen, path))
                if chain:
                    return [module, *chain]
        return None


def room_of(module):
    """`models` of `tfgan_zoo.models.x`, `trainers` of `trainers.x`, `None` of anything else."""
    parts = module.split(".")
    if parts[0] == "tfgan_zoo" and len(parts) > 1:
        return parts[1]
    return "trainers" if parts[0] == "trainers" else None


def violations_in(sources, path):
    """`(line, sentence)` for each rule that one file breaks."""
    yield from import_violations(sources, path)
    yield from code_violations(sources, path)
    yield from shape_violations(sources, path)


def import_violations(sources, path):
    """The arrows: which room imports which, who reads flags, what starts fast."""
    module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    room = room_of(module)
    for line, target, at_top in sources.imports[path]:
        if at_top and target.split(".")[0] in NOT_INSTALLED:
            yield line, f"imports {target} at the top; who has not the extra cannot import the file"
        wrong = wrong_arrow(path, room, target)
        if wrong:
            yield line, f"imports {target}; {wrong}"
        flags = target.startswith(("absl.flags", "absl.app"))
        if flags and room not in ("trainers", None) and path not in COMMANDS:
            yield line, f"imports {target}; flags are read under trainers/ and by {COMMANDS}"
    if room == "trainers" and path.count("/") == 1:
        chain = sources.slow_import(path)
        if chain:
            yield 1, f"imports {' -> '.join(chain)} at the top; then --help takes seconds"


def wrong_arrow(path, room, target):
    """Why the file at `path`, in `room`, may not import the module `target`; `None` if it may."""
    wanted = room_of(target)
    if target.split(".")[0] == "tests" and not path.startswith("tests/"):
        return "only tests import tests"
    if wanted == "trainers":
        shared = target == "trainers" or target.startswith(SHARED_BY_TRAINERS)
        own = shared and path.startswith("trainers/")
        if not own and not path.startswith(MAY_IMPORT_TRAINERS):
            return "nothing imports a trainer"
    elif wanted == "models" and room == "models":
        return "no variant imports another"
    elif wanted and path == "tfgan_zoo/__init__.py":
        return "the package holds its version and no re-exports"
    elif path in COMMANDS and wanted in MAY_IMPORT["trainers"]:
        return None
    elif wanted and room and wanted != room and wanted not in MAY_IMPORT.get(room, ()):
        return f"the room {room} may not"
    return None


def code_violations(sources, path):
    """What no file may do: print from the library, swallow errors, hide a variant's parameters."""
    for node in ast.walk(sources.trees[path]):
        if isinstance(node, ast.ExceptHandler):
            names = ast.unparse(node.type) if node.type else ""
            silent = all(isinstance(statement, ast.Pass) for statement in node.body)
            if not node.type:
                yield node.lineno, "has a bare except"
            elif silent and names in ("Exception", "BaseException"):
                yield node.lineno, f"swallows every {names}"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            asks = node.func.id == "hasattr" or (node.func.id == "getattr" and len(node.args) == 3)
            if asks and not path.startswith("tests/"):
                yield node.lineno, f"asks by {node.func.id}; declare what is optional"
            if node.func.id == "print" and path.startswith("tfgan_zoo/") and path not in COMMANDS:
                yield node.lineno, "prints; the library logs, or calls what it is given"
        elif isinstance(node, ast.arguments) and node.kwarg and path.startswith("tfgan_zoo/models"):
            yield node.kwarg.lineno, f"takes **{node.kwarg.arg}; name the parameters"


def shape_violations(sources, path):
    """Length and header of variants and trainers; rooms are opened, not re-exported."""
    tree = sources.trees[path]
    lines = len((sources.root / path).read_text("utf-8").splitlines())
    header = ast.get_docstring(tree) or ""
    body = tree.body[1:] if header else tree.body
    if lines > FILE_LINES and path != DRAWING and not path.startswith("tests/"):
        yield 1, f"has {lines} lines; a file has at most {FILE_LINES}"
    if path.endswith("__init__.py"):
        if path == "tfgan_zoo/__init__.py":
            kept = ("__version__ = ", "import os", "os.environ.")
            body = [s for s in body if not ast.unparse(s).startswith(kept)]
        if body and not path.startswith("tests/"):
            yield body[0].lineno, "an __init__.py holds one docstring and no re-exports"
    elif path.startswith("tfgan_zoo/models/"):
        if lines not in VARIANT_LINES:
            low, high = VARIANT_LINES[0], VARIANT_LINES[-1]
            yield 1, f"has {lines} lines; a variant has {low} to {high}"
        for words in VARIANT_HEADER:
            if words not in header:
                yield 1, f"the header does not say '{words}'"
    elif path.startswith("trainers/") and path.count("/") == 1 and path not in AROUND_TRAINERS:
        if lines > TRAINER_LINES:
            yield 1, f"has {lines} lines; a trainer has at most {TRAINER_LINES}"
        if not header:
            yield 1, "has no docstring with the command"


# A house in which all is well, and then one file at a time that is not.

VARIANT = '"""A. arXiv 1. What a shortcut would miss: b. Departures: none."""\n' + "A = 1\n" * 90
SOUND = {
    "tfgan_zoo/__init__.py": '"""The package."""\n\n__version__ = "1"\n',
    "tfgan_zoo/base.py": '"""Base."""\nimport keras\n',
    "tfgan_zoo/layers/__init__.py": '"""Layers."""\n',
    "tfgan_zoo/layers/norm.py": "import tensorflow as tf\nfrom tfgan_zoo.layers import other\n",
    "tfgan_zoo/layers/other.py": "try:\n    A = 1\nexcept ValueError:\n    pass\n",
    "tfgan_zoo/networks/__init__.py": '"""Networks."""\n',
    "tfgan_zoo/networks/unet.py": "from tfgan_zoo.layers.norm import Norm\n",
    "tfgan_zoo/losses/__init__.py": "",
    "tfgan_zoo/losses/adversarial.py": "import keras\n",
    "tfgan_zoo/data/__init__.py": "",
    "tfgan_zoo/data/pairs.py": "from absl import logging\nfrom tfgan_zoo import __version__\n",
    "tfgan_zoo/metrics/__init__.py": "",
    "tfgan_zoo/metrics/score.py": "from absl import app, flags\nprint(1)\n",
    "tfgan_zoo/models/__init__.py": "",
    "tfgan_zoo/models/translation/__init__.py": '"""Variants."""\n',
    "tfgan_zoo/models/translation/one.py": VARIANT
    + "from tfgan_zoo.base import Adversarial\nfrom tfgan_zoo.losses import adversarial\n",
    "trainers/__init__.py": "",
    "trainers/flags.py": "from absl import app, flags\n"
    + "def f():\n    from tfgan_zoo.optimizers.adam import Adam\n" * 30,
    "trainers/tasks/__init__.py": "",
    "trainers/tasks/paired.py": "def f():\n    import tensorflow as tf\n    print(tf)\n",
    "trainers/one.py": '"""Command."""\nfrom absl import flags\nfrom trainers import flags as f\n'
    "from trainers.tasks import paired\n"
    "def build():\n    from tfgan_zoo.models.translation.one import One\n",
    "tests/__init__.py": "from tests.data import helpers\n",
    "tests/test_one.py": "from absl import flags\nfrom trainers.tasks import paired\n"
    "from tfgan_zoo.models.translation import one\n",
}

BROKEN = [
    ("tfgan_zoo/data/a.py", "A = 1\n" * 451, "has 451 lines; a file has at most 450"),
    ("tfgan_zoo/export/a.py", "getattr(1, 'a', None)\n", "asks by getattr"),
    ("trainers/tasks/a.py", "hasattr(1, 'a')\n", "asks by hasattr"),
    ("tfgan_zoo/layers/a.py", "import tfgan_zoo.networks.unet\n", "the room layers may not"),
    ("tfgan_zoo/layers/a.py", "from tfgan_zoo import losses\n", "the room layers may not"),
    (
        "tfgan_zoo/layers/a.py",
        "from ..losses import adversarial\n",
        "the room layers may not",
    ),
    ("tfgan_zoo/layers/a.py", "from tfgan_zoo.base import B\n", "the room layers may not"),
    (
        "tfgan_zoo/networks/a.py",
        "from tfgan_zoo.losses.adversarial import x\n",
        "the room networks may not",
    ),
    (
        "tfgan_zoo/data/a.py",
        "import importlib\nimportlib.import_module('tfgan_zoo.models.translation.one')\n",
        "the room data may not",
    ),
    (
        "tfgan_zoo/metrics/a.py",
        "def f():\n    from tfgan_zoo.data import pairs\n",
        "the room metrics may not",
    ),
    ("tfgan_zoo/base.py", "from tfgan_zoo.layers import norm\n", "the room base may not"),
    (
        "tfgan_zoo/models/translation/two.py",
        VARIANT + "from tfgan_zoo.data import pairs\n",
        "the room models may not",
    ),
    (
        "tfgan_zoo/models/translation/two.py",
        VARIANT + "from tfgan_zoo.models.translation.one import One\n",
        "no variant imports another",
    ),
    (
        "tfgan_zoo/models/translation/two.py",
        VARIANT + "from . import one\n",
        "no variant imports another",
    ),
    ("trainers/two.py", '"""C."""\nimport trainers.one\n', "nothing imports a trainer"),
    ("trainers/two.py", '"""C."""\nfrom trainers import one\n', "nothing imports a trainer"),
    ("tfgan_zoo/export/a.py", "from trainers import flags\n", "nothing imports a trainer"),
    ("tfgan_zoo/export/a.py", "from tests.data import helpers\n", "only tests import tests"),
    (
        "trainers/two.py",
        '"""C."""\ndef f():\n    from tfgan_zoo import losses\n',
        "the room trainers may not",
    ),
    ("tfgan_zoo/training/a.py", "from absl import flags\n", "flags are read under trainers/"),
    ("tfgan_zoo/metrics/a.py", "import absl.flags\n", "flags are read under trainers/"),
    ("tfgan_zoo/data/a.py", "from absl.flags import FLAGS\n", "flags are read under trainers/"),
    ("trainers/two.py", '"""C."""\nimport tensorflow as tf\n', "--help takes seconds"),
    ("trainers/two.py", '"""C."""\nif 1:\n    from keras import ops\n', "--help takes seconds"),
    (
        "trainers/two.py",
        '"""C."""\nfrom tfgan_zoo.models.translation.one import One\n',
        "--help takes seconds",
    ),
    ("trainers/flags.py", "import keras\n", "--help takes seconds"),
    ("tfgan_zoo/serving/a.py", "from ray import serve\n", "who has not the extra"),
    ("tfgan_zoo/layers/__init__.py", '"""L."""\nfrom tfgan_zoo.layers import norm\n', "re-exports"),
    ("tfgan_zoo/__init__.py", "from tfgan_zoo.layers.norm import Norm\n", "re-exports"),
    ("tfgan_zoo/models/translation/two.py", VARIANT[:200], "has 24 lines; a variant has 80 to 400"),
    ("tfgan_zoo/models/translation/two.py", VARIANT + "A = 1\n" * 400, "has 491 lines"),
    (
        "tfgan_zoo/models/translation/two.py",
        VARIANT.replace("arXiv", "paper"),
        "the header does not say 'arXiv'",
    ),
    (
        "tfgan_zoo/models/translation/two.py",
        VARIANT.replace("shortcut", "reader"),
        "the header does not say 'What a shortcut would miss'",
    ),
    (
        "tfgan_zoo/models/translation/two.py",
        VARIANT.replace("Departures", "Exits"),
        "the header does not say 'Departures'",
    ),
    (
        "tfgan_zoo/models/translation/two.py",
        VARIANT + "def f(a, **rest):\n    pass\n",
        "takes **rest",
    ),
    ("trainers/two.py", '"""C."""\n' + "A = 1\n" * 120, "has 121 lines; a trainer has at most 120"),
    ("trainers/two.py", "A = 1\n", "has no docstring"),
    ("tfgan_zoo/training/a.py", "def f():\n    print('x')\n", "prints; the library logs"),
    ("tfgan_zoo/training/a.py", "try:\n    A = 1\nexcept:\n    raise\n", "has a bare except"),
    (
        "tests/test_a.py",
        "try:\n    A = 1\nexcept Exception:\n    pass\n",
        "swallows every Exception",
    ),
]


def build_house(root, files):
    """Writes `files` (path to source) under `root`."""
    for path, source in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(source, "utf-8")


def test_a_sound_house_has_no_violations(tmp_path):
    build_house(tmp_path, SOUND)
    assert check(tmp_path) == []


@pytest.mark.parametrize(
    ("path", "source", "expected"), BROKEN, ids=[f"{i}-{rule[2]}" for i, rule in enumerate(BROKEN)]
)
def test_each_rule_can_fail(tmp_path, path, source, expected):
    build_house(tmp_path, SOUND | {path: source})
    violations = [v for v in check(tmp_path) if expected in v]
    assert violations, f"nothing found in {path}"
    assert violations[0].startswith(f"{path}:")


def test_every_room_is_known():
    rooms = {p.name.removesuffix(".py") for p in (REPOSITORY / "tfgan_zoo").iterdir()}
    commands = {pathlib.Path(path).stem for path in COMMANDS}
    assert rooms - commands - {"__init__", "__pycache__"} <= ROOMS


def test_this_house():
    violations = check(REPOSITORY)
    assert not violations, "\n".join(["", *violations])
