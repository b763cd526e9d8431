"""Trains CycleGAN (arXiv 1703.10593) on two sets of pictures without pairs.

python -m trainers.cyclegan --flagfile=trainers/flagfiles/cyclegan.flags --data=DIR --run_dir=RUN
"""

from trainers import flags, optimizers
from trainers.tasks import unpaired
from trainers.trainer import Trainer


def build(values, splits, total_steps):
    from tfgan_zoo.models.translation.cyclegan import CycleGAN

    sizes = ("generator_filters", "discriminator_filters", "blocks", "pool_size")
    model = CycleGAN(
        channels=(values.channels_a, values.channels_b),
        patch=int(values.patch),
        **values.only("image_size", *sizes, "cycle_weight", "identity_weight", "seed"),
    )
    return optimizers.compiled(values, model, **optimizers.adams(values, model, total_steps))


TRAINER = Trainer(
    "cyclegan",
    __doc__,
    task=unpaired.task,
    build=build,
    knobs=(
        *unpaired.KNOBS,
        *optimizers.knobs(generator=2e-4, discriminator=2e-4, schedule="linear"),
        *unpaired.FILTERS,
        unpaired.BLOCKS,
        unpaired.PATCH,
        flags.knob("cycle_weight", 10.0, "Weight of the L1 distance to what comes back.", low=0.0),
        flags.knob(
            "identity_weight",
            0.5,
            "Weight of the identity term, as a multiple of --cycle_weight.",
            low=0.0,
        ),
        flags.knob(
            "pool_size", 50, "Generated pictures that each discriminator's history holds.", low=0
        ),
    ),
    defaults={
        "gradient_norm_bound": 500.0,
    },
)

if __name__ == "__main__":
    TRAINER.main()
