"""Trains VAE-GAN (arXiv 1512.09300) on pictures with sides that 8 divides.

python -m trainers.vae_gan --flagfile=trainers/flagfiles/vae_gan.flags --data=DIR --run_dir=RUN
"""

import functools

from trainers import flags, optimizers
from trainers.tasks import inference
from trainers.trainer import Trainer


def build(values, splits, total_steps):
    from tfgan_zoo.models.inference.vae_gan import VAEGAN
    from tfgan_zoo.optimizers.rmsprop import RMSProp

    own = values.only("objective", "latent_dim", "width", "seed")
    if values.objective == "vae_gan":
        own |= values.only("reconstruction_weight", "generator_loss", "real_weight")
        own["margin"] = values.margin or None
        if values.margin:
            own |= values.only("equilibrium")
    model = VAEGAN(inference.shape(splits), **own)
    players = {
        player: RMSProp(
            optimizers.learning_rate(values, model, player, total_steps),
            rho=0.9,
            **optimizers.bound_and_average(values, player, averaged="decoder"),
            name=f"{player}_rmsprop",
        )
        for player in model.players
    }
    return optimizers.compiled(values, model, **players)


TRAINER = Trainer(
    "vae_gan",
    __doc__,
    task=functools.partial(inference.task, averaged=("decoder",)),
    build=build,
    knobs=(
        *inference.KNOBS,
        *(optimizers.rate(name, 3e-4) for name in ("encoder", "decoder", "discriminator")),
        *optimizers.bounds("decoder"),
        *optimizers.fall(),
        flags.knob(
            "objective",
            "vae_gan",
            "What is learnt: the paper's game, or its autoencoder of pixels without an adversary "
            "(vae).",
            choices=("vae_gan", "vae"),
        ),
        flags.knob("latent_dim", 128, "How many numbers a latent has.", low=1),
        flags.knob(
            "width",
            1.0,
            "Filters and units of the three nets, as a share of the paper's.",
            above=0.0,
        ),
        flags.knob(
            "reconstruction_weight",
            1e-5,
            "Weight of the reconstruction in the decoder's loss, from 0 to 1; the rest is the "
            "game's.",
            low=0.0,
            high=1.0,
        ),
        flags.knob(
            "generator_loss",
            "minimax",
            "What the decoder plays for: to raise the discriminator's loss (minimax, the paper's), "
            "or to be taken for real (nonsaturating), which has a gradient where it loses.",
            choices=("minimax", "nonsaturating"),
        ),
        flags.knob(
            "real_weight",
            0.5,
            "Weight of real pictures in the discriminator's loss, from 0 to 1; the rest is the "
            "fake ones'.",
            low=0.0,
            high=1.0,
        ),
        flags.knob(
            "margin",
            0.35,
            "How far the mean cost of real or fake pictures may be from --equilibrium before "
            "decoder or discriminator stands still, in nats; 0 lets both move always.",
            low=0.0,
        ),
        flags.knob(
            "equilibrium",
            0.68,
            "Cost of a picture at which the game is even, in nats.",
            low=0.0,
        ),
    ),
    # An error that is summed over pixels has long gradients.
    defaults={"image_size": "64", "batch_size": 64, "gradient_norm_bound": 1e5},
)

if __name__ == "__main__":
    TRAINER.main()
