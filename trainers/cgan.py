"""Trains CGAN (arXiv 1411.1784) on pictures with labels.

python -m trainers.cgan --flagfile=trainers/flagfiles/cgan.flags --data=DIR --run_dir=RUN
"""

from absl import flags

from trainers import common
from trainers.tasks import conditional as task

FLAGS = flags.FLAGS
FLAGS.set_default("image_size", "28")
FLAGS.set_default("channels", 1)
FLAGS.set_default("batch_size", 100)
FLAGS.set_default("generator_learning_rate", 0.1)
FLAGS.set_default("discriminator_learning_rate", 0.1)
flags.DEFINE_float("width", 1.0, "Of the hidden layers, as a share of the paper's.", 0.0)
flags.DEFINE_float("generator_dropout", 0.5, "Rate behind its hidden layers.", 0.0, 1.0)
flags.DEFINE_float("discriminator_dropout", 0.5, "Rate behind its hidden layers.", 0.0, 1.0)


def build(data, total_steps):
    from tfgan_zoo.data.statistics import mean
    from tfgan_zoo.models.conditional.cgan import CGAN

    model = CGAN(
        image_size=common.image_size(),
        channels=data.channels("images"),
        classes=task.count_classes(data),
        pixel_means=mean(data.train, "images") / 255,
        width=FLAGS.width,
        generator_dropout=FLAGS.generator_dropout,
        discriminator_dropout=FLAGS.discriminator_dropout,
        seed=FLAGS.seed,
    )
    ramp = 250 * len(data.train) // FLAGS.batch_size
    g, d = (common.momentum_descent(p, 1.00004, ramp) for p in ("generator", "discriminator"))
    model.compile(generator=g, discriminator=d, **common.compile_options())
    return model


if __name__ == "__main__":
    common.start(build, task)
