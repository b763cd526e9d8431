"""Trains MRGAN (arXiv 1612.02136), as Reg-GAN or MDGAN, on small pictures or a world of points.

python -m trainers.mrgan --flagfile=trainers/flagfiles/mrgan.flags --data=DIR --run_dir=RUN
"""

from absl import flags

from trainers import common
from trainers.tasks import samples as task

FLAGS = flags.FLAGS
FLAGS.set_default("image_size", "28")
FLAGS.set_default("batch_size", 128)
ALGORITHMS = ["regularized", "manifold_diffusion"]
flags.DEFINE_enum("algorithm", "regularized", ALGORITHMS, "Reg-GAN, or MDGAN.")
flags.DEFINE_float("distance_weight", None, "Of d(x, G(E(x))); default the algorithm's.", 0.0)
flags.DEFINE_float("adversarial_weight", None, "Of -log D(G(E(x))); default as well.", 0.0)
flags.DEFINE_enum("distance", "mean", ["mean", "sum"], "Over coordinates, of the squares.")
flags.DEFINE_integer("latent_dim", 100, "Length of the latent.", 1)
flags.DEFINE_integer("generator_width", 800, "Units of the generator's hidden layers.", 1)
flags.DEFINE_integer("generator_depth", 3, "Hidden layers of the generator.", 0)
flags.DEFINE_integer("discriminator_width", 512, "Units of discriminators and encoder.", 1)
flags.DEFINE_integer("discriminator_depth", 2, "Hidden layers of discriminators and encoder.", 0)
for player in ("encoder", "diffusion_discriminator"):
    flags.DEFINE_float(f"{player}_learning_rate", 2e-4, f"Adam's rate for the {player}.", 0.0)


def build(data, total_steps):
    from tfgan_zoo.models.unconditional.mrgan import MRGAN

    weights = ("algorithm", "distance_weight", "adversarial_weight", "distance", "latent_dim")
    nets = [
        f"{net}_{size}" for net in ("generator", "discriminator") for size in ("width", "depth")
    ]
    model = MRGAN(data.shape, **common.values(*weights, *nets, "seed"))
    two = ["diffusion_discriminator"] if FLAGS.algorithm == "manifold_diffusion" else []
    players = ("generator", "encoder", "discriminator", *two)
    optimizers = {player: common.optimizer(player, total_steps) for player in players}
    model.compile(**optimizers, **common.compile_options())
    return model


if __name__ == "__main__":
    common.start(build, task)
