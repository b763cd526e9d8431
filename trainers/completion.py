"""Trains image completion (Iizuka et al., SIGGRAPH 2017): fills holes of pictures.

python -m trainers.completion --flagfile=trainers/flagfiles/completion.flags --run_dir=RUN

A run has three phases: the completion net by the squared error, the discriminator, both.
"""

from trainers import flags, optimizers
from trainers.tasks import completion
from trainers.trainer import Trainer

PHASES = {
    "generator": ("completion_steps", "adversarial_steps"),
    "discriminator": ("discriminator_steps", "adversarial_steps"),
}
RATES = {"adadelta": 1.0, "adam": 4e-4}


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
    import keras

    from tfgan_zoo.optimizers.adam import Adam
    from tfgan_zoo.training.schedules import learning_rate

    rate = getattr(values, f"{player}_learning_rate") or RATES[values.optimizer]
    if values.lr_schedule != "constant":
        updates = sum(getattr(values, steps) for steps in PHASES[player])
        rate = learning_rate(rate, values.lr_schedule, updates, values.lr_decay_from)
    options = optimizers.bound_and_average(values, player)
    if values.optimizer == "adadelta":
        # Torch's decay and epsilon; Keras has others.
        return keras.optimizers.Adadelta(
            rate, rho=0.9, epsilon=1e-6, name=f"{player}_adadelta", **options
        )
    beta_1, beta_2 = values.beta_1, values.beta_2
    return Adam(rate, beta_1=beta_1, beta_2=beta_2, epsilon=1e-8, name=f"{player}_adam", **options)


def phases(values):
    """`Task.phases`, from the flags; a phase of no steps is left out."""
    from tfgan_zoo.training.task import Phase

    planned = [
        Phase("completion", values.completion_steps, "completion_step"),
        Phase("discriminator", values.discriminator_steps, "discriminator_step"),
        Phase("adversarial", values.adversarial_steps, "train_step"),
    ]
    return lambda total_steps: [phase for phase in planned if phase.steps]


def _rate(player):
    return flags.knob(
        f"{player}_learning_rate",
        None,
        f"Learning rate of the {player}; 1 by default under adadelta, 0.0004 under adam.",
        kind="float",
        above=0.0,
        free=True,
    )


TRAINER = Trainer(
    "completion",
    __doc__,
    task=lambda values: completion.task(values, phases(values)),
    build=build,
    knobs=(
        *completion.KNOBS,
        flags.knob(
            "optimizer",
            "adadelta",
            "Who moves both nets: Adadelta, the paper's, or Adam.",
            choices=("adadelta", "adam"),
        ),
        _rate("generator"),
        _rate("discriminator"),
        *(k for k in optimizers.knobs(beta_1=0.9) if k.name in ("beta_1", "beta_2")),
        *optimizers.bounds(),
        *optimizers.fall(),
        flags.knob("completion_steps", 90_000, "Steps of the completion net alone.", low=0),
        flags.knob("discriminator_steps", 10_000, "Steps of the discriminator alone.", low=0),
        flags.knob("adversarial_steps", 400_000, "Steps of both.", low=0),
        flags.knob(
            "holes",
            "rectangles",
            "What is missing of training pictures: rectangles, strokes of a brush, or either.",
            choices=("rectangles", "strokes", "mixed"),
        ),
        flags.knob(
            "hole_size",
            (96, 128),
            "Least and greatest side of a hole in pixels, two numbers.",
            low=1,
        ),
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
