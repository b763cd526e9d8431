"""Trains pix2pix (arXiv 1611.07004) on pairs of pictures.

python -m trainers.pix2pix --flagfile=trainers/flagfiles/pix2pix.flags --data=DIR --run_dir=RUN
"""

from trainers import flags, optimizers
from trainers.tasks import paired
from trainers.trainer import Trainer


def build(values, splits, total_steps):
    from tfgan_zoo.models.translation.pix2pix import Pix2Pix

    sizes = ("source_channels", "target_channels", "generator_filters", "discriminator_filters")
    model = Pix2Pix(
        patch=int(values.patch),
        **values.only("image_size", *sizes, "dropout", "l1_weight", "objective", "seed"),
    )
    return optimizers.compiled(values, model, **optimizers.adams(values, model, total_steps))


TRAINER = Trainer(
    "pix2pix",
    __doc__,
    task=paired.task,
    build=build,
    knobs=(
        *paired.KNOBS,
        *optimizers.knobs(generator=2e-4, discriminator=2e-4),
        flags.knob("generator_filters", 64, "Channels of the generator's first layer.", low=1),
        flags.knob(
            "discriminator_filters", 64, "Channels of the discriminator's first layer.", low=1
        ),
        flags.knob(
            "patch",
            "70",
            "Side, in pixels, of the patch that one score of the discriminator sees.",
            choices=("1", "16", "34", "70", "142", "286"),
        ),
        flags.knob(
            "dropout",
            0.5,
            "Share of units of the first three decoder layers that dropout sets to zero.",
            low=0.0,
            high=0.99,
        ),
        flags.knob("l1_weight", 100.0, "Weight of the L1 distance to the true picture.", low=0.0),
        flags.knob(
            "objective",
            "bce",
            "The adversarial loss: cross-entropy, or least squares.",
            choices=("bce", "least_squares"),
        ),
    ),
    defaults={
        "gradient_norm_bound": 500.0,
    },
)

if __name__ == "__main__":
    TRAINER.main()
