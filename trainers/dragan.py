"""Trains DRAGAN (arXiv 1705.07215) on pictures, or on a world of points.

python -m trainers.dragan --flagfile=trainers/flagfiles/dragan.flags --data=DIR --run_dir=RUN
"""

from trainers import flags, optimizers
from trainers.tasks import points, samples
from trainers.trainer import Trainer


def build(values, splits, total_steps):
    from tfgan_zoo.models.unconditional.dragan import DRAGAN
    from tfgan_zoo.networks import points as of_points

    own = values.only("latent_dim", "width", "noise", "noise_scale", "penalty", "seed")
    if points.is_world(values):
        own |= samples.nets(values, splits, of_points.dragan, "latent_dim", "width", "depth")
        own["depth"] = values.depth
    else:
        own["networks"] = values.networks
        own |= values.only("depth") if values.networks == "mlp" else {}
    model = DRAGAN(samples.shape(values, splits), **own)
    return optimizers.compiled(values, model, **optimizers.adams(values, model, total_steps))


TRAINER = Trainer(
    "dragan",
    __doc__,
    task=samples.task,
    build=build,
    knobs=(
        *samples.KNOBS,
        *optimizers.knobs(generator=1e-4, discriminator=1e-4, beta_2=0.9),
        flags.knob(
            "networks", "mlp", "Nets of both players for pictures.", choices=("mlp", "dcgan")
        ),
        flags.knob("latent_dim", 100, "How many numbers a latent has.", low=1),
        flags.knob(
            "width",
            128,
            "Units of the hidden layers; of dcgan, channels of the outer layers.",
            low=1,
        ),
        flags.knob("depth", 1, "Hidden layers of the nets called mlp.", low=1),
        flags.knob(
            "noise",
            "uniform",
            "The noise around real examples: the authors' code's, or the paper's.",
            choices=("uniform", "gaussian"),
        ),
        flags.knob(
            "noise_scale", 0.5, "Size of that noise, in standard deviations of the batch.", low=0.0
        ),
        flags.knob("penalty", 10.0, "Lambda, the weight of the gradient penalty.", low=0.0),
    ),
    defaults={
        "image_size": "28",
        "batch_size": 128,
    },
)

if __name__ == "__main__":
    TRAINER.main()
