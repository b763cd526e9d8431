"""Trains LSRO (arXiv 1701.07717): a net that recognises people, on real and on generated pictures.

python -m trainers.lsro --flagfile=trainers/flagfiles/lsro.flags --generated=EXPORT --run_dir=RUN
"""

from trainers import flags, optimizers
from trainers.tasks import recognition
from trainers.trainer import Trainer

PSEUDO_FROM = 0.4  # of the run: 20 of the authors' 50 epochs


def build(values, splits, total_steps):
    import keras

    from tfgan_zoo.models.recognition.lsro import LSRO

    pseudo = values.arm == "pseudo_label"
    model = LSRO(
        channels=splits.train.fields["images"].shape[-1],
        classes=recognition.classes(splits),
        pseudo_from=round(PSEUDO_FROM * total_steps) if pseudo else 0,
        **({"generated_weight": values.generated_weight} if generates(values) else {}),
        **values.only("image_size", "arm", "filters", "dropout", "weight_decay", "seed"),
    )
    rate = values.classifier_learning_rate
    drop = round(values.lr_drop_from * total_steps)
    descent = keras.optimizers.SGD(
        keras.optimizers.schedules.PiecewiseConstantDecay([drop], [rate, 0.1 * rate]),
        momentum=values.momentum,
        nesterov=True,
        **optimizers.bound_and_average(values, "classifier", "classifier"),
        name="classifier_sgd",
    )
    return optimizers.compiled(values, model, classifier=descent)


def generates(values):
    """Whether generated pictures are learnt from."""
    return values.arm != "none"


def task(values):
    return recognition.task(values, generates)


TRAINER = Trainer(
    "lsro",
    __doc__,
    task=task,
    build=build,
    knobs=(
        *recognition.KNOBS,
        flags.knob(
            "arm",
            "lsro",
            "What a generated picture is taken for: every person alike (lsro), one person more "
            "(extra_class), the likeliest person (pseudo_label); none: there are none.",
            choices=("lsro", "extra_class", "pseudo_label", "none"),
        ),
        flags.knob(
            "generated_weight",
            None,
            "Weight of a generated picture beside a real one; by default 1, and 0.1 under "
            "--arm=pseudo_label.",
            kind="float",
            low=0.0,
        ),
        flags.knob(
            "classifier_learning_rate",
            0.1,
            "Learning rate of the classifier; may change when a run goes on.",
            above=0.0,
            free=True,
        ),
        flags.knob(
            "momentum",
            0.9,
            "Share of the last step that Nesterov's descent goes on with.",
            low=0.0,
            below=1.0,
        ),
        flags.knob(
            "lr_drop_from",
            0.8,
            "Share of the run, from 0 to 1, after which the learning rate is a tenth.",
            low=0.0,
            high=1.0,
        ),
        *optimizers.bounds("classifier"),
        flags.knob("filters", 32, "Channels of the network's first layer.", low=1),
        flags.knob(
            "dropout",
            0.75,
            "Share of the features that training sets to zero before the last layer.",
            low=0.0,
            below=1.0,
        ),
        flags.knob("weight_decay", 1e-4, "Weight of half the sum of all squared kernels.", low=0.0),
    ),
    defaults={"image_size": "64x32", "batch_size": 64, "epochs": 50},
    without=("max_collapsed",),
)

if __name__ == "__main__":
    TRAINER.main()
