"""Trains RealNVP (arXiv 1605.08803) on pictures, or on a world of points.

python -m trainers.real_nvp --flagfile=trainers/flagfiles/real_nvp.flags --data=DIR --run_dir=RUN
"""

from trainers import flags, optimizers
from trainers.tasks import flow, points, samples
from trainers.trainer import Trainer


def build(values, splits, total_steps):
    from tfgan_zoo.models.likelihood.real_nvp import RealNVP

    own = values.only("filters", "blocks", "last_couplings", "l2", "seed")
    if points.is_world(values):
        own |= {"scales": 1, "grey_levels": None}
    else:
        own |= values.only("scales", "data_constraint", "grey_levels")
    model = RealNVP(samples.shape(values, splits), **own)
    (player,) = model.players
    adam = optimizers.adam(values, model, player, total_steps, averaged=player)
    return optimizers.compiled(values, model, flow=adam)


TRAINER = Trainer(
    "real_nvp",
    __doc__,
    task=flow.task,
    build=build,
    knobs=(
        *flow.KNOBS,
        *optimizers.knobs(beta_1=0.9, averaged="flow", flow=1e-3),
        flags.knob("scales", 4, "At how many sizes of the pictures the flow works.", low=1),
        flags.knob(
            "filters",
            32,
            "Channels of the nets of the first couplings by checkerboard; those by channel have "
            "twice as many, and each scale twice as many as that before.",
            low=1,
        ),
        flags.knob("blocks", 4, "Residual blocks of each net.", low=0),
        flags.knob(
            "last_couplings", 4, "Couplings of the last scale; of points there is no other.", low=2
        ),
        flags.knob(
            "data_constraint",
            0.9,
            "Share of the interval from black to white that the logit of a pixel sees.",
            above=0.0,
            below=1.0,
        ),
        flags.knob(
            "grey_levels", 256, "How many of the 256 grey levels are kept.", choices=flow.LEVELS
        ),
        flags.knob(
            "l2",
            5e-5,
            "Weight of the squared lengths of the nets' weights, in nats an example.",
            low=0.0,
        ),
    ),
    without=("precision",),  # all of the flow is float32
    defaults={
        "image_size": "32",
        "batch_size": 64,
        "clip_norm": 100.0,
        "gradient_norm_bound": 10_000.0,
    },
)

if __name__ == "__main__":
    TRAINER.main()
