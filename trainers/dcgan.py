"""Trains DCGAN (arXiv 1511.06434) on a set of square pictures, or on one with labels.

python -m trainers.dcgan --flagfile=trainers/flagfiles/dcgan.flags --data=DIR --run_dir=RUN
"""

from trainers import flags, ganhacks, optimizers
from trainers.tasks import optional_labels
from trainers.trainer import Trainer


def build(values, splits, total_steps):
    from tfgan_zoo.models.unconditional.dcgan import DCGAN

    sizes = ("latent_dim", "generator_filters", "discriminator_filters")
    model = DCGAN(
        classes=optional_labels.classes(values, splits),
        **values.only("image_size", "channels", *sizes, "alternate", "weight_decay", "seed"),
        **ganhacks.options(values),
    )
    if model.alternate and values.batch_size % 2:
        raise ValueError("The players share a batch in turns: --batch_size must be even.")
    return optimizers.compiled(
        values,
        model,
        generator=optimizers.adam(values, model, "generator", total_steps),
        discriminator=ganhacks.discriminator_optimizer(values, model, total_steps),
    )


def task(values):
    return optional_labels.task(values, noisy=lambda model: model.noisy)


TRAINER = Trainer(
    "dcgan",
    __doc__,
    task=task,
    build=build,
    knobs=(
        *optional_labels.KNOBS,
        *optimizers.knobs(generator=2e-4, discriminator=2e-4),
        *ganhacks.KNOBS,
        flags.knob("latent_dim", 100, "How many numbers a latent has.", low=1),
        flags.knob(
            "generator_filters",
            None,
            "Channels of the generator's last hidden layer; by default 128, with --conditional 64.",
            kind="int",
            low=1,
        ),
        flags.knob(
            "discriminator_filters",
            None,
            "Channels of the discriminator's first layer; by default 128, with --conditional 64.",
            kind="int",
            low=1,
        ),
        flags.knob(
            "alternate",
            None,
            "Whether each player gets half of a batch, in turns; by default with --conditional.",
            kind="bool",
        ),
        flags.knob(
            "weight_decay",
            None,
            "Weight of the squared weights in both losses; by default 2.5e-5 with --conditional, 0 "
            "without.",
            kind="float",
            low=0.0,
        ),
    ),
    defaults={
        "image_size": "64",
        "batch_size": 128,
    },
)

if __name__ == "__main__":
    TRAINER.main()
