"""Trains f-GAN (arXiv 1606.00709) on small pictures, or on a world of points.

python -m trainers.fgan --flagfile=trainers/flagfiles/fgan.flags --data=DIR --run_dir=RUN
"""

from trainers import flags, optimizers
from trainers.tasks import points, samples
from trainers.trainer import Trainer


def build(values, splits, total_steps):
    from tfgan_zoo.models.unconditional.fgan import FGAN
    from tfgan_zoo.networks import points as of_points

    own = values.only("divergence", "generator_loss", "latent_dim", "seed")
    if points.is_world(values):
        (dimensions,) = samples.shape(values, splits)
        own |= of_points.fgan(dimensions, values.latent_dim, depth=values.point_depth)
        own["prior"] = "normal"
    else:
        own["width"] = values.width
    model = FGAN(samples.shape(values, splits), **own)
    return optimizers.compiled(values, model, **optimizers.adams(values, model, total_steps))


TRAINER = Trainer(
    "fgan",
    __doc__,
    task=samples.task,
    build=build,
    knobs=(
        *samples.KNOBS,
        *optimizers.knobs(generator=2e-4, discriminator=2e-4),
        flags.knob(
            "divergence",
            "kl",
            "The divergence between data and samples that is minimised.",
            choices=(
                *("kl", "reverse_kl", "pearson", "neyman", "hellinger", "jeffrey"),
                *("jensen_shannon", "gan", "total_variation"),
            ),
        ),
        flags.knob(
            "generator_loss",
            "variational",
            "What the generator minimises: the bound of algorithm 1, or section 3.2's practical "
            "one.",
            choices=("variational", "practical"),
        ),
        flags.knob("latent_dim", 100, "How many numbers a latent has.", low=1),
        flags.knob(
            "width",
            1.0,
            "Width of a picture's hidden layers, as a share of the paper's.",
            above=0.0,
        ),
        flags.knob(
            "point_depth", 2, "Hidden layers of a point's generator; 0 makes it affine.", low=0
        ),
    ),
    defaults={
        "image_size": "28",
        "batch_size": 100,
    },
)

if __name__ == "__main__":
    TRAINER.main()
