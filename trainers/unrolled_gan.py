"""Trains Unrolled GAN (arXiv 1611.02163) on a world of points, or on small pictures.

python -m trainers.unrolled_gan --flagfile=trainers/flagfiles/unrolled_gan.flags --run_dir=RUN
"""

from absl import flags

from trainers import common
from trainers.tasks import samples as task

FLAGS = flags.FLAGS
FLAGS.set_default("image_size", "28")
FLAGS.set_default("batch_size", 512)
FLAGS.set_default("generator_learning_rate", 1e-4)
FLAGS.set_default("discriminator_learning_rate", 1e-4)
flags.DEFINE_integer("unrolling_steps", 10, "K, steps that the generator looks ahead.", 0)
flags.DEFINE_bool("differentiate", True, "Pass the gradient through these steps.")
flags.DEFINE_enum("generator_loss", "minimax", ["minimax", "nonsaturating"], "Which game.")
flags.DEFINE_integer("latent_dim", 256, "Length of the latent.", 1)
flags.DEFINE_integer("width", 128, "Of the hidden layers of a point's nets.", 1)
flags.DEFINE_float("discriminator_share", 0.25, "Of a picture's generator's widths.", 0.0)
flags.DEFINE_bool("discriminator_normalised", True, "Batch normalisation in that of pictures.")


def build(data, total_steps):
    from tfgan_zoo.models.unconditional.unrolled_gan import UnrolledGAN

    unrolling = ("unrolling_steps", "differentiate", "generator_loss")
    nets = ("latent_dim", "width", "discriminator_share", "discriminator_normalised")
    model = UnrolledGAN(data.shape, **common.values(*unrolling, *nets, "seed"))
    g, d = (common.optimizer(player, total_steps) for player in ("generator", "discriminator"))
    model.compile(generator=g, discriminator=d, **common.compile_options())
    return model


if __name__ == "__main__":
    common.start(build, task)
