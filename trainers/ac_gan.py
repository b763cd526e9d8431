"""Trains AC-GAN (arXiv 1610.09585) on pictures with labels.

python -m trainers.ac_gan --flagfile=trainers/flagfiles/ac_gan.flags --data=DIR --run_dir=RUN
"""

from trainers import flags, optimizers
from trainers.tasks import conditional
from trainers.trainer import Trainer

OWN = (
    flags.knob("latent_dim", 100, "How many numbers a latent has.", low=1),
    flags.knob(
        "generator_width", 1.0, "Width of the generator, as a share of the paper's.", above=0.0
    ),
    flags.knob(
        "discriminator_width",
        1.0,
        "Width of the discriminator, as a share of the paper's.",
        above=0.0,
    ),
    flags.knob(
        "dropout",
        0.5,
        "Share of the numbers behind each of the discriminator's convolutions that dropout sets to "
        "zero.",
        low=0.0,
        below=1.0,
    ),
    flags.knob(
        "activation_noise",
        0.1,
        "Standard deviation of the Gaussian noise on the discriminator's activations in training.",
        low=0.0,
    ),
    flags.knob(
        "real_class_weight",
        1.0,
        "Weight of the class of real pictures in the discriminator's loss.",
        low=0.0,
    ),
    flags.knob(
        "fake_class_weight",
        1.0,
        "Weight of the class of generated pictures in the discriminator's loss; 0, with "
        "--real_class_weight=2, is Keras' example.",
        low=0.0,
    ),
    flags.knob(
        "real_label",
        1.0,
        "What the discriminator should say of real pictures, smoothed below 1.",
        above=0.0,
        high=1.0,
    ),
    flags.knob(
        "fake_label",
        0.0,
        "What the discriminator should say of generated pictures, smoothed above 0.",
        low=0.0,
        below=1.0,
    ),
    flags.knob(
        "generator_loss",
        "nonsaturating",
        "How the generator is rewarded for pictures taken for real: nonsaturating, -log D, or "
        "minimax, log(1 - D).",
        choices=("nonsaturating", "minimax"),
    ),
)


def build(values, splits, total_steps):
    from tfgan_zoo.evaluate.labels import count_classes
    from tfgan_zoo.models.conditional.ac_gan import ACGAN

    model = ACGAN(
        classes=count_classes(splits.train),
        **values.only("image_size", "channels", *(item.name for item in OWN), "seed"),
    )
    return optimizers.compiled(values, model, **optimizers.adams(values, model, total_steps))


def task(values):
    return conditional.task(values, auxiliary=True)


TRAINER = Trainer(
    "ac_gan",
    __doc__,
    task=task,
    build=build,
    knobs=(
        *conditional.KNOBS,
        *optimizers.knobs(generator=2e-4, discriminator=2e-4),
        *OWN,
    ),
    defaults={
        "image_size": "128",
        "channels": 3,
        "batch_size": 100,
    },
)

if __name__ == "__main__":
    TRAINER.main()
