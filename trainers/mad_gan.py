"""Trains MAD-GAN (arXiv 1704.02906) on small pictures, or on a world of points.

python -m trainers.mad_gan --flagfile=trainers/flagfiles/mad_gan.flags --data=DIR --run_dir=RUN
"""

from trainers import flags, optimizers
from trainers.tasks import points, samples
from trainers.trainer import Trainer


def build(values, splits, total_steps):
    from tfgan_zoo.models.unconditional.mad_gan import MADGAN
    from tfgan_zoo.networks import points as of_points

    own = values.only("generators", "similarity", "noise_dim", "seed")
    if points.is_world(values):
        depths = ("generator_depth", "discriminator_depth")
        sizes = values.only("noise_dim", "generators", "units", *depths)
        (dimensions,) = samples.shape(values, splits)
        own |= of_points.mad_gan(dimensions, **sizes, similarity=values.similarity is not None)
    else:
        own["filters"] = values.filters
    model = MADGAN(samples.shape(values, splits), **own)
    return optimizers.compiled(values, model, **optimizers.adams(values, model, total_steps))


TRAINER = Trainer(
    "mad_gan",
    __doc__,
    task=samples.task,
    build=build,
    knobs=(
        *samples.KNOBS,
        *optimizers.knobs(generator=1e-4, discriminator=1e-4),
        flags.knob("generators", 4, "Number of generators; 1 makes it the first GAN.", low=1),
        flags.knob(
            "similarity",
            None,
            "Train MAD-GAN-Sim, with this weight of its hinge, such as 1e-3; none by default.",
            kind="float",
            low=0.0,
        ),
        flags.knob("noise_dim", 64, "How many numbers the noise has.", low=1),
        flags.knob("units", 128, "Units of the hidden layers of a point's nets.", low=1),
        flags.knob("generator_depth", 2, "Hidden layers of the generators of points.", low=0),
        flags.knob("discriminator_depth", 3, "Hidden layers of the judge of points.", low=0),
        flags.knob("filters", 32, "Channels of the outer layers of a picture's nets.", low=1),
    ),
    defaults={
        "image_size": "28",
        "batch_size": 128,
    },
)

if __name__ == "__main__":
    TRAINER.main()
