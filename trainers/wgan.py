"""Trains WGAN (arXiv 1701.07875) on a set of square pictures, or on a world of points.

python -m trainers.wgan --flagfile=trainers/flagfiles/wgan.flags --data=DIR --run_dir=RUN
"""

from trainers import flags, optimizers
from trainers.tasks import points, samples
from trainers.trainer import Trainer


def build(values, splits, total_steps):
    from tfgan_zoo.models.unconditional.wgan import WGAN
    from tfgan_zoo.networks import points as of_points

    own = values.only("latent_dim", "filters", "clip", "critic_steps", "long_critic_steps", "seed")
    if points.is_world(values):
        (dimensions,) = samples.shape(values, splits)
        own |= of_points.wgan(dimensions, values.latent_dim, own.pop("filters"))
    if values.batch_size % values.critic_steps:
        raise ValueError("The critic's steps share a batch: --batch_size is no multiple of them.")
    model = WGAN(samples.shape(values, splits), **own)
    players = {p: optimizer(values, model, p, total_steps) for p in model.players}
    return optimizers.compiled(values, model, **players)


def optimizer(values, model, player, total_steps):
    """RMSProp, or with --adam the Adam that the authors advise against."""
    from tfgan_zoo.optimizers.rmsprop import RMSProp

    if values.adam:
        return optimizers.adam(values, model, player, total_steps)
    return RMSProp(
        optimizers.learning_rate(values, model, player, total_steps),
        **optimizers.bound_and_average(values, player),
    )


TRAINER = Trainer(
    "wgan",
    __doc__,
    task=samples.task,
    build=build,
    knobs=(
        *samples.KNOBS,
        *optimizers.knobs(generator=5e-5, critic=5e-5),
        flags.alias("discriminator_learning_rate", "critic_learning_rate"),
        flags.knob(
            "adam", False, "Use Adam with --beta_1 in place of RMSProp, which has no momentum."
        ),
        flags.knob("latent_dim", 100, "How many numbers a latent has.", low=1),
        flags.knob("filters", 64, "Channels of both nets, or units on points.", low=1),
        flags.knob(
            "clip", 0.01, "The largest absolute value of a weight of the critic.", above=0.0
        ),
        flags.knob(
            "critic_steps",
            5,
            "Updates of the critic for one of the generator; parts of a batch.",
            low=1,
        ),
        flags.knob(
            "long_critic_steps",
            100,
            "Updates of the critic in each of the first 25 steps and in every 500th.",
            low=0,
        ),
    ),
    defaults={
        "image_size": "64",
        "batch_size": 320,
    },
)

if __name__ == "__main__":
    TRAINER.main()
