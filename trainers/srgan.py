"""Trains SRGAN (arXiv 1609.04802), which enlarges pictures four times a side.

python -m trainers.srgan --flagfile=trainers/flagfiles/srgan.flags --run_dir=RUN

A run has two phases: SRResNet, by the squared error of pixels, and SRGAN from its weights.
"""

from trainers import flags, optimizers
from trainers.tasks import super_resolution
from trainers.trainer import Trainer

SCALE = 4
PLAYERS = ("generator", "discriminator", "pretraining")


def build(values, splits, total_steps):
    from tfgan_zoo.models.restoration.srgan import SRGAN
    from tfgan_zoo.networks.frozen_features import find

    own = values.only("blocks", "filters", "discriminator_filters", "units", "seed")
    own |= values.only("content_weight", "adversarial_weight")
    model = SRGAN(image_size=values.crop_size, features=find(values.features), **own)
    return optimizers.compiled(values, model, **{p: adam(values, p) for p in PLAYERS})


def adam(values, player):
    """The player's Adam, whose rate falls as its phase has it."""
    from keras.optimizers.schedules import PiecewiseConstantDecay

    from tfgan_zoo.optimizers.adam import Adam
    from tfgan_zoo.training.schedules import learning_rate

    rate, share = getattr(values, f"{player}_learning_rate"), values.pretraining_decay_from
    if player != "pretraining":
        steps = round(values.tenth_after * values.adversarial_steps)
        rate = PiecewiseConstantDecay([steps], [rate, rate / 10])
    elif share < 1 and values.pretrain_steps:
        rate = learning_rate(rate, "cosine", values.pretrain_steps, share)
    averaged = optimizers.bound_and_average(values, player)
    return Adam(rate, beta_1=values.beta_1, epsilon=1e-8, **averaged, name=f"{player}_adam")


def phases(values):
    """`Task.phases`, from the flags; a phase of no steps is left out."""
    from tfgan_zoo.training.task import Phase

    planned = [
        Phase("srresnet", values.pretrain_steps, "pretrain_step"),
        Phase("srgan", values.adversarial_steps, "train_step"),
    ]
    return lambda total_steps: [phase for phase in planned if phase.steps]


def task(values):
    def networks():
        """That of --features, and the one that needs no file."""
        from tfgan_zoo.networks.frozen_features import find

        found = (find(name) for name in (values.features, "random"))
        return {net.name.removesuffix("_features"): net for net in found}

    return super_resolution.task(values, SCALE, networks, phases(values))


TRAINER = Trainer(
    "srgan",
    __doc__,
    task=task,
    build=build,
    knobs=(
        *super_resolution.KNOBS,
        *(optimizers.rate(player, 1e-4) for player in PLAYERS),
        flags.knob("beta_1", 0.9, "Adam's decay of the mean gradient.", low=0.0, below=1.0),
        *optimizers.bounds(),
        flags.knob("pretrain_steps", 1_000_000, "Steps of the first phase, SRResNet.", low=0),
        flags.knob("adversarial_steps", 200_000, "Steps of the second phase, SRGAN.", low=0),
        flags.knob(
            "pretraining_decay_from",
            1.0,
            "Share of SRResNet's steps after which its learning rate falls on half a cosine to "
            "zero; 1, as in the paper, never.",
            low=0.0,
            high=1.0,
        ),
        flags.knob(
            "tenth_after",
            0.5,
            "Share of SRGAN's steps after which its learning rates are a tenth.",
            low=0.0,
            high=1.0,
        ),
        flags.knob("blocks", 16, "Residual blocks of the generator.", low=1),
        flags.knob("filters", 64, "Channels of the generator's layers.", low=1),
        flags.knob(
            "discriminator_filters", 64, "Channels of the discriminator's first layer.", low=1
        ),
        flags.knob("units", 1024, "Size of the discriminator's dense layer.", low=1),
        flags.FEATURES,
        flags.knob(
            "content_weight",
            1 / 12.75**2,
            "Weight of the squared error of these maps; the default is the paper's for vgg19.",
            low=0.0,
        ),
        flags.knob("adversarial_weight", 1e-3, "Weight of the adversarial loss.", low=0.0),
    ),
    defaults={"batch_size": 16},
    without=("steps", "epochs"),
)

if __name__ == "__main__":
    TRAINER.main()
