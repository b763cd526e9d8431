"""Trains EBGAN (arXiv 1609.03126) on small pictures, or on a world of points.

python -m trainers.ebgan --flagfile=trainers/flagfiles/ebgan.flags --data=DIR --run_dir=RUN
"""

from absl import flags

from trainers import common
from trainers.tasks import samples as task

FLAGS = flags.FLAGS
FLAGS.set_default("image_size", "28")
FLAGS.set_default("batch_size", 128)
FLAGS.set_default("generator_learning_rate", 1e-3)
FLAGS.set_default("discriminator_learning_rate", 1e-3)
flags.DEFINE_float("margin", 10.0, "Energy up to which generated examples are pushed.", 0.0)
flags.DEFINE_float("pulling_away", 0.1, "Weight of the pulling-away term; 0 leaves it out.", 0.0)
flags.DEFINE_enum("energy", "norm", ["norm", "sum", "mean"], "Of the error; --margin is its size.")
flags.DEFINE_integer("latent_dim", 100, "Length of the latent.", 1)
flags.DEFINE_integer("generator_width", 1600, "Units of the generator's hidden layers.", 1)
flags.DEFINE_integer("generator_depth", 4, "Hidden layers of the generator.", 0)
flags.DEFINE_integer("encoder_width", 1024, "Units of the encoder's layers.", 1)
flags.DEFINE_integer("encoder_depth", 1, "Layers of the encoder.", 1)


def build(data, total_steps):
    from tfgan_zoo.models.unconditional.ebgan import EBGAN

    energies = ("margin", "pulling_away", "energy")
    nets = ("latent_dim", "generator_width", "generator_depth", "encoder_width", "encoder_depth")
    model = EBGAN(data.shape, **common.values(*energies, *nets, "seed"))
    g, d = (common.optimizer(player, total_steps) for player in ("generator", "discriminator"))
    model.compile(generator=g, discriminator=d, **common.compile_options())
    return model


if __name__ == "__main__":
    common.start(build, task)
