"""What a family of models needs around it, as values that the engine reads.

A `Task` says where the data comes from, what a validation measures, what a person looks at and what
is exported. It knows its kind of model; the engine knows none.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

from tfgan_zoo.data import pipeline
from tfgan_zoo.export.interface import Interface
from tfgan_zoo.export.sheet import Sheet


@dataclasses.dataclass(frozen=True)
class Splits:
    """The data of a run, a table of examples each.

    Attributes:
        train: what is learnt from.
        test: held out for the scores of the export; None where nothing is scored.
        validation: held out for validations; None where the task needs none.
    """

    train: Any
    test: Any = None
    validation: Any = None

    @property
    def info(self):
        """What the training table says of itself."""
        return self.train.info

    def notes(self):
        """What a user should know before training starts, a line each."""
        counts = {"training": self.train, "validation": self.validation, "test": self.test}
        named = ", ".join(f"{len(v)} {name}" for name, v in counts.items() if v is not None)
        lines = [f"Data: {self.info['name']}: {named}."]
        if "note" in self.info:
            lines.append(self.info["note"])
        skipped = self.info.get("skipped", 0)
        if skipped:
            lines.append(f"--skip_bad: goes on without {skipped} files that cannot be used.")
        return lines


@dataclasses.dataclass(frozen=True)
class Preview:
    """What a person looks at while a model trains.

    Attributes:
        picture: `PIL.Image`.
        samples, real: generated and real examples, for the collapse watchdog.
        spread: samples -> how far two of them are apart, a number above 0; of their kind.
        real_picture: () -> `PIL.Image` of real examples, drawn once, for a person to compare; None
            where `picture` shows them.
        files: further files, suffix -> content, such as the lines of text behind a picture of them
            as `.txt`.
    """

    picture: Any
    samples: Any
    real: Any
    spread: Callable
    real_picture: Callable | None = None
    files: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Validation:
    """What is measured at each validation.

    Attributes:
        measure: model -> floats by name.
        better: () -> what is better of each of them, `higher`, `lower` or `neither`, by its name.
    """

    measure: Callable
    better: Callable = dict


@dataclasses.dataclass(frozen=True)
class Phase:
    """A stretch of a run.

    Attributes:
        name: one word, for progress and messages.
        steps: its length.
        method: of the model, that takes a step.
        batch_size: examples in a step; None is the run's.
        batches: as `Task.batches`, where the phase has a stream of its own.
    """

    name: str
    steps: int
    method: str = "train_step"
    batch_size: int | None = None
    batches: Callable | None = None


@dataclasses.dataclass(frozen=True)
class Export:
    """One thing that is exported of a trained model.

    Attributes:
        interface: what it takes and gives.
        title, summary: of its card, a line each.
        examples: inputs by name, arrays `[N, ...]`, on which parity and latency are measured.
        evaluators: what scores it (`tfgan_zoo.evaluate`).
        picture: served -> `PIL.Image` for the card; `served` as for evaluators.
        calibration: inputs by name, arrays `[N, ...]`, from which int8 takes its ranges; None where
            there can be no int8 file.
        step_examples: like `examples`, of `interface.lite`, where it has one.
        animated: whether the animation of the run goes with it; False where another part has it.
        shown: held-out examples to be put beside it; None where there are no pictures.
    """

    interface: Interface
    title: str
    summary: str
    examples: dict
    evaluators: tuple
    picture: Callable
    calibration: dict | None = None
    step_examples: dict | None = None
    animated: bool = True
    shown: Sheet | None = None


@dataclasses.dataclass(frozen=True)
class Task:
    """A family of models.

    Attributes:
        open: directory (`RunDirectory`) -> `Splits`.
        preview: (model, splits) -> `Preview` of fixed inputs; None draws nothing.
        exports: (model, splits) -> the `Export`s of the trained model.
        validation: (model, splits) -> `Validation`, or None; called once, before training.
        batches: (training table, global_batch_size=, seed=, start_step=, num_replicas=,
            num_pipelines=, pipeline_id=) -> endless `tf.data.Dataset`.
        phases: total_steps -> the phases; where there are several, a run's length is their sum.
        check: (model, splits) -> None; raises `ValueError` for what the task could not do later.
        averaged: the players whose moving averages, where they have any, are drawn, scored and
            exported.
        unit: what an example is called in the rate of a run.
        extras: (model, splits, folder of the export, say) -> None: writes what is exported beside
            the interfaces.
    """

    open: Callable
    preview: Callable | None = None
    exports: Callable = lambda model, splits: ()
    validation: Callable = lambda model, splits: None
    batches: Callable = pipeline.train_batches
    phases: Callable = lambda total_steps: [Phase("training", total_steps)]
    check: Callable = lambda model, splits: None
    averaged: tuple[str, ...] = ("generator",)
    unit: str = "images"
    extras: Callable | None = None
