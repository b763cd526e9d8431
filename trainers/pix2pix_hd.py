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
    rate, updates = (
        getattr(values, f"{whose}_learning_rate"),
        sum(getattr(values, steps) for steps in phases),
    )
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


OF_ADAM = optimizers.knobs(schedule="linear", generator=2e-4, discriminator=2e-4)
TRAINER = Trainer(
    "pix2pix_hd",
    __doc__,
    task=lambda values: label_maps.task(values, phases(values)),
    build=build,
    knobs=(
        *label_maps.KNOBS,
        *(item for item in OF_ADAM if item.name != "ema_decay"),
        flags.knob(
            "global_steps",
            595_000,
            "Steps of the global net at half the size, the first phase.",
            low=0,
        ),
        flags.knob(
            "enhancer_steps",
            29_750,
            "Steps of the enhancer around a global net that stands still, the second phase.",
            low=0,
        ),
        flags.knob("joint_steps", 267_750, "Steps of both nets, the last phase.", low=1),
        flags.knob(
            "generator_filters",
            32,
            "Channels of the enhancer's first layer; the global net has twice as many.",
            low=1,
        ),
        flags.knob("halvings", 4, "How often the global net halves its input.", low=1),
        flags.knob("global_blocks", 9, "Residual blocks of the global net.", low=0),
        flags.knob("local_blocks", 3, "Residual blocks of the enhancer.", low=0),
        flags.knob(
            "discriminator_filters", 64, "Channels of the first layer of each discriminator.", low=1
        ),
        flags.knob("discriminator_layers", 3, "Layers of stride 2 of each discriminator.", low=1),
        flags.knob("scales", 3, "Discriminators, each at half the size of the one before.", low=2),
        flags.knob(
            "style_channels",
            3,
            "Numbers that tell the style of a thing; 0 leaves styles and encoder out.",
            low=0,
        ),
        flags.knob("encoder_filters", 16, "Channels of the encoder's first layer.", low=1),
        flags.knob("encoder_halvings", 4, "How often the encoder halves its input.", low=1),
        flags.knob("clusters", 10, "Styles of a label, at most, that a seed chooses from.", low=1),
        flags.knob(
            "feature_weight", 10.0, "Weight of the features in the discriminators.", low=0.0
        ),
        flags.knob(
            "perceptual_weight", 10.0, "Weight of the features in the frozen network.", low=0.0
        ),
        flags.knob(
            "features",
            "random",
            "Frozen network whose maps are compared: random (its weights are drawn), vgg19 (the "
            "paper's, once Keras has its weights), or the folder export/picture_cnn of a run of "
            "trainers.picture_cnn.",
        ),
    ),
    defaults={"image_size": (1024, 2048), "gradient_norm_bound": 500.0},
    without=("steps", "epochs"),
)

if __name__ == "__main__":
    TRAINER.main()
