"""A trainer: its flags, the task and the model that they make, and a run of them."""

import dataclasses
from collections.abc import Callable

from tfgan_zoo.training.settings import Settings
from trainers import flags, told
from trainers.program import Program, say

NEEDS = {
    "run_dir": "name a folder for checkpoints, samples and the export",
    "data": "name built-in data (facades, digits, people, captions), tfds:NAME, or a folder",
}


# The flags whose smaller values make a run shorter.
COSTLY = (
    *("steps", "pretrain_steps", "discriminator_steps", "adversarial_steps", "image_size"),
    "completion_steps",
    *("generator_filters", "discriminator_filters", "filters", "width", "blocks", "units"),
    *("generator_width", "discriminator_width", "encoder_width", "lstm_units", "unrolling_steps"),
)


@dataclasses.dataclass(frozen=True)
class Trainer:
    """One program of `trainers/`.

    Attributes:
        name: of the module.
        about: what it trains and its command, for `--help`; the module's docstring.
        task: values -> `tfgan_zoo.training.task.Task`.
        build: (values, splits, total_steps) -> compiled model.
        knobs: those of the task, of its optimizers and its own.
        defaults: other defaults of any knob, by name.
        without: the engine's knobs that say nothing here.
    """

    name: str
    about: str
    task: Callable
    build: Callable
    knobs: tuple
    defaults: dict = dataclasses.field(default_factory=dict)
    without: tuple = ()

    def all_knobs(self):
        """Every knob of the program, in the order of `--help`."""
        engine = [item for item in flags.of(Settings) if item.name not in self.without]
        return flags.with_defaults([flags.DATA, *self.knobs, *engine], self.defaults)

    @property
    def program(self):
        """The command around a run."""
        return Program(self.name, self.about, tuple(self.all_knobs()), NEEDS, self._act)

    def parse(self, arguments):
        """The flags' values, as `Program.parse`."""
        return self.program.parse(arguments)

    def main(self, arguments=None):
        """The command, as `Program.main`."""
        self.program.main(arguments)

    def run(self, values, arguments=(), say=print):
        """Trains, scores and exports; returns the `Outcome` of `training.run.run`, and raises what
        it raises.
        """
        from tfgan_zoo.training import run

        origin = run.Origin(
            flags=recorded(values),
            command=told.command(self.name, arguments, self.all_knobs()),
            values=values.told(),
            free=values.free() + free_lengths(values),
            at_default=values.at_default(),
            check=values.check,
            longer=" --steps={}" if values.has("steps") else "",
            shorter=lambda: values.heeded(COSTLY),
        )
        return run.run(
            self.task(values),
            lambda splits, total_steps: self.build(values, splits, total_steps),
            values.filled(Settings),
            origin=origin,
            say=say,
        )

    def _act(self, values, arguments):
        outcome = self.run(values, arguments, say)
        return 0 if outcome.stopped_at is None else 130


def recorded(values):
    """The flags as a run's folder records them: the length of the run is one of two flags."""
    lines = values.lines()
    if values.has("steps"):
        lines["epochs" if values.steps is not None else "steps"] = ""
    return lines


def free_lengths(values):
    """The flags of a run's length: they bind nobody where no learning rate depends on them."""
    if values.has("lr_schedule") and values.lr_schedule != "constant":
        return ()
    return ("steps", "epochs")
