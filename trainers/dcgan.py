"""Trains DCGAN (arXiv 1511.06434) on a set of square pictures, or on one with labels.

python -m trainers.dcgan --flagfile=trainers/flagfiles/dcgan.flags --data=DIR --run_dir=RUN
"""

from absl import flags

from trainers import common
from trainers.tasks import ganhacks
from trainers.tasks import optional_labels as task

FLAGS = flags.FLAGS
FLAGS.set_default("image_size", "64")
FLAGS.set_default("batch_size", 128)
flags.DEFINE_integer("latent_dim", 100, "Length of the latent.", 1)
flags.DEFINE_integer("generator_filters", 128, "Width of the generator's last hidden layer.", 1)
flags.DEFINE_integer("discriminator_filters", 128, "Width of the discriminator's first layer.", 1)
flags.DEFINE_bool("alternate", None, "Half of a batch for each player; default if --conditional.")
flags.DEFINE_float("weight_decay", None, "Default 0, or 2.5e-5 if --conditional.", 0.0)


def build(data, total_steps):
    from tfgan_zoo.models.unconditional.dcgan import DCGAN

    names = ("latent_dim", "generator_filters", "discriminator_filters", "alternate")
    model = DCGAN(
        image_size=common.image_size(),
        channels=data.channels("images"),
        classes=task.classes(data),
        weight_decay=FLAGS.weight_decay,
        seed=FLAGS.seed,
        **common.values(*names),
        **ganhacks.options(),
    )
    if model.alternate and FLAGS.batch_size % 2:
        raise ValueError("The players share a batch in turns: --batch_size must be even.")
    generator = common.optimizer("generator", total_steps)
    discriminator = ganhacks.discriminator_optimizer(total_steps)
    model.compile(generator=generator, discriminator=discriminator, **common.compile_options())
    return model


if __name__ == "__main__":
    common.start(build, task)
