"""Trains LSGAN (arXiv 1611.04076) on square pictures, or on a world of points.

python -m trainers.lsgan --flagfile=trainers/flagfiles/lsgan.flags --data=DIR --run_dir=RUN
"""

from absl import flags

from trainers import common
from trainers.tasks import samples as task

FLAGS = flags.FLAGS
FLAGS.set_default("image_size", "64")
FLAGS.set_default("batch_size", 64)
flags.DEFINE_enum("loss", "least_squares", ["least_squares", "sigmoid"], "Of both players.")
flags.DEFINE_list("labels", ["0", "1", "1"], "a, b, c: of fakes, of real ones, of G's wish.")
flags.DEFINE_enum(
    "normalised", "both", ["both", "discriminator", "neither"], "Who has batch normalisation."
)
flags.DEFINE_bool("simultaneous", False, "Let both players move at once.")
flags.DEFINE_integer("latent_dim", 1024, "Length of the latent.", 1)
flags.DEFINE_integer("width", 64, "Of the outer layers of a picture's nets.", 1)


def build(data, total_steps):
    from tfgan_zoo.models.unconditional.lsgan import LSGAN

    names = ("loss", "normalised", "simultaneous", "latent_dim", "width", "seed")
    labels = [float(label) for label in FLAGS.labels]
    model = LSGAN(data.shape, labels=labels, **common.values(*names))
    g, d = (common.optimizer(player, total_steps) for player in ("generator", "discriminator"))
    model.compile(generator=g, discriminator=d, **common.compile_options())
    return model


if __name__ == "__main__":
    common.start(build, task)
