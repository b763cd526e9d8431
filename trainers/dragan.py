"""Trains DRAGAN (arXiv 1705.07215) on small pictures, or on a world of points.

python -m trainers.dragan --flagfile=trainers/flagfiles/dragan.flags --data=DIR --run_dir=RUN
"""

from absl import flags

from trainers import common
from trainers.tasks import samples as task

FLAGS = flags.FLAGS
FLAGS.set_default("image_size", "28")
FLAGS.set_default("batch_size", 128)
FLAGS.set_default("generator_learning_rate", 1e-4)
FLAGS.set_default("discriminator_learning_rate", 1e-4)
FLAGS.set_default("beta_2", 0.9)
flags.DEFINE_enum("networks", "mlp", ["mlp", "dcgan"], "Nets; points take mlp.")
flags.DEFINE_integer("latent_dim", 100, "Length of the latent.", 1)
flags.DEFINE_integer("width", 128, "Of the hidden layers; of the outer ones of dcgan.", 1)
flags.DEFINE_integer("depth", 1, "Hidden layers of mlp.", 1)
flags.DEFINE_enum("noise", "uniform", ["uniform", "gaussian"], "The code's, or the paper's.")
flags.DEFINE_float("noise_scale", 0.5, "Of the noise, in deviations of the batch.", 0.0)
flags.DEFINE_float("penalty", 10.0, "Lambda, the weight of the gradient penalty.", 0.0)


def build(data, total_steps):
    from tfgan_zoo.models.unconditional.dragan import DRAGAN

    names = ("networks", "latent_dim", "width", "depth", "noise", "noise_scale", "penalty", "seed")
    model = DRAGAN(data.shape, **common.values(*names))
    generator, discriminator = (
        common.optimizer(player, total_steps) for player in ("generator", "discriminator")
    )
    model.compile(generator=generator, discriminator=discriminator, **common.compile_options())
    return model


if __name__ == "__main__":
    common.start(build, task)
