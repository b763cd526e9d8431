"""The records of the mode-collapse laboratory: what a cell writes down, which setting the records
choose, and which of them belong in one table.

`result.json` of a cell holds where it stands (`world`, `remedy`, `seed`, `tried`), under what it
ran (`setting`, `terms`, `code`), what it took (`real_examples`, `updates`, `processor_seconds`,
`parameters`) and what it scored; `failed` in place of scores, if its numbers were not finite.
"""

import collections
import contextlib
import functools
import hashlib
import json
import pathlib
import time

# Rooms of the library, and files of the laboratory, on which a figure may depend.
ROOMS = (
    *("data", "kinds", "layers", "losses", "metrics", "models", "networks", "optimizers"),
    *("regularizers", "training"),
)
FILES = ("mode_lab", "mode_nets", "mode_records", "remedies")
ROOT = pathlib.Path(__file__).resolve().parents[2]


class Cell(collections.namedtuple("Cell", "world remedy seed tried", defaults=(None,))):
    """One run: under a seed of the table, or, to choose a setting, the `tried`-th on the seed of
    tuning.
    """

    @property
    def folder(self):
        """Below the folder of the experiment."""
        own = str(self.seed) if self.tried is None else f"tune_{self.tried}"
        return pathlib.Path(self.world, self.remedy, own)


@functools.cache
def code():
    """Twelve hexadecimal digits of the sources on which a figure may depend: two cells with the
    same were made by the same code, whatever the commits around it.
    """
    library = ROOT / "tfgan_zoo"
    files = [library / "base.py", library / "step.py"]
    files += [file for room in ROOMS for file in sorted((library / room).rglob("*.py"))]
    files += [pathlib.Path(__file__).with_name(f"{name}.py") for name in FILES]
    whole = hashlib.sha256()
    for file in files:
        whole.update(f"{file.relative_to(ROOT).as_posix()}\0".encode() + file.read_bytes() + b"\0")
    return whole.hexdigest()[:12]


class Processor:
    """Seconds of processor time, of all threads, that a cell took in all processes that worked on
    it, up to the last `keep` of one that was killed.
    """

    def __init__(self, file):
        self.file = file
        self.before = json.loads(file.read_text()) if file.exists() else 0.0
        self.began = time.process_time()

    @property
    def seconds(self):
        return self.before + time.process_time() - self.began

    @contextlib.contextmanager
    def paused(self):
        """Within the block nothing is counted."""
        now = time.process_time()
        try:
            yield
        finally:
            self.began += time.process_time() - now

    def keep(self):
        """Writes down what has been counted so far."""
        from tfgan_zoo.training.run_directory import write_atomically

        write_atomically(self.file, f"{self.seconds:.2f}\n")


def collect(folder):
    """The records of all finished cells under `folder`, a list of dicts, each with the `versions`
    that it ran with: a laboratory that is gone on with may span several.
    """
    return [
        json.loads(file.read_text())
        | {"versions": json.loads(file.with_name("versions.json").read_text())}
        for file in sorted(folder.glob("*/*/*/result.json"))
    ]


def sorted_out(records, settings):
    """(records that belong in one table, tuning before it, sentences about the others).

    Left out are cells of another protocol, and reported ones on the seed of tuning, without whole
    tuning, or with another setting than it chose.

    Args:
        records: of `collect`.
        settings: world -> `remedies.World`.
    """
    from trainers.experiments.remedies import TUNING_SEED

    tuning, reported, refused = [], [], []
    for record in records:
        name = where(record)
        wrong = other_terms(record, settings)
        if wrong:
            refused.append(f"{name}: {wrong}.")
        elif record["tried"] is not None:
            tuning.append(record)
        elif record["seed"] == TUNING_SEED:
            refused.append(f"{name}: its setting was chosen on this seed.")
        else:
            reported.append(record)
    sound = []
    for record in reported:
        best = choice(tuning, record["remedy"], settings[record["world"]], record["world"])
        if best is None:
            refused.append(f"{where(record)}: the tuning before it is not here.")
        elif best != record["setting"]:
            refused.append(f"{where(record)}: the tuning that is here chose another setting.")
        else:
            sound.append(record)
    return sound, tuning, refused


def where(record):
    """The cell of a record, as its folder is called."""
    names = record["world"], record["remedy"], record["seed"], record.get("tried")
    return Cell(*names).folder.as_posix()


def other_terms(record, settings):
    """How the protocol of a record differs from the one of now, in a few words; None if not."""
    from trainers.experiments.remedies import REMEDIES, terms_of

    if record["world"] not in settings or record["remedy"] not in REMEDIES:
        return "the laboratory has no such world or remedy"
    if "terms" not in record:
        return "it was made under older rules, without a record of them"
    now, before = terms_of(record["remedy"], settings[record["world"]]), record["terms"]
    changed = [
        f"{key} was {before.get(key)}, is {now.get(key)}"
        for key in sorted(now.keys() | before.keys())
        if before.get(key) != now.get(key)
    ]
    return "; ".join(changed) or None


def choice(tuning, remedy, world, name):
    """The setting with the greatest overlap, the first of equals; a run that failed has none.

    Args:
        tuning: records of tuning.
        remedy: name of the arm.
        world, name: `remedies.World` and its name.

    Returns:
        The setting, a dict, or None as long as one of the arm's tries is not finished.
    """
    from trainers.experiments.remedies import settings_of

    own = {r["tried"]: r for r in tuning if (r["world"], r["remedy"]) == (name, remedy)}
    tries = settings_of(remedy, world)
    if len(own) < len(tries):
        return None
    best = max(range(len(tries)), key=lambda tried: own[tried].get("overlap", -1.0))
    return tries[best]


def overlap_of_points(points, truth):
    """What the samples and a mixture have in common: the sum over modes of the smaller of the
    mode's weight and the share of samples that lie nearest to it, within 3 deviations.

    1 would be all; a missing mode takes its weight off, a sample off the modes its share.

    Args:
        points: `[N, D]`.
        truth: `data.worlds.World`.
    """
    import numpy as np

    distances = np.linalg.norm(points[:, None] - truth.centres, axis=-1)
    nearest = distances.argmin(1)
    good = distances.min(1) <= 3.0 * truth.stds[nearest]
    shares = np.bincount(nearest[good], minlength=len(truth.stds)) / len(points)
    return float(np.minimum(shares, truth.weights).sum())


def overlap_of_digits(probabilities):
    """The same of stacked pictures, whose 1,000 modes weigh the same: class probabilities `[N, 3,
    10]`.
    """
    import numpy as np

    numbers = probabilities.argmax(-1) @ [100, 10, 1]
    shares = np.bincount(numbers, minlength=1000) / len(numbers)
    return float(np.minimum(shares, 1e-3).sum())


def perfect_overlap(weights, inside, drawn):
    """What a perfect sampler's overlap is expected to be.

    Args:
        weights: `[K]` of the modes, which sum to one.
        inside: share of a mode's samples that lie within 3 deviations.
        drawn: number of samples.
    """
    import numpy as np
    from scipy.stats import binom

    counts, total = np.arange(drawn + 1), 0.0
    for weight, times in zip(*np.unique(weights, return_counts=True), strict=True):
        held = np.minimum(counts / drawn, weight)
        total += times * float(binom.pmf(counts, drawn, weight * inside) @ held)
    return total
