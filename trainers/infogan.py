"""Trains InfoGAN (arXiv 1606.03657) on pictures; labels, where there are any, only score it.

python -m trainers.infogan --flagfile=trainers/flagfiles/infogan.flags --data=DIR --run_dir=RUN
"""

from absl import flags

from trainers import common
from trainers.tasks import codes as task

FLAGS = flags.FLAGS
FLAGS.set_default("image_size", "28")
FLAGS.set_default("channels", 1)
FLAGS.set_default("batch_size", 128)
FLAGS.set_default("generator_learning_rate", 1e-3)
flags.DEFINE_integer("noise_dim", 62, "Length of the noise beside the codes.", 1)
flags.DEFINE_integer("categories", 10, "Of the categorical code.", 2)
flags.DEFINE_integer("continuous", 2, "Number of continuous codes.", 1)
flags.DEFINE_float("information_weight", 1.0, "Of the mutual information in both losses.", 0.0)
flags.DEFINE_float("width", 1.0, "Of all layers, as a share of the authors'.", 0.0)


def build(data, total_steps):
    from tfgan_zoo.models.conditional.infogan import InfoGAN

    model = InfoGAN(
        image_size=common.image_size(),
        channels=data.channels("images"),
        noise_dim=FLAGS.noise_dim,
        categories=FLAGS.categories,
        continuous=FLAGS.continuous,
        information_weight=FLAGS.information_weight,
        width=FLAGS.width,
        seed=FLAGS.seed,
    )
    generator = common.optimizer("generator", total_steps)
    discriminator = common.optimizer("discriminator", total_steps)
    model.compile(generator=generator, discriminator=discriminator, **common.compile_options())
    return model


if __name__ == "__main__":
    common.start(build, task)
