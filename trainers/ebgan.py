"""Trains EBGAN (arXiv 1609.03126) on small pictures, or on a world of points.

python -m trainers.ebgan --flagfile=trainers/flagfiles/ebgan.flags --data=DIR --run_dir=RUN
"""

from trainers import flags, optimizers
from trainers.tasks import points, samples
from trainers.trainer import Trainer

SIZES = ("latent_dim", "generator_width", "generator_depth", "encoder_width", "encoder_depth")


def build(values, splits, total_steps):
    from tfgan_zoo.models.unconditional.ebgan import EBGAN
    from tfgan_zoo.networks import points as of_points

    own = values.only("margin", "pulling_away", "energy", "latent_dim", "seed")
    if points.is_world(values):
        own |= samples.nets(values, splits, of_points.ebgan, *SIZES)
    else:
        own |= values.only(*SIZES)
    model = EBGAN(samples.shape(values, splits), **own)
    return optimizers.compiled(values, model, **optimizers.adams(values, model, total_steps))


TRAINER = Trainer(
    "ebgan",
    __doc__,
    task=samples.task,
    build=build,
    knobs=(
        *samples.KNOBS,
        *optimizers.knobs(generator=1e-3, discriminator=1e-3),
        flags.knob("margin", 10.0, "Energy up to which generated examples are pushed.", above=0.0),
        flags.knob(
            "pulling_away", 0.1, "Weight of the pulling-away term; 0 leaves it out.", low=0.0
        ),
        flags.knob(
            "energy",
            "norm",
            "Which size of the reconstruction error is the energy, and so what --margin measures.",
            choices=("norm", "sum", "mean"),
        ),
        flags.knob("latent_dim", 100, "How many numbers a latent has.", low=1),
        flags.knob("generator_width", 1600, "Units of the generator's hidden layers.", low=1),
        flags.knob("generator_depth", 4, "Hidden layers of the generator.", low=0),
        flags.knob("encoder_width", 1024, "Units of the encoder's layers.", low=1),
        flags.knob("encoder_depth", 1, "Layers of the encoder.", low=1),
    ),
    defaults={
        "image_size": "28",
        "batch_size": 128,
    },
)

if __name__ == "__main__":
    TRAINER.main()
