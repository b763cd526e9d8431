"""Trains PixelCNN (arXiv 1601.06759, 1606.05328) on small pictures.

python -m trainers.pixel_cnn --flagfile=trainers/flagfiles/pixel_cnn.flags --data=DIR --run_dir=RUN
"""

from trainers import flags, optimizers
from trainers.tasks import autoregressive
from trainers.trainer import Trainer


def build(values, splits, total_steps):
    from tfgan_zoo.models.likelihood.pixel_cnn import PixelCNN

    model = PixelCNN(
        splits.train.fields["images"].shape,
        autoregressive.classes(values, splits),
        **autoregressive.distribution(values),
        **values.only("stacks", "layers", "filters", "first_size", "size", "head", "seed"),
    )
    adam = optimizers.adam(values, model, "network", total_steps, averaged="network")
    return optimizers.compiled(values, model, network=adam)


TRAINER = Trainer(
    "pixel_cnn",
    __doc__,
    task=autoregressive.task,
    build=build,
    knobs=(
        *autoregressive.KNOBS,
        *autoregressive.distribution_knobs(),
        *optimizers.knobs(beta_1=0.9, averaged="network", network=1e-3),
        flags.knob(
            "stacks",
            "gated",
            "Gated layers of a vertical and a horizontal stack, or the plain residual blocks of "
            "the first paper.",
            choices=("gated", "plain"),
        ),
        flags.knob("layers", 15, "Blocks after the first convolution.", low=0),
        flags.knob(
            "filters",
            126,
            "Channels of a gated block's stacks, or half of those of a plain one; a multiple of "
            "the picture's channels.",
            low=1,
        ),
        flags.knob(
            "first_size", 7, "Side of the square of the first convolution, odd, in pixels.", low=3
        ),
        flags.knob("size", 3, "Side of the square of the blocks, odd, in pixels.", low=3),
        flags.knob("head", 1023, "Channels of the last hidden layer.", low=1),
    ),
    defaults={"channels": 1, "batch_size": 16, "gradient_norm_bound": 1e6},
)

if __name__ == "__main__":
    TRAINER.main()
