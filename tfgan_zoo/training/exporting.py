"""From a trained model to its exports: what the task declares, scored, described and shipped."""

import contextlib
import dataclasses
import hashlib
import json
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from tfgan_zoo.data.errors import DataError
from tfgan_zoo.evaluate import evaluator
from tfgan_zoo.export import card
from tfgan_zoo.export.ship import (
    Evaluation,
    Provenance,
    Training,
    exported_before,
    prepared,
    publish,
)
from tfgan_zoo.training import plots
from tfgan_zoo.training.run_directory import RunError, versions
from tfgan_zoo.training.starting import export_folder
from tfgan_zoo.training.task import Task

# Small, since it ships with the model.
ANIMATION_FRAMES, ANIMATION_SIDE, ANIMATION_GREYS = 12, 264, 16
# Settings that name folders of one machine, which no card does.
FOLDERS = ("run_dir", "export_dir", "init_from")


def _nothing():
    pass


@dataclasses.dataclass(frozen=True)
class Origin:
    """Where the settings of a run came from, for its record and its card.

    Attributes:
        flags: name -> '--name=value' line(s) of every knob; empty for one that is not set.
        command: that repeats the run, for the card.
        values: name -> value of the knobs that the card lists.
        free: names of knobs that may differ when a run goes on.
        at_default: names of knobs whose value is the default.
        check: () -> None; called once data and model stand, raises `ValueError` for a knob that
            says nothing under the others.
        longer: what the command needs behind it where the run took more steps than it says, with
            `{}` for their number; empty where nothing can be said so.
        changes: sentences on what changed in the run, for the card.
        shorter: () -> names of knobs whose smaller values make a run shorter; asked after `check`.
    """

    flags: dict
    command: str
    values: dict
    free: tuple = ()
    at_default: tuple = ()
    check: Callable = _nothing
    longer: str = ""
    shorter: Callable = tuple
    changes: str = ""

    @classmethod
    def of_settings(cls, settings):
        """Of settings that were given in Python."""
        fields = dataclasses.fields(settings)
        given = {f.name: getattr(settings, f.name) for f in fields}
        free = tuple(f.name for f in fields if f.metadata["free"])
        return cls(
            flags={name: f"--{name}={v}" for name, v in given.items() if v is not None},
            command="tfgan_zoo.training.run.run(...) in Python",
            values={
                n: v
                for n, v in given.items()
                if n not in free and n not in FOLDERS and v not in (None, ())
            },
            free=free,
            at_default=tuple(f.name for f in fields if given[f.name] == f.default),
            shorter=lambda: ("steps",),
        )

    def of(self, steps):
        """The origin of a run of so many steps, whatever its settings asked for."""
        if steps == self.values.get("steps") or not self.longer:
            return self
        values = {name: value for name, value in self.values.items() if name != "epochs"}
        return dataclasses.replace(
            self,
            command=self.command + self.longer.format(steps),
            values=values | {"steps": steps},
        )


@dataclasses.dataclass(frozen=True)
class Steps:
    """How far a run went.

    Attributes:
        asked: for by its settings.
        taken: by all of its processes.
        exported: of the weights that are exported, the last or the best.
    """

    asked: int
    taken: int
    exported: int


@contextlib.contextmanager
def after_training(what):
    """Within the block, what fails is told in a sentence: nothing that was trained is lost by it.

    Args:
        what: is made there, for that sentence.

    Raises:
        RunError: in place of an error that has another cause than the run's settings or data.
    """
    try:
        yield
    except (RunError, DataError):
        raise
    except (OSError, ValueError, tf.errors.OpError) as error:
        raise RunError(
            f"The run is trained and its checkpoints are whole, but {what} failed: "
            f"{str(error).rstrip('. ')}. Remove the cause and repeat the command: it goes on from "
            "here, and trains no step again."
        ) from error


def check_sources(task, model, splits):
    """Raises `ValueError`, before training, for a model or data that do not say what their card
    must; nothing is asked of a task that exports nothing.
    """
    if task.exports is Task.exports:
        return
    for field, value, origin in (
        ("paper", model.paper, f"{type(model).__name__}.paper"),
        ("data", data_of(splits), "`info` of the training examples"),
    ):
        try:
            card.check(field, value)
        except ValueError as error:
            raise ValueError(f"{error} The card takes it from {origin}.") from error


