"""Trains LSGAN (arXiv 1611.04076) on square pictures, or on a world of points.

python -m trainers.lsgan --flagfile=trainers/flagfiles/lsgan.flags --data=DIR --run_dir=RUN
"""

from trainers import flags, optimizers
from trainers.tasks import points, samples
from trainers.trainer import Trainer


def build(values, splits, total_steps):
    from tfgan_zoo.models.unconditional.lsgan import LSGAN
    from tfgan_zoo.networks import points as of_points

    own = values.only("loss", "simultaneous", "latent_dim", "seed")
    if values.loss == "least_squares":
        own["labels"] = values.labels
        if len(values.labels) != 3 or values.labels[0] in values.labels[1:]:
            raise ValueError(
                "--labels takes three numbers a,b,c, and nothing is learnt unless a, of generated "
                "pictures, is neither b nor c."
            )
    if points.is_world(values):
        own |= samples.nets(values, splits, of_points.lsgan, "latent_dim") | {"prior": "normal"}
    else:
        own |= values.only("normalised", "width")
    model = LSGAN(samples.shape(values, splits), **own)
    return optimizers.compiled(values, model, **optimizers.adams(values, model, total_steps))


TRAINER = Trainer(
    "lsgan",
    __doc__,
    task=samples.task,
    build=build,
    knobs=(
        *samples.KNOBS,
        *optimizers.knobs(generator=2e-4, discriminator=2e-4),
        flags.knob(
            "loss",
            "least_squares",
            "The loss of both players: the paper's, or the sigmoid cross-entropy it replaces.",
            choices=("least_squares", "sigmoid"),
        ),
        flags.knob(
            "labels",
            (0.0, 1.0, 1.0),
            "The numbers a, b, c: what the discriminator should say of generated and of real "
            "pictures, and what the generator wants it to say.",
        ),
        flags.knob(
            "normalised",
            "both",
            "Which player of a picture has batch normalisation.",
            choices=("both", "discriminator", "neither"),
        ),
        flags.knob("simultaneous", False, "Let both players move at once, from one forward pass."),
        flags.knob("latent_dim", 1024, "How many numbers a latent has.", low=1),
        flags.knob("width", 64, "Channels of the outer layers of a picture's nets.", low=1),
    ),
    defaults={
        "image_size": "64",
        "batch_size": 64,
    },
)

if __name__ == "__main__":
    TRAINER.main()
