"""Trains Improved GAN (arXiv 1606.03498) on small pictures, some of them labelled, or on points.

python -m trainers.improved_gan --flagfile=trainers/flagfiles/improved_gan.flags --run_dir=RUN
"""

from trainers import flags, optimizers
from trainers.tasks import points, samples, semi_supervised
from trainers.trainer import Trainer


def build(values, splits, total_steps):
    from tfgan_zoo.models.unconditional.improved_gan import ImprovedGAN
    from tfgan_zoo.networks import points as of_points

    losses = ("generator_loss", "minibatch_kernels", "real_label", "historical_weight")
    own = values.only("latent_dim", *losses, "seed")
    own["classes"] = classes = semi_supervised.classes(values, splits)
    if points.is_world(values):
        own |= samples.nets(values, splits, of_points.improved_gan, "latent_dim", "width")
        own["prior"] = "normal"
    else:
        own |= values.only("width", "reference")
    if classes:
        own["average_rate"] = values.average_rate
        own["unlabelled_weight"] = 1.0 - values.supervised_only
    model = ImprovedGAN(samples.shape(values, splits), **own)
    model.initialise(semi_supervised.first(values, splits, 500))
    # The code's epsilon, 1e-8, is under the root.
    adams = optimizers.adams(values, model, total_steps, epsilon=1e-4)
    return optimizers.compiled(values, model, **adams)


TRAINER = Trainer(
    "improved_gan",
    __doc__,
    task=semi_supervised.task,
    build=build,
    knobs=(
        *semi_supervised.KNOBS,
        *optimizers.knobs(generator=3e-3, discriminator=3e-3),
        flags.knob("latent_dim", 100, "How many numbers a latent has.", low=1),
        flags.knob(
            "width", 1.0, "Width of the hidden layers, as a share of the authors'.", above=0.0
        ),
        flags.knob(
            "generator_loss",
            None,
            "What the generator minimises; by default feature_matching with --labelled, minimax, "
            "log(1 - D), without.",
            kind="str",
            choices=("feature_matching", "minimax", "nonsaturating"),
        ),
        flags.knob(
            "minibatch_kernels",
            None,
            "Kernels of minibatch discrimination; by default 100 without --labelled, none with.",
            kind="int",
            low=0,
        ),
        flags.knob(
            "real_label",
            None,
            "What the discriminator should say of real examples, smoothed below 1; by default 0.9 "
            "without --labelled, 1 with.",
            kind="float",
            above=0.0,
            high=1.0,
        ),
        flags.knob(
            "historical_weight", 0.0, "Weight of historical averaging, for both players.", low=0.0
        ),
        flags.knob(
            "reference",
            0,
            "Pictures in the batch of virtual batch normalisation; 0: usual batch normalisation.",
            low=0,
        ),
        flags.knob(
            "average_rate",
            1e-4,
            "Rate of the average of the classifier's parameters, with --labelled.",
            above=0.0,
            high=1.0,
        ),
    ),
    defaults={
        "image_size": "28",
        "batch_size": 100,
    },
)

if __name__ == "__main__":
    TRAINER.main()
