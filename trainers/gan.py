"""Trains GAN (arXiv 1406.2661) on small pictures, or on a world of points.

python -m trainers.gan --flagfile=trainers/flagfiles/gan.flags --data=DIR --run_dir=RUN
"""

from trainers import flags, optimizers
from trainers.tasks import points, samples
from trainers.trainer import Trainer


def build(values, splits, total_steps):
    from tfgan_zoo.data.statistics import mean
    from tfgan_zoo.models.unconditional.gan import GAN
    from tfgan_zoo.networks import points as of_points

    own = values.only("width", "generator_loss", "discriminator_steps", "seed")
    if points.is_world(values):
        (dimensions,) = shape = samples.shape(values, splits)
        own |= of_points.gan(dimensions, latent_dim=100, width=own.pop("width"))
    else:
        shape = samples.shape(values, splits)
        own["pixel_means"] = mean(splits.train, "images") / 255
    model = GAN(shape, **own)
    return optimizers.first_gans(values, model, 1.000004, splits.train)


TRAINER = Trainer(
    "gan",
    __doc__,
    task=samples.task,
    build=build,
    knobs=(
        *samples.KNOBS,
        *optimizers.of_first_gans(),
        flags.knob(
            "width", 1.0, "Width of the hidden layers, as a share of the paper's.", above=0.0
        ),
        flags.knob(
            "generator_loss",
            "nonsaturating",
            "What the generator minimises: -log D(G(z)), or log(1 - D(G(z))).",
            choices=("nonsaturating", "minimax"),
        ),
        flags.knob(
            "discriminator_steps",
            1,
            "Minibatches in a batch, each an update of the discriminator; the last is for both "
            "players.",
            low=1,
        ),
    ),
    defaults={
        "image_size": "28",
        "batch_size": 100,
    },
)

if __name__ == "__main__":
    TRAINER.main()
