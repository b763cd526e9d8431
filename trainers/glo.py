"""Trains GLO (arXiv 1707.05776): a generator, and a latent for each picture of a set.

python -m trainers.glo --flagfile=trainers/flagfiles/glo.flags --data=DIR --run_dir=RUN
"""

import dataclasses

from trainers import flags, optimizers
from trainers.tasks import autoencoder, learnt_latents
from trainers.trainer import Trainer


def build(values, splits, total_steps):
    import keras

    from tfgan_zoo.evaluate.tables import first_pictures
    from tfgan_zoo.models.latent.glo import GLO

    sizes = ("latent_dim", "filters", "levels", "squared_weight", "encode_steps", "encode_rate")
    model = GLO(
        splits.train.fields["images"].shape,
        len(splits.train),
        **values.only(*sizes, "seed"),
    )
    if values.start == "pca":
        model.start_from(first_pictures(splits.train, len(splits.train)))
    descents = {
        player: keras.optimizers.SGD(
            optimizers.learning_rate(values, model, player, total_steps),
            **optimizers.bound_and_average(values, player),
            name=f"{player}_sgd",
        )
        for player in model.players
    }
    return optimizers.compiled(values, model, **descents)


def opened(values):
    """directory -> the splits of --data, the training pictures with their numbers."""
    pictures, open_splits = values.pictures, autoencoder.opened(values)

    def open_numbered(directory):
        splits = open_splits(directory)
        return dataclasses.replace(splits, train=numbered(splits.train, pictures))

    return open_numbered


def numbered(train, pictures):
    """The first `pictures` of the training table, or all where it is None, with their numbers."""
    if pictures is not None and pictures > len(train):
        raise ValueError(
            f"--pictures={pictures}: the data has {len(train)} training pictures; ask for no more."
        )
    return train.subset(range(len(train) if pictures is None else pictures)).numbered()


def task(values):
    from tfgan_zoo.data.pipeline import train_batches

    return learnt_latents.task(
        values,
        lambda model, splits: model.learnt(),
        f"The latent that draws the picture best, after {values.encode_steps} steps of a search in "
        "which the generator is held still.",
        opened=opened(values),
        stream=train_batches,  # a mirrored picture would need a latent of its own
    )


TRAINER = Trainer(
    "glo",
    __doc__,
    task=task,
    build=build,
    knobs=(
        *(item for item in learnt_latents.KNOBS if item.name != "flip"),
        *optimizers.rates(generator=1.0, latents=10.0),
        flags.knob(
            "pictures",
            None,
            "How many training pictures are learnt, the first of the set; by default all.",
            kind="int",
            low=2,
        ),
        flags.knob("latent_dim", 128, "How many numbers a latent has.", low=1),
        flags.knob("filters", 64, "Channels of the generator's last hidden layer.", low=1),
        flags.knob("levels", 3, "Levels of the Laplacian pyramid of the loss.", low=0),
        flags.knob(
            "squared_weight",
            0.0,
            "Weight of the mean squared error beside the Laplacian pyramid's loss.",
            low=0.0,
        ),
        flags.knob(
            "start",
            "pca",
            "Where the latents begin: at the pictures' principal components, or at random.",
            choices=("pca", "random"),
        ),
        flags.knob(
            "encode_steps", 200, "Steps of the search for the latent of a new picture.", low=1
        ),
        flags.knob(
            "encode_rate",
            0.05,
            "Learning rate of the search for the latent of a new picture.",
            above=0.0,
        ),
    ),
    defaults={"image_size": "64", "batch_size": 128},
)

if __name__ == "__main__":
    TRAINER.main()
