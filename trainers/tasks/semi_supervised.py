"""Pictures of which --labelled have their class told, beside all that `samples` does; without
--labelled nothing else.
"""

from absl import flags

from trainers.tasks import samples

FLAGS = flags.FLAGS
flags.DEFINE_integer(
    "labelled",
    0,
    "Training pictures whose class is told, as many of each class, chosen by --seed; 0: none is.",
    0,
)
flags.DEFINE_bool("supervised_only", False, "The --labelled alone teach the classifier.")

BATCH = 500

are_points, augmentation, draw = samples.are_points, samples.augmentation, samples.draw
open_data, export = samples.open_data, samples.export


def classes(data):
    """Number of classes; 0 without --labelled.

    Raises:
        DataError: where nothing would be learnt, or no class can be told.
    """
    import numpy as np

    from tfgan_zoo.data.examples import DataError

    if FLAGS.supervised_only and not FLAGS.labelled:
        raise DataError("--supervised_only learns from --labelled pictures: say how many.")
    if not FLAGS.labelled:
        return 0
    if "labels" not in data.train.fields:
        raise DataError("--labelled needs pictures with classes, and these have none.")
    names = data.info.get("label_names")
    return len(names) if names else 1 + max(data.train.fetch(np.arange(len(data.train)))["labels"])


def train_batches(examples, **options):
    """The training stream; with --labelled that of `data.semi_supervised`."""
    from tfgan_zoo.data import pipeline, semi_supervised

    if not FLAGS.labelled:
        return pipeline.train_batches(examples, **options)
    labelled = semi_supervised.choose_labelled(examples, FLAGS.labelled, FLAGS.seed)
    return semi_supervised.train_batches(examples, labelled, **options)


def validator(data):
    """model -> the scores of `samples` and, with --labelled, the classifier's error on the test
    split, with the averaged parameters and with the present ones.

    Raises:
        ValueError: if an error on the test split is to choose a checkpoint.
    """
    scores = samples.validator(data)
    if not FLAGS.labelled:
        return scores
    if "test_error" in (FLAGS.best_metric or ""):
        raise ValueError("The test split must not choose a checkpoint: leave --best_metric out.")

    def validate(model):
        found = scores(model) if scores else {}
        with model.averaged_classifier():
            found["test_error"] = error(model, data.test)
        return found | {"test_error_unaveraged": error(model, data.test)}

    return validate


def error(model, examples):
    """Share of `examples` whose class the model gets wrong."""
    import numpy as np

    from tfgan_zoo.data.pipeline import eval_batches

    wrong = []
    for batch in eval_batches(examples, BATCH, fields=("images", "labels")):
        logits = model.discriminator(batch["images"], training=False).numpy()
        wrong.append(np.argmax(logits, axis=1) != batch["labels"].numpy())
    return float(np.mean(np.concatenate(wrong)))


def first(data, count):
    """The first training examples, pictures in [-1, 1]."""
    import numpy as np

    from tfgan_zoo.data.pipeline import to_float

    examples = data.train.fetch(np.arange(min(count, len(data.train))))
    return examples["points"] if are_points() else to_float(examples["images"])
