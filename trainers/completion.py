"""Trains image completion (Iizuka et al., SIGGRAPH 2017): fills holes of pictures.

python -m trainers.completion --flagfile=trainers/flagfiles/completion.flags --run_dir=RUN

A run has three phases: the completion net by the squared error, the discriminator, both.
"""

from trainers import flags, optimizers
from trainers.tasks import completion
from trainers.trainer import Trainer

# Player -> the phases in which it moves.
MOVES = {
    "generator": ("completion_steps", "adversarial_steps"),
    "discriminator": ("discriminator_steps", "adversarial_steps"),
}


def build(values, splits, total_steps):
    from tfgan_zoo.evaluate.completion import mean_colour
    from tfgan_zoo.models.restoration.completion import Completion

    sizes = ("patch_size", "generator_filters", "discriminator_filters", "features", "dilations")
    model = Completion(
        mean=tuple(map(float, mean_colour(splits.train))),
        **values.only("image_size", "channels", "holes", "hole_size", *sizes),
        **values.only("adversarial_weight", "objective", "seed"),
    )
    return optimizers.compiled(values, model, **{p: descent(values, p) for p in model.players})


def descent(values, player):
    """The player's optimizer, from the flags; its rate falls with its own updates."""
    updates = sum(getattr(values, steps) for steps in MOVES[player])
    return optimizers.adadelta_or_adam(values, player, updates)


def phases(values):
    """`Task.phases`, from the flags; a phase of no steps is left out."""
    from tfgan_zoo.training.task import Phase

    planned = [
        Phase("completion", values.completion_steps, "completion_step"),
        Phase("discriminator", values.discriminator_steps, "discriminator_step"),
        Phase("adversarial", values.adversarial_steps, "train_step"),
    ]
    return lambda total_steps: [phase for phase in planned if phase.steps]


TRAINER = Trainer(
    "completion",
    __doc__,
    task=lambda values: completion.task(values, phases(values)),
    build=build,
    knobs=(
        *completion.KNOBS,
        *optimizers.adadelta_or_adam_knobs("generator", "discriminator"),
        flags.knob(
            "completion_steps", 90_000, "Steps of the completion net alone, the first phase.", low=0
        ),
        flags.knob(
            "discriminator_steps",
            10_000,
            "Steps of the discriminator alone, the second phase.",
            low=0,
        ),
        flags.knob("adversarial_steps", 400_000, "Steps of both nets, the last phase.", low=0),
        flags.knob(
            "patch_size",
            128,
            "Side in pixels of the square around a hole that the local discriminator sees.",
            low=1,
        ),
        flags.knob("generator_filters", 64, "Channels of the completion net's first layer.", low=1),
        flags.knob(
            "discriminator_filters", 64, "Channels of either discriminator's first layer.", low=1
        ),
        flags.knob("features", 1024, "Numbers that either discriminator ends in.", low=1),
        flags.knob(
            "dilations",
            (2, 4, 8, 16),
            "Dilation of each of the completion net's middle layers, in pixels of a quarter of "
            "the picture's size.",
            low=1,
        ),
        flags.knob(
            "adversarial_weight",
            4e-4,
            "Weight of the adversarial loss beside the squared error.",
            low=0.0,
        ),
        flags.knob(
            "objective",
            "minimax",
            "What the completion net plays for: log(1 - D), the paper's (minimax), or to be taken "
            "for real (nonsaturating), which has a gradient where it loses.",
            choices=("minimax", "nonsaturating"),
        ),
    ),
    defaults={"batch_size": 96},
    without=("steps", "epochs"),
)

if __name__ == "__main__":
    TRAINER.main()
