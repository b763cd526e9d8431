"""Trains SNGAN (arXiv 1802.05957) on square pictures, or on a world of points.

python -m trainers.sngan --flagfile=trainers/flagfiles/sngan.flags --data=DIR --run_dir=RUN
"""

from trainers import flags, optimizers
from trainers.tasks import points, samples
from trainers.trainer import Trainer


def build(values, splits, total_steps):
    from tfgan_zoo.models.unconditional.sngan import SNGAN
    from tfgan_zoo.networks import points as of_points

    own = values.only("latent_dim", "discriminator_steps", "generator_batch", "seed")
    if points.is_world(values):
        (dimensions,) = samples.shape(values, splits)
        widths = (values.generator_filters, values.discriminator_filters)
        own |= of_points.sngan(dimensions, values.latent_dim, *widths)
        own["dequantised"] = False
    else:
        own |= values.only("generator_filters", "discriminator_filters")
    if values.batch_size % values.discriminator_steps:
        raise ValueError("--discriminator_steps share a batch: --batch_size is no multiple of it.")
    model = SNGAN(samples.shape(values, splits), **own)
    return optimizers.compiled(values, model, **optimizers.adams(values, model, total_steps))


TRAINER = Trainer(
    "sngan",
    __doc__,
    task=samples.task,
    build=build,
    knobs=(
        *samples.KNOBS,
        *optimizers.knobs(
            generator=2e-4,
            discriminator=2e-4,
            beta_1=0.0,
            beta_2=0.9,
            schedule="linear",
            decay_from=0.0,
        ),
        flags.knob("latent_dim", 128, "How many numbers a latent has.", low=1),
        flags.knob(
            "generator_filters", 256, "Channels of the generator, or units on points.", low=1
        ),
        flags.knob(
            "discriminator_filters",
            128,
            "Channels of the discriminator, or units on points.",
            low=1,
        ),
        flags.knob(
            "discriminator_steps",
            5,
            "Updates of the discriminator for one of the generator; parts of a batch.",
            low=1,
        ),
        flags.knob(
            "generator_batch",
            2,
            "Generator's batch size, as a multiple of the discriminator's.",
            low=1,
        ),
    ),
    defaults={
        "image_size": "32",
        "batch_size": 320,
    },
)

if __name__ == "__main__":
    TRAINER.main()
