"""Trains the frozen classifier of handwritten digits that scores are taken with.

python -m trainers.mnist_cnn --flagfile=trainers/flagfiles/mnist_cnn.flags --run_dir=RUN

Not a variant: an instrument, and a model with one player.
"""

from tfgan_zoo.data.request import Request
from trainers import flags, optimizers
from trainers.trainer import Trainer


def build(values, splits, total_steps):
    from trainers.experiments.digit_classifier import DigitClassifier

    model = DigitClassifier(seed=values.seed)
    adams = optimizers.adams(values, model, total_steps, averaged="classifier")
    return optimizers.compiled(values, model, **adams)


def task(values):
    from trainers.experiments import digit_classifier

    return digit_classifier.task(values)


TRAINER = Trainer(
    "mnist_cnn",
    __doc__,
    task=task,
    build=build,
    knobs=(
        *(i for i in flags.of(Request, family="images") if i.name in ("data_dir", "download")),
        *optimizers.knobs(
            classifier=2e-3, beta_1=0.9, schedule="cosine", decay_from=0.0, averaged="classifier"
        ),
    ),
    defaults={"data": "tfds:mnist", "epochs": 30, "batch_size": 128},
    # It draws nothing, and its export is a SavedModel alone.
    without=(
        *("sample_every", "validate_every", "max_collapsed", "best_metric"),
        *("tflite", "export_training", "export_onnx", "saved_model_weights", "init_from"),
    ),
)

if __name__ == "__main__":
    TRAINER.main()
