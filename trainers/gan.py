"""Trains GAN (arXiv 1406.2661) on small pictures, or on a world of points.

python -m trainers.gan --flagfile=trainers/flagfiles/gan.flags --data=DIR --run_dir=RUN
"""

from absl import flags

from trainers import common
from trainers.tasks import samples as task

FLAGS = flags.FLAGS
FLAGS.set_default("image_size", "28")
FLAGS.set_default("batch_size", 100)
FLAGS.set_default("generator_learning_rate", 0.1)
FLAGS.set_default("discriminator_learning_rate", 0.1)
flags.DEFINE_float("width", 1.0, "Of the hidden layers, as a share of the paper's.", 0.0)
flags.DEFINE_enum("generator_loss", "nonsaturating", ["nonsaturating", "minimax"], "Which game.")
flags.DEFINE_integer("discriminator_steps", 1, "Minibatches in a batch; the last is for both.", 1)


def build(data, total_steps):
    from tfgan_zoo.data.statistics import mean
    from tfgan_zoo.models.unconditional.gan import GAN

    field = "images" if "images" in data.train.fields else "points"
    model = GAN(
        data.shape,
        pixel_means=mean(data.train, field) / 255 if field == "images" else None,
        width=FLAGS.width,
        dropouts=(0.2, 0.5) if field == "images" else (0.0, 0.0),
        generator_loss=FLAGS.generator_loss,
        discriminator_steps=FLAGS.discriminator_steps,
        seed=FLAGS.seed,
    )
    ramp = 250 * len(data.train) // FLAGS.batch_size
    g, d = (common.momentum_descent(p, 1.000004, ramp) for p in ("generator", "discriminator"))
    model.compile(generator=g, discriminator=d, **common.compile_options())
    return model


if __name__ == "__main__":
    common.start(build, task)
