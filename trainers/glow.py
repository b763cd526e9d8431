"""Trains Glow (arXiv 1807.03039) on pictures.

python -m trainers.glow --flagfile=trainers/flagfiles/glow.flags --data=DIR --run_dir=RUN
"""

from trainers import flags, optimizers
from trainers.tasks import flow
from trainers.trainer import Trainer


def build(values, splits, total_steps):
    from tfgan_zoo.models.likelihood.glow import Glow
    from tfgan_zoo.optimizers.adamax import Adamax
    from tfgan_zoo.training.schedules import Warmup

    model = Glow(
        splits.train.fields["images"].shape,
        **values.only("levels", "depth", "width", "lu", "grey_levels", "seed"),
    )
    (player,) = model.players
    rate = optimizers.learning_rate(values, model, player, total_steps)
    if values.warmup_epochs > 0:
        rate = Warmup(rate, max(1.0, values.warmup_epochs * len(splits.train) / values.batch_size))
    adamax = Adamax(
        rate,
        **values.only("beta_1", "beta_2"),
        epsilon=1e-8,
        **optimizers.bound_and_average(values, player, averaged=player),
        name=f"{player}_adamax",
    )
    return optimizers.compiled(values, model, flow=adamax)


TRAINER = Trainer(
    "glow",
    __doc__,
    task=flow.task,
    build=build,
    knobs=(
        *flow.KNOBS,
        *(
            knob
            for knob in optimizers.knobs(beta_1=0.9, averaged="flow", flow=1e-3)
            if knob.name not in ("beta_1", "beta_2")
        ),
        flags.knob("beta_1", 0.9, "Adamax's decay of the mean gradient.", low=0.0, below=1.0),
        flags.knob("beta_2", 0.999, "Adamax's decay of the largest gradient.", low=0.0, below=1.0),
        flags.knob(
            "warmup_epochs",
            10.0,
            "Passes over the training data in which the learning rate grows from zero on a line; 0 "
            "for none.",
            low=0.0,
        ),
        flags.knob("levels", 3, "How often the pictures are halved, each with a chain.", low=1),
        flags.knob("depth", 32, "Steps of the flow in each level.", low=1),
        flags.knob("width", 512, "Channels of the hidden layers of the nets.", low=1),
        flags.knob("lu", False, "Learn the 1x1 convolutions by their LU decomposition."),
        flags.knob(
            "grey_levels", 256, "How many of the 256 grey levels are kept.", choices=flow.LEVELS
        ),
    ),
    without=("precision",),  # all of the flow is float32
    defaults={"image_size": "32", "batch_size": 64, "gradient_norm_bound": 1000.0},
)

if __name__ == "__main__":
    TRAINER.main()
