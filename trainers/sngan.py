"""Trains SNGAN (arXiv 1802.05957) on a set of square pictures, or on a world of points.

python -m trainers.sngan --flagfile=trainers/flagfiles/sngan.flags --data=DIR --run_dir=RUN
"""

from absl import flags

from trainers import common
from trainers.tasks import samples as task

FLAGS = flags.FLAGS
FLAGS.set_default("image_size", "32")
FLAGS.set_default("batch_size", 320)  # five batches of 64, one for each discriminator step
FLAGS.set_default("beta_1", 0.0)
FLAGS.set_default("beta_2", 0.9)
FLAGS.set_default("lr_schedule", "linear")
FLAGS.set_default("lr_decay_from", 0.0)
flags.DEFINE_integer("latent_dim", 128, "Length of the latent.", 1)
flags.DEFINE_integer("generator_filters", 256, "Width of the generator.", 1)
flags.DEFINE_integer("discriminator_filters", 128, "Width of the discriminator.", 1)
flags.DEFINE_integer("discriminator_steps", 5, "Parts of --batch_size, one for each step.", 1)
flags.DEFINE_integer("generator_batch", 2, "Latents of the generator's step, in such parts.", 1)


def build(data, total_steps):
    from tfgan_zoo.models.unconditional.sngan import SNGAN

    if FLAGS.batch_size % FLAGS.discriminator_steps:
        raise ValueError("--discriminator_steps share a batch: --batch_size is no multiple of it.")
    widths = ("latent_dim", "generator_filters", "discriminator_filters")
    names = (*widths, "discriminator_steps", "generator_batch", "seed")
    model = SNGAN(data.shape, **common.values(*names))
    generator = common.optimizer("generator", total_steps)
    discriminator = common.optimizer("discriminator", total_steps * FLAGS.discriminator_steps)
    model.compile(generator=generator, discriminator=discriminator, **common.compile_options())
    return model


if __name__ == "__main__":
    common.start(build, task)
