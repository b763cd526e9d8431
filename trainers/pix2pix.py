"""Trains pix2pix (arXiv 1611.07004) on pairs of pictures.

python -m trainers.pix2pix --flagfile=trainers/flagfiles/pix2pix.flags --data=DIR --run_dir=RUN
"""

from absl import flags

from trainers import common
from trainers.tasks import paired as task

FLAGS = flags.FLAGS
FLAGS.set_default("gradient_norm_bound", 500.0)  # the L1 term is weighted by 100
flags.DEFINE_integer("generator_filters", 64, "Width of the generator's first layer.", 1)
flags.DEFINE_integer("discriminator_filters", 64, "Width of the discriminator's first layer.", 1)
flags.DEFINE_enum("patch", "70", ["1", "16", "34", "70", "142", "286"], "Pixels one score sees.")
flags.DEFINE_float("dropout", 0.5, "Rate of the first three decoder layers.", 0.0, 0.99)
flags.DEFINE_float("l1_weight", 100.0, "Weight of the L1 term.", 0.0)
flags.DEFINE_enum("objective", "bce", ["bce", "least_squares"], "The adversarial loss.")


def build(data, total_steps):
    from tfgan_zoo.models.translation.pix2pix import Pix2Pix

    model = Pix2Pix(
        image_size=common.image_size(),
        source_channels=data.channels("source"),
        target_channels=data.channels("target"),
        generator_filters=FLAGS.generator_filters,
        discriminator_filters=FLAGS.discriminator_filters,
        patch=int(FLAGS.patch),
        dropout=FLAGS.dropout,
        l1_weight=FLAGS.l1_weight,
        objective=FLAGS.objective,
        seed=FLAGS.seed,
    )
    model.compile(
        generator=common.optimizer("generator", total_steps),
        discriminator=common.optimizer("discriminator", total_steps),
        **common.compile_options(),
    )
    return model


if __name__ == "__main__":
    common.start(build, task)
