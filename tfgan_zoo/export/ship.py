"""The whole export of one interface into a folder: files, what they are worth, and the card."""

import contextlib
import dataclasses
import os
import pathlib
import shutil
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from tfgan_zoo.export import (
    card,
    codecs,
    golden,
    measured,
    onnx_file,
    places,
    readme,
    runtimes,
    saved_model,
    served,
    serving,
    sheet,
    signatures,
    stored,
)
from tfgan_zoo.export import tflite as lite
from tfgan_zoo.export.interface import Interface

LATENCY_RUNS = 20
# Files beside the SavedModel that an export may have or lack.
BESIDE = {*lite.FILES.values(), onnx_file.FILE, readme.ANIMATION, sheet.FILE}


@dataclasses.dataclass(frozen=True)
class Training:
    """How the weights came to be.

    Attributes:
        command: that trains them again; no folder of one machine stands in it.
        flags: of that command, by name, as far as they say anything.
        steps: of training, as many as were taken.
        seconds: that they took.
        machine, commit: in a few words each.
        versions: package -> version.
        commits: of all processes of the run, in turn, where there were several; else None.
        chosen: a sentence on the step that the weights are of, where it is not the last; else None.
    """

    command: str
    flags: Mapping
    steps: int
    seconds: float
    machine: str
    commit: str
    versions: Mapping[str, str]
    commits: Sequence[str] | None = None
    chosen: str | None = None


@dataclasses.dataclass(frozen=True)
class Provenance:
    """What a card says that no file can: what this is, of which paper, trained on what and how.

    Attributes:
        title, summary: one line each.
        paper: "title", "authors", "arxiv", None where it is not there, and "code", an address or
            None.
        data: "name", "description", "licence", and "classes" and "palette", each a list or None.
        training: see `Training`.
    """

    title: str
    summary: str
    paper: Mapping
    data: Mapping
    training: Training


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """What is measured and drawn of the exported files.

    Attributes:
        examples: input name -> real values [N,...] (a single value of an input without a batch);
            parity is measured on all of them, latency on the first.
        measure: served -> (scores, baselines, protocol): numbers by name, the same of what the
            model is to be compared with, by its name, and sentences on how they are taken. `served`
            is `served.Served`, the SavedModel as a NumPy function of the interface's inputs.
        picture: served -> the picture that a person looks at first, Pillow's or a PNG's content.
        calibration: input name -> a hundred real values or so, from which an int8 file takes its
            ranges; None if no such file is asked for.
        step_examples: like `examples`, of `interface.lite`, where it has one.
        shown: held-out examples that are put beside the files; None for none.
    """

    examples: Mapping[str, np.ndarray]
    measure: Callable
    picture: Callable
    calibration: Mapping[str, np.ndarray] | None = None
    step_examples: Mapping[str, np.ndarray] | None = None
    shown: sheet.Sheet | None = None


@dataclasses.dataclass(frozen=True)
class Report:
    """What was shipped, for the trainer to print.

    Attributes:
        folder: of the export.
        saved_model: its newest version.
        scores, baselines: as `Evaluation.measure` returned them.
        parities: "SavedModel", "float16", ... -> what `measured.parity` returns.
        files: what each file is, in a word or two -> its path.
    """

    folder: pathlib.Path
    saved_model: pathlib.Path
    scores: Mapping
    baselines: Mapping
    parities: Mapping
    files: Mapping[str, pathlib.Path]

    def __str__(self):
        """The scores beside their baselines, the parities and the paths, in lines."""
        columns = {"exported model": self.scores, **self.baselines}
        width = max(map(len, columns)) + 2
        lines = ["Scores on the held-out split:"]
        for name, values in columns.items():
            numbers = "  ".join(f"{key} {value:.4g}" for key, value in values.items())
            lines.append(f"  {name:<{width}}{numbers}")
        lines.append("Largest difference to the model itself, in the units of its outputs:")
        found = (f"{kind} {values['max_abs']:.1e}" for kind, values in self.parities.items())
        lines += ["  " + "  ".join(found), "Files:"]
        lines += [f"  {name:<16}{path}" for name, path in self.files.items()]
        return "\n".join(lines)


@dataclasses.dataclass(frozen=True)
class Prepared:
    """An export that is whole, but lies beside its place until `publish`.

    Attributes:
        interface: what was exported.
        folder, staging: its place, and where it lies until then.
        version: of the SavedModel.
        described: the card without what it says of the files.
        picture: the PNG beside it.
        kinds: of TFLite files.
    """

    interface: Interface
    folder: pathlib.Path
    staging: pathlib.Path
    version: int
    described: Mapping
    picture: bytes
    kinds: Sequence[str]


