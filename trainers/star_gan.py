"""Trains StarGAN (arXiv 1711.09020) on pictures with attributes, of one data set or of several.

python -m trainers.star_gan --flagfile=trainers/flagfiles/star_gan.flags --data=DIR --run_dir=RUN
"""

from trainers import flags, optimizers
from trainers.tasks import attributes
from trainers.trainer import Trainer


def build(values, splits, total_steps):
    from tfgan_zoo.data.attributes import of
    from tfgan_zoo.models.translation.star_gan import StarGAN

    found = of(splits.train)
    if values.batch_size % values.critic_steps:
        raise ValueError(
            "The critic's steps share a batch: make --batch_size a multiple of --critic_steps."
        )
    model = StarGAN(
        attributes=found.sizes,
        exclusive=found.exclusive,
        **values.only("image_size", "channels", *(item.name for item in OWN), "seed"),
    )
    return optimizers.compiled(values, model, **optimizers.adams(values, model, total_steps))


OWN = (
    flags.knob("generator_filters", 64, "Channels of the generator's first layer.", low=1),
    flags.knob("critic_filters", 64, "Channels of the critic's first layer.", low=1),
    flags.knob("blocks", 6, "Residual blocks of the generator.", low=0),
    flags.knob(
        "critic_layers", 6, "Convolutions of the critic, each of which halves the picture.", low=1
    ),
    flags.knob(
        "critic_steps",
        5,
        "Updates of the critic for one of the generator; parts of a batch.",
        low=1,
    ),
    flags.knob("class_weight", 1.0, "Weight of the attributes that the critic reads.", low=0.0),
    flags.knob(
        "reconstruction_weight", 10.0, "Weight of the L1 distance to what comes back.", low=0.0
    ),
    flags.knob("penalty", 10.0, "Weight of the gradient penalty.", low=0.0),
)

TRAINER = Trainer(
    "star_gan",
    __doc__,
    task=attributes.task,
    build=build,
    knobs=(
        *attributes.KNOBS,
        *optimizers.knobs(generator=1e-4, critic=1e-4, schedule="linear"),
        *OWN,
    ),
    defaults={
        "image_size": "128",
        "batch_size": 80,
    },
)

if __name__ == "__main__":
    TRAINER.main()
