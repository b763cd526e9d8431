"""Trains WGAN (arXiv 1701.07875) on a set of square pictures, or on a world of points.

python -m trainers.wgan --flagfile=trainers/flagfiles/wgan.flags --data=DIR --run_dir=RUN
"""

from absl import flags

from trainers import common
from trainers.tasks import samples as task

FLAGS = flags.FLAGS
FLAGS.set_default("image_size", "64")
FLAGS.set_default("batch_size", 320)  # five minibatches of 64, one for each step of the critic
FLAGS.set_default("generator_learning_rate", 5e-5)
FLAGS.set_default("discriminator_learning_rate", 5e-5)
flags.DEFINE_alias("critic_learning_rate", "discriminator_learning_rate")
flags.DEFINE_bool("adam", False, "Adam with --beta_1 in place of RMSProp, which has no momentum.")
flags.DEFINE_integer("latent_dim", 100, "Length of the latent.", 1)
flags.DEFINE_integer("filters", 64, "Width of both nets.", 1)
flags.DEFINE_float("clip", 0.01, "The largest weight of the critic.", 0.0)
flags.DEFINE_integer("critic_steps", 5, "Parts of --batch_size, one for each critic step.", 1)
flags.DEFINE_integer("long_critic_steps", 100, "Of the first 25 steps and of every 500th.", 0)


def build(data, total_steps):
    from tfgan_zoo.models.unconditional.wgan import WGAN
    from tfgan_zoo.optimizers.rmsprop import RMSProp

    if FLAGS.batch_size % FLAGS.critic_steps:
        raise ValueError("The critic's steps share a batch: --batch_size is no multiple of them.")
    names = ("latent_dim", "filters", "clip", "critic_steps", "long_critic_steps", "seed")
    model = WGAN(data.shape, **common.values(*names))
    g = common.optimizer("generator", total_steps)
    c = common.optimizer("critic", model.critic_steps_in(total_steps))
    if not FLAGS.adam:
        g, c = RMSProp.like(g), RMSProp.like(c)
    model.compile(generator=g, critic=c, **common.compile_options())
    return model


if __name__ == "__main__":
    common.start(build, task)
