"""Trains Unrolled GAN (arXiv 1611.02163) on small pictures, or on a world of points.

python -m trainers.unrolled_gan --flagfile=trainers/flagfiles/unrolled_gan.flags --run_dir=RUN
"""

from trainers import flags, optimizers
from trainers.tasks import points, samples
from trainers.trainer import Trainer


def build(values, splits, total_steps):
    from tfgan_zoo.models.unconditional.unrolled_gan import UnrolledGAN
    from tfgan_zoo.networks import points as of_points

    own = values.only("unrolling_steps", "generator_loss", "latent_dim", "seed")
    if values.unrolling_steps:
        own["differentiate"] = values.differentiate
    if points.is_world(values):
        own |= samples.nets(values, splits, of_points.unrolled_gan, "latent_dim", "width")
    else:
        own |= values.only("discriminator_share", "discriminator_normalised")
    model = UnrolledGAN(samples.shape(values, splits), **own)
    return optimizers.compiled(values, model, **optimizers.adams(values, model, total_steps))


TRAINER = Trainer(
    "unrolled_gan",
    __doc__,
    task=samples.task,
    build=build,
    knobs=(
        *samples.KNOBS,
        *optimizers.knobs(generator=1e-4, discriminator=1e-4),
        flags.knob(
            "unrolling_steps",
            10,
            "K, updates of the discriminator that the generator looks ahead.",
            low=0,
        ),
        flags.knob("differentiate", True, "Pass the gradient through these updates."),
        flags.knob(
            "generator_loss",
            "minimax",
            "What the generator minimises: log(1 - D(G(z))), or -log D(G(z)).",
            choices=("minimax", "nonsaturating"),
        ),
        flags.knob("latent_dim", 256, "How many numbers a latent has.", low=1),
        flags.knob("width", 128, "Units of the hidden layers of a point's nets.", low=1),
        flags.knob(
            "discriminator_share",
            0.25,
            "Width of a picture's discriminator, as a share of its generator's.",
            above=0.0,
        ),
        flags.knob(
            "discriminator_normalised",
            True,
            "Whether a picture's discriminator has batch normalisation.",
        ),
    ),
    defaults={
        "image_size": "28",
        "batch_size": 512,
    },
)

if __name__ == "__main__":
    TRAINER.main()
