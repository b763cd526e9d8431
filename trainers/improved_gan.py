"""Trains Improved GAN (arXiv 1606.03498) on small pictures, some labelled, or a world of points.

python -m trainers.improved_gan --flagfile=trainers/flagfiles/improved_gan.flags --run_dir=RUN
"""

from absl import flags

from trainers import common
from trainers.tasks import semi_supervised as task

FLAGS = flags.FLAGS
FLAGS.set_default("image_size", "28")
FLAGS.set_default("batch_size", 100)
FLAGS.set_default("generator_learning_rate", 3e-3)
FLAGS.set_default("discriminator_learning_rate", 3e-3)
flags.DEFINE_integer("latent_dim", 100, "Length of the latent.", 1)
flags.DEFINE_float("width", 1.0, "Of the hidden layers, as a share of the authors'.", 0.0)
flags.DEFINE_string("generator_loss", None, "feature_matching (with labels) or nonsaturating.")
flags.DEFINE_integer("minibatch_kernels", None, "Default: 100 without labels, none with.", 0)
flags.DEFINE_float("real_label", None, "Below 1 it is smoothed: 0.9 without labels, 1 with.", 0.0)
flags.DEFINE_float("historical_weight", 0.0, "Of historical averaging, for both players.", 0.0)
flags.DEFINE_integer("reference", 0, "Batch of virtual batch normalisation; 0: usual ones.", 0)
flags.DEFINE_float("average_rate", 1e-4, "Of the average of the classifier's parameters.", 0.0)
NAMES = "width generator_loss minibatch_kernels real_label historical_weight reference average_rate"


def build(data, total_steps):
    from tfgan_zoo.models.unconditional.improved_gan import ImprovedGAN

    model = ImprovedGAN(
        data.shape,
        classes=task.classes(data),
        unlabelled_weight=1.0 - FLAGS.supervised_only,
        **common.values("latent_dim", "seed", *NAMES.split()),
    )
    model.initialise(task.first(data, 500))
    g, d = (common.optimizer(player, total_steps) for player in ("generator", "discriminator"))
    g.epsilon = d.epsilon = 1e-4  # the code's, 1e-8, is under the root
    model.compile(generator=g, discriminator=d, **common.compile_options())
    return model


if __name__ == "__main__":
    common.start(build, task)
