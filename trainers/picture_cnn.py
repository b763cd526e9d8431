"""Trains a small classifier of pictures with classes, by which generators of classes are scored.

python -m trainers.picture_cnn --flagfile=trainers/flagfiles/picture_cnn.flags --run_dir=RUN

Not a variant: an instrument, and a model with one player.
"""

from tfgan_zoo.data.request import Request
from trainers import flags, optimizers
from trainers.trainer import Trainer


def build(values, splits, total_steps):
    from tfgan_zoo.evaluate.labels import count_classes
    from trainers.experiments.picture_classifier import PictureClassifier

    model = PictureClassifier(
        classes=count_classes(splits.train),
        **values.only("image_size", "channels", "width", "seed"),
    )
    adams = optimizers.adams(values, model, total_steps, averaged="classifier")
    return optimizers.compiled(values, model, **adams)


def task(values):
    from trainers.experiments import picture_classifier

    return picture_classifier.task(values)


TRAINER = Trainer(
    "picture_cnn",
    __doc__,
    task=task,
    build=build,
    knobs=(
        *(item for item in flags.of(Request, family="images") if item.name != "validation_count"),
        flags.knob("flip", False, "Mirror half of the training pictures, left to right."),
        *optimizers.knobs(
            classifier=2e-3, beta_1=0.9, schedule="cosine", decay_from=0.0, averaged="classifier"
        ),
        flags.knob(
            "width", 1.0, "Width of all layers, as a share of 32, 64, 128 and 128.", above=0.0
        ),
    ),
    defaults={"image_size": "32", "epochs": 15, "batch_size": 64},
    # It draws nothing, and its export is a SavedModel alone.
    without=(
        *("sample_every", "validate_every", "max_collapsed", "best_metric"),
        *("tflite", "export_training", "export_onnx", "saved_model_weights", "init_from"),
    ),
)

if __name__ == "__main__":
    TRAINER.main()