@contextlib.contextmanager
def prepared(
    interface: Interface,
    folder: str | os.PathLike,
    *,
    provenance: Provenance,
    evaluation: Evaluation,
    kinds: Sequence[str] = ("float16",),
    weights: str = "float32",
    onnx: bool = False,
    all_runtimes: bool = False,
    animation: bytes | None = None,
    version: int | None = None,
    fingerprint: str | None = None,
):
    """Writes, compares, measures and describes the export of one interface, beside its place.

    A context manager of the `Prepared`. What it wrote is removed at its end, and so is what a
    process that was killed meanwhile left in the folder.

    Args:
        interface: what is exported.
        folder: of this model's exports; `interface.part` is a folder in it. Versions that are there
            are kept, and the new one is the next.
        provenance, evaluation: see there.
        kinds: of TFLite files, of `tflite.KINDS`. None of them for a model that TFLite cannot run.
        weights: how the SavedModel stores them, of `saved_model.WEIGHTS`.
        onnx: whether to write an ONNX file too, for which the extra `onnx` must be installed.
        all_runtimes: whether the SavedModel is also timed beside XLA and, as far as they are
            installed, ONNX Runtime and OpenVINO, and not only beside the files that are written.
        animation: a GIF of the training, for the card; None for none.
        version: of the SavedModel; None for the one after the highest that is there.
        fingerprint: for the card; None where nobody asks whether this was exported before.

    Raises:
        ValueError: the interface cannot be exported, or a number of the card is not finite.
    """
    folder = pathlib.Path(folder) / (interface.part or "")
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    places.remove_leftovers(folder)
    version = version or next_version(folder)
    staging = places.partial(folder / ".export")
    made = signatures.build(interface)
    try:
        path = saved_model.save(
            staging,
            network=interface.networks,
            signatures=made,
            version=version,
            assets_extra={
                serving.WARMUP_FILE: serving.warmup_requests(
                    interface.name, serving.requests(interface, made)
                )
            },
            weights=weights,
        )
        exported = served.of_saved_model(interface, path)
        parity = measured.parity(served.of_model(interface), exported, evaluation.examples)
        also = _further(interface, path, exported, evaluation.examples)
        beside = _beside(interface, staging, path, exported, evaluation, kinds, onnx, all_runtimes)
        scores, baselines, protocol = evaluation.measure(exported)
        picture = evaluation.picture(exported)
        described = {
            "name": interface.name,
            "title": provenance.title,
            "summary": provenance.summary,
            "paper": provenance.paper,
            "data": provenance.data,
            "training": {
                **dataclasses.asdict(provenance.training),
                "seconds": round(provenance.training.seconds),
            },
            "scores": {"protocol": protocol, "model": scores, "baselines": baselines},
            "saved_model": {"weights": weights, **parity},
            "also": also,
            **beside,
            "examples": evaluation.shown and evaluation.shown.section(),
            "compared": None,
            "fingerprint": fingerprint,
        }
        described, picture = card.checked(described), card.png(picture)
        if animation is not None:
            card.replace(staging / readme.ANIMATION, animation)
        if evaluation.shown is not None:
            card.replace(staging / sheet.FILE, card.png(evaluation.shown.picture()))
        yield Prepared(interface, folder, staging, version, described, picture, tuple(kinds))
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        for path in missing:
            places.remove_empty(path)


def publish(ready: Prepared) -> Report:
    """Puts a prepared export into its place, with the card, which lists all files of the folder.

    The version comes last, and by one renaming: a process that is killed on the way leaves none.
    """
    folder, staging, described = ready.folder, ready.staging, ready.described
    stale = {folder / name for name in BESIDE if not (staging / name).exists()}
    card.write_card(staging, described, ready.interface, ready.picture, folder, stale)
    for path in stale:  # of an earlier export; the card does not describe them
        path.unlink(missing_ok=True)
    for path in sorted(staging.iterdir(), key=lambda path: path.name.isdecimal()):
        path.replace(folder / path.name)
    files = {"picture": folder / "samples.png", "SavedModel": folder / str(ready.version)}
    files |= {f"TFLite {kind}": folder / lite.FILES[kind] for kind in ready.kinds}
    files |= {"ONNX": folder / onnx_file.FILE} if described["onnx"] else {}
    files["card"] = folder / "README.md"
    scores = described["scores"]
    parities = {"SavedModel": described["saved_model"], **described["tflite"]}
    parities |= {"ONNX": described["onnx"]} if described["onnx"] else {}
    return Report(
        folder, files["SavedModel"], scores["model"], scores["baselines"], parities, files
    )


