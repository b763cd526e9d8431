"""Trains BiGAN (arXiv 1605.09782) on small pictures.

python -m trainers.bigan --flagfile=trainers/flagfiles/bigan.flags --data=DIR --run_dir=RUN
"""

import functools

from trainers import flags, optimizers
from trainers.tasks import inference
from trainers.trainer import Trainer


def build(values, splits, total_steps):
    from tfgan_zoo.models.inference import bigan

    shape, own = inference.shape(splits), values.only("objective", "weight_decay", "seed")
    if values.objective == "joint_latent_regressor":
        own |= values.only("regressor_weight")
    if values.nets == "convolutional":
        latent_dim, filters = values.latent_dim, values.filters
        judged = latent_dim if values.objective == "bigan" else 0
        own["encoder"] = bigan.bigan_conv_encoder(shape, latent_dim, filters)
        own["generator"] = bigan.bigan_conv_generator(shape, latent_dim, filters)
        own["discriminator"] = bigan.bigan_conv_discriminator(shape, judged, filters)
    else:
        own |= values.only("latent_dim", "width")
    model = bigan.BiGAN(shape, **own)
    return optimizers.compiled(values, model, **optimizers.adams(values, model, total_steps))


TRAINER = Trainer(
    "bigan",
    __doc__,
    task=functools.partial(inference.task, decoder=("generator",)),
    build=build,
    knobs=(
        *inference.KNOBS,
        *optimizers.knobs(schedule="exponential", generator=2e-4, discriminator=2e-4),
        flags.knob(
            "objective",
            "bigan",
            "What is played: the paper's game over pictures and latents together, or a GAN with an "
            "encoder that reads the latents of its pictures (latent_regressor), or one that helps "
            "it (joint_latent_regressor).",
            choices=("bigan", "latent_regressor", "joint_latent_regressor"),
        ),
        flags.knob("latent_dim", 50, "How many numbers a latent has.", low=1),
        flags.knob(
            "nets",
            "mlp",
            "Encoder, generator and discriminator: the authors' plain layers, or convolutions.",
            choices=("mlp", "convolutional"),
        ),
        flags.knob("width", 1024, "Units of a hidden layer of each of the plain nets.", low=1),
        flags.knob("filters", 32, "Channels of the outer layers of the convolutional nets.", low=1),
        flags.knob(
            "regressor_weight",
            0.25,
            "Weight of the regression in the generator's loss, of joint_latent_regressor.",
            low=0.0,
        ),
        flags.knob(
            "weight_decay",
            2.5e-5,
            "Gradient of every weight towards zero, as a share of it.",
            low=0.0,
        ),
    ),
    defaults={"image_size": "28", "channels": 1, "batch_size": 128},
)

if __name__ == "__main__":
    TRAINER.main()
