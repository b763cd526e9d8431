"""Trains CGAN (arXiv 1411.1784) on pictures with labels.

python -m trainers.cgan --flagfile=trainers/flagfiles/cgan.flags --data=DIR --run_dir=RUN
"""

from trainers import flags, optimizers
from trainers.tasks import conditional
from trainers.trainer import Trainer


def build(values, splits, total_steps):
    from tfgan_zoo.data.statistics import mean
    from tfgan_zoo.evaluate.labels import count_classes
    from tfgan_zoo.models.conditional.cgan import CGAN

    model = CGAN(
        image_size=values.image_size,
        channels=values.channels,
        classes=count_classes(splits.train),
        pixel_means=mean(splits.train, "images") / 255,
        **values.only("width", "generator_dropout", "discriminator_dropout", "seed"),
    )
    return optimizers.first_gans(values, model, 1.00004, splits.train)


TRAINER = Trainer(
    "cgan",
    __doc__,
    task=conditional.task,
    build=build,
    knobs=(
        *conditional.KNOBS,
        *optimizers.of_first_gans(),
        flags.knob(
            "width", 1.0, "Width of the hidden layers, as a share of the paper's.", above=0.0
        ),
        flags.knob(
            "generator_dropout",
            0.5,
            "Share of the generator's hidden units that dropout sets to zero.",
            low=0.0,
            below=1.0,
        ),
        flags.knob(
            "discriminator_dropout",
            0.5,
            "Share of the discriminator's hidden units that dropout sets to zero.",
            low=0.0,
            below=1.0,
        ),
    ),
    defaults={
        "image_size": "28",
        "channels": 1,
        "batch_size": 100,
    },
)

if __name__ == "__main__":
    TRAINER.main()
