"""Trains mode-regularised GANs (arXiv 1612.02136) on small pictures, or on points.

python -m trainers.mrgan --flagfile=trainers/flagfiles/mrgan.flags --data=DIR --run_dir=RUN
"""

from trainers import flags, optimizers
from trainers.tasks import points, samples
from trainers.trainer import Trainer


def build(values, splits, total_steps):
    from tfgan_zoo.models.unconditional.mrgan import MDGAN, MRGAN
    from tfgan_zoo.networks import points as of_points

    variant = {"regularized": MRGAN, "manifold_diffusion": MDGAN}[values.algorithm]
    judges = ("discriminator_width", "discriminator_depth")
    own = values.only("distance", "latent_dim", *judges, "seed")
    weights = values.only("distance_weight", "adversarial_weight")
    own |= {name: value for name, value in weights.items() if value is not None}
    if points.is_world(values):
        (dimensions,) = samples.shape(values, splits)
        sizes = (values.latent_dim, values.generator_width, values.generator_depth)
        own |= of_points.mrgan(dimensions, *sizes)
    else:
        own |= values.only("generator_width", "generator_depth")
    model = variant(samples.shape(values, splits), **own)
    return optimizers.compiled(values, model, **optimizers.adams(values, model, total_steps))


TRAINER = Trainer(
    "mrgan",
    __doc__,
    task=samples.task,
    build=build,
    knobs=(
        *samples.KNOBS,
        *optimizers.knobs(
            generator=2e-4, encoder=2e-4, discriminator=2e-4, diffusion_discriminator=2e-4
        ),
        flags.knob(
            "algorithm",
            "regularized",
            "Reg-GAN, or MDGAN with its manifold step and diffusion step.",
            choices=("regularized", "manifold_diffusion"),
        ),
        flags.knob(
            "distance_weight",
            None,
            "Weight of the distance d(x, G(E(x))); the algorithm's own by default.",
            kind="float",
            low=0.0,
        ),
        flags.knob(
            "adversarial_weight",
            None,
            "Weight of -log D(G(E(x))); the algorithm's own by default.",
            kind="float",
            low=0.0,
        ),
        flags.knob(
            "distance",
            "mean",
            "Whether that distance is the mean or the sum of squares over coordinates.",
            choices=("mean", "sum"),
        ),
        flags.knob("latent_dim", 100, "How many numbers a latent has.", low=1),
        flags.knob("generator_width", 800, "Units of the generator's hidden layers.", low=1),
        flags.knob("generator_depth", 3, "Hidden layers of the generator.", low=0),
        flags.knob(
            "discriminator_width",
            512,
            "Units of the discriminators' and the encoder's layers.",
            low=1,
        ),
        flags.knob(
            "discriminator_depth", 2, "Hidden layers of the discriminators and the encoder.", low=0
        ),
    ),
    defaults={
        "image_size": "28",
        "batch_size": 128,
    },
)

if __name__ == "__main__":
    TRAINER.main()
