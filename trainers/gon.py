"""Trains a gradient origin network (arXiv 2007.02798) on small pictures.

python -m trainers.gon --flagfile=trainers/flagfiles/gon.flags --data=DIR --run_dir=RUN
"""

from trainers import flags, optimizers
from trainers.tasks import learnt_latents
from trainers.trainer import Trainer

FITTED = 5000  # training pictures whose latents the Gaussian of the samples is fitted to


def build(values, splits, total_steps):
    from tfgan_zoo.models.latent.gon import GON

    model = GON(
        splits.train.fields["images"].shape,
        **values.only("latent_dim", "filters", "variational", "second_order"),
        **values.only("batch_size", "seed"),
    )
    return optimizers.compiled(values, model, **optimizers.adams(values, model, total_steps))


def learnt(model, splits):
    from tfgan_zoo.evaluate.tables import first_pictures

    return model.learnt(first_pictures(splits.train, FITTED))


def task(values):
    return learnt_latents.task(
        values,
        learnt,
        "The latent is minus the gradient, at the origin, of how badly the generator draws the "
        "picture, which is an affine map of the picture: one product with a matrix.",
    )


TRAINER = Trainer(
    "gon",
    __doc__,
    task=task,
    build=build,
    knobs=(
        *learnt_latents.KNOBS,
        *optimizers.knobs(beta_1=0.9, generator=1e-4),
        flags.knob("latent_dim", 32, "How many numbers a latent has.", low=1),
        flags.knob("filters", 16, "Channels of the generator's last hidden layer.", low=1),
        flags.knob(
            "variational",
            False,
            "Draw each picture's latent from a posterior, and hold that to N(0, 1).",
        ),
        flags.knob(
            "second_order",
            True,
            "Learn through the gradient at the origin; without it the codes are taken as they are.",
        ),
    ),
    defaults={"image_size": "32", "channels": 1, "batch_size": 64},
)

if __name__ == "__main__":
    TRAINER.main()
