"""Trains a variational autoencoder (arXiv 1312.6114) on small pictures.

python -m trainers.vae --flagfile=trainers/flagfiles/vae.flags --data=DIR --run_dir=RUN
"""

from trainers import flags, optimizers
from trainers.tasks import autoencoder
from trainers.trainer import Trainer


def build(values, splits, total_steps):
    from tfgan_zoo.models.likelihood import vae

    shape, own = splits.train.fields["images"].shape, values.only("likelihood", "latent_dim")
    if values.nets == "convolutional":
        nets = {
            "encoder": vae.vae_conv_encoder(shape, values.latent_dim, values.filters),
            "decoder": vae.vae_conv_decoder(shape, **own, filters=values.filters),
        }
    else:
        nets = values.only("width", "depth", "activation")
    examples = len(splits.train) if values.weight_prior else None
    model = vae.VAE(shape, **own, **nets, examples=examples, seed=values.seed)
    (player,) = model.players
    adam = optimizers.adam(values, model, player, total_steps, averaged=player)
    return optimizers.compiled(values, model, autoencoder=adam)


TRAINER = Trainer(
    "vae",
    __doc__,
    task=autoencoder.task,
    build=build,
    knobs=(
        *autoencoder.KNOBS,
        *optimizers.knobs(beta_1=0.9, averaged="autoencoder", autoencoder=1e-3),
        flags.knob(
            "likelihood",
            "bernoulli",
            "Distribution of a pixel: black or white (bernoulli; grey levels are drawn afresh in "
            "each step), or a Gaussian of its own variance.",
            choices=("bernoulli", "gaussian"),
        ),
        flags.knob("latent_dim", 20, "How many numbers a latent has.", low=1),
        flags.knob(
            "nets",
            "mlp",
            "Encoder and decoder: plain layers, or strided convolutions.",
            choices=("mlp", "convolutional"),
        ),
        flags.knob("width", 500, "Units of a hidden layer of the plain nets.", low=1),
        flags.knob("depth", 1, "Hidden layers of each of the plain nets.", low=0),
        flags.knob(
            "activation",
            "tanh",
            "Of the plain nets' hidden units.",
            choices=("tanh", "relu", "softplus", "sigmoid"),
        ),
        flags.knob("filters", 32, "Channels of the outer layers of the convolutional nets.", low=1),
        flags.knob(
            "weight_prior",
            True,
            "Hold the weights to a prior of N(0, 1), weighed against the training pictures.",
        ),
    ),
    defaults={"image_size": "28", "channels": 1, "batch_size": 100, "gradient_norm_bound": 1000.0},
)

if __name__ == "__main__":
    TRAINER.main()
