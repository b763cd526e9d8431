"""Trains DiscoGAN (arXiv 1703.05192) on two sets of pictures without pairs.

python -m trainers.disco_gan --flagfile=trainers/flagfiles/disco_gan.flags --data=DIR --run_dir=RUN
"""

from trainers import flags, optimizers
from trainers.tasks import unpaired
from trainers.trainer import Trainer


def build(values, splits, total_steps):
    from tfgan_zoo.models.translation.disco_gan import DiscoGAN

    if values.batch_size % (1 + values.generator_steps):
        raise ValueError(
            "The iterations of a step share its batch: --batch_size must be a multiple of 1 + "
            f"--generator_steps, {1 + values.generator_steps}."
        )
    sizes = ("image_size", "generator_filters", "discriminator_filters", "code", "both_ways")
    weights = ("adversarial_weight", "feature_weight", "weight_decay")
    model = DiscoGAN(
        channels=(values.channels_a, values.channels_b),
        reconstruction_shares=(values.early_reconstruction, values.late_reconstruction),
        **values.only(*sizes, *weights, "curriculum", "generator_steps", "seed"),
    )
    return optimizers.compiled(values, model, **optimizers.adams(values, model, total_steps))


TRAINER = Trainer(
    "disco_gan",
    __doc__,
    task=unpaired.task,
    build=build,
    knobs=(
        *unpaired.KNOBS,
        *optimizers.knobs(generator=2e-4, discriminator=2e-4),
        *unpaired.FILTERS,
        flags.knob(
            "code",
            0,
            "Channels of a code of one pixel in the middle of each generator; 0 leaves it out.",
            low=0,
        ),
        flags.knob(
            "both_ways",
            True,
            "Draw B as A too, and lead B back to itself; without it only A is led back.",
        ),
        flags.knob(
            "generator_steps",
            2,
            "Updates of the generators for one of the discriminators. Each of these iterations has "
            "an equal part of a batch.",
            low=1,
        ),
        flags.knob("adversarial_weight", 0.1, "Weight of the discriminator's verdict.", low=0.0),
        flags.knob("feature_weight", 0.9, "Weight of feature matching.", low=0.0),
        flags.knob(
            "early_reconstruction",
            0.01,
            "Share of the way back in the generators' loss until --curriculum.",
            low=0.0,
            high=1.0,
        ),
        flags.knob(
            "late_reconstruction",
            0.5,
            "Share of the way back in the generators' loss from --curriculum on.",
            low=0.0,
            high=1.0,
        ),
        flags.knob(
            "curriculum",
            10_000,
            "Iterations, of which a step has 1 + --generator_steps, until the share of the way "
            "back changes.",
            low=0,
        ),
        flags.knob("weight_decay", 1e-5, "Weight of half the sum of all squared weights.", low=0.0),
    ),
    defaults={
        "image_size": "64",
        "batch_size": 192,
    },
)

if __name__ == "__main__":
    TRAINER.main()
