"""Trains InfoGAN (arXiv 1606.03657) on pictures; labels, where there are any, only score it.

python -m trainers.infogan --flagfile=trainers/flagfiles/infogan.flags --data=DIR --run_dir=RUN
"""

from trainers import flags, optimizers
from trainers.tasks import codes
from trainers.trainer import Trainer


def build(values, splits, total_steps):
    from tfgan_zoo.models.conditional.infogan import InfoGAN

    codes_and_sizes = ("noise_dim", "categories", "continuous", "information_weight", "width")
    model = InfoGAN(**values.only("image_size", "channels", *codes_and_sizes, "seed"))
    return optimizers.compiled(values, model, **optimizers.adams(values, model, total_steps))


TRAINER = Trainer(
    "infogan",
    __doc__,
    task=codes.task,
    build=build,
    knobs=(
        *codes.KNOBS,
        *optimizers.knobs(generator=1e-3, discriminator=2e-4),
        flags.knob("noise_dim", 62, "How many numbers the noise beside the codes has.", low=1),
        flags.knob("categories", 10, "Categories of the categorical code.", low=2),
        flags.knob("continuous", 2, "Number of continuous codes.", low=1),
        flags.knob(
            "information_weight",
            1.0,
            "Weight of the mutual information in both players' losses.",
            low=0.0,
        ),
        flags.knob("width", 1.0, "Width of all layers, as a share of the authors'.", above=0.0),
    ),
    defaults={
        "image_size": "28",
        "channels": 1,
        "batch_size": 128,
    },
)

if __name__ == "__main__":
    TRAINER.main()
