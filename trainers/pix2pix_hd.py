"""Trains pix2pixHD (arXiv 1711.11585) on label maps with instances and their pictures.

python -m trainers.pix2pix_hd --flagfile=trainers/flagfiles/pix2pix_hd.flags --run_dir=RUN

A run has three phases: the global net at half the size, the enhancer around it, both together.
"""

from trainers import flags, optimizers
from trainers.tasks import label_maps
from trainers.trainer import Trainer

# Player -> the flag of its learning rate, and of the steps of the phases in which it moves.
MOVES = {
    "coarse_generator": ("generator", ("global_steps",)),
    "coarse_discriminator": ("discriminator", ("global_steps",)),
    "enhancer": ("generator", ("enhancer_steps",)),
    "generator": ("generator", ("joint_steps",)),
    "discriminator": ("discriminator", ("enhancer_steps", "joint_steps")),
}
NETS = (
    *("image_size", "target_channels", "generator_filters", "halvings", "global_blocks"),
    *("local_blocks", "discriminator_filters", "discriminator_layers", "scales"),
    *("style_channels", "encoder_filters", "encoder_halvings", "clusters"),
)


def build(values, splits, total_steps):
    from tfgan_zoo.models.translation.pix2pix_hd import Pix2PixHD
    from tfgan_zoo.networks.frozen_features import find

    frozen = find(values.features, "first") if values.perceptual_weight else None
    model = Pix2PixHD(
        palette=label_maps.palette(splits),
        features=frozen,
        **values.only(*NETS, "feature_weight", "perceptual_weight", "seed"),
    )
    return optimizers.compiled(values, model, **{p: adam(values, p) for p in MOVES})


def adam(values, player):
    """The player's Adam, whose rate falls to zero over the second half of its phases."""
    from tfgan_zoo.optimizers.adam import Adam
    from tfgan_zoo.training.schedules import learning_rate

    whose, phases = MOVES[player]
    rate = getattr(values, f"{whose}_learning_rate")
    updates = sum(getattr(values, steps) for steps in phases)
    if values.lr_schedule != "constant" and updates:
        rate = learning_rate(rate, values.lr_schedule, updates, values.lr_decay_from)
    return Adam(
        rate,
        beta_1=values.beta_1,
        beta_2=values.beta_2,
        epsilon=1e-8,
        global_clipnorm=values.clip_norm,
        name=f"{player}_adam",
    )


def phases(values):
    """`Task.phases`, from the flags; a phase of no steps is left out."""
    from tfgan_zoo.training.task import Phase

    planned = [
        Phase("global", values.global_steps, "global_step"),
        Phase("enhancer", values.enhancer_steps, "enhancer_step"),
        Phase("joint", values.joint_steps, "train_step"),
    ]
    return lambda total_steps: [phase for phase in planned if phase.steps]


ADAM = optimizers.knobs(schedule="linear", generator=2e-4, discriminator=2e-4)
TRAINER = Trainer(
    "pix2pix_hd",
    __doc__,
    task=lambda values: label_maps.task(values, phases(values)),
    build=build,
    knobs=(
        *label_maps.KNOBS,
        *(item for item in ADAM if item.name != "ema_decay"),
        *(
            flags.knob(name, steps, f"Steps of {what} phase.", low=low)
            for name, steps, what, low in (
                ("global_steps", 595_000, "the global net at half the size, the first", 0),
                ("enhancer_steps", 29_750, "the enhancer around a still global net, the second", 0),
                ("joint_steps", 267_750, "both nets, the last", 1),
            )
        ),
        *(
            flags.knob(name, default, text, low=low)
            for name, default, low, text in (
                ("generator_filters", 32, 1, "Channels of the enhancer; the global net has twice."),
                ("halvings", 4, 1, "How often the global net halves its input."),
                ("global_blocks", 9, 0, "Residual blocks of the global net."),
                ("local_blocks", 3, 0, "Residual blocks of the enhancer."),
                ("discriminator_filters", 64, 1, "Channels of each discriminator's first layer."),
                ("discriminator_layers", 3, 1, "Layers of stride 2 of each discriminator."),
                ("scales", 3, 2, "Discriminators, each at half the size of the one before."),
                ("style_channels", 3, 0, "Numbers that tell a thing's style; 0 tells none."),
                ("encoder_filters", 16, 1, "Channels of the style encoder's first layer."),
                ("encoder_halvings", 4, 1, "How often the style encoder halves its input."),
                ("clusters", 10, 1, "Styles of a label, at most, that a seed chooses from."),
                ("feature_weight", 10.0, 0, "Weight of the features in the discriminators."),
                ("perceptual_weight", 10.0, 0, "Weight of the features in the frozen network."),
            )
        ),
        flags.FEATURES,
    ),
    defaults={"image_size": (1024, 2048), "gradient_norm_bound": 500.0},
    without=("steps", "epochs"),
)

if __name__ == "__main__":
    TRAINER.main()
