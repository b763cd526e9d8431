"""Trains SPGAN (arXiv 1711.07027): people of one place as if they had been seen in another.

python -m trainers.spgan --flagfile=trainers/flagfiles/spgan.flags --run_dir=RUN
"""

from trainers import flags, optimizers
from trainers.tasks import unpaired
from trainers.trainer import Trainer


def build(values, splits, total_steps):
    from tfgan_zoo.models.translation.spgan import SPGAN

    if values.channels_a != values.channels_b:
        raise ValueError(
            "One embedding sees both sets of pictures: --channels_a and --channels_b must be equal."
        )
    sizes = ("generator_filters", "discriminator_filters", "embedding_filters", "blocks")
    weights = ("cycle_weight", "identity_weight", "similarity_weight", "margin")
    model = SPGAN(
        channels=values.channels_a,
        patch=int(values.patch),
        **values.only("image_size", *sizes, "embedding_blocks", "embedding_dropout", "negatives"),
        **values.only(*weights, "pool_size", "seed"),
    )
    return optimizers.compiled(values, model, **optimizers.adams(values, model, total_steps))


TRAINER = Trainer(
    "spgan",
    __doc__,
    task=unpaired.task,
    build=build,
    knobs=(
        *unpaired.KNOBS,
        *optimizers.knobs(generator=2e-4, discriminator=2e-4, embedding=2e-4),
        *unpaired.FILTERS,
        flags.knob("embedding_filters", 64, "Channels of the embedding's first layer.", low=1),
        unpaired.BLOCKS,
        unpaired.PATCH,
        flags.knob(
            "embedding_blocks",
            None,
            "Convolutions of the embedding, each of which quarters the sides; by default 4, or as "
            "many as leave a pixel.",
            kind="int",
            low=1,
            high=4,
        ),
        flags.knob(
            "embedding_dropout",
            0.5,
            "Share of the embedding's features that training sets to zero before its last layer.",
            low=0.0,
            below=1.0,
        ),
        flags.knob(
            "negatives",
            "real",
            "Which two pictures are no one person: real ones of A and B, or a translated one and a "
            "real one of the set that it was translated to.",
            choices=("real", "translated"),
        ),
        flags.knob("cycle_weight", 10.0, "Weight of the L1 distance to what comes back.", low=0.0),
        flags.knob(
            "identity_weight",
            5.0,
            "Weight of the L1 distance between a picture and what the translator to its own set "
            "makes of it.",
            low=0.0,
        ),
        flags.knob(
            "similarity_weight",
            2.0,
            "Weight of the embedding's contrastive loss in that of the translators.",
            low=0.0,
        ),
        flags.knob(
            "margin",
            2.0,
            "Distance of features, which have length 1, from which a negative pair costs nothing.",
            above=0.0,
        ),
        flags.knob(
            "pool_size", 50, "Generated pictures that each discriminator's history holds.", low=0
        ),
    ),
    defaults={
        "epochs": 6,
        "gradient_norm_bound": 500.0,
    },
)

if __name__ == "__main__":
    TRAINER.main()
