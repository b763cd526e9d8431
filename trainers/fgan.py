"""Trains f-GAN (arXiv 1606.00709) on small pictures, or on a world of points.

python -m trainers.fgan --flagfile=trainers/flagfiles/fgan.flags --data=DIR --run_dir=RUN
"""

from absl import flags

from trainers import common
from trainers.tasks import samples as task

FLAGS = flags.FLAGS
FLAGS.set_default("image_size", "28")
FLAGS.set_default("batch_size", 100)
DIVERGENCES = "kl reverse_kl pearson neyman hellinger jeffrey jensen_shannon gan total_variation"
flags.DEFINE_enum("divergence", "kl", DIVERGENCES.split(), "What is minimised.")
flags.DEFINE_enum(
    "generator_loss", "variational", ["variational", "practical"], "Algorithm 1's, or section 3.2's"
)
flags.DEFINE_integer("latent_dim", 100, "Length of the latent.", 1)
flags.DEFINE_float("width", 1.0, "Of a picture's hidden layers, as a share of the paper's.", 0.0)
flags.DEFINE_integer("point_depth", 2, "Hidden layers of a point's generator; 0: affine.", 0)


def build(data, total_steps):
    from tfgan_zoo.models.unconditional.fgan import FGAN

    names = ("divergence", "generator_loss", "latent_dim", "width", "point_depth", "seed")
    model = FGAN(data.shape, **common.values(*names))
    g, d = (common.optimizer(player, total_steps) for player in ("generator", "discriminator"))
    model.compile(generator=g, discriminator=d, **common.compile_options())
    return model


if __name__ == "__main__":
    common.start(build, task)
