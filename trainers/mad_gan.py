"""Trains MAD-GAN (arXiv 1704.02906) on small pictures, or on a world of points.

python -m trainers.mad_gan --flagfile=trainers/flagfiles/mad_gan.flags --data=DIR --run_dir=RUN
"""

from absl import flags

from trainers import common
from trainers.tasks import samples as task

FLAGS = flags.FLAGS
FLAGS.set_default("image_size", "28")
FLAGS.set_default("batch_size", 128)
FLAGS.set_default("generator_learning_rate", 1e-4)
FLAGS.set_default("discriminator_learning_rate", 1e-4)
flags.DEFINE_integer("generators", 4, "How many; 1 makes it the first GAN.", 1)
flags.DEFINE_float("similarity", None, "MAD-GAN-Sim, with this weight of the hinge (1e-3).", 0.0)
flags.DEFINE_integer("noise_dim", 64, "Length of the noise.", 1)
flags.DEFINE_integer("units", 128, "Of the hidden layers of a point's nets.", 1)
flags.DEFINE_integer("depth", 3, "Hidden layers of a point's nets.", 0)
flags.DEFINE_integer("filters", 32, "Of the outer layers of a picture's nets.", 1)


def build(data, total_steps):
    from tfgan_zoo.models.unconditional.mad_gan import MADGAN

    names = ("generators", "similarity", "noise_dim", "units", "depth", "filters", "seed")
    model = MADGAN(data.shape, **common.values(*names))
    generator = common.optimizer("generator", total_steps)
    discriminator = common.optimizer("discriminator", total_steps)
    model.compile(generator=generator, discriminator=discriminator, **common.compile_options())
    return model


if __name__ == "__main__":
    common.start(build, task)
