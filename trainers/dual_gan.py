"""Trains DualGAN (arXiv 1704.02510) on two sets of pictures without pairs.

python -m trainers.dual_gan --flagfile=trainers/flagfiles/dual_gan.flags --data=DIR --run_dir=RUN
"""

import functools

from trainers import flags, optimizers
from trainers.tasks import unpaired
from trainers.trainer import Trainer


def build(values, splits, total_steps):
    from tfgan_zoo.models.translation.dual_gan import DualGAN
    from tfgan_zoo.optimizers.rmsprop import RMSProp

    if values.batch_size % values.discriminator_steps:
        raise ValueError(
            "The discriminators' steps share a batch: --batch_size is no multiple of "
            "--discriminator_steps."
        )
    sizes = ("image_size", "generator_filters", "discriminator_filters", "dropout", "objective")
    model = DualGAN(
        channels=(values.channels_a, values.channels_b),
        patch=int(values.patch),
        cycle_weights=(values.cycle_weight_a, values.cycle_weight_b),
        **values.only(*sizes, "discriminator_steps", "generator_steps", "clip", "seed"),
    )
    players = {
        player: RMSProp(
            optimizers.learning_rate(values, model, player, total_steps),
            rho=0.9,
            **optimizers.bound_and_average(values, player),
            name=f"{player}_rmsprop",
        )
        for player in model.players
    }
    return optimizers.compiled(values, model, **players)


TRAINER = Trainer(
    "dual_gan",
    __doc__,
    task=functools.partial(unpaired.task, noisy=True),
    build=build,
    knobs=(
        *unpaired.KNOBS,
        *(optimizers.rate(player, 5e-5) for player in ("generator", "discriminator")),
        *optimizers.bounds(),
        *optimizers.fall(),
        *unpaired.FILTERS,
        unpaired.PATCH,
        flags.knob(
            "dropout",
            0.5,
            "Share of units of the first three decoder layers that dropout sets to zero.",
            low=0.0,
            high=0.99,
        ),
        flags.knob(
            "objective",
            "cross_entropy",
            "The adversarial loss: the released code's, or the paper's Wasserstein critics, which "
            "need --clip.",
            choices=("cross_entropy", "wasserstein"),
        ),
        flags.knob(
            "cycle_weight_a", 20.0, "Weight of the L1 distance to what comes back of A.", low=0.0
        ),
        flags.knob(
            "cycle_weight_b", 20.0, "Weight of the L1 distance to what comes back of B.", low=0.0
        ),
        flags.knob(
            "discriminator_steps",
            1,
            "Updates of the discriminators in a step; parts of a batch.",
            low=1,
        ),
        flags.knob(
            "generator_steps", 2, "Updates of the generators in a step, after those.", low=1
        ),
        flags.knob(
            "clip",
            None,
            "The largest absolute value of a weight of the discriminators. None by default.",
            kind="float",
            above=0.0,
        ),
    ),
    defaults={
        "gradient_norm_bound": 500.0,
    },
)

if __name__ == "__main__":
    TRAINER.main()
