"""Trains PixelRNN (arXiv 1601.06759) on small pictures.

python -m trainers.pixel_rnn --flagfile=trainers/flagfiles/pixel_rnn.flags --data=DIR --run_dir=RUN
"""

from trainers import flags, optimizers
from trainers.tasks import autoregressive
from trainers.trainer import Trainer


def build(values, splits, total_steps):
    from tfgan_zoo.models.likelihood.pixel_rnn import PixelRNN

    shape, own = splits.train.fields["images"].shape, autoregressive.distribution(values)
    own |= values.only("lstm", "layers", "filters", "first_size", "head", "seed")
    if values.lstm == "row":
        own |= values.only("size")
    model = PixelRNN(shape, **own)
    adam = optimizers.adam(values, model, "network", total_steps, averaged="network")
    return optimizers.compiled(values, model, network=adam)


TRAINER = Trainer(
    "pixel_rnn",
    __doc__,
    task=autoregressive.task,
    build=build,
    knobs=(
        *autoregressive.UNCONDITIONAL_KNOBS,
        *autoregressive.distribution_knobs(),
        *optimizers.knobs(beta_1=0.9, averaged="network", network=1e-3),
        flags.knob(
            "lstm",
            "diagonal",
            "The LSTM of the blocks: along the diagonals from both sides, or from row to row.",
            choices=("diagonal", "row"),
        ),
        flags.knob("layers", 7, "Blocks after the first convolution.", low=0),
        flags.knob(
            "filters",
            16,
            "Size of an LSTM's state, half of the channels between blocks; a multiple of the "
            "picture's channels.",
            low=1,
        ),
        flags.knob(
            "first_size", 7, "Side of the square of the first convolution, odd, in pixels.", low=3
        ),
        flags.knob(
            "size", 3, "Places of the row above that a state of --lstm=row sees, odd.", low=3
        ),
        flags.knob("head", 32, "Channels of the last hidden layer.", low=1),
    ),
    defaults={"channels": 1, "batch_size": 16, "gradient_norm_bound": 1e6},
)

if __name__ == "__main__":
    TRAINER.main()
