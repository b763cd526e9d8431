"""Trains WGAN-GP (arXiv 1704.00028) on a set of square pictures, or on a world of points.

python -m trainers.wgan_gp --flagfile=trainers/flagfiles/wgan_gp.flags --data=DIR --run_dir=RUN
"""

from absl import flags

from trainers import common
from trainers.tasks import samples as task

FLAGS = flags.FLAGS
FLAGS.set_default("image_size", "32")
FLAGS.set_default("batch_size", 320)  # five batches of 64, one for each step of the critic
FLAGS.set_default("beta_1", 0.0)
FLAGS.set_default("beta_2", 0.9)
FLAGS.set_default("lr_schedule", "linear")
FLAGS.set_default("lr_decay_from", 0.0)
flags.DEFINE_alias("critic_learning_rate", "discriminator_learning_rate")
flags.DEFINE_enum("networks", "resnet", ["resnet", "conv", "mlp"], "Nets; points take mlp.")
flags.DEFINE_integer("latent_dim", 128, "Length of the latent.", 1)
flags.DEFINE_integer("filters", 128, "Width of both nets.", 1)
flags.DEFINE_integer("critic_steps", 5, "Parts of --batch_size, one for each critic step.", 1)
flags.DEFINE_integer("generator_batch", 2, "Latents of its step, in such parts.", 1)
flags.DEFINE_float("penalty", 10.0, "Lambda, the weight of the gradient penalty.", 0.0)
flags.DEFINE_bool("conditional", False, "Draw each of the data's classes (AC-GAN).")


def build(data, total_steps):
    from tfgan_zoo.models.unconditional.wgan_gp import WGANGP

    if FLAGS.batch_size % FLAGS.critic_steps:
        raise ValueError("The critic's steps share a batch: --batch_size is no multiple of them.")
    names = ("networks", "latent_dim", "filters", "critic_steps", "generator_batch", "penalty")
    options = common.values(*names)
    classes = len(data.info["label_names"]) if FLAGS.conditional else 0
    model = WGANGP(data.shape, classes=classes, seed=FLAGS.seed, **options)
    generator = common.optimizer("generator", total_steps)
    critic = common.optimizer("critic", total_steps * FLAGS.critic_steps)
    model.compile(generator=generator, critic=critic, **common.compile_options())
    return model


if __name__ == "__main__":
    common.start(build, task)
