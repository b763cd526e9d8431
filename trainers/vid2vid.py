"""Trains vid2vid (arXiv 1808.06601) on clips of label maps and of pictures.

python -m trainers.vid2vid --flagfile=trainers/flagfiles/vid2vid.flags --run_dir=RUN

A run has a phase for each of --clip_lengths: clips lengthen.
"""

from trainers import flags, optimizers
from trainers.tasks import clips
from trainers.trainer import Trainer

SIZES = (
    *("image_size", "source_channels", "target_channels", "generator_filters", "halvings"),
    *("blocks", "flow_scale", "discriminator_filters", "discriminator_layers", "scales"),
)
WEIGHTS = ("feature_weight", "perceptual_weight", "flow_weight", "warp_weight")
PLAYERS = ("generator", "discriminator", "temporal_1", "temporal_3")


def build(values, splits, total_steps):
    from tfgan_zoo.models.translation.vid2vid import Vid2Vid
    from tfgan_zoo.networks.frozen_features import find

    model = Vid2Vid(features=find(values.features), **values.only(*SIZES, *WEIGHTS, "seed"))
    return optimizers.compiled(values, model, **optimizers.adams(values, model, total_steps))


TRAINER = Trainer(
    "vid2vid",
    __doc__,
    task=clips.task,
    build=build,
    knobs=(
        *clips.KNOBS,
        *optimizers.knobs(schedule="linear", **dict.fromkeys(PLAYERS, 2e-4)),
        flags.knob("generator_filters", 128, "Channels of the generator's first layers.", low=1),
        flags.knob("halvings", 3, "How often the generator halves a frame.", low=1),
        flags.knob("blocks", 9, "Residual blocks of the generator from labels to picture.", low=2),
        flags.knob(
            "flow_scale",
            20.0,
            "Pixels that a one of the flow's last layer stands for: about the largest motion.",
            above=0.0,
        ),
        flags.knob(
            "discriminator_filters", 64, "Channels of each discriminator's first layer.", low=1
        ),
        flags.knob(
            "discriminator_layers", 3, "Layers of each discriminator that halve a frame.", low=1
        ),
        flags.knob("scales", 2, "Sizes of a frame that each discriminator looks at.", low=2),
        flags.FEATURES,
        flags.knob("feature_weight", 10.0, "Weight of the matched features.", low=0.0),
        flags.knob("perceptual_weight", 10.0, "Weight of the frozen maps' distance.", low=0.0),
        flags.knob("flow_weight", 10.0, "Weight of the distance to the reference flow.", low=0.0),
        flags.knob("warp_weight", 10.0, "Weight of the distances to warped frames, each.", low=0.0),
    ),
    defaults={"image_size": (256, 512), "batch_size": 1},
)

if __name__ == "__main__":
    TRAINER.main()
