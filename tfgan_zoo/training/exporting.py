"""From a trained model to its exports: what the task declares, scored, described and shipped."""

import dataclasses
from collections.abc import Callable

from tfgan_zoo.evaluate import evaluator
from tfgan_zoo.export import card
from tfgan_zoo.export.ship import Evaluation, Provenance, Training, ship
from tfgan_zoo.training import plots
from tfgan_zoo.training.run_directory import versions
from tfgan_zoo.training.starting import export_folder
from tfgan_zoo.training.task import Task

# Small, since it ships with the model.
ANIMATION_FRAMES, ANIMATION_SIDE, ANIMATION_GREYS = 12, 264, 16


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
    """

    flags: dict
    command: str
    values: dict
    free: tuple = ()
    at_default: tuple = ()
    check: Callable = _nothing

    @classmethod
    def of_settings(cls, settings):
        """Of settings that were given in Python."""
        fields = dataclasses.fields(settings)
        given = {f.name: getattr(settings, f.name) for f in fields}
        free = tuple(f.name for f in fields if f.metadata["free"])
        return cls(
            flags={name: f"--{name}={v}" for name, v in given.items() if v is not None},
            command="tfgan_zoo.training.run.run(...) in Python",
            values={n: v for n, v in given.items() if n not in free and v not in (None, ())},
            free=free,
            at_default=tuple(f.name for f in fields if given[f.name] == f.default),
        )


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

    Args:
        task: `task.Task`.
        model: with the weights that are to be exported.
        splits: the data.
        directory: `RunDirectory`.
        settings: `Settings`.
        origin: `Origin`.
        steps, seconds: of training.
        say: prints a line.
    """
    folder = export_folder(model, settings, directory)
    if task.extras is not None:  # first: the card lists all files of the export
        task.extras(model, splits, folder, say)
    animation = plots.animation(
        sorted(directory.samples.glob("step_*.png")),
        frames=ANIMATION_FRAMES,
        side=ANIMATION_SIDE,
        greys=ANIMATION_GREYS,
    )
    found = versions()
    training = Training(
        command=origin.command,
        flags=origin.values,
        steps=steps,
        seconds=seconds,
        machine=found.pop("machine"),
        commit=found.pop("commit"),
        versions=found,
    )
    for part in task.exports(model, splits):
        report = ship(
            part.interface,
            folder,
            provenance=Provenance(
                title=part.title,
                summary=part.summary,
                paper=model.paper,
                data=data_of(splits),
                training=training,
            ),
            evaluation=evaluation(part),
            kinds=settings.tflite,
            weights=settings.saved_model_weights,
            animation=animation if part.animated else None,
        )
        say(f"\n{report}")


def evaluation(part):
    """What `export.ship` measures of an `Export`: its evaluators, in their order."""
    return Evaluation(
        examples=part.examples,
        measure=lambda served: evaluator.taken(part.evaluators, served),
        picture=lambda served: part.picture(served),
        calibration=part.calibration,
        step_examples=part.step_examples,
    )