def data_of(splits):
    """What the card says of the data."""
    info = splits.info
    found = {key: info[key] for key in ("name", "description", "licence") if key in info}
    classes, palette = info.get("label_names"), info.get("palette")
    return found | {"classes": classes or None, "palette": palette or None}


def export(task, model, splits, directory, settings, origin, steps, seconds, say):
    """Exports all that the task declares, and prints what came of it.

    All is written and measured beside its place first, so that a failure leaves nothing. What is
    there already, the same weights under the same settings, is not written again.

    Args:
        task: `task.Task`.
        model: with the weights that are to be exported.
        splits: the data.
        directory: `RunDirectory`.
        settings: `Settings`.
        origin: `Origin`.
        steps: `Steps`.
        seconds: of training.
        say: prints a line.
    """
    folder = export_folder(model, settings, directory)
    if steps.taken != steps.asked:
        say(
            f"The run has taken {steps.taken:,} steps, not {steps.asked:,} as its settings say now:"
            " that is what its card tells."
        )
        origin = origin.of(steps.taken)
    animation = plots.animation(
        sorted(directory.samples.glob("step_*.png")),
        frames=ANIMATION_FRAMES,
        side=ANIMATION_SIDE,
        greys=ANIMATION_GREYS,
    )
    found, commits = versions(), directory.commits()
    chosen = f"The weights are those of step {steps.exported:,}, the best by a validation."
    training = Training(
        command=origin.command,
        flags=origin.values,
        steps=steps.taken,
        seconds=seconds,
        machine=found.pop("machine"),
        commit=found.pop("commit"),
        versions=found,
        commits=commits if len(commits) > 1 else None,
        chosen=chosen if steps.exported != steps.taken else None,
    )
    parts = task.exports(model, splits)
    prints = [fingerprint(part, training, settings, task.extras is not None) for part in parts]
    wanted = [
        (part, known)
        for part, known in zip(parts, prints, strict=True)
        if not exported_before(part.interface, folder, known)
    ]
    if parts and not wanted:
        say(
            f"This run is finished, at step {steps.taken:,}, and {folder} holds its export. "
            "Nothing was written."
        )
        return
    with contextlib.ExitStack() as stack:
        ready = [
            stack.enter_context(
                prepared(
                    part.interface,
                    folder,
                    provenance=Provenance(
                        title=part.title,
                        summary=part.summary + origin.changes,
                        paper=model.paper,
                        data=data_of(splits),
                        training=training,
                    ),
                    evaluation=evaluation(part, settings),
                    kinds=settings.tflite,
                    weights=settings.saved_model_weights,
                    onnx=settings.export_onnx,
                    animation=animation if part.animated else None,
                    fingerprint=known,
                )
            )
            for part, known in wanted
        ]
        if task.extras is not None:  # before the cards, which list all files of the export
            task.extras(model, splits, folder, say)
        for one in ready:
            say(f"\n{publish(one)}")


def fingerprint(part, training, settings, extras):
    """What tells an export from another: its weights, how they are written and by which code.

    Args:
        part: `Export`.
        training: `ship.Training`.
        settings: `Settings`.
        extras: whether something is exported beside the interfaces.

    Returns:
        64 hexadecimal digits.
    """
    told = {
        "export": [part.interface.name, part.title, part.summary, extras],
        "settings": [
            list(settings.tflite),
            settings.saved_model_weights,
            settings.export_examples,
            settings.export_onnx,
        ],
        "training": [training.steps, training.chosen, training.commit, dict(training.versions)],
    }
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
    for network in part.interface.networks:
        for weight in network.weights:
            digest.update(np.ascontiguousarray(weight).tobytes())
    return digest.hexdigest()


def evaluation(part, settings):
    """What `export.ship` measures of an `Export`: its evaluators, in their order."""
    return Evaluation(
        examples=part.examples,
        measure=lambda served: evaluator.taken(part.evaluators, served),
        picture=lambda served: part.picture(served),
        calibration=part.calibration,
        step_examples=part.step_examples,
        shown=part.shown if settings.export_examples else None,
    )
