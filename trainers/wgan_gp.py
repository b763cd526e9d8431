"""Trains WGAN-GP (arXiv 1704.00028) on a set of square pictures, or on a world of points.

python -m trainers.wgan_gp --flagfile=trainers/flagfiles/wgan_gp.flags --data=DIR --run_dir=RUN
"""

from trainers import flags, optimizers
from trainers.tasks import points, samples
from trainers.trainer import Trainer


def build(values, splits, total_steps):
    from tfgan_zoo.models.unconditional.wgan_gp import WGANGP
    from tfgan_zoo.networks import points as of_points

    own = values.only("latent_dim", "critic_steps", "generator_batch", "penalty", "seed")
    if points.is_world(values):
        (dimensions,) = samples.shape(values, splits)
        own |= of_points.wgan_gp(dimensions, values.latent_dim, values.filters or 512)
        own["dequantised"] = False
    else:
        own |= values.only("networks", "filters")
    if values.batch_size % values.critic_steps:
        raise ValueError("The critic's steps share a batch: --batch_size is no multiple of them.")
    model = WGANGP(samples.shape(values, splits), **own)
    return optimizers.compiled(values, model, **optimizers.adams(values, model, total_steps))


TRAINER = Trainer(
    "wgan_gp",
    __doc__,
    task=samples.task,
    build=build,
    knobs=(
        *samples.KNOBS,
        *optimizers.knobs(
            generator=2e-4, critic=2e-4, beta_1=0.0, beta_2=0.9, schedule="linear", decay_from=0.0
        ),
        flags.alias("discriminator_learning_rate", "critic_learning_rate"),
        flags.knob(
            "networks",
            "resnet",
            "Nets of both players: the paper's for CIFAR-10, or for MNIST.",
            choices=("resnet", "conv"),
        ),
        flags.knob("latent_dim", 128, "How many numbers a latent has.", low=1),
        flags.knob(
            "filters",
            None,
            "Channels of both nets, or units on points; by default 128, with --networks=conv 64, "
            "on points 512.",
            kind="int",
            low=1,
        ),
        flags.knob(
            "critic_steps",
            5,
            "Updates of the critic for one of the generator; parts of a batch.",
            low=1,
        ),
        flags.knob(
            "generator_batch", 2, "Generator's batch size, as a multiple of the critic's.", low=1
        ),
        flags.knob("penalty", 10.0, "Lambda, the weight of the gradient penalty.", low=0.0),
    ),
    defaults={
        "image_size": "32",
        "batch_size": 320,
    },
)

if __name__ == "__main__":
    TRAINER.main()