def ship(interface: Interface, folder: str | os.PathLike, **options) -> Report:
    """Exports one interface: `publish` of what `prepared` with these options makes.

    An export that fails leaves the folder as it was.
    """
    with prepared(interface, folder, **options) as ready:
        return publish(ready)


def exported_before(interface: Interface, folder: str | os.PathLike, fingerprint: str) -> bool:
    """Whether the newest export in the folder has this fingerprint, and all of its files.

    What a process that was killed left there is removed.
    """
    folder = pathlib.Path(folder) / (interface.part or "")
    places.remove_leftovers(folder)
    found = stored.find_card(folder) if (folder / "card.json").is_file() else None
    if found is None or found.get("fingerprint") != fingerprint:
        return False
    version, beside = f"{found['version']}/", {"samples.png", *BESIDE}
    return all(
        (folder / name).is_file() and (folder / name).stat().st_size == size
        for name, size in found["files"].items()
        if name in beside or name.startswith(version)
    )


def next_version(folder: pathlib.Path) -> int:
    """The number after the highest version in a folder of SavedModels, or 1."""
    return 1 + max([int(p.name) for p in folder.glob("[0-9]*") if p.name.isdecimal()], default=0)


def _further(interface, path, exported, examples):
    """The parity of each further function, by name. It is given the examples of the inputs that it
    has in common with the main one, for others the main one's answers of that name, or zeros.
    """
    if not interface.also:
        return {}
    known, parities = {**exported(**examples), **examples}, {}
    for other in interface.also:
        inputs = {item.name: known.get(item.name) for item in other.inputs}
        counts = [len(inputs[i.name]) for i in other.inputs if i.batched and i.name in known]
        for item in other.inputs:
            if item.name not in known:
                one, count = codecs.example(item), max(counts, default=1)
                inputs[item.name] = np.repeat(one, count, axis=0) if item.batched else one
        found = served.of_saved_model(other, path, other.name)
        parities[other.name] = measured.parity(served.of_model(other), found, inputs)
    return parities


def _beside(interface, staging, path, exported, evaluation, kinds, onnx, all_runtimes):
    """What the card says of "tflite", "onnx" and "latency"; writes the files beside the SavedModel,
    which lies in `path` and answers as `exported`.
    """
    entries, contents = {}, {}
    model = served.of_model(interface.served_by_tflite)
    examples = evaluation.examples if interface.lite is None else evaluation.step_examples
    for kind in kinds:
        calibration = evaluation.calibration if kind == "int8" else None
        contents[kind] = lite.convert(interface, kind=kind, calibration=calibration)
        card.replace(staging / lite.FILES[kind], contents[kind])
        parity = measured.parity(model, served.of_tflite(interface, contents[kind]), examples)
        check = golden.check(interface, contents[kind])
        entries[kind] = {"file": lite.FILES[kind], **parity, "check": check}
    timed = contents and interface.lite is None
    said, file = None, None
    if onnx or (timed and all_runtimes and onnx_file.complaint() is None):
        file = onnx_file.convert(interface)
    if onnx:
        card.replace(staging / onnx_file.FILE, file)
        parity = measured.parity(model, served.of_onnx(interface, file), examples)
        said = {"file": onnx_file.FILE, "opset": onnx_file.OPSET, **parity}
    latency = None
    if timed:
        threads = runtimes.threads()
        raced = runtimes.installed(
            interface, exported, contents, file, path if all_runtimes else None, threads
        )
        latency = _latency(interface, raced, evaluation.examples)
        latency |= {"kind": kinds[0], "ratio": latency["ratios"][f"TFLite {kinds[0]}"]}
        latency["threads"] = threads
    return {"tflite": entries, "onnx": said, "latency": latency}


def _latency(interface, raced, examples):
    batched = {item.name for item in interface.inputs if item.batched}
    one = {name: v[:1] if name in batched else v for name, v in examples.items()}
    seconds = measured.race(runtimes.usable(raced, one), one, LATENCY_RUNS)
    ratios = measured.ratios(seconds, runtimes.SAVED_MODEL)
    return {"batch_size": 1, "runs": LATENCY_RUNS, "ratios": ratios}
