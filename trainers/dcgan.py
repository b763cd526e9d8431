"""Trains DCGAN (arXiv 1511.06434) on a set of square pictures.

python -m trainers.dcgan --flagfile=trainers/flagfiles/dcgan.flags --data=DIR --run_dir=RUN
"""

from absl import flags

from trainers import common
from trainers.tasks import unconditional as task

FLAGS = flags.FLAGS
FLAGS.set_default("image_size", "64")
FLAGS.set_default("batch_size", 128)
flags.DEFINE_integer("latent_dim", 100, "Length of the latent.", 1)
flags.DEFINE_integer("generator_filters", 128, "Width of the generator's last hidden layer.", 1)
flags.DEFINE_integer("discriminator_filters", 128, "Width of the discriminator's first layer.", 1)


def build(data, total_steps):
    from tfgan_zoo.models.unconditional.dcgan import DCGAN

    model = DCGAN(
        image_size=common.image_size(),
        channels=data.channels("images"),
        latent_dim=FLAGS.latent_dim,
        generator_filters=FLAGS.generator_filters,
        discriminator_filters=FLAGS.discriminator_filters,
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
