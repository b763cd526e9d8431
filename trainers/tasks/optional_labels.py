"""Pictures from latents, or with --conditional from latents and a label."""

from trainers import flags
from trainers.tasks import conditional, unconditional

KNOBS = (
    *conditional.KNOBS,
    flags.knob("conditional", None, "Draw each of the data's classes on demand.", kind="bool"),
)


def classes(values, splits):
    """Number of labels; 0 without --conditional."""
    from tfgan_zoo.evaluate.labels import count_classes

    return count_classes(splits.train) if values.conditional else 0


def task(values, noisy=None):
    """The `Task`, from the flags; `noisy` as in `tasks.unconditional`."""
    family = conditional if values.conditional else unconditional
    return family.task(values, noisy)
