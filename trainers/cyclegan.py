"""Trains CycleGAN (arXiv 1703.10593) on two sets of pictures without pairs.

python -m trainers.cyclegan --flagfile=trainers/flagfiles/cyclegan.flags --data=DIR --run_dir=RUN
"""

from absl import flags

from trainers import common
from trainers.tasks import unpaired as task

FLAGS = flags.FLAGS
FLAGS.set_default("lr_schedule", "linear")
FLAGS.set_default("gradient_norm_bound", 500.0)  # the cycle is weighted by 10
flags.DEFINE_integer("generator_filters", 64, "Width of the generators' first layer.", 1)
flags.DEFINE_integer("discriminator_filters", 64, "Width of the discriminators' first layer.", 1)
flags.DEFINE_integer("blocks", None, "Residual blocks; default 9 from 256x256 on, 6 below.", 0)
flags.DEFINE_enum("patch", "70", ["1", "16", "34", "70", "142", "286"], "Pixels one score sees.")
flags.DEFINE_float("cycle_weight", 10.0, "Weight of the way there and back.", 0.0)
flags.DEFINE_float("identity_weight", 0.5, "Of the identity term, times --cycle_weight.", 0.0)
flags.DEFINE_integer("pool_size", 50, "Drawn pictures in a discriminator's history.", 0)


def build(data, total_steps):
    from tfgan_zoo.models.translation.cyclegan import CycleGAN

    model = CycleGAN(
        image_size=common.image_size(),
        channels=(data.channels("images_a"), data.channels("images_b")),
        generator_filters=FLAGS.generator_filters,
        discriminator_filters=FLAGS.discriminator_filters,
        blocks=FLAGS.blocks,
        patch=int(FLAGS.patch),
        cycle_weight=FLAGS.cycle_weight,
        identity_weight=FLAGS.identity_weight,
        pool_size=FLAGS.pool_size,
        seed=FLAGS.seed,
    )
    optimizers = {p: common.optimizer(p, total_steps) for p in ("generator", "discriminator")}
    model.compile(**optimizers, **common.compile_options())
    return model


if __name__ == "__main__":
    common.start(build, task)
